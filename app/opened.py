"""Files that a person opens with Inhouse, or drops on its icon: which arguments are files, and what each of them is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from app.drives import is_remote
from app.formats import BY_SUFFIX, COLLECTION_SUFFIX, MODEL_SUFFIXES, suffix_of

OPEN = "open"
"""The command whose arguments are files whatever they are called."""


def files_of(args: Sequence[str]) -> list[str]:
    """The files that the arguments of a start name, as absolute paths; none where they are a command with its options.

    No command has a dot or a slash in its name. A file without either is opened by `inhouse open NAME`.
    """
    named = args[1:] if args[:1] == [OPEN] else args
    if not named or any(each.startswith("-") for each in named):
        return []
    if named is args and not any(mark in args[0] for mark in {"/", os.sep, "."}):
        return []
    return [absolute(each) for each in named]


def absolute(text: str) -> str:
    """The path that is meant: by a path, or by the file:// address that some file managers hand over."""
    if text.startswith("file://"):
        parts = urlsplit(text)
        return url2pathname(f"//{parts.netloc}{parts.path}" if parts.netloc not in ("", "localhost") else parts.path)
    return str(Path(text).expanduser().absolute())


@dataclass(frozen=True)
class Opened:
    """Paths by what is done with them, in the order in which they were named."""

    documents: tuple[str, ...] = ()
    """Files that can be read, and folders: they are added."""
    models: tuple[str, ...] = ()
    """Models, and collections in a file: they are imported."""
    missing: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """Files of no kind that Inhouse reads, and names that are no valid text."""

    def refusal(self) -> str:
        """Which of them cannot be opened and why, in a sentence each; "" where all can."""
        words = (
            (self.missing, "{0} is not there. It may have been moved or deleted.", "{0} are not there."),
            (self.unread, "{0} is no document that Inhouse can read.", "{0} are no documents that Inhouse can read."),
        )
        return " ".join((one if len(paths) == 1 else more).format(_names(paths)) for paths, one, more in words if paths)


def sort_out(paths: Iterable[str]) -> Opened:
    """Say what each path is. One on a network drive counts as there: asking a dead server would block."""
    found: dict[str, list[str]] = {"documents": [], "models": [], "missing": [], "unread": []}
    for path in dict.fromkeys(paths):
        found[_kind(path)].append(path)
    return Opened(**{kind: tuple(each) for kind, each in found.items()})


def _kind(path: str) -> str:
    suffix = suffix_of(path)
    if not _is_text(path):
        return "unread"
    if not is_remote(path) and not os.path.lexists(path):
        return "missing"
    if suffix in (*MODEL_SUFFIXES, COLLECTION_SUFFIX):
        return "models"
    return "documents" if suffix in BY_SUFFIX or is_remote(path) or Path(path).is_dir() else "unread"


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _names(paths: Sequence[str]) -> str:
    """ "“a.pdf”", "“a.pdf” and “b.pdf”", "“a.pdf” and 3 others"."""
    names = [f"“{Path(path).name.encode(errors='replace').decode()}”" for path in paths]
    if len(names) > 2:
        return f"{names[0]} and {len(names) - 1} others"
    return " and ".join(names)
