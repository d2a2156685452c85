"""The key that programs need, and where they find Inhouse: below the switch and the port in Settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.calls.api import Api, ApiMoved, RenewApiKey, ShowApi
from app.gui.core_client import CoreClient
from app.gui.widgets import Banner, Button, Label
from app.workers.failures import error_of

COPIED_MS = 1500
SHOWN_ENDS = 4
"""Characters of the key that are shown at its end: enough to tell two apart."""


class ProgramsSection(QWidget):
    """Shows the state that the core tells; the key itself is only copied, never shown."""

    def __init__(self, core: CoreClient, confirm: Callable[[str, str, str], bool]) -> None:
        """`confirm` asks a question: title, text, button."""
        super().__init__()
        self._core, self._confirm = core, confirm
        self._key = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(8)
        self.problem = Banner("warning", self.tr("Programs cannot connect."))
        self.problem.hide()
        column.addWidget(self.problem)
        self.address = Label("", "ui", "text2", wrap=True)
        column.addWidget(self.address)
        row = QHBoxLayout()
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(self.tr("Key"), "uiStrong"))
        self.shown_key = Label("", "caption", "text2")
        words.addWidget(self.shown_key)
        row.addLayout(words, 1)
        self.copy = Button(self.tr("Copy key"), "secondary", "copy")
        self.copy.clicked.connect(self._copy)
        self.renew = Button(self.tr("New key"), "secondary", "refresh-cw")
        self.renew.clicked.connect(self._ask_to_renew)
        row.addWidget(self.copy)
        row.addWidget(self.renew)
        column.addLayout(row)
        hint = self.tr("“inhouse serve” does the same in a terminal; docs/api.md shows what programs can ask.")
        column.addWidget(Label(hint, "caption", "text2", wrap=True))
        core.told.connect(self._told)
        core.welcomed.connect(self._look)
        self._look()

    def _look(self, *_: object) -> None:
        self._core.request(ShowApi(), done=self._show)

    def _told(self, data: object) -> None:
        if isinstance(data, ApiMoved):
            self._look()

    def _show(self, api: Any) -> None:
        assert isinstance(api, Api)
        self._key = api.key
        self.shown_key.setText("•" * 12 + api.key[-SHOWN_ENDS:])
        moved = api.moved
        self.problem.setVisible(moved.failure is not None)
        self.address.setVisible(moved.failure is None)
        if moved.failure is not None:
            self.problem.set_text(self.tr("Programs cannot connect."), str(error_of(moved.failure)))
        if moved.on:
            self.address.setText(self.tr("Programs find Inhouse at {0}").format(moved.address))
        else:
            self.address.setText(self.tr("Off: no program can connect."))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._key)
        self.copy.setText(self.tr("Copied"))
        QTimer.singleShot(COPIED_MS, self.copy, lambda: self.copy.setText(self.tr("Copy key")))

    def _ask_to_renew(self) -> None:
        title = self.tr("Make a new key?")
        detail = self.tr("Programs that use the old one can no longer ask until they have the new one.")
        if self._confirm(title, detail, self.tr("New key")):
            self._core.request(RenewApiKey(), done=self._show)
