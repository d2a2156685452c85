"""Which model answers: the engine in use, the switch to another one, and questions to a third."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.core.calls import models as c
from app.core.children import Requester
from app.core.clock import Debounce
from app.core.engine import Engine
from app.core.house import Handler, House
from app.core.model_list import ModelList
from app.core.reply import Reply
from app.core.retired import Retired
from app.core.side_engines import SideEngines
from app.core.signals import Signal
from app.core.switch import Switch
from app.errors import AppError
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, THREADS
from app.types import Answer, InstalledModel, ModelInfo
from app.workers import protocol as p
from app.workers.failures import failure_of

log = logging.getLogger(__name__)

RELOADS = (CONTEXT_LENGTH.key, THREADS.key, GPU_LAYERS.key)
RELOAD_DELAY_S = 0.8
NO_MODEL = AppError("No model is installed.", "Import a model file on the Models page.")
STARTED_AGAIN = AppError("The model was started again.", "Ask once more.")


class ModelsDesk:
    """The engine in use and what takes its place."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.engine_ready: Signal[ModelInfo] = Signal()
        """Questions can be asked."""
        self.engine_leaving: Signal[AppError] = Signal()
        """The engine is about to be ended from here; what it is answering is lost unless somebody keeps it."""
        self.list = ModelList(house, self._busy_with)
        self.list.renamed.connect(self._renamed)
        self._retired = Retired(house.clock)
        self._side = SideEngines(house, self._retired)
        self._state = c.EngineMoved(state="stopped")
        self._engine: Engine | None = None
        self._switch: Switch | None = None
        self._suspended: AppError | None = None
        self._waiting: list[tuple[Callable[[], object], Reply]] = []
        self._reload = Debounce(house.clock, RELOAD_DELAY_S, self._load_again)
        house.settings.subscribe(lambda key: self._reload.push() if key in RELOADS else None)

    def handlers(self) -> Mapping[type[p.Call], Handler]:
        return {
            **self.list.handlers(),
            c.LoadEngine: self._load,
            c.UseModel: lambda call, reply: self.use(call.model_id, reply),
            c.GoBack: self._go_back,
            c.CancelSwitch: self._cancel,
            c.RestartEngine: self._restart,
        }

    # --- what is so ---------------------------------------------------------------------------------------------------

    @property
    def active(self) -> InstalledModel | None:
        """The model in use, loaded or about to be."""
        return self._engine.model if self._engine is not None else self._house.registry.active()

    @property
    def active_id(self) -> str:
        active = self.active
        return active.id if active is not None else ""

    @property
    def info(self) -> ModelInfo | None:
        return self._engine.info if self._engine is not None else None

    @property
    def is_ready(self) -> bool:
        """Whether questions can be asked now."""
        return self.info is not None

    @property
    def is_busy(self) -> bool:
        """Whether a switch, an import or an export is under way."""
        return self._switch is not None or self.list.is_busy

    @property
    def backend(self) -> Requester:
        """Who answers now.

        Raises:
            AppError: no model is loaded.
        """
        if self._engine is None or self._engine.info is None:
            raise AppError("The model is still loading.", "Ask again in a moment.")
        return self._engine

    def engine_state(self) -> c.EngineMoved:
        return self._state

    def switching(self) -> c.Switching | None:
        """The switch under way."""
        return c.Switching(model_id=self._switch.model.id) if self._switch is not None else None

    def listed(self) -> c.Models:
        """All models as a door shows them."""
        return self.list.listed()

    def guard(self, reason: Callable[[InstalledModel], AppError | None]) -> None:
        """Ask this before a model is removed: why it has to stay, or None."""
        self.list.guards.append(reason)

    def with_backend(self, model_id: str, ready: Callable[[Requester, InstalledModel], object], reply: Reply) -> None:
        """Call `ready` once this model ("" the one in use) can answer; what goes wrong is told to `reply`.

        Raises:
            AppError: there is no such model, or none at all.
        """
        if model_id and model_id != self.active_id:
            self._side.with_model(self._house.registry.find(model_id), ready, reply)
            return
        engine = self._begin()

        def go() -> None:
            if self._engine is not None:
                ready(self._engine, self._engine.model)

        if engine.info is not None:
            go()
        else:
            self._waiting.append((go, reply))

    def note_speed(self, answer: Answer) -> None:
        """Remember how fast the model in use writes here."""
        if self._engine is not None and answer.stats.tokens_per_s > 0 and answer.stats.completion_tokens >= 16:
            self._engine.model = self.list.note_speed(self._engine.model, answer.stats.tokens_per_s)

    # --- the engine in use --------------------------------------------------------------------------------------------

    def suspend(self, error: AppError) -> None:
        """End the engine so that its memory is free; `error` says why the chat is silent."""
        self._drop_switch()
        if self._engine is not None:
            self.engine_leaving.emit(error)
            self._engine.rest()
        self._suspended = error
        self._move(c.EngineMoved(state="failed", failure=failure_of(error)))

    def give_back(self) -> None:
        """After `suspend`: load the model again."""
        self._suspended = None
        if not self.is_ready:
            self._begin()

    def wake(self) -> None:
        """Somebody waits for the model in use: load it, unless it had to leave for a training.

        Raises:
            AppError: no model is installed.
        """
        if self._suspended is None:
            self._begin()

    def _begin(self) -> Engine:
        """The engine in use, started where it is not.

        Raises:
            AppError: no model is installed, or a training has its memory.
        """
        if self._suspended is not None:
            raise self._suspended
        if self._engine is None:
            model = self._house.registry.active()
            if model is None:
                self._move(c.EngineMoved(state="failed", failure=failure_of(NO_MODEL)))
                raise NO_MODEL
            self._watch(Engine(self._house, model))
        assert self._engine is not None
        if self._engine.child.state in ("stopped", "failed"):
            self._move(c.EngineMoved(state="loading"))
        self._engine.start()
        return self._engine

    def _watch(self, engine: Engine) -> None:
        self._engine = engine
        engine.loading.connect(lambda fraction: self._loading(engine, fraction))
        engine.loaded.connect(lambda info: self._loaded(engine, info))
        engine.failed.connect(lambda error: self._failed(engine, error))

    def _loading(self, engine: Engine, fraction: float) -> None:
        if engine is self._engine:
            self._move(c.EngineMoved(state="loading", fraction=fraction))

    def _loaded(self, engine: Engine, info: ModelInfo) -> None:
        if engine is not self._engine:
            return
        self._move(c.EngineMoved(state="ready", info=info))
        waiting, self._waiting = self._waiting, []
        for go, _ in waiting:
            go()
        self.engine_ready.emit(info)

    def _failed(self, engine: Engine, error: AppError) -> None:
        if engine is not self._engine:
            return
        self._move(c.EngineMoved(state="failed", failure=failure_of(error)))
        waiting, self._waiting = self._waiting, []
        for _, reply in waiting:
            reply.failed(error)

    def _load(self, call: c.LoadEngine, reply: Reply) -> None:
        self._begin()
        reply.done(p.Done())

    def _restart(self, call: c.RestartEngine, reply: Reply) -> None:
        self._suspended = None
        if self._engine is not None:
            self.engine_leaving.emit(STARTED_AGAIN)
            self._move(c.EngineMoved(state="loading"))
            self._engine.restart()
        else:
            self._begin()
        reply.done(p.Done())

    def _move(self, state: c.EngineMoved) -> None:
        self._state = state
        self._house.tell(state)

    # --- switching ----------------------------------------------------------------------------------------------------

    def use(self, model_id: str, reply: Reply | None = None) -> None:
        """Make it the model that answers, once it is loaded and has said a word; the old one answers until then.

        Raises:
            AppError: there is no such model, or another switch is under way.
        """
        model = self._house.registry.find(model_id)
        if self._switch is not None:
            if self._switch.model.id != model.id:
                raise AppError(
                    f"“{self._switch.model.name}” is just being loaded.", "Wait until it answers, or cancel the switch."
                )
            if reply is not None:
                self._switch.replies.append(reply)
            return
        engine = self._engine
        if engine is not None and engine.model.id == model.id and engine.info is not None:
            if reply is not None:
                reply.done(c.Switched(model_id=model.id, info=engine.info))
        elif engine is not None and engine.info is not None and engine.model.path == model.path:
            self._swap_adapter(engine, model, reply)
        else:
            self._load_beside(model, reply)

    def _go_back(self, call: c.GoBack, reply: Reply) -> None:
        before = self._house.registry.previous()
        if before is None:
            raise AppError("There is no earlier model to go back to.", "Choose one on the Models page.")
        self.use(before.id, reply)

    def _cancel(self, call: c.CancelSwitch, reply: Reply) -> None:
        self._drop_switch()
        reply.done(p.Done())

    def _load_beside(self, model: InstalledModel, reply: Reply | None, *, tried: bool = False) -> None:
        def moved(fraction: float) -> None:
            said = c.Switching(model_id=model.id, fraction=fraction)
            self._house.tell(said)
            for each in switch.replies:
                each.event(said)

        switch = self._switch = Switch(
            self._house, self._engine, model, moved, self._take_over, self._give_up, tried=tried
        )
        if reply is not None:
            switch.replies.append(reply)
        switch.start()

    def _take_over(self, engine: Engine) -> None:
        """The new engine has said a word: only now is it written down as the one in use."""
        switch, self._switch = self._switch, None
        assert switch is not None
        try:
            engine.model = self._house.registry.use(engine.model.id)
        except AppError as error:
            self._switch = switch
            self._give_up(engine, error)
            return
        old = self._engine
        self._watch(engine)
        if old is not None:
            self._retired.add(old.child)
        assert engine.info is not None
        self._tell_switched(engine, switch.replies)
        self._loaded(engine, engine.info)

    def _give_up(self, engine: Engine, error: AppError) -> None:
        switch, self._switch = self._switch, None
        self._retired.add(engine.child)
        self._bring_back()
        for reply in switch.replies if switch is not None else ():
            reply.failed(error)
        self._house.tell(c.SwitchFailed(model_id=engine.model.id, failure=failure_of(error)))
        self.list.tell()

    def _drop_switch(self) -> None:
        switch, self._switch = self._switch, None
        if switch is None:
            return
        switch.cancel()
        switch.engine.child.retire()
        self._retired.add(switch.engine.child)
        self._bring_back()
        self._house.tell(c.Switching(model_id=""))
        for reply in switch.replies:
            reply.cancelled()

    def _bring_back(self) -> None:
        """The old engine again, where it had to make room for one that did not come."""
        if self._engine is not None and self._engine.info is None and self._engine.child.state == "stopped":
            self._begin()

    def _swap_adapter(self, engine: Engine, model: InstalledModel, reply: Reply | None) -> None:
        """The same weights with another adapter need no reload; the engine clears its KV cache itself."""

        def done(_: Any) -> None:
            try:
                engine.model = self._house.registry.use(model.id)
            except AppError as error:
                failed(error)
                return
            if engine.info is not None:
                engine.info = msgspec.structs.replace(engine.info, name=model.name)
            self._tell_switched(engine, [reply] if reply is not None else [])
            if engine.info is not None:
                self._loaded(engine, engine.info)

        def failed(error: AppError) -> None:
            if reply is not None:
                reply.failed(error)
            self._house.tell(c.SwitchFailed(model_id=model.id, failure=failure_of(error)))

        engine.request(p.SetAdapter(path=model.adapter), done=done, failed=failed)

    def _tell_switched(self, engine: Engine, replies: list[Reply]) -> None:
        said = c.Switched(model_id=engine.model.id, info=engine.info)
        self._house.tell(said)
        for reply in replies:
            reply.done(said)
        self.list.tell()

    def _load_again(self) -> None:
        """Other memory settings need the same model in a new engine; the old one answers until it is ready."""
        if self._engine is None or self._switch is not None:
            return
        if self._engine.info is None:
            self._engine.restart()
        else:
            self._load_beside(self._engine.model, None, tried=True)

    def _renamed(self, model: InstalledModel) -> None:
        if self._engine is not None and self._engine.model.id == model.id:
            self._engine.model = model

    def _busy_with(self, model: InstalledModel) -> AppError | None:
        """Why a model cannot be renamed or removed now."""
        if self._switch is not None and self._switch.model.id == model.id:
            return AppError(f"“{model.name}” is being loaded.", "Wait until it answers, or cancel the switch.")
        return None

    def stop(self) -> None:
        """The core ends: so does every engine."""
        self._reload.cancel()
        self.list.stop()
        self._side.stop()
        self._retired.stop()
        if self._switch is not None:
            self._switch.cancel()
            self._switch.engine.child.stop()
        if self._engine is not None:
            self._engine.child.stop()
