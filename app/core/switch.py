"""A switch to another model: loaded and tried in a process of its own while the old one answers, or instead of it."""

from __future__ import annotations

from collections.abc import Callable

import psutil

from app.core.ahead import read_ahead
from app.core.children import Child
from app.core.engine import Engine
from app.core.fits import Fits
from app.core.house import House
from app.core.reply import Reply
from app.errors import AppError, WorkerGone
from app.llama.machine import cards_of
from app.types import InstalledModel, ModelInfo, Sampling
from app.workers.calls.engine import Chat, Complete, DevicesSeen, LookAtDevices

ROOM_POLL_S = 0.1
ONE = Sampling(max_tokens=1, temperature=0.0)
TRIAL = Complete(prompt="The first word of it", sampling=ONE)
"""A few words, since somebody waits: to read a chat's instructions takes five times as long."""
SERVER_TRIAL = Chat(conversation="", question="Hi", sampling=ONE)
"""Not every server goes on from a bare text."""
KILLED = "exit status -9"
"""The last line of what a child that the system killed left behind."""


class Switch:
    """One switch under way. Exactly one of `took_over` and `gave_up` is called, unless it is cancelled."""

    def __init__(
        self,
        house: House,
        old: Engine | None,
        model: InstalledModel,
        fits: Fits,
        moved: Callable[[float], object],
        took_over: Callable[[Engine], object],
        gave_up: Callable[[Engine, AppError], object],
        *,
        child: Child | None = None,
        tried: bool = False,
    ) -> None:
        """`child`: an engine process that waits for a model. `tried` skips the one-token trial: the model answers
        already, and only its settings are others."""
        self._house, self._old, self.model = house, old, model
        self._moved, self._took_over, self._gave_up = moved, took_over, gave_up
        self._tried = tried
        self.replies: list[Reply] = []
        """Doors that wait for its end."""
        self.engine = engine = Engine(house, model, child)
        self._fits = fits
        self.beside = True
        """Whether the old model can answer meanwhile; else it is released first."""
        self.need_bytes = self.free_bytes = 0
        self._room = False
        self._over = False
        engine.loading.connect(self._loading)
        engine.loaded.connect(lambda _: self._try())
        engine.failed.connect(self._failed)

    def start(self) -> None:
        """Begin. Where there are graphics cards the old engine is asked first what is free there at this moment."""
        old, fits = self._old, self._fits
        loaded = old.info if old is not None and old.can.here else None
        if old is None or loaded is None or not fits.gpus or self.model.origin == "server":
            self._begin(loaded)
            return

        def seen(said: DevicesSeen) -> None:
            fits.see(cards_of(said.devices), loaded)
            self._begin(loaded)

        old.child.request(LookAtDevices(), done=seen, failed=lambda _: self._begin(loaded))

    def _begin(self, loaded: ModelInfo | None) -> None:
        """Load; the first progress says that the file is sound."""
        if self._over:
            return
        if loaded is not None:
            self.beside = self.model.origin == "server" or self._fits.beside(self.model, loaded)
            self.need_bytes, self.free_bytes = self._fits.room(self.model, loaded)
        self._room = self.beside
        self._moved(0.0)
        if self.engine.can.here and self.model.file_bytes <= psutil.virtual_memory().available:
            self._house.clock.thread(lambda: read_ahead(self.model.path), lambda _: None, lambda _: None)
        self.engine.start()

    def cancel(self) -> None:
        """The old model stays; nothing more is called."""
        self._over = True

    def _loading(self, fraction: float) -> None:
        if self._over:
            return
        if self._room:
            self._moved(fraction)
        else:
            self.engine.hold(self._make_room)

    def _make_room(self) -> None:
        """Both models do not fit: end the old engine after its answers, and go on when its memory is free."""
        old = self._old
        if self._over or old is None:
            return
        if not old.child.busy and old.child.state != "stopped":
            old.rest()
        if old.child.gone:
            self._room = True
            self.engine.go_on()
        else:
            self._house.clock.after(ROOM_POLL_S, self._make_room)

    def _try(self) -> None:
        """One token, before anybody depends on it: some files pass every check and crash at the first word.

        Asked of the engine that has just loaded the model; a `Probe` would load the file a second time.
        """
        if self._over:
            return
        if self._tried:
            self._end()
            return
        trial = TRIAL if self.engine.can.here else SERVER_TRIAL
        self.engine.request(trial, done=lambda _: self._end(), failed=self._failed)

    def _end(self) -> None:
        if not self._over:
            self._over = True
            self._took_over(self.engine)

    def _failed(self, error: AppError) -> None:
        if self._over:
            return
        self._over = True
        self._gave_up(self.engine, _crash(self.model, error) if isinstance(error, WorkerGone) else error)


def _crash(model: InstalledModel, error: AppError) -> AppError:
    """The process ended: by itself over what the file holds, or by the system for want of memory."""
    detail = f"{model.path}\n{error.detail}"
    if error.detail.endswith(KILLED):
        return AppError(
            f"The model engine was ended from outside while it loaded “{model.name}”.",
            "There may not be enough memory for it. The model before it stays in use.",
            detail,
        )
    return AppError(
        f"The file of “{model.name}” makes the model engine crash.",
        "The model before it stays in use. Get the file again, or choose another model.",
        detail,
    )
