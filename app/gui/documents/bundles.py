"""A collection to one file and back, asked for in the system's dialogs, with a progress that can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.formats import COLLECTION_SUFFIX
from app.gui.core_client import CoreClient
from app.gui.theme import theme
from app.gui.widgets import Button, Label
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.file_dialogs import ask_for_file, ask_where_to_save
from app.gui.widgets.progress import ProgressBar
from app.types import Collection
from app.workers.calls.bundles import BundleProgress, ExportCollection, Exported, ImportCollection, Imported
from app.workers.message import Call


def tr(text: str) -> str:
    return QCoreApplication.translate("Bundles", text)


def export_collection(parent: QWidget, core: CoreClient, collection: Collection, said: Callable[[str], object]) -> None:
    """Ask what goes along and where to, then write it; `said` hears a sentence when it is there."""
    dialog = BundleDialog(
        core,
        tr("Export {0}").format(collection.name),
        tr(
            "Its text and index go into one file. A colleague imports it and can ask at once. The documents' own files "
            "do not go along, and who has the file can read all of its text."
        ),
        parent,
    )
    keep = CheckBox(tr("Keep where the files lie (for a drive that others see under the same path)"))
    dialog.body.insertWidget(2, keep)

    def begin() -> Call | None:
        kinds = tr("Collections (*{0})").format(COLLECTION_SUFFIX)
        path = ask_where_to_save(
            dialog, tr("Export collection"), f"{_file_name(collection.name)}{COLLECTION_SUFFIX}", kinds
        )
        if path is None:
            return None
        return ExportCollection(collection_id=collection.id, path=str(path), keep_paths=keep.isChecked())

    def done(data: Exported) -> None:
        words = tr("{0} with 1 document") if data.documents == 1 else tr("{0} with {1} documents")
        said(tr("Exported: {0}.").format(words.format(Path(data.path).name, data.documents)))

    dialog.run(begin, done, tr("Export"))


def ask_for_collection(parent: QWidget) -> str:
    """Ask for the file of a collection; "" where the person cancels."""
    return ask_for_file(parent, tr("Import or open a collection"), tr("Collections (*{0})").format(COLLECTION_SUFFIX))


def import_collection(parent: QWidget, core: CoreClient, path: str, arrived: Callable[[Imported], object]) -> None:
    """Make a collection of an exported file; `arrived` hears of it."""
    dialog = BundleDialog(core, tr("Import {0}").format(Path(path).name), tr("It is checked, then stored."), parent)
    dialog.run(lambda: ImportCollection(path=path), arrived, "")


def _file_name(name: str) -> str:
    return "".join(each if each.isalnum() or each in " -_." else "-" for each in name).strip(" .") or "collection"


class BundleDialog(QDialog):
    """What will be done, then how far it is; an error stays in it until it is read."""

    def __init__(self, core: CoreClient, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._job: Any = None
        self.setWindowTitle(title)
        self.setModal(True)
        self.setMinimumWidth(theme().px(440))
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(24, 24, 24, 24)
        self.body.setSpacing(16)
        self.body.addWidget(Label(title, "heading", wrap=True))
        self.text = Label(text, "ui", "text2", wrap=True)
        self.body.addWidget(self.text)
        self.bar = ProgressBar(title)
        self.bar.hide()
        self.body.addWidget(self.bar)
        buttons = self.buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        self.cancel = Button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.action = Button("", "primary")
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.action)
        self.body.addLayout(buttons)

    def run(
        self,
        begin: Callable[[], Call | None],
        done: Callable[[Any], object],
        action: str,
        refused: Callable[[AppError], bool] = lambda _: False,
    ) -> None:
        """Show it; the call goes out with its button, or at once where `action` is "".

        `refused` may take an error over, which closes the dialog.
        """

        def failed(error: AppError) -> None:
            self._job = None
            if refused(error):
                self.reject()
            else:
                self._failed(error)

        def start() -> None:
            call = begin()
            if call is not None:
                self.action.hide()
                self.bar.show()
                self._job = self._core.request(call, done=finished, event=self._show, failed=failed)

        def finished(data: Any) -> None:
            self._job = None
            self.accept()
            done(data)

        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.action.clicked.connect(start)
        self.finished.connect(self._close)
        self.open()
        if not action:
            start()

    def _show(self, data: BundleProgress) -> None:
        if not data.total:
            return  # a drive is waited for
        self.bar.set_fraction(data.done / data.total)
        self.text.setText(self.tr("{0} of {1} documents").format(data.done, data.total))

    def _failed(self, error: AppError) -> None:
        self.bar.hide()
        self.text.setText(str(error))
        self.cancel.setText(self.tr("Close"))

    def _close(self) -> None:
        if self._job is not None:
            self._job.cancel(insist=False)
        self.deleteLater()
