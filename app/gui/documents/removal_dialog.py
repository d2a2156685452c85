"""Asks once before documents go, and offers to delete what answers still tell of them."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from app.gui.widgets import ConfirmDialog
from app.gui.widgets.choices import CheckBox


class RemovalDialog(ConfirmDialog):
    """A confirmation with a box to tick where stored answers hold the model's own words about the documents."""

    def __init__(self, title: str, detail: str, action: str, answers: int, parent: QWidget | None = None) -> None:
        one = answers == 1
        told = self.tr("1 answer in your chats tells of it in the model's own words and keeps them.")
        many = self.tr("{0} answers in your chats tell of it in the model's own words and keep them.").format(answers)
        said = (told if one else many) if answers else ""
        super().__init__(title, f"{detail} {said}".strip(), action, parent=parent)
        self.with_answers = CheckBox(self.tr("Delete that answer too") if one else self.tr("Delete these answers too"))
        self.with_answers.setVisible(bool(answers))
        self.body.insertWidget(2, self.with_answers)

    @classmethod
    def ask_removal(cls, parent: QWidget, title: str, detail: str, action: str, answers: int) -> tuple[bool, bool]:
        """Whether the person agreed, and whether the answers go too."""
        dialog = cls(title, detail, action, answers, parent)
        agreed = dialog.exec() == QDialog.DialogCode.Accepted
        chosen = agreed and bool(answers) and dialog.with_answers.isChecked()
        dialog.deleteLater()
        return agreed, chosen
