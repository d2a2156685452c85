"""Keeps a prompt, and asks for the words in braces of one that is used."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.theme import theme
from app.gui.widgets import Button, ConfirmDialog, Label, TextField
from app.library.records import Prompt


class PromptDialog(QDialog):
    """A name and a text."""

    def __init__(self, prompt: Prompt, parent: QWidget | None = None) -> None:
        """`prompt` is a new one where its id is ""."""
        super().__init__(parent)
        self._before = prompt
        title = self.tr("Edit the prompt") if prompt.id else self.tr("Save a prompt")
        column, buttons = _frame(self, title)
        self.name = TextField(self.tr("Name"), self.tr("For example: Reply to a complaint"), prompt.name)
        self.name.edit.textChanged.connect(lambda: self.name.set_error(""))
        column.addWidget(self.name)
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(Label(self.tr("Text"), "uiStrong"))
        self.edit = QPlainTextEdit(prompt.text)
        self.edit.setAccessibleName(self.tr("Text"))
        self.edit.setProperty("field", "true")
        self.edit.setTabChangesFocus(True)
        self.edit.setMinimumSize(theme().px(420), theme().px(96))
        words.addWidget(self.edit)
        said = self.tr(
            "Other words in braces are asked for when it is used: “Write a reply to {customer}.” "
            "{date}, {user}, {collection} and {model} are filled in by themselves."
        )
        column.addLayout(words)
        column.addWidget(Label(said, "caption", "text2", wrap=True))
        self.action = Button(self.tr("Keep the prompt"), "primary")
        self.action.setDefault(True)
        buttons.addWidget(self.action)
        column.addLayout(buttons)
        self.name.edit.setFocus()

    def prompt(self) -> Prompt:
        """As the fields say."""
        return msgspec.structs.replace(self._before, name=self.name.text().strip(), text=self.edit.toPlainText())

    def reject(self) -> None:
        """As `AssistantDialog.reject`."""
        title, said = self.tr("Leave without keeping it?"), self.tr("What you wrote is lost then.")
        same = self.edit.toPlainText().strip() == self._before.text.strip()
        if same or ConfirmDialog.ask(self, title, said, self.tr("Leave")):
            super().reject()

    def complain(self, error: AppError) -> None:
        """It could not be kept."""
        self.name.set_error(str(error))
        self.action.setEnabled(True)

    def keep_anyway(self, *, anew: bool) -> None:
        """As `AssistantDialog.keep_anyway`."""
        if anew:
            self._before = msgspec.structs.replace(self._before, id="")
        self.action.setText(self.tr("Keep it as a new one") if anew else self.tr("Keep mine all the same"))


class FillDialog(QDialog):
    """A field for each word; Enter goes to the next one, and from the last one into the question."""

    def __init__(self, prompt: Prompt, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column, buttons = _frame(self, prompt.name)
        shown = prompt.text if len(prompt.text) <= 400 else prompt.text[:399] + "…"
        column.addWidget(Label(shown, "ui", "text2", wrap=True))
        self.fields = {name: TextField(name) for name in names}
        for field in self.fields.values():
            field.edit.setMinimumWidth(theme().px(380))
            field.edit.returnPressed.connect(self._entered)
            column.addWidget(field)
        self.action = Button(self.tr("Put it into the question"), "primary")
        self.action.setAutoDefault(False)
        self.action.clicked.connect(self.accept)
        buttons.addWidget(self.action)
        column.addLayout(buttons)
        next(iter(self.fields.values())).edit.setFocus()

    def values(self) -> dict[str, str]:
        """What was typed, by name."""
        return {name: field.text().strip() for name, field in self.fields.items()}

    def _entered(self) -> None:
        edits = [field.edit for field in self.fields.values()]
        at = next((n for n, each in enumerate(edits) if each.hasFocus()), len(edits) - 1)
        if at + 1 < len(edits):
            edits[at + 1].setFocus()
        else:
            self.accept()


def _frame(dialog: QDialog, title: str) -> tuple[QVBoxLayout, QHBoxLayout]:
    """The column of a dialog, and its row of buttons with Cancel in it."""
    dialog.setWindowTitle(title)
    dialog.setModal(True)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(24, 24, 24, 24)
    column.setSpacing(12)
    column.addWidget(Label(title, "heading", wrap=True))
    buttons = QHBoxLayout()
    buttons.setSpacing(8)
    buttons.addStretch(1)
    cancel = Button(dialog.tr("Cancel"))
    cancel.setAutoDefault(False)
    cancel.clicked.connect(dialog.reject)
    buttons.addWidget(cancel)
    return column, buttons
