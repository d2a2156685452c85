"""How the original of a document is opened: what only shows a file, and what goes to a page when it is told so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

from app.errors import AppError
from app.formats import BY_SUFFIX, CODE, HTML, MHTML, PDF, XML, suffix_of
from app.members import file_of

ACTIVE = frozenset(form.key for form in (CODE, HTML, MHTML, XML))
"""Formats whose files a system runs, or draws with scripts and pictures from the network."""

_GOES_TO_PAGE: dict[tuple[str, ...], Callable[[Path, int], tuple[str, ...]]] = {
    ("evince", "papers", "atril", "xreader"): lambda path, page: (f"--page-index={page}", str(path)),
    ("okular",): lambda path, page: ("--page", str(page), str(path)),
    ("zathura",): lambda path, page: ("-P", str(page), str(path)),
    ("sumatrapdf",): lambda path, page: ("-page", str(page), str(path)),
    ("acrobat", "acrord32"): lambda path, page: ("/A", f"page={page}", str(path)),
    (
        *("firefox", "firefox-esr", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        *("chrome", "msedge", "microsoft-edge", "brave-browser", "brave"),
    ): lambda path, page: (f"{path.as_uri()}#page={page}",),
}
"""Programs that show a PDF → what they are told to open it at a page, counted from 1."""

_ENTRIES = {
    "okularapplication_pdf": "okular", "firefox_firefox": "firefox", "chromium_chromium": "chromium",
    "evince_evince": "evince",
}  # fmt: skip
"""Names of desktop entries that are not their program's."""

AT_PAGE = {name: told for names, told in _GOES_TO_PAGE.items() for name in names}


def is_active(path: Path) -> bool:
    """Whether opening this file might run it or reach the network; what is not known to be harmless counts as that.

    A link counts as what it leads to as well.
    """
    try:
        return may_run(path.name) or may_run(path.resolve().name)
    except (OSError, RuntimeError):  # a loop of links
        return True


def may_run(name: str) -> bool:
    """The same by a file's name alone."""
    form = BY_SUFFIX.get(suffix_of(name))
    return form is None or form.key in ACTIVE


def opened_file(path: str) -> Path:
    """The file, or the one that it lies in, as an absolute path, which no program takes for an option or an address.

    Raises:
        AppError: it is not there, or is no file.
    """
    file = Path(file_of(path)).absolute()
    try:
        there = file.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise AppError(
            f"{file.name} is no longer where it was read.",
            "It may have been moved or deleted. Its text as it was read is still here.",
            str(file),
        )
    return file


def at_page(program: str, path: Path, page: int | None) -> tuple[str, ...] | None:
    """What `program` is started with to show a PDF at a page; None where it cannot be told, or it is no PDF."""
    told = AT_PAGE.get(program_name(program))
    if told is None or page is None or BY_SUFFIX.get(suffix_of(path.name)) is not PDF:
        return None
    return told(path, page)


def program_name(program: str) -> str:
    """ "evince" of "/usr/bin/evince", "C:\\…\\Evince.exe" or the desktop entry "org.gnome.Evince.desktop"."""
    kind: type[PurePath] = PureWindowsPath if "\\" in program else PurePosixPath
    name = kind(program.strip()).name.lower()
    if name.endswith(".desktop"):
        name = name.removesuffix(".desktop").rpartition(".")[2]
    name = name.removesuffix(".exe")
    return _ENTRIES.get(name, name)
