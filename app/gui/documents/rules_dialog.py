"""What of a folder is left out: asked for a folder that is followed, and for one that is about to be added."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import Button, ConfirmDialog, Label, TextField
from app.gui.widgets.choices import CheckBox
from app.workers.calls.folders import Folder, Rules


class RulesDialog(QDialog):
    """Patterns, one a line, and the largest size."""

    def __init__(self, folder: Folder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = self.tr("What is left out")
        self.setWindowTitle(title)
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(title, "heading", wrap=True))
        said = self.tr(
            "One pattern a line, such as *.bak, drafts/ or /archive. Hidden and temporary files are left out anyway. "
            "Documents that a new pattern leaves out go to the trash."
        )
        column.addWidget(Label(said, "ui", "text2", wrap=True))
        self.patterns = QPlainTextEdit("\n".join(folder.rules.ignore))
        self.patterns.setAccessibleName(self.tr("Patterns, one a line"))
        self.patterns.setTabChangesFocus(True)
        self.patterns.setMinimumSize(theme().px(340), theme().px(120))
        column.addWidget(self.patterns)
        largest = str(folder.rules.largest_mb) if folder.rules.largest_mb else ""
        self.largest = TextField(self.tr("Largest file in MB"), self.tr("No limit"), largest)
        self.largest.edit.textChanged.connect(lambda: self.largest.set_error(""))
        column.addWidget(self.largest)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.action = Button(self.tr("Use these rules"), "primary")
        self.action.setDefault(True)
        self.action.clicked.connect(self._act)
        buttons.addWidget(cancel)
        buttons.addWidget(self.action)
        column.addLayout(buttons)
        self.patterns.setFocus()

    def rules(self) -> Rules:
        """As they stand in the fields."""
        lines = tuple(line.strip() for line in self.patterns.toPlainText().splitlines() if line.strip())
        text = self.largest.text().strip()
        return Rules(ignore=lines, largest_mb=int(text) if text.isascii() and text.isdigit() else 0)

    def _act(self) -> None:
        text = self.largest.text().strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 7):
            self.largest.set_error(self.tr("Enter a whole number, or nothing."))
        else:
            self.accept()


class FolderDialog(ConfirmDialog):
    """Asks for a chosen folder whether it is added once or followed."""

    def __init__(self, path: str, collection: str, parent: QWidget | None = None) -> None:
        title = self.tr("Add the folder to {0}?").format(collection) if collection else self.tr("Add the folder?")
        super().__init__(title, path, self.tr("Add folder"), danger=False, parent=parent)
        self.keep = CheckBox(self.tr("Keep following this folder"))
        self.keep.setToolTip(self.tr("What is added, changed, moved or deleted there is then so here, by itself."))
        self.body.insertWidget(2, self.keep)
        self.action_button.setDefault(True)
        self.action_button.setFocus()

    @classmethod
    def ask_folder(cls, parent: QWidget, path: str, collection: str) -> tuple[bool, bool]:
        """Whether the person agreed, and whether the folder is to be followed."""
        dialog = cls(path, collection, parent)
        agreed = dialog.exec() == QDialog.DialogCode.Accepted
        keep = agreed and dialog.keep.isChecked()
        dialog.deleteLater()
        return agreed, keep
