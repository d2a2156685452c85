"""Sampling values of an assistant: empty is the style's own, which stands beside each that differs."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.settings.row import shown
from app.gui.widgets import Button, Label, TextField
from app.library.records import SAMPLING, Assistant
from app.setting import PRESETS
from app.settings import BY_KEY, Setting, Settings

COLUMNS = 3


class ValueField(QWidget):
    """One number; a click on the usual one beside its name restores that."""

    def __init__(self, setting: Setting[Any]) -> None:
        super().__init__()
        self.setting = setting
        self.setToolTip(_tr(setting.help))
        self._usual = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(_tr(setting.label), "uiStrong"))
        head.addStretch(1)
        self.revert = Button("", "link", "undo-2")
        self.revert.setMaximumHeight(20)
        head.addWidget(self.revert)
        column.addLayout(head)
        self.field = TextField()
        self.field.edit.setAccessibleName(_tr(setting.label))
        self.field.edit.textChanged.connect(self._changed)
        self.revert.clicked.connect(self.field.edit.clear)
        column.addWidget(self.field)

    def show_value(self, value: float | None) -> None:
        self.field.edit.setText("" if value is None else f"{value:g}" if self.setting.kind is float else str(value))
        self._changed()

    def show_usual(self, value: Any) -> None:
        """What it is where the field is empty."""
        self._usual = shown(self.setting, value)
        self.field.edit.setPlaceholderText(self._usual)
        self.revert.setText(self._usual)
        self.revert.setToolTip(_tr("Back to the default: {0}").format(self._usual))
        self.revert.setAccessibleName(_tr("{0}: back to {1}").format(self.setting.label, self._usual))

    def value(self) -> Any:
        """What is typed, None for the usual one. Raises AppError where it is no such number; the field says so too."""
        text = self.field.text().strip().replace(",", ".")
        if not text:
            return None
        try:
            return self.setting.accept(self.setting.kind(text))
        except ValueError as error:
            problem = AppError(_tr("This is no number."), _tr("Type one, or nothing."), str(error))
        except AppError as error:
            problem = error
        self.field.set_error(str(problem))
        self.field.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        raise problem

    def _changed(self) -> None:
        self.field.set_error("")
        self.revert.setVisible(bool(self.field.text().strip()))


class ValueFields(QWidget):
    """All of them, in a grid."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(12)
        self.fields = {key: ValueField(BY_KEY[key]) for key in SAMPLING}
        for at, field in enumerate(self.fields.values()):
            grid.addWidget(field, at // COLUMNS, at % COLUMNS, Qt.AlignmentFlag.AlignTop)
        for column in range(COLUMNS):
            grid.setColumnStretch(column, 1)

    def show_assistant(self, assistant: Assistant) -> None:
        for key, field in self.fields.items():
            field.show_value(getattr(assistant, key))
        self.show_style(assistant.style)

    def show_style(self, style: str) -> None:
        """The usual values are those of this style, or of Settings for ""."""
        preset = PRESETS.get(style, {})
        for key, field in self.fields.items():
            field.show_usual(preset[key] if key in preset else self._settings.get(BY_KEY[key]))

    def values(self) -> dict[str, Any]:
        """By the names of an assistant's fields. Raises AppError; the field that is wrong says so."""
        return {key: field.value() for key, field in self.fields.items()}


def _tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)
