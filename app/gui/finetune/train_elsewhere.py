"""Training on another computer: what it is given is written into a folder, and its adapter is taken back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal, cast

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.training import RunExported
from app.core.requests import Job
from app.errors import AppError
from app.gui.finetune.away import Away
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label, empty_layout
from app.gui.widgets.choices import SegmentedControl
from app.gui.widgets.dialogs import framed, head
from app.gui.widgets.file_dialogs import ask_for_folder


class TrainElsewhere(QDialog):
    """Two parts, in the order in which they come; days may lie between them."""

    def __init__(self, away: Away, run_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._away, self._run_id = away, run_id
        self._job: Job | None = None
        self._closed = False
        title = self.tr("Train elsewhere")
        column = framed(self, title)
        text = self.tr(
            "On your company's cluster, or another computer with a graphics card. The questions and answers that you "
            "approved go there; what was learned comes back and is checked, compared and offered as ever."
        )
        column.addLayout(head("hard-drive", "accent", title, text))
        self._messages = QVBoxLayout()
        column.addLayout(self._messages)
        self.tool = SegmentedControl([("trl", "TRL"), ("axolotl", "Axolotl")], "trl", self.tr("Tool"))
        self.write = Button(self.tr("Choose a folder…"), icon="folder-open")
        self.write.clicked.connect(self._write)
        first = self.tr(
            "A folder that is empty or new. It will hold your data: mind who may read it. README.md in it says what to "
            "do there."
        )
        self._add_part(column, self.tr("1. Write what it needs, for"), first, self.tool, self.write)
        self.bring = Button(self.tr("Choose the adapter…"), icon="folder-open")
        self.bring.clicked.connect(self._bring)
        second = self.tr(
            "The folder with adapter_config.json and adapter_model.safetensors. It takes the place of a training on "
            "this computer."
        )
        self._add_part(column, self.tr("2. Bring the adapter back"), second, self.bring)
        row = QHBoxLayout()
        row.addStretch(1)
        self.leave = Button(self.tr("Close"))
        self.leave.clicked.connect(self.reject)
        row.addWidget(self.leave)
        column.addLayout(row)
        self.setMinimumWidth(theme().px(560))
        self.write.setFocus()

    def _add_part(self, column: QVBoxLayout, title: str, text: str, *controls: QWidget) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(Label(title, "uiStrong", wrap=True), 1)
        for control in controls:
            row.addWidget(control)
        column.addLayout(row)
        column.addWidget(Label(text, "caption", "text2", wrap=True))

    def _write(self) -> None:
        folder = ask_for_folder(self, self.tr("Write data and configuration into"))
        if folder:
            tool = cast(Literal["trl", "axolotl"], self.tool.value())
            self._wait(self.tr("Writing…"))
            done = partial(self._written, folder)
            self._job = self._away.export(self._run_id, tool, folder, done, self._failed)

    def _bring(self) -> None:
        folder = ask_for_folder(self, self.tr("The adapter's folder"))
        if folder:
            self._wait(self.tr("Reading the adapter…"))
            self._job = self._away.bring(self._run_id, folder, self._taken, self._failed)

    def _written(self, folder: str, said: RunExported) -> None:
        names = ", ".join(Path(file).name for file in said.files)
        title = self.tr("{0} files are in “{1}”.").format(len(said.files), Path(folder).name)
        hint = self.tr("{0}. Copy the folder to the other computer and begin with its README.md.").format(names)
        banner = Banner("success", title, hint, self.tr("Open folder"))
        banner.acted.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(folder)))
        self._over(banner)

    def _taken(self) -> None:
        if not self._closed:
            self.accept()

    def _failed(self, error: AppError) -> None:
        self._over(Banner("danger", error.message, error.hint))

    def done(self, result: int) -> None:
        """Closed: what is being written or read is not wanted any more, and nobody is there to hear of it."""
        self._closed = True
        if self._job is not None and self._job.active:
            self._job.cancel()
        super().done(result)

    def _wait(self, text: str) -> None:
        """Nothing else meanwhile but to close, which ends what can be ended."""
        self._say(Banner("info", text))
        for control in (self.tool, self.write, self.bring):
            control.setEnabled(False)

    def _over(self, banner: Banner) -> None:
        self._job = None
        if self._closed:
            return
        self._say(banner)
        for control in (self.tool, self.write, self.bring):
            control.setEnabled(True)

    def _say(self, banner: Banner) -> None:
        empty_layout(self._messages)
        self._messages.addWidget(banner)
        banner.show()  # now: a layout makes no room for what is shown with the next event
        self.adjustSize()
