"""What a finished run keeps on this computer, part by part, with what can be removed."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.finetune.runs import DATA_PARTS, Run
from app.gui.finetune.controller import FinetuneController
from app.gui.finetune.parts import Panel
from app.gui.hardware import size_text
from app.gui.widgets import Button, ConfirmDialog, IconLabel, Label, empty_layout
from app.gui.widgets.page_frame import Separator
from app.types import InstalledModel


class Kept(QWidget):
    """The rows with their sizes; removing asks first where something cannot be had again."""

    def __init__(self, controller: FinetuneController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Kept on this computer"), "heading"))
        head.addStretch(1)
        self._total = Label("", "ui", "text2")
        head.addWidget(self._total)
        column.addLayout(head)
        panel = Panel(flush=True)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(0)
        panel.column.addLayout(self._rows)
        column.addWidget(panel)
        text = self.tr(
            "Deleting the training data keeps the model. You can still go back, but not train again with changes."
        )
        column.addWidget(Label(text, "caption", "text2", wrap=True))
        column.addStretch(1)

    def show_run(self, run: Run, model: InstalledModel | None) -> None:
        """Measure the parts anew."""
        empty_layout(self._rows)
        file = model.file_bytes if model else 0
        adapter = run.bytes_of("train/adapter")
        steps = run.bytes_of("train/checkpoints")
        others = run.bytes_of("export")
        data = run.bytes_of(*[part for part in DATA_PARTS if "." not in part])
        self._total.setText(self.tr("{0} in total").format(size_text(file + adapter + steps + others + data)))
        self._add("box", self.tr("Model file"), self.tr("Needed to chat"), file)
        self._add("sliders-horizontal", self.tr("Training difference"), self.tr("What was learned"), adapter)
        if steps:
            remove = self._remove_button("train/checkpoints")
            self._add("star", self.tr("Saved steps"), self.tr("For going on with this training"), steps, remove)
        if others:
            remove = self._remove_button("export")
            self._add("file-box", self.tr("Other file sizes"), self.tr("For exporting"), others, remove)
        if data:
            delete = Button(self.tr("Delete data"), "danger", "trash-2")
            delete.clicked.connect(self._delete_data)
            self._add("message-square", self.tr("Training data"), self.tr("Answers and their passages"), data, delete)

    def _remove_button(self, part: str) -> Button:
        button = Button(self.tr("Remove"))
        button.clicked.connect(lambda: self._controller.remove_parts(part))
        return button

    def _add(self, icon: str, name: str, note: str, size: int, action: QWidget | None = None) -> None:
        if self._rows.count():
            self._rows.addWidget(Separator())
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(12)
        row.addWidget(IconLabel(icon, "text2", 16))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(name, "ui"))
        words.addWidget(Label(note, "caption", "text2"))
        row.addLayout(words, 1)
        if action is not None:
            row.addWidget(action)
        row.addWidget(Label(size_text(size), "uiStrong"))
        self._rows.addWidget(holder)

    def _delete_data(self) -> None:
        wizard = self._controller.wizard
        name = wizard.name if wizard else ""
        title = self.tr("Delete the training data of “{0}”?").format(name)
        detail = self.tr("The model stays and keeps what it learned. Training again with changes will not be possible.")
        if ConfirmDialog.ask(self, title, detail, self.tr("Delete data")):
            self._controller.remove_parts(*DATA_PARTS)
