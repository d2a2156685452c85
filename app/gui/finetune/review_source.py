"""The passage behind the chosen line of the review, with the words that were used marked, and what can be decided."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QWidget

from app.finetune.review import Entry
from app.gui.finetune.edit import sentence_of
from app.gui.finetune.parts import Panel
from app.gui.open_file import FileOpener
from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, Label
from app.gui.widgets.page_frame import Separator


class ReviewSource(Panel):
    """Shows one entry; `decided` carries "approve", "edit" or "reject"."""

    decided = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, flush=True)
        self._entry: Entry | None = None
        self._opener = FileOpener(self)
        self._opener.failed.connect(lambda error: self.page.setText(error.message))
        self.column.addWidget(self._make_head())
        self.column.addWidget(Separator())
        self.text = QTextEdit()
        self.text.setReadOnly(True)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.document().setDocumentMargin(16)
        self.text.setAccessibleName(self.tr("Source"))
        self.column.addWidget(self.text, 1)
        self.column.addWidget(Separator())
        self.column.addWidget(self._make_foot())
        self.setMinimumHeight(260)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self._colour_anew)

    def show_entry(self, entry: Entry | None) -> None:
        """Show where this line comes from; nothing for none."""
        self._entry = entry
        for button in (self.approve, self.edit, self.reject):
            button.setEnabled(entry is not None)
        self.edit.setEnabled(entry is not None and not entry.is_text)
        if entry is None:
            self.name.set_text("")
            self.page.setText("")
            self.open.hide()
            self.text.setPlainText("")
            self.text.setPlaceholderText(self.tr("The source of the chosen line stands here."))
            return
        source = entry.example.source
        self.name.set_text(source.document or entry.source_text)
        self.page.setText(self.tr("Page {0}").format(source.page) if source.page else "")
        self.open.setVisible(bool(source.path) and Path(source.path).exists())
        self._write(entry)

    def _colour_anew(self) -> None:  # a method, since Qt lets go of it with the widget; of a function it does not
        self.show_entry(self._entry)

    def _make_head(self) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(8)
        self.name = ElidedLabel("", "uiStrong")
        self.page = Label("", "caption", "text2")
        self.open = Button(self.tr("Open"), icon="external-link")
        self.open.clicked.connect(self._open_file)
        row.addWidget(self.name, 1)
        row.addWidget(self.page)
        row.addWidget(self.open)
        head.setMinimumHeight(theme().px(48))
        return head

    def _make_foot(self) -> QWidget:
        foot = QWidget()
        buttons = QHBoxLayout(foot)
        buttons.setContentsMargins(16, 10, 16, 10)
        buttons.setSpacing(8)
        self.approve = Button(self.tr("Approve"), icon="check")
        self.edit = Button(self.tr("Edit"), icon="pencil")
        self.reject = Button(self.tr("Reject"), "danger", "x")
        for button, name in ((self.approve, "approve"), (self.edit, "edit"), (self.reject, "reject")):
            button.clicked.connect(lambda _=False, name=name: self.decided.emit(name))
            buttons.addWidget(button)
        buttons.addStretch(1)
        return foot

    def _write(self, entry: Entry) -> None:
        """The passage with the words of the answer marked; without a passage, the question and answer themselves."""
        passage, answer = entry.example.source.text, entry.example.answer
        plain, mark = QTextCharFormat(), QTextCharFormat()
        plain.setFont(theme().font("ui"))
        plain.setForeground(theme().color("text"))
        mark.setFont(theme().font("ui"))
        mark.setBackground(theme().color("mark"))
        mark.setForeground(theme().color("onMark"))
        self.text.clear()
        cursor = QTextCursor(self.text.document())
        if not passage:
            for turn in entry.example.messages:
                cursor.insertText(f"{turn.content}\n\n", plain)
            if entry.instead_of:
                cursor.insertText(self.tr("Instead of:") + f"\n{entry.instead_of}", plain)
            return
        if entry.is_text:
            cursor.insertText(passage, plain)
            return
        start, end = sentence_of(passage, answer)
        cursor.insertText(passage[:start], plain)
        cursor.insertText(passage[start:end], mark)
        cursor.insertText(passage[end:], plain)

    def _open_file(self) -> None:
        if self._entry is not None and self._entry.example.source.path:
            source = self._entry.example.source
            self._opener.open(source.path, source.page)
