"""Adds a model on a server of the company: address and key, then which of its models."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.core.calls.models import AddServer, ServerFound
from app.errors import AppError
from app.gui.models.servers import ModelServers
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, ComboBox, IconLabel, Label, TextField, ThemedWidget, paint_box
from app.gui.widgets.dialogs import ServerForm


class ServerDialog(ServerForm):
    """Closes when the model has answered; what goes wrong stands above the buttons."""

    def __init__(self, servers: ModelServers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._found: ServerFound | None = None
        self.setWindowTitle(self.tr("Add a server"))
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(self.tr("Add a server"), "heading"))
        said = self.tr("A model on a computer of your company that speaks OpenAI's API: vLLM, llama-server, SGLang, …")
        column.addWidget(Label(said, "ui", "text2", wrap=True))
        self.address = TextField(self.tr("Address"), "https://models.example.com/v1")
        self.address.setMinimumWidth(theme().px(420))
        self.key = TextField(self.tr("Key"), self.tr("Leave it empty if the server needs none"))
        self.key.edit.setEchoMode(QLineEdit.EchoMode.Password)
        for field in (self.address, self.key):
            field.edit.textEdited.connect(self._changed)
            column.addWidget(field)
        self._more = self._build_models()
        column.addWidget(self._more)
        column.addLayout(self._messages)
        column.addLayout(self._build_buttons())
        self.next.clicked.connect(self._go_on)
        servers.added.connect(self.accept)
        self.finished.connect(servers.cancel)
        self._changed()
        self.address.edit.setFocus()

    def _build_models(self) -> QWidget:
        holder = QWidget(self)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(Label(self.tr("Model"), "uiStrong"))
        self.models = ComboBox(self.tr("Model"))
        column.addWidget(self.models)
        column.addSpacing(8)
        self.name = TextField(self.tr("Name here"), self.tr("As on the server"))
        self.name.edit.setMaxLength(80)
        column.addWidget(self.name)
        return holder

    def _changed(self, *_: object) -> None:
        """Another address or key: what was found does not count for it."""
        self._servers.cancel()
        self._found = None
        self._more.hide()
        self._say()
        self._offer(self.tr("Look for models"))

    def _go_on(self) -> None:
        address, key = self.address.text(), self.key.text().strip()
        if self._found is None:
            self._wait(self.tr("Looking…"))
            self._servers.find(address, key, self._show_models, self._failed)
            return
        self._wait(self.tr("Trying it…"))
        call = AddServer(
            address=self._found.address, key=key, model=self.models.currentText(), name=self.name.text().strip()
        )
        self._servers.add(call, self._failed)

    def _show_models(self, found: ServerFound) -> None:
        if not found.models:
            self._failed(AppError(self.tr("{0} has no model.").format(found.host), ""))
            return
        self._found = found
        self.models.clear()
        self.models.addItems(list(found.models))
        self._more.show()
        sent = self.tr("What you ask it, and the passages that answer it, are sent to {0}.").format(found.host)
        banners = [Banner("info", sent)]
        if not found.encrypted:
            title = self.tr("This connection is not encrypted.")
            banners.append(Banner("warning", title, self.tr("Others in the network could read along.")))
        self._say(*banners)
        self._offer(self.tr("Add"))
        self.models.setFocus(Qt.FocusReason.OtherFocusReason)

    def _failed(self, error: AppError) -> None:
        self._say(Banner("danger", error.message, error.hint))
        self._offer(self.tr("Look for models") if self._found is None else self.tr("Add"))


class ServerArea(ThemedWidget):
    """The line of the page that offers it."""

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(16)
        row.addWidget(IconLabel("server", "text2", 24))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(_tr("Use a model on your company's server"), "uiStrong", wrap=True))
        said = _tr("Larger models than fit here. Each answer says where it was computed.")
        words.addWidget(Label(said, "caption", "text2", wrap=True))
        row.addLayout(words, 1)
        self.add = Button(_tr("Add a server"))
        self.add.clicked.connect(self.asked)
        row.addWidget(self.add)

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=theme().color("border"), radius=8)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ServerArea", text)
