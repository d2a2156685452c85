"""What the window asks of the core for a training on another computer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from app.core.calls import training as c
from app.core.requests import Job
from app.errors import AppError
from app.gui.core_client import CoreClient

Failed = Callable[[AppError], object]


class Away:
    """Asks for whoever waits: the answer is theirs alone."""

    def __init__(self, core: CoreClient) -> None:
        self._core = core

    def export(
        self,
        run_id: str,
        tool: Literal["trl", "axolotl"],
        folder: str,
        done: Callable[[c.RunExported], object],
        failed: Failed,
    ) -> Job:
        """Write what would train here for another computer."""
        return self._core.request(c.ExportRun(run_id=run_id, tool=tool, folder=folder), done=done, failed=failed)

    def bring(self, run_id: str, folder: str, done: Callable[[], object], failed: Failed) -> Job:
        """Take what was learned on another computer; the run goes on with it."""
        call = c.BringAdapter(run_id=run_id, folder=folder)
        return self._core.request(call, done=lambda _: done(), failed=failed)
