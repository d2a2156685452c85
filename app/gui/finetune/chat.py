"""The chat that goes on with the new model: where it took over, and its last answer since."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.chats.records import Turn
from app.gui.chat.markdown import plain_text
from app.gui.chat.reader import ChatReader
from app.gui.finetune.parts import Panel
from app.gui.widgets import ElidedLabel, Label
from app.gui.widgets.page_frame import Separator
from app.types import InstalledModel

SHOWN = 240
"""Characters of an answer that the preview shows."""


class ChatPreview(QWidget):
    """The chat that was used last; nothing where there is none."""

    def __init__(self, store: ChatReader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._store = store
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 16)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Your chat"), "heading"))
        self._panel = Panel(fill="subtle")
        self.title = ElidedLabel("", "caption", "text2", strong=True)
        self._panel.column.addWidget(self.title)
        border = QHBoxLayout()
        border.setSpacing(12)
        self.border = Label("", "caption", "text2")
        for part in (Separator(), self.border, Separator()):
            border.addWidget(part, 0 if part is self.border else 1, Qt.AlignmentFlag.AlignVCenter)
        self._panel.column.addLayout(border)
        bubble = QHBoxLayout()
        bubble.addStretch(1)
        self._bubble = Panel(fill="bubble")
        self._bubble.column.setContentsMargins(12, 5, 12, 6)
        self.question = ElidedLabel("", "ui")
        self._bubble.column.addWidget(self.question)
        bubble.addWidget(self._bubble)
        self._panel.column.addLayout(bubble)
        self.answer = Label("", "ui", wrap=True)
        self._panel.column.addWidget(self.answer)
        column.addWidget(self._panel)

    def show_model(self, model: InstalledModel | None) -> None:
        """The last chat, from where this model, the one in use, answers in it."""
        chats = self._store.list_chats(limit=1)
        self.setVisible(bool(chats) and model is not None)
        if not chats or model is None:
            return
        self.title.set_text(chats[0].title or self.tr("New chat"))
        self.border.setText(self.tr("From here: {0}").format(model.name))
        question, answer = self._since(chats[0].id, model.name)
        self._bubble.setVisible(question is not None)
        self.question.set_text(" ".join(question.text.split())[:SHOWN] if question else "")
        said = plain_text(answer.text).strip() if answer else ""
        if len(said) > SHOWN:
            said = said[:SHOWN].rsplit(" ", 1)[0] + "…"
        self.answer.setText(said or self.tr("Your next question goes to it."))
        self._panel.setAccessibleName(f"{self.title.text()}. {self.border.text()}. {said}")

    def _since(self, chat_id: int, name: str) -> tuple[Turn | None, Turn | None]:
        """The last question and answer, where this model gave it."""
        turns = self._store.turns(chat_id, limit=2)
        if len(turns) == 2 and turns[1].answer is not None and turns[1].answer.model == name:
            return turns[0], turns[1]
        return None, None
