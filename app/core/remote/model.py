"""A model on a server in the place of an engine process: the core asks it the same calls in the same way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from app.core.calls.models import FindServer
from app.core.children import ChildState
from app.core.remote.served import ServedModel
from app.core.requests import ControlWord, Job, Requests
from app.core.signals import Signal
from app.errors import AppError
from app.models.server_keys import ServerKeys
from app.types import InstalledModel
from app.workers.calls.engine import Chat, Complete, Count, Load, Loaded
from app.workers.failures import failure_of
from app.workers.message import Call
from app.workers.protocol import AnyData, Frame

log = logging.getLogger(__name__)


class RemoteModel:
    """Looks like a child process to the core: see `app.core.children.Child`. Nothing is connected before a request."""

    def __init__(self, model: InstalledModel, key: Callable[[], str]) -> None:
        """`key` is called in a thread: a keyring may ask its user first."""
        self.state: ChildState = "stopped"
        self.ready: Signal[object] = Signal()
        self.failed: Signal[AppError] = Signal()
        self.state_changed: Signal[str] = Signal()
        self._served = ServedModel(model, key)
        self._requests = Requests(self._send_call, self._send_control)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    # --- as a child ---------------------------------------------------------------------------------------------------

    def request(
        self,
        call: Call,
        *,
        done: Callable[..., object],
        event: Callable[..., object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask the server; requests do not wait for each other here."""
        return self._requests.request(call, done=done, event=event, failed=failed, cancelled=cancelled)

    @property
    def busy(self) -> bool:
        return bool(self._requests.waiting)

    @property
    def gone(self) -> bool:
        """Whether no connection is left."""
        return self.state == "stopped" and not self._leaving

    def start(self) -> None:
        """It is there at once; whether the server is, `Load` finds out."""
        if self.state != "ready":
            self._set_state("ready")
            self.ready.emit(None)

    def retire(self) -> None:
        """Leave the server; who waits for an answer hears nothing more."""
        self._requests.drop_all()
        for task in self._tasks.values():
            task.cancel()
        self._tasks.clear()
        leaving = asyncio.get_running_loop().create_task(self._served.close())
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)
        self._set_state("stopped")

    def stop(self) -> None:
        """The core ends."""
        self.retire()

    def restart(self) -> None:
        self.retire()
        self.start()

    def recent_log(self) -> str:
        return ""

    def _set_state(self, state: ChildState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    # --- requests -----------------------------------------------------------------------------------------------------

    def _send_call(self, key: int, call: Call) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(key, call))
        self._tasks[key] = task
        task.add_done_callback(partial(self._ended, key))

    def _send_control(self, key: int, word: ControlWord, insist: bool) -> None:
        if word == "cancel" and key in self._tasks:
            self._tasks[key].cancel()

    async def _answer(self, key: int, call: Call) -> None:
        def say(data: AnyData) -> None:
            self._requests.take(Frame(key, "event", data))

        try:
            result = await self._perform(call, say)
        except AppError as error:
            self._requests.take(Frame(key, "error", error=failure_of(error)))
        else:
            self._requests.take(Frame(key, "done", result))

    def _ended(self, key: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if task.cancelled():
            self._requests.take(Frame(key, "cancelled"))
        elif (error := task.exception()) is not None:
            log.error("A request to %s failed", self._served.host, exc_info=error)
            wrong = AppError(f"The request to {self._served.host} failed.", "Try again.", repr(error))
            self._requests.take(Frame(key, "error", error=failure_of(wrong)))

    async def _perform(self, call: Call, say: Callable[[AnyData], object]) -> Any:
        served = self._served
        match call:
            case Load():
                return Loaded(info=await served.load())
            case Chat():
                return await served.chat(call, say)
            case Complete():
                return await served.complete(call, say)
            case Count():
                return served.count(call)
            case FindServer():
                return await served.find()
        raise AppError(
            f"A model on {served.host} cannot do this.", "Use a model on this computer.", type(call).__name__
        )


def remote_models(keys: ServerKeys) -> Callable[[InstalledModel, str | None], RemoteModel]:
    """Makes them; with the key given, or, for None, as it is kept."""

    def make(model: InstalledModel, key: str | None) -> RemoteModel:
        return RemoteModel(model, (lambda: key) if key is not None else lambda: keys.get(model.id))

    return make
