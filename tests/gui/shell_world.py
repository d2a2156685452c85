"""The real window over real stores; only the child processes are played by the test."""

from __future__ import annotations

from typing import cast

from fakes import FakeWorkerClient
from PySide6.QtWidgets import QApplication

from app.gui import main as gui
from app.gui.shell.main_window import MainWindow
from app.gui.worker_client import WorkerClient
from app.paths import home
from app.settings import FIRST_RUN_DONE, Settings
from app.types import ModelInfo
from app.workers.protocol import Load, Loaded, WorkerRole

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98_000_000,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=200_000_000,
)  # fmt: skip


class ShellWorld:
    """Builds the window as `run` does, without starting a process."""

    def __init__(self, *, chats: tuple[str, ...] = (), first_run: bool = False) -> None:
        self.clients: list[tuple[WorkerRole, FakeWorkerClient]] = []
        app = cast(QApplication, QApplication.instance())
        place = home()
        place.root.mkdir(parents=True, exist_ok=True)
        if not first_run:
            Settings(place).set(FIRST_RUN_DONE, True)
        self.parts = gui.build_parts(place, app, self._client)
        self.ids = [self.parts.store.create(title).id for title in chats]
        self.window: MainWindow = gui.build_window(self.parts)
        self.window.resize(1280, 820)
        self.window.show()
        self.window.activateWindow()
        app.processEvents()

    def _client(self, role: WorkerRole) -> WorkerClient:
        client = FakeWorkerClient()
        self.clients.append((role, client))
        return cast(WorkerClient, client)

    def last(self, role: WorkerRole) -> FakeWorkerClient:
        """The client made last for a role."""
        return [client for made, client in self.clients if made == role][-1]

    def load_starter(self) -> FakeWorkerClient:
        """Let the starter answer; its engine."""
        engine = self.last("engine")
        self.parts.models.start()
        engine.ready.emit(None)
        engine.last(Load).finish(Loaded(info=INFO))
        return engine

    def close(self) -> None:
        self.window.close()
        gui.stop(self.parts)
        self.window.deleteLater()
