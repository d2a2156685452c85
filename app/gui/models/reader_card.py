"""The reader on the Models page: which one reads, where it comes from, and the others, one click away."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.embedder.readers import TaughtReader, lineage_text
from app.gui.models.card import Card
from app.gui.models.choice_row import ChoiceRow
from app.gui.models.readers import SearchReaders
from app.gui.widgets import Button, ConfirmDialog, Label


class ReaderRows(QWidget):
    """A heading and a row for each reader: the one that comes along, and those that were taught here."""

    def __init__(self, readers: SearchReaders, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readers, self._card = readers, Card()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Search reader"), "heading"))
        text = self.tr("It finds the sentence that answers, whichever model chats. Teach it under Fine-tune.")
        column.addWidget(Label(text, "caption", "text2", wrap=True))
        column.addWidget(self._card)
        self.buttons: dict[str, Button] = {}
        readers.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Build the rows anew."""
        self._card.clear()
        self.buttons = {}
        for reader in (TaughtReader(), *self._readers.taught):
            self._card.add(self._row(reader))

    def _row(self, reader: TaughtReader) -> QWidget:
        about = reader.problem or lineage_text(reader.lineage) or self.tr("Comes with Inhouse")
        row = ChoiceRow("search", reader.name, about)
        before = self._readers.previous
        in_use = reader.id == self._readers.active.id
        if in_use:
            row.add_in_use()
        elif not reader.problem:
            button = row.add_use(back=before is not None and before.id == reader.id)
            button.clicked.connect(lambda: self._readers.use(reader.id))
            self.buttons[reader.id] = button
        if reader.id and not in_use:
            row.add_remove().clicked.connect(lambda: self._remove(reader))
        return row

    def _remove(self, reader: TaughtReader) -> None:
        title = self.tr("Remove “{0}”?").format(reader.name)
        detail = self.tr("Its file in the data folder is deleted. The run that taught it stays.")
        if ConfirmDialog.ask(self, title, detail, self.tr("Remove")):
            self._readers.remove(reader.id)
