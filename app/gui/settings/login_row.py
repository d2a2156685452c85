"""The switch that has Inhouse start at login. It shows what the session will do, not what was once chosen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.autostart import start_at_login, starts_at_login
from app.errors import AppError
from app.gui.widgets import Label
from app.gui.widgets.choices import Switch


class LoginRow(QWidget):
    """Off until someone asks for it; looked at anew whenever it is shown."""

    def __init__(self, refused: Callable[[AppError], object]) -> None:
        """`refused` hears why it could not be changed."""
        super().__init__()
        self._refused = refused
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(self.tr("Start at login"), "uiStrong", wrap=True))
        said = self.tr("Inhouse opens its window when you log in to this computer.")
        words.addWidget(Label(said, "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        self.switch = Switch(self.tr("Start at login"), checked=starts_at_login())
        self.switch.clicked.connect(self._set)
        row.addWidget(self.switch, alignment=Qt.AlignmentFlag.AlignVCenter)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.switch.setChecked(starts_at_login())

    def _set(self, on: bool) -> None:
        try:
            start_at_login(on)
        except AppError as error:
            self._refused(error)
        self.switch.setChecked(starts_at_login())
