"""The dialog that names a collection; a name that is taken is said under the field, not in another dialog."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.documents.controller import DocumentsController
from app.gui.theme import theme
from app.gui.widgets import Button, Label, TextField


class CollectionDialog(QDialog):
    """Creates a collection, or renames the one that is given. Closes when the core agreed."""

    def __init__(self, controller: DocumentsController, collection_id: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        name = next((each.name for each in controller.totals if each.id == collection_id), "")
        self._controller, self._id, self._name = controller, collection_id, name
        title = self.tr("Rename {0}").format(name) if name else self.tr("New collection")
        self.setWindowTitle(title)
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(Label(title, "heading", wrap=True))
        self.field = TextField(self.tr("Collection name"), self.tr("For example: Travel & HR"), name)
        self.field.setMinimumWidth(theme().px(340))
        self.field.edit.selectAll()
        self.field.edit.textChanged.connect(lambda: self.field.set_error(""))
        column.addWidget(self.field)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.action = Button(self.tr("Rename") if name else self.tr("Create collection"), "primary")
        self.action.setDefault(True)
        self.action.clicked.connect(self._act)
        buttons.addWidget(cancel)
        buttons.addWidget(self.action)
        column.addLayout(buttons)
        controller.collection_refused.connect(self.field.set_error)
        controller.collection_created.connect(self.accept)
        self.field.setFocus()

    def _act(self) -> None:
        text = self.field.text()
        if self._name and text.strip() == self._name:
            self.reject()
        elif self._id:
            self._controller.rename_collection(self._id, text)
        else:
            self._controller.create_collection(text)
