"""A setting as a row or as a small field, with its default beside it where the value differs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.settings.editors import Editor, ListEditor, TextEditor, editor_for
from app.gui.settings.forced import forced
from app.gui.widgets import Button, Label
from app.gui.widgets.flip_row import FlipRow
from app.gui.widgets.lock_note import LockNote, lock
from app.settings import Setting, Settings

STACK_BELOW = 420
"""Pixels of usual text: under this width the control stands below the words."""


class SettingRow(QWidget):
    """Name and explanation at the leading end, the control at the other; `small` puts the control between them."""

    refused = Signal(object)
    """AppError: the value could not be stored."""

    def __init__(self, settings: Settings, setting: Setting[Any], *, small: bool = False) -> None:
        super().__init__()
        self._settings, self.setting = settings, setting
        self.editor: Editor = editor_for(setting, self._change)
        self._revert = Button("", "link", "undo-2")
        self._revert.clicked.connect(self._reset)
        self.help = Label(_tr(setting.help), "caption", "text2", wrap=True)
        self._forced = forced(settings, setting)
        self.lock = LockNote(_tr(setting.label), self._forced.why) if self._forced is not None else None
        if small or self.editor.wide:
            self._stack(wide=self.editor.wide)
        else:
            self._side_by_side()
        if self._forced is not None:
            lock(self.editor, self._forced.why)
        self.refresh()

    def refresh(self) -> None:
        """Show what is stored."""
        value = self._forced.value if self._forced is not None else self._settings.get(self.setting)
        self.editor.show_value(value)
        differs = not self._settings.is_default(self.setting)
        default = shown(self.setting, self._settings.default(self.setting))
        self._revert.setText(default)
        self._revert.setToolTip(_tr("Back to the default: {0}").format(default))
        self._revert.setAccessibleName(_tr("{0}: back to {1}").format(self.setting.label, default))
        self._revert.setVisible(differs and self.lock is None)

    def set_choices(self, choices: list[tuple[Any, str]]) -> None:
        """Other choices than the declaration's, for a list."""
        if isinstance(self.editor, ListEditor):
            self.editor.set_choices(choices)
            self.refresh()

    def _change(self, value: Any) -> None:
        try:
            self._settings.set(self.setting, value)
        except AppError as error:
            self.refused.emit(error)
        self.refresh()

    def _reset(self) -> None:
        try:
            self._settings.reset(self.setting)
        except AppError as error:
            self.refused.emit(error)
        self.refresh()

    def _side_by_side(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 10, 0, 10)
        holder = FlipRow(STACK_BELOW)
        outer.addWidget(holder)
        row = holder.box
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(_tr(self.setting.label), "uiStrong", wrap=True))
        words.addWidget(self.help)
        if self.lock is not None:
            words.addSpacing(2)
            words.addWidget(self.lock)
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(self._revert, alignment=Qt.AlignmentFlag.AlignVCenter)
        long = isinstance(self.editor, TextEditor)
        row.addWidget(self.editor, alignment=Qt.AlignmentFlag.AlignTop if long else Qt.AlignmentFlag.AlignVCenter)

    def _stack(self, *, wide: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(_tr(self.setting.label), "uiStrong"))
        if wide:
            head.addWidget(self.help, 1)
        else:
            head.addStretch(1)
        head.addWidget(self._revert)
        self._revert.setMaximumHeight(20)
        column.addLayout(head)
        column.addWidget(self.editor)
        if not wide:
            column.addWidget(self.help)
        if self.lock is not None:
            column.addWidget(self.lock)


def shown(setting: Setting[Any], value: Any) -> str:
    """A value as the user reads it."""
    if value is None:
        return _tr(setting.unset)
    for choice, label in setting.choices:
        if choice == value:
            return _tr(label)
    if isinstance(value, bool):
        return _tr("On") if value else _tr("Off")
    if isinstance(value, float):
        return f"{value:.2f}"
    return str(value) if value != "" else _tr(setting.unset or "empty")


def _tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)
