"""One window a data folder: a second start raises the first window and leaves. No socket: a watched file is enough."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, QTimer, Signal

from app.paths import Home

WAIT_S = 1.5
POLL_S = 0.02
MISSED_MS = 1_000
"""How often the first window looks by itself: on a network drive the watcher hears nothing."""


class SingleInstance(QObject):
    """Holds the lock of the data folder. A later start writes a file, and the first window answers by removing it."""

    raised = Signal()

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        home.root.mkdir(parents=True, exist_ok=True)
        self._folder = home.root / "window.raise"
        self._lock = QLockFile(str(home.root / "window.lock"))
        self._lock.setStaleLockTime(0)
        self._watcher: QFileSystemWatcher | None = None

    @property
    def _call(self) -> Path:
        return self._folder / "please"

    def acquire(self) -> bool:
        """Whether this is the first window; a lock whose process is gone counts as free."""
        return self._lock.tryLock(0)

    def raise_other(self) -> bool:
        """Ask the first window to come forward; False where it does not answer."""
        self._folder.mkdir(exist_ok=True)
        self._call.touch()
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if not self._call.exists():
                return True
            time.sleep(POLL_S)
        self._call.unlink(missing_ok=True)
        return False

    def listen(self) -> None:
        """Hear from later starts; call it after the first paint."""
        self._folder.mkdir(exist_ok=True)
        self._call.unlink(missing_ok=True)
        self._watcher = QFileSystemWatcher([str(self._folder)], self)
        self._watcher.directoryChanged.connect(self._look)
        timer = QTimer(self, interval=MISSED_MS)
        timer.timeout.connect(self._look)
        timer.start()

    def release(self) -> None:
        """Let the next start be the first."""
        if self._watcher is not None:
            self._watcher.deleteLater()
            self._watcher = None
        self._lock.unlock()

    def _look(self) -> None:
        if self._watcher is None or not self._call.exists():
            return
        self._call.unlink(missing_ok=True)
        self.raised.emit()
