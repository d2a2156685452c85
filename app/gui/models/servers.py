"""Models on the company's servers: what a person does about them, as calls to the core. No widgets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core.calls import models as c
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.types import InstalledModel
from app.workers.calls.models import ModelInstalled

Failed = Callable[[AppError], object]


class ModelServers(QObject):
    """One question at a time; a new one takes the place of the one before."""

    added = Signal(object)
    """InstalledModel: it can be used from now on."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._job: Job | None = None

    def find(self, address: str, key: str, found: Callable[[c.ServerFound], object], failed: Failed) -> None:
        """Which models the server has."""
        self.cancel()
        self._job = self._core.request(c.FindServer(address=address, key=key), done=found, failed=failed)

    def add(self, call: c.AddServer, failed: Failed) -> None:
        """Have a model say one word, and list it; `added` follows."""

        def done(data: ModelInstalled) -> None:
            model: InstalledModel = data.model
            self.added.emit(model)

        self.cancel()
        self._job = self._core.request(call, done=done, failed=failed)

    def cancel(self) -> None:
        """Nobody waits for the answer any more."""
        if self._job is not None:
            self._job.cancel()
            self._job = None
