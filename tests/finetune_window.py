"""The real window with a core and children of its own, served by the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.gui import main as gui
from app.gui.shell.main_window import MainWindow
from app.paths import home
from app.settings import FIRST_RUN_DONE, Settings


def window_with_core(qapp: QApplication) -> Iterator[tuple[gui.Parts, MainWindow]]:
    """The window as `run` builds it; a training that it shows at its end is ended. For a fixture's `yield from`."""
    place = home()
    place.root.mkdir(parents=True, exist_ok=True)
    Settings(place).set(FIRST_RUN_DONE, True)
    parts = gui.build_parts(place, qapp)
    made = gui.build_window(parts)
    made.resize(1280, 820)
    made.show()
    parts.core.connect_core()
    parts.models.start()
    yield parts, made
    run = parts.finetune.run
    if run is not None:
        run.kill(parts.finetune.progress.pid)
    made.close()
    gui.stop(parts)
    made.deleteLater()


def wait_for(what: Callable[[], object], seconds: float, about: str) -> None:
    """Serve the window until it is so."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, about
        loop = QEventLoop()
        QTimer.singleShot(100, loop.quit)
        loop.exec()
