"""The header of a mail above its text: from, to, date, subject and what is attached."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.gui.widgets import ElidedLabel, Label
from app.gui.widgets.page_frame import Separator
from app.text.mail_header import header_at
from app.types import Passage
from app.workers.calls.documents import DocumentText

ORDER = ("From", "To", "Cc", "Date", "Subject", "Attached")


class MailHead(QWidget):
    """A row for each field, cut where it is too long and whole in its tooltip; hidden for what is no mail."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(18, 8, 16, 8)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)
        outer.addLayout(self._grid)
        outer.addWidget(Separator())
        names = (
            *(self.tr("From"), self.tr("To"), self.tr("Copy"), self.tr("Date")),
            *(self.tr("Subject"), self.tr("Attached")),
        )
        self.fields: dict[str, ElidedLabel] = {}
        self._names: dict[str, Label] = {}
        for row, (label, name) in enumerate(zip(ORDER, names, strict=True)):
            named, value = Label(name, "caption", "text3"), ElidedLabel("", "caption", "text")
            self._grid.addWidget(named, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, row, 1)
            self._names[label], self.fields[label] = named, value
        self.hide()

    def show_mail(self, passage: Passage, document: DocumentText) -> int:
        """The header of the message that the passage stands in, or in an attachment of it; → where what it says begins
        in the text, 0 where the file has other messages before it.
        """
        start = max((each for each in document.messages if each <= passage.start), default=-1)
        fields, end = header_at(document.text, start) if start >= 0 else ((), 0)
        found = dict(fields)
        for label, field in self.fields.items():
            value = found.get(label, "")
            field.set_text(value)
            field.setVisible(bool(value))
            self._names[label].setVisible(bool(value))
        self.setVisible(bool(found))
        return end if len(document.messages) == 1 else 0
