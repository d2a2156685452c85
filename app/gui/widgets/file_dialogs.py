"""The system's file dialogs. They open in the person's documents folder, and from then on where the last one ended."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QFileDialog, QWidget

from app.company import check_exports
from app.errors import NotAllowed
from app.files import free_name
from app.gui.widgets.base import LAST_FOLDER
from app.gui.widgets.messages import say_why_not


def ask_for_files(parent: QWidget, title: str, kinds: str) -> list[str]:
    """Files that are there; none where the person cancels."""
    paths, _ = QFileDialog.getOpenFileNames(parent, title, str(start_folder(parent)), kinds)
    _remember(parent, *paths[:1])
    return paths


def ask_for_file(parent: QWidget, title: str, kinds: str, folder: str = "") -> str:
    """One file that is there, looked for in `folder` where one is given; "" where the person cancels."""
    path, _ = QFileDialog.getOpenFileName(parent, title, folder or str(start_folder(parent)), kinds)
    _remember(parent, *([path] if path else []))
    return path


def ask_for_folder(parent: QWidget, title: str) -> str:
    """A folder; "" where the person cancels."""
    path = QFileDialog.getExistingDirectory(parent, title, str(start_folder(parent)))
    if path:
        parent.window().setProperty(LAST_FOLDER, path)
    return path


def ask_where_to_save(parent: QWidget, title: str, name: str, kinds: str, *, data: bool = True) -> Path | None:
    """Where a file of this name is to be saved; None where the person cancels, or may save no `data` of theirs."""
    if data and not _may_leave(parent):
        return None
    path, _ = QFileDialog.getSaveFileName(parent, title, str(start_folder(parent) / name), kinds)
    _remember(parent, *([path] if path else []))
    return Path(path) if path else None


def ask_where_to_save_as(parent: QWidget, title: str, name: str, kinds: str) -> tuple[Path | None, str]:
    """The same, with the ending of the kind that was chosen: a name that is typed without one gets it."""
    if not _may_leave(parent):
        return None, ""
    path, kind = QFileDialog.getSaveFileName(parent, title, str(start_folder(parent) / name), kinds)
    _remember(parent, *([path] if path else []))
    suffix = kind.rpartition("*")[2].rstrip(")")
    chosen = Path(path) if path else None
    if chosen is not None and chosen.name == name and suffix:  # another kind was chosen, and the name left as offered
        chosen = _unused(chosen.with_suffix(suffix)) if suffix != chosen.suffix else chosen
    return chosen, suffix


def _may_leave(parent: QWidget) -> bool:
    """Whether the company's policy allows exports; the core refuses them in any case."""
    try:
        check_exports()
    except NotAllowed as error:
        say_why_not(parent, error.message, error.hint)
        return False
    return True


def _unused(path: Path) -> Path:
    """A name that no file has: nobody was asked whether this one may be replaced."""
    return free_name(path, "-") if path.exists() else path


def start_folder(parent: QWidget) -> Path:
    """Where a dialog over this window opens: the last folder if it is still there, else the person's documents."""
    last = parent.window().property(LAST_FOLDER)
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    for folder in (last, documents):
        if folder and Path(folder).is_dir():
            return Path(folder)
    return Path.home()


def _remember(parent: QWidget, *paths: str) -> None:
    for path in paths:
        parent.window().setProperty(LAST_FOLDER, str(Path(path).parent))
