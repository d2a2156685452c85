"""The models of this data folder: which one answers, which could, and questions to another one for once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from app.core.backend import Backend
from app.core.calls import models as c
from app.core.clock import Debounce
from app.core.house import Handler, House
from app.core.idle import IdleUnload
from app.core.in_use import EngineInUse
from app.core.lineup import Lineup
from app.core.model_list import ModelList
from app.core.reply import Reply
from app.core.retired import Retired
from app.core.servers import Servers
from app.core.side_engines import SideEngines
from app.core.switcher import Switcher
from app.errors import AppError
from app.models.parts import remove_parts
from app.runtimes import Device
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, THREADS
from app.types import Answer, InstalledModel, ModelInfo
from app.workers.message import Call, Done

log = logging.getLogger(__name__)

RELOADS = (CONTEXT_LENGTH.key, THREADS.key, GPU_LAYERS.key)
RELOAD_DELAY_S = 0.8


class ModelsDesk:
    """What doors and the other parts of the core ask about models."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.list = ModelList(house, self._busy_with, lambda: self._in_use.info)
        self.list.renamed.connect(self._renamed)
        self.list.brought.connect(self._brought)
        self._retired = Retired(house.clock)
        self._in_use = EngineInUse(house)
        self._switcher = Switcher(house, self._in_use, self.list, self._retired)
        self._side = SideEngines(house, self._retired, lambda model: self.list.fits.refusal(model, self._loaded_here()))
        self.lineup = Lineup(
            house, self._in_use, self._side, lambda model: self.list.fits.refusal(model, self._loaded_here())
        )
        self._servers = Servers(house, self.list, self._retired)
        self._servers.rekeyed.connect(self._rekeyed)
        self._idle = IdleUnload(house, self._in_use, self._switcher.spare)
        self._reload = Debounce(house.clock, RELOAD_DELAY_S, self._switcher.load_again)
        house.settings.subscribe(lambda key: self._reload.push() if key in RELOADS else None)
        house.clock.thread(
            lambda: remove_parts(house.home.models),
            lambda _: None,
            lambda error: log.info("Half copied models could not be removed: %s", error),
        )
        self._in_use.ready.connect(lambda _: self._see_devices())
        self.engine_ready = self._in_use.ready
        self.engine_leaving = self._in_use.leaving
        self.engine_refused = self._in_use.refused

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            **self.list.handlers(),
            **self._servers.handlers(),
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
        return self._in_use.model

    def of_chat(self, own_id: str) -> InstalledModel | None:
        """The model that answers in a chat: its own (an id), or with "" the one in use."""
        own = next((each for each in self._house.registry.models() if each.id == own_id), None) if own_id else None
        return own or self.active

    @property
    def active_id(self) -> str:
        active = self.active
        return active.id if active is not None else ""

    @property
    def info(self) -> ModelInfo | None:
        """What the engine in use says of its model; None until questions can be asked."""
        return self._in_use.info

    @property
    def is_ready(self) -> bool:
        """Whether questions can be asked now."""
        return self.info is not None

    @property
    def is_busy(self) -> bool:
        """Whether a switch, an import or an export is under way."""
        return self._switcher.model is not None or self.list.is_busy

    @property
    def backend(self) -> Backend:
        """Who answers now.

        Raises:
            AppError: no model is loaded.
        """
        engine = self._in_use.engine
        if engine is None or engine.info is None:
            raise AppError("The model is still loading.", "Ask again in a moment.")
        return engine

    def engine_state(self) -> c.EngineMoved:
        """The engine in use as a door shows it."""
        return self._in_use.state

    def switching(self) -> c.Switching | None:
        """The switch under way."""
        model = self._switcher.model
        return c.Switching(model_id=model.id) if model is not None else None

    def listed(self) -> c.Models:
        """All models as a door shows them."""
        return self.list.listed()

    # --- for the other parts ------------------------------------------------------------------------------------------

    def with_backend(self, model_id: str, ready: Callable[[Backend, InstalledModel], object], reply: Reply) -> None:
        """Call `ready` once this model ("" the one in use) can answer; what goes wrong is told to `reply`.

        Another one than that in use is loaded beside it and stays a while for the next question.

        Raises:
            AppError: there is no such model, or none at all.
        """
        if model_id and model_id != self.active_id:
            self.with_own(model_id, lambda engine, model: ready(engine, model) if reply.open else None, reply.failed)
        else:
            self._in_use.when_ready(lambda engine: ready(engine, engine.model), reply.failed)

    def with_own(
        self,
        model_id: str,
        ready: Callable[[Backend, InstalledModel], object],
        failed: Callable[[AppError], object],
    ) -> None:
        """Call `ready` once another model than the one in use can answer, beside it.

        Raises:
            AppError: there is no such model.
        """
        self._side.with_model(self._house.registry.find(model_id), ready, failed)

    def wake(self) -> None:
        """Somebody waits for the model in use: load it, unless it had to leave for a training. Raises AppError."""
        self._in_use.wake()

    def suspend(self, error: AppError) -> None:
        """End the engine so that its memory is free; `error` says why the chat is silent."""
        self._in_use.suspend(error)
        self._switcher.drop()
        self._switcher.spare.drop()

    def give_back(self) -> None:
        """After `suspend`: load the model again."""
        self._in_use.give_back()

    def load_again(self) -> None:
        """The engine runs on something else now: the same model in a new one, beside the old one until it can."""
        self._switcher.load_again()

    def guard(self, reason: Callable[[InstalledModel], AppError | None]) -> None:
        """Ask this before a model is removed: why it has to stay, or None."""
        self.list.guards.append(reason)

    def note_speed(self, answer: Answer) -> None:
        """Remember how fast the model in use writes here."""
        engine = self._in_use.engine
        if engine is not None and answer.stats.tokens_per_s > 0 and answer.stats.completion_tokens >= 16:
            engine.model = self.list.note_speed(engine.model, answer.stats.tokens_per_s)

    @property
    def devices(self) -> tuple[Device, ...]:
        """As the engine in use saw them when it had loaded its model; none of one elsewhere."""
        engine = self._in_use.engine
        return engine.devices if engine is not None else ()

    def _see_devices(self) -> None:
        if self.devices:
            self.list.see(self.devices)

    def _loaded_here(self) -> ModelInfo | None:
        """The model in use, where it takes memory of this computer."""
        engine = self._in_use.engine
        return engine.info if engine is not None and engine.can.here else None

    # --- what doors want ----------------------------------------------------------------------------------------------

    def use(self, model_id: str, reply: Reply | None = None) -> None:
        """Make it the model that answers, once it is loaded and has said a word; the old one answers until then.

        Raises:
            AppError: there is no such model, or another switch is under way.
        """
        self._switcher.use(self._house.registry.find(model_id), reply)

    def _go_back(self, call: c.GoBack, reply: Reply) -> None:
        before = self._house.registry.previous()
        if before is None:
            raise AppError("There is no earlier model to go back to.", "Choose one on the Models page.")
        self._switcher.use(before, reply)

    def _cancel(self, call: c.CancelSwitch, reply: Reply) -> None:
        self._switcher.drop()
        reply.done(Done())

    def _load(self, call: c.LoadEngine, reply: Reply) -> None:
        self._in_use.begin()
        reply.done(Done())

    def _restart(self, call: c.RestartEngine, reply: Reply) -> None:
        self._in_use.restart()
        reply.done(Done())

    def stop(self) -> None:
        """The core ends: so does every engine."""
        self._reload.cancel()
        self._idle.stop()
        self.list.stop()
        self._servers.stop()
        self._side.stop()
        self._retired.stop()
        self._switcher.stop()
        self._in_use.stop()

    def _renamed(self, model: InstalledModel) -> None:
        engine = self._in_use.engine
        if engine is not None and engine.model.id == model.id:
            engine.model = model

    def _brought(self, model: InstalledModel) -> None:
        """The model in use can see now: it is loaded once more, with its projector."""
        engine = self._in_use.engine
        if engine is not None and engine.model.id == model.id and engine.model.projector != model.projector:
            engine.model = model
            self._switcher.load_again()

    def _rekeyed(self, model: InstalledModel) -> None:
        if model.id == self.active_id and self._in_use.engine is not None:
            self._in_use.restart()

    def _busy_with(self, model: InstalledModel) -> AppError | None:
        """Why a model cannot be renamed or removed now."""
        switched = self._switcher.model
        if switched is not None and switched.id == model.id:
            return AppError(f"“{model.name}” is being loaded.", "Wait until it answers, or cancel the switch.")
        return None
