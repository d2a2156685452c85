"""The real window over a core with real stores; only the child processes are played by the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from core_world import CoreWorld, MemoryLink
from fakes import FakeChild
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from app.gui import main as gui
from app.gui.shell.main_window import MainWindow
from app.paths import home
from app.settings import FIRST_RUN_DONE, Settings
from app.types import Budget, Collection, ModelInfo, Stats
from app.workers.calls.documents import Collections, ListCollections
from app.workers.calls.engine import Chatted, Complete, Load, Loaded
from app.workers.message import WorkerRole

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98_000_000,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=200_000_000,
)  # fmt: skip


FIRST_WORD = Chatted(
    text="Hi", thinking="", reason="length", stats=Stats(), budget=Budget(context=8192, used=9), passages_used=0
)


class ShellWorld:
    """Builds the window as `run` does, without starting a process."""

    def __init__(self, *, chats: tuple[str, ...] = (), first_run: bool = False) -> None:
        app = cast(QApplication, QApplication.instance())
        # Windows of the tests before: no loop runs between tests to delete them, and a new one styles all there are.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        place = home()
        place.root.mkdir(parents=True, exist_ok=True)
        if not first_run:
            Settings(place).set(FIRST_RUN_DONE, True)
        self.world = CoreWorld(place)
        self.core = self.world.core
        self.store = self.core.store
        self.ids = [self.store.create(title).id for title in chats]
        self.link = MemoryLink(self.core)
        self.parts = gui.build_parts(place, app, self.link)
        self.parts.core.connect_core()
        self.window: MainWindow = gui.build_window(self.parts)
        self.window.resize(1280, 820)
        self.window.show()
        self.window.activateWindow()
        app.processEvents()

    def last(self, role: WorkerRole) -> FakeChild:
        """The child made last for a role."""
        return self.world.last(role)

    def load_starter(self) -> FakeChild:
        """Let the starter answer; its engine."""
        self.parts.models.start()
        engine = self.last("engine")
        engine.ready.emit(None)
        engine.last(Load).finish(Loaded(info=INFO))
        return engine

    def load_beside(self) -> FakeChild:
        """The model that is switched to is loaded and says its first word; its engine."""
        engine = self.last("engine")
        engine.ready.emit(None)
        engine.last(Load).finish(Loaded(info=INFO))
        engine.last(Complete).finish(FIRST_WORD)
        return engine

    def close(self) -> None:
        self.window.close()
        gui.stop(self.parts)
        self.window.deleteLater()


HANDBOOK = Collection(id=1, name="Handbook", documents=8, passages=96)


def with_handbook() -> Iterator[ShellWorld]:
    """A window that has one collection of documents; closed at the end."""
    made = ShellWorld()
    for job in made.last("documents").waiting(ListCollections):
        job.finish(Collections(collections=(HANDBOOK,)))
    yield made
    made.close()
