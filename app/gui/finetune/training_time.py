"""How long training will take, asked for while a person looks at the list: they know it before they start."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QTimer

from app.core.calls import training as c
from app.core.requests import Job
from app.errors import AppError
from app.finetune.measured import Measured
from app.gui.core_client import CoreClient
from app.gui.finetune.state import TrainingState

log = logging.getLogger(__name__)

QUIET_MS = 4000
"""After the last of many decisions the time is measured anew; each takes a processor some seconds."""


class TrainingTime(QObject):
    """Asks once for a list that is new, and again where much of it was decided since."""

    def __init__(self, core: CoreClient, state: TrainingState) -> None:
        super().__init__(state)
        self._core, self._state = core, state
        self._job: Job | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._ask)
        state.changed.connect(self._look)

    def stop(self) -> None:
        """Nobody wants to know any more."""
        self._timer.stop()
        job, self._job = self._job, None
        if job is not None and job.active:
            job.cancel()

    def _look(self) -> None:
        opened = self._state.opened
        if opened is None or opened.wizard.step != "review" or self._state.measuring or not opened.wants_time():
            self._timer.stop()
        elif not self._timer.isActive() and (self._job is None or not self._job.active):
            self._timer.start(QUIET_MS if opened.time_asked else 0)

    def _ask(self) -> None:
        opened = self._state.opened
        if opened is None or self._state.measuring:
            return

        def told(measured: Measured | None) -> None:
            if self._state.opened is opened:
                opened.take_time(measured)
                self._state.changed.emit()

        def not_told(error: AppError) -> None:
            log.info("The time of a training could not be measured: %s", error)  # said again when it is to start
            told(None)

        call = c.MeasureRun(run_id=opened.record.id)
        self._job = self._core.request(call, done=lambda found: told(found.measured), failed=not_told)
