"""One window a data folder: a second start raises the first window and leaves."""

from __future__ import annotations

import getpass
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

from app.paths import Home

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

WAIT_MS = 1_500
RAISE = b"raise\n"


class SingleInstance(QObject):
    """Holds the lock of the data folder. The socket is a Unix-domain socket or a named pipe for this user alone."""

    raised = Signal()

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = socket_name(home.root)
        home.root.mkdir(parents=True, exist_ok=True)
        self._lock = QLockFile(str(home.root / "window.lock"))
        self._lock.setStaleLockTime(0)
        self._server: QLocalServer | None = None

    def acquire(self) -> bool:
        """Whether this is the first window; a lock whose process is gone counts as free."""
        return self._lock.tryLock(0)

    def raise_other(self) -> bool:
        """Ask the first window to come forward; False where it does not answer."""
        from PySide6.QtNetwork import QLocalSocket  # a library of its own that the first paint does not need

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(WAIT_MS):
            return False
        socket.write(RAISE)
        sent = socket.waitForBytesWritten(WAIT_MS)
        socket.disconnectFromServer()
        return sent

    def listen(self) -> None:
        """Hear from later starts; call it after the first paint."""
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._name)
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._answer)
        if server.listen(self._name):
            self._server = server

    def release(self) -> None:
        if self._server is not None:
            self._server.close()
        self._lock.unlock()

    def _answer(self) -> None:
        """Whatever a connection says, it means the same: nothing it sends is read further."""
        assert self._server is not None
        while self._server.hasPendingConnections():
            connection = self._server.nextPendingConnection()
            connection.disconnected.connect(connection.deleteLater)
            connection.disconnectFromServer()
            self.raised.emit()


def socket_name(root: Path) -> str:
    """The same for every start of this user with this data folder."""
    text = f"{getpass.getuser()}:{root}"
    return f"inhouse-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
