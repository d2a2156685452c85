"""Opening originals: what program is started with what, whatever a file is called, and what is never opened."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui import open_file
from app.gui.open_file import FileOpener
from app.viewers import at_page, may_run, program_name

HOSTILE = "-rf $(touch hit); `x` %41#?&\n'quoted\".pdf"
NOTES = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
(here / (pathlib.Path(__file__).name + ".asked")).write_text(json.dumps(sys.argv[1:]))
print({said!r})
"""


@pytest.fixture
def opened(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is opened in the system's default program; no program is found but those that a test plays."""
    paths: list[str] = []
    monkeypatch.setattr(open_file.QDesktopServices, "openUrl", lambda url: paths.append(url.toLocalFile()) or True)
    monkeypatch.setenv("PATH", str(tmp_path))
    return paths


def played(folder: Path, name: str, said: str = "") -> Path:
    """A program that notes what it was started with; → where."""
    program = folder / name
    program.write_text(NOTES.format(python=sys.executable, said=said))
    program.chmod(0o755)
    return folder / f"{name}.asked"


def file(folder: Path, name: str) -> str:
    (folder / "files").mkdir(exist_ok=True)
    path = folder / "files" / name
    path.write_bytes(b"x")
    return str(path)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the system as Linux desktops answer")
def test_the_default_program_is_told_the_page_whatever_the_file_is_called(
    opened: list[str], tmp_path: Path, qtbot: QtBot
) -> None:
    path = file(tmp_path, HOSTILE)
    played(tmp_path, "xdg-mime", "org.gnome.Evince.desktop")
    asked = played(tmp_path, "evince")
    opener = FileOpener()
    opener.open(path, 8)
    qtbot.waitUntil(lambda: asked.exists() and bool(asked.read_text()), timeout=10_000)
    assert json.loads(asked.read_text()) == ["--page-index=8", path]
    assert opened == [] and not (tmp_path / "hit").exists()
    played(tmp_path, "xdg-mime", "someviewer.desktop")
    opener.open(path, 8)
    qtbot.waitUntil(lambda: opened == [path], timeout=10_000)


def test_without_a_page_it_is_simply_opened_and_what_is_gone_is_said(opened: list[str], tmp_path: Path) -> None:
    opener, said = FileOpener(), []
    opener.failed.connect(said.append)
    path = file(tmp_path, "offer.docx")
    opener.open(path, 3)
    opener.open(file(tmp_path, "scan.pdf"))
    assert [Path(each).name for each in opened] == ["offer.docx", "scan.pdf"]
    Path(path).unlink()
    opener.open(path)
    opener.open(str(tmp_path / "files"))
    assert [str(each).partition(".")[0] for each in said] == ["offer", "files is no longer where it was read"]
    assert "moved or deleted" in said[0].hint and len(opened) == 2


@pytest.mark.parametrize("name", ["run.sh", "page.html", "macro.vbs", "setup", "style.xsl", "report.pdf.exe", "a.PY"])
def test_what_could_run_is_shown_in_its_folder(opened: list[str], tmp_path: Path, name: str) -> None:
    path = file(tmp_path, name)
    FileOpener().open(path, 1)
    assert opened == [str(tmp_path / "files")]
    if sys.platform != "win32":
        link = tmp_path / "files" / "harmless.pdf"
        link.symlink_to(path)
        FileOpener().open(str(link))
        assert opened[1:] == [str(tmp_path / "files")], "what a link leads to counts"


def test_each_program_is_told_the_page_in_its_own_way() -> None:
    path = Path("/a b/#1?.pdf").absolute()
    assert at_page("org.mozilla.firefox.desktop", path, 2) == (f"{path.as_uri()}#page=2",)
    assert "%231%3F.pdf#page=2" in at_page("/usr/bin/chromium", path, 2)[0]
    assert at_page("okularApplication_pdf.desktop", path, 2) == ("--page", "2", str(path))
    assert at_page(r"C:\Program Files\SumatraPDF\SumatraPDF.exe", path, 2) == ("-page", "2", str(path))
    assert at_page("evince", path, None) is None and at_page("evince", path.with_suffix(".docx"), 2) is None
    assert program_name("Preview") == "preview" and at_page("Preview", path, 2) is None
    assert not may_run("Mail of 3 May.eml") and may_run("notes")
