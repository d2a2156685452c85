"""A question with two answers, A and B, and the buttons by which a person judges them without knowing who wrote."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.finetune.parts import Panel
from app.gui.widgets import FOCUS_RING, Button, Label

KEYS = {Qt.Key.Key_1: "left", Qt.Key.Key_2: "tie", Qt.Key.Key_3: "right", Qt.Key.Key_4: "wrong"}


class VotePanel(Panel):
    """Keys 1, 2, 3 and, where both may be called wrong, 4, while it or what is in it has the keyboard."""

    chosen = Signal(str)
    """"left", "tie", "right" or "wrong"."""

    def __init__(self, answers: QWidget, parent: QWidget | None = None, *, both_wrong: bool = False) -> None:
        """`answers` shows the two, whose names are A and B."""
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 8)
        self.head = QHBoxLayout()
        self.column.addLayout(self.head)
        self.question = Label("", "uiStrong", wrap=True)
        self.column.addWidget(self.question)
        self.column.addWidget(answers)
        self.buttons = {
            "left": Button(self.tr("A is better"), hint="1"),
            "tie": Button(self.tr("Tie"), hint="2"),
            "right": Button(self.tr("B is better"), hint="3"),
        }
        if both_wrong:
            self.buttons["wrong"] = Button(self.tr("Both are wrong"), hint="4")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        for choice, button in self.buttons.items():
            button.clicked.connect(lambda _=False, choice=choice: self.chosen.emit(choice))
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        choice = KEYS.get(Qt.Key(event.key())) if not event.modifiers() else None
        if choice in self.buttons and self.buttons[choice].isEnabled():
            self.chosen.emit(choice)
            return
        super().keyPressEvent(event)
