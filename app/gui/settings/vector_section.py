"""Where vectors are kept, in Settings below Documents: on this computer, or on a Chroma server of the company."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.core.calls.vectors import ChooseVectorServer, FindVectorServer
from app.errors import AppError
from app.gui.settings.vector_servers import VectorServers
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label, TextField
from app.gui.widgets.dialogs import ServerForm
from app.vector_server import DATABASE, TENANT
from app.workers.calls.vectors import VectorServerFound


class VectorSection(QWidget):
    """Shows the state that the core tells."""

    def __init__(self, servers: VectorServers, confirm: Callable[[str, str, str], bool]) -> None:
        """`confirm` asks a question: title, text, button."""
        super().__init__()
        self._servers, self._confirm = servers, confirm
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 10)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(16)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(self.tr("Vector server"), "uiStrong"))
        self.where = Label("", "caption", "text2", wrap=True)
        words.addWidget(self.where)
        row.addLayout(words, 1)
        self.choose = Button(self.tr("Choose a server"), "secondary", "server")
        self.choose.clicked.connect(self._open)
        self.leave = Button(self.tr("Leave"), "secondary")
        self.leave.clicked.connect(self._ask_to_leave)
        row.addWidget(self.choose)
        row.addWidget(self.leave)
        column.addLayout(row)
        self.problem = Banner("warning", self.tr("The vector server is not told of changes."))
        column.addWidget(self.problem)
        servers.changed.connect(self._show)
        servers.refresh()
        self._show()

    def _show(self) -> None:
        shown = self._servers.shown
        self.choose.setVisible(not shown.host)
        self.leave.setVisible(bool(shown.host))
        self.problem.setVisible(bool(shown.problem))
        if shown.problem:
            title = self.tr("The vector server is not told of changes.")
            self.problem.set_text(title if shown.host else self.tr("Something stays on the server."), shown.problem)
        if not shown.host:
            text = self.tr(
                "On this computer. For collections that outgrow it, a Chroma server of your company can keep the "
                "vectors; text and names of your documents stay here."
            )
        elif shown.waiting:
            text = self.tr("On {0}. {1} changes wait for it.").format(shown.host, f"{shown.waiting:,}")
        else:
            text = self.tr("On {0}, which has all of them.").format(shown.host)
        self.where.setText(text)

    def _open(self) -> None:
        VectorServerDialog(self._servers, self.window()).exec()

    def _ask_to_leave(self) -> None:
        host = self._servers.shown.host
        title = self.tr("Leave {0}?").format(host)
        detail = self.tr("What it holds of your documents is deleted there. Vectors are then kept on this computer.")
        if self._confirm(title, detail, self.tr("Leave")):
            self._servers.leave()


class VectorServerDialog(ServerForm):
    """Checks a server, says what would be sent to it, and closes when it is in use."""

    def __init__(self, servers: VectorServers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._servers = servers
        self._found = False
        self.setWindowTitle(self.tr("Vector server"))
        self.setModal(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(Label(self.tr("Vector server"), "heading"))
        said = self.tr("A Chroma server of your company, as “chroma run” starts one, behind https.")
        column.addWidget(Label(said, "ui", "text2", wrap=True))
        self.address = TextField(self.tr("Address"), "https://chroma.example.com")
        self.address.setMinimumWidth(theme().px(420))
        self.key = TextField(self.tr("Key"), self.tr("Leave it empty if the server needs none"))
        self.key.edit.setEchoMode(QLineEdit.EchoMode.Password)
        self.header = TextField(self.tr("Header of the key"), self.tr("Authorization, with Bearer"))
        self.tenant = TextField(self.tr("Tenant"), TENANT)
        self.database = TextField(self.tr("Database"), DATABASE)
        for field in (self.address, self.key, self.header, self.tenant, self.database):
            field.edit.textEdited.connect(self._changed)
            column.addWidget(field)
        column.addLayout(self._messages)
        column.addLayout(self._build_buttons())
        self.next.clicked.connect(self._go_on)
        servers.failed.connect(self._failed)
        self.finished.connect(servers.cancel)
        self._changed()
        self.address.edit.setFocus()

    def _changed(self, *_: object) -> None:
        """Another address or key: what was found does not count for it."""
        self._servers.cancel()
        self._found = False
        self._say()
        self._offer(self.tr("Check"))

    def _go_on(self) -> None:
        given = {
            "address": self.address.text(),
            "key": self.key.text().strip(),
            "tenant": self.tenant.text().strip() or TENANT,
            "database": self.database.text().strip() or DATABASE,
            "header": self.header.text().strip(),
        }
        if self._found:
            self._wait(self.tr("Connecting…"))
            self._servers.choose(ChooseVectorServer(**given), self.accept)
        else:
            self._wait(self.tr("Looking…"))
            self._servers.find(FindVectorServer(**given), self._show_found)

    def _show_found(self, found: VectorServerFound) -> None:
        self._found = True
        many = self.tr("1 collection") if found.collections == 1 else self.tr("{0} collections")
        title = self.tr("Chroma {0}, reachable, {1}.").format(found.version, many.format(found.collections))
        sent = self.tr(
            "For each passage its vector is sent to {0}, with the number of the passage and of its collection, and for "
            "each question the question's vector. No text and no name is sent, and nothing to anybody else. From a "
            "vector the rough meaning of a text can be guessed: use a server that you trust as you trust this computer."
        ).format(found.host)
        self._say(Banner("info", title, sent))
        self._offer(self.tr("Use this server"))

    def _failed(self, error: AppError) -> None:
        self._say(Banner("danger", error.message, error.hint))
        self._offer(self.tr("Use this server") if self._found else self.tr("Check"))
