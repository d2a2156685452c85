"""The models of this data folder as doors see them: listed, renamed, removed, brought in and saved elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from app.core.calls import models as c
from app.core.children import Child
from app.core.fits import Fits
from app.core.house import Handler, House
from app.core.reply import Reply
from app.core.retired import Retired
from app.core.signals import Signal
from app.errors import AppError
from app.llama.machine import cards_of
from app.models.model_files import is_missing
from app.runtimes import Device
from app.types import InstalledModel, ModelInfo
from app.workers.calls.models import ExportModel, FindFiles, ImportModel, LinkModel, ModelInstalled
from app.workers.message import Call

log = logging.getLogger(__name__)

SPEED_CHANGE = 0.05
"""A measured speed is stored when it differs by more than this share, so that an answer does not cost a disk write."""

Reason = Callable[[InstalledModel], AppError | None]


class ModelList:
    """The registry for every door; files come in and go out in a process of their own."""

    def __init__(self, house: House, busy_with: Reason, loaded: Callable[[], ModelInfo | None]) -> None:
        """`busy_with` says why a model cannot be renamed or removed now; `loaded` what the engine says of the model in
        use."""
        self._house, self._busy_with, self._loaded = house, busy_with, loaded
        self.fits = Fits(house.clock, house.settings, self.tell)
        self.guards: list[Reason] = []
        """Each says why a model has to stay, or None."""
        self.renamed: Signal[InstalledModel] = Signal()
        self.removed: Signal[InstalledModel] = Signal()
        self.brought: Signal[InstalledModel] = Signal()
        """A model came in, or one that is listed was given the file by which it sees."""
        self._retired = Retired(house.clock)
        self._copies: set[Child] = set()

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ListModels: lambda _, reply: reply.done(self.listed()),
            c.RenameModel: self._rename,
            c.RemoveModel: self._remove,
            ImportModel: self._copy,
            FindFiles: self._copy,
            LinkModel: self._copy,
            ExportModel: self._copy,
        }

    @property
    def is_busy(self) -> bool:
        """Whether a file comes in or goes out."""
        return bool(self._copies)

    def listed(self) -> c.Models:
        """All models as a door shows them."""
        registry = self._house.registry
        models = registry.models()
        active, previous = registry.active(), registry.previous()
        return c.Models(
            models=tuple(models),
            active=active.id if active is not None else "",
            previous=previous.id if previous is not None else "",
            missing=tuple(model.id for model in models if is_missing(model)),
            note=registry.note,
            fits=self.fits.of(models, self._loaded()),
        )

    def see(self, devices: Iterable[Device]) -> None:
        """What chats run on, as somebody has just seen it: models are planned for its cards from now on."""
        self.fits.see(cards_of(devices), self._loaded())

    def tell(self) -> None:
        """The list is another one now."""
        self._house.tell(c.ModelsChanged(models=self.listed()))

    def install(self, model: InstalledModel) -> InstalledModel:
        """List a model whose file is in place; its name is made unique. Raises AppError."""
        listed = self._house.registry.install(model)
        self.tell()
        return listed

    def note_speed(self, model: InstalledModel, tokens_per_s: float) -> InstalledModel:
        """Remember how fast a model writes here; → the model as it is known now."""
        known = model.tokens_per_s
        if known is not None and abs(known - tokens_per_s) <= known * SPEED_CHANGE:
            return model
        try:
            self._house.registry.set_speed(model.id, tokens_per_s)
        except AppError as error:
            log.info("The speed could not be stored: %s", error)
        self.tell()
        return msgspec.structs.replace(model, tokens_per_s=tokens_per_s)

    def stop(self) -> None:
        """The core ends: what is half copied is removed by the process that copies."""
        for child in self._copies:
            child.stop()
        self._retired.stop()

    def rename(self, model_id: str, name: str) -> InstalledModel:
        """Give a model another name; raises AppError where it is taken, or the model cannot be renamed now."""
        self._check(model_id)
        renamed = self._house.registry.rename(model_id, name)
        self.renamed.emit(renamed)
        self.tell()
        return renamed

    def _rename(self, call: c.RenameModel, reply: Reply) -> None:
        self.rename(call.model_id, call.name)
        reply.done(self.listed())

    def _remove(self, call: c.RemoveModel, reply: Reply) -> None:
        model = self._check(call.model_id)
        active = self._house.registry.active()
        if active is not None and active.id == model.id:
            raise AppError(f"“{model.name}” is in use.", "Use another model first, then remove this one.")
        for reason in self.guards:
            if (error := reason(model)) is not None:
                raise error
        self.removed.emit(self._house.registry.remove(model.id))
        reply.done(self.listed())
        self.tell()

    def _check(self, model_id: str) -> InstalledModel:
        model = self._house.registry.find(model_id)
        error = self._busy_with(model)
        if error is not None:
            raise error
        return model

    def _copy(self, call: Call, reply: Reply) -> None:
        """In a process that ends with it, so that gigabytes stall nobody."""
        child = self._house.make_child("models")
        self._copies.add(child)

        def end(say: Callable[[Any], object]) -> Callable[[Any], None]:
            def ended(said: Any) -> None:
                self._copies.discard(child)
                self._retired.add(child)
                say(said)
                if isinstance(said, ModelInstalled):
                    self.tell()
                    self.brought.emit(said.model)

            return ended

        cancelled = end(lambda _: reply.cancelled())
        job = child.request(
            call,
            event=reply.event,
            done=end(reply.done),
            failed=end(reply.failed),
            cancelled=lambda: cancelled(None),
        )
        reply.follow(job)
