"""Says beside a control that cannot be moved who has set it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.widgets.base import FOCUS_RING
from app.gui.widgets.fields import IconLabel
from app.gui.widgets.text import Label


class LockNote(QWidget):
    """A lock and a sentence. Tab reaches it in place of the control, which is greyed out and passed over, so that a
    screen reader says it too."""

    def __init__(self, name: str, why: str, parent: QWidget | None = None) -> None:
        """`name` is the control's, `why` a sentence: "Set by your company."."""
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(IconLabel("lock", "text2", 14), alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(Label(why, "caption", "text2", wrap=True, strong=True), 1)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setProperty(FOCUS_RING, 4)
        self.setAccessibleName(f"{name}. {why}")


def lock(control: QWidget, why: str) -> None:
    """Grey a control out; its tooltip, and what a screen reader says of it and its parts, is the reason."""
    control.setEnabled(False)
    for part in (control, *control.findChildren(QWidget)):
        if part is control or part.accessibleName():
            part.setToolTip(why)
            part.setAccessibleDescription(why)
