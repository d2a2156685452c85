"""One window a data folder: a second start hands its files to the first window, raises it and leaves.

No socket: a file of each start in a watched folder is enough. The first window answers by removing it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QLockFile, QObject, QTimer, Signal

from app.files import write_atomic
from app.paths import Home

WAIT_S = 10.0
"""A window that is itself just starting listens some seconds later on a slow computer."""
POLL_S = 0.02
MISSED_MS = 1_000
"""How often the first window looks by itself: on a network drive the watcher hears nothing."""
STALE_S = 60.0
"""A call that is older is of a start that was killed while it waited."""


class SingleInstance(QObject):
    """Holds the lock of the data folder, and hears of later starts."""

    raised = Signal()
    asked = Signal(list)
    """Paths that a later start was to open; `raised` comes before."""

    def __init__(self, home: Home, parent: QObject | None = None) -> None:
        super().__init__(parent)
        home.root.mkdir(parents=True, exist_ok=True)
        self._folder = home.root / "window.raise"
        self._lock = QLockFile(str(home.root / "window.lock"))
        self._lock.setStaleLockTime(0)
        self._watcher: QFileSystemWatcher | None = None

    def acquire(self) -> bool:
        """Whether this is the first window; a lock whose process is gone counts as free."""
        return self._lock.tryLock(0)

    def raise_other(self, paths: Sequence[str] = ()) -> bool:
        """Ask the first window to come forward and open these files; False where it does not answer.

        Raises:
            NoSpace: it cannot be asked, since the data folder cannot be written.
        """
        call = self._folder / f"{os.getpid()}-{time.monotonic_ns()}.json"
        write_atomic(call, json.dumps({"paths": list(paths)}).encode())
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            if not call.exists():
                return True
            time.sleep(POLL_S)
        try:
            call.unlink()
        except FileNotFoundError:  # it was taken in this moment
            return True
        return False

    def listen(self) -> None:
        """Hear from later starts; call it after the first paint."""
        self._folder.mkdir(exist_ok=True)
        self._watcher = QFileSystemWatcher([str(self._folder)], self)
        self._watcher.directoryChanged.connect(self._look)
        timer = QTimer(self, interval=MISSED_MS)
        timer.timeout.connect(self._look)
        timer.start()
        self._look()

    def release(self) -> None:
        """Let the next start be the first."""
        if self._watcher is not None:
            self._watcher.deleteLater()
            self._watcher = None
        self._lock.unlock()

    def _look(self) -> None:
        if self._watcher is None:
            return
        for call in sorted(self._folder.glob("[!.]*")):
            with contextlib.suppress(OSError):  # it went: who asked has given up
                fresh = time.time() - call.stat().st_mtime < STALE_S
                paths = _paths_in(call)
                call.unlink()
                if fresh:
                    self.raised.emit()
                    if paths:
                        self.asked.emit(paths)


def _paths_in(call: Path) -> list[str]:
    """The paths of a call; none where it holds none."""
    try:
        paths = json.loads(call.read_bytes())["paths"]
        return [path for path in paths if isinstance(path, str)]
    except (ValueError, TypeError, KeyError):
        return []
