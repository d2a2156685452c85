"""The builds of llama.cpp for every door: brought in, tried, chosen, and left again where one does not run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from app.core.calls import runtimes as c
from app.core.children import Child
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.core.requests import Job
from app.core.retired import Retired
from app.core.updating import UpdatesDesk
from app.embedder.embedders import Embedders
from app.errors import AppError
from app.models.cards import installed_cards
from app.models.model_files import is_missing
from app.models.registry import find_starter
from app.models.runtime_trial import refusal
from app.models.runtimes import Runtimes
from app.runtimes import BUILT_IN, Chosen, RuntimeRole, name_of, note_failure, why_no_more
from app.settings import ADD_RUNTIMES
from app.types import ModelInfo
from app.workers.calls.runtimes import AddRuntime, RuntimeAdded, RuntimeTried, TryRuntime
from app.workers.calls.updates import FetchRuntime
from app.workers.message import Call, WorkerRole

log = logging.getLogger(__name__)

SERVED: dict[WorkerRole, RuntimeRole] = {"engine": "engine", "documents": "embedder"}
ENDED = "It ended by itself."


class RuntimesDesk:
    """Writes down which build each role runs on; trials happen in processes of their own."""

    def __init__(self, house: House, models: ModelsDesk, documents: DocumentsDesk, updates: UpdatesDesk) -> None:
        """`updates` knows which builds the place of the updates offers."""
        self._house, self._models, self._documents, self._updates = house, models, documents, updates
        self._runtimes = Runtimes(house.home)
        self._retired = Retired(house.clock)
        self._working: set[Child] = set()
        self._seen: RuntimeTried | None = None
        """What the runtime of the chats said when somebody last looked."""
        self._proven = False
        """Whether the engine has loaded a model on the runtime that is chosen for it."""
        self._blind = ""
        """That it did, and found no card."""
        models.engine_ready.connect(self._prove)
        house.clock.thread(self._begin, lambda _: self._plan_with(), lambda error: log.info("Runtimes: %s", error))

    @property
    def is_busy(self) -> bool:
        """Whether one is brought in or tried."""
        return bool(self._working)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowRuntimes: self._show,
            c.ChooseRuntime: self._unless_locked(self._choose),
            c.RemoveRuntime: self._unless_locked(self._remove),
            c.TestRuntime: self._test,
            AddRuntime: self._unless_locked(self._add),
            c.FetchOfferedRuntime: self._unless_locked(self._fetch),
        }

    def stop(self) -> None:
        """The core ends: what is half brought in is removed by the next one."""
        for child in self._working:
            child.stop()
        self._retired.stop()

    def shown(self) -> c.RuntimesShown:
        """As it stands."""
        seen, cards = self._seen, installed_cards()
        backends = (*(seen.backends if seen else ()), *self._runtimes.built_for(self._engine_id()))
        return c.RuntimesShown(
            runtimes=tuple(self._runtimes.all()),
            chosen=self._runtimes.chosen(),
            cards=cards,
            devices=seen.devices if seen else (),
            backends=seen.backends if seen else (),
            version=seen.version if seen else "",
            why=why_no_more(seen.devices, cards, tuple(dict.fromkeys(backends))) if seen else "",
            offered=self._updates.runtimes,
            problems=self.problems(),
        )

    def problems(self) -> tuple[str, ...]:
        """A sentence for each role that does not run on what was chosen for it, or finds no card there."""
        return (*self._runtimes.problems(), *([self._blind] if self._blind else []))

    # --- a process that ended -----------------------------------------------------------------------------------------

    def fall_back(self, worker: WorkerRole, begun: bool, ends: int, lines: str) -> bool:
        """A child ended by itself (see app.core.process.FallBack): leave its runtime where that may be the reason.

        One that did not even start, or never loaded a model on this runtime, is left at once; one that has worked may
        end once for another reason.
        """
        role = SERVED.get(worker)
        if role is None:
            return False
        chosen = self._runtimes.chosen()[role]
        proven = self._proven if role == "engine" else begun
        if chosen.id == BUILT_IN or chosen.failed or (begun and proven and not ends):
            return False
        why = ENDED if begun else str(refusal(0, lines).message)
        try:
            note_failure(self._house.home, role, why)
        except AppError as error:
            log.warning("The fall back could not be noted: %s", error)
            return False
        log.warning("%s does not run on %s: %s", worker, chosen.id, lines)
        self._plan_with()
        self._tell()
        return True

    def _plan_with(self, seen: RuntimeTried | None = None) -> None:
        """What models are planned for from now on: the devices that were just seen, or those of before."""
        self._seen = seen
        self._models.list.see(seen.devices if seen is not None else self._runtimes.devices())

    def _prove(self, info: ModelInfo) -> None:
        self._proven = True
        devices = self._models.devices
        runtime = self._engine_id()
        blind = devices and not any(each.is_gpu for each in devices) and self._runtimes.built_for(runtime)
        name = name_of(self._house.home, runtime)
        text = f"Chats run on the processor: “{name}” sees no graphics card that it can use." if blind else ""
        if text != self._blind:
            self._blind = text
            self._tell()

    def _begin(self) -> None:
        """What failed is tried again, for a driver may be there now; what was half brought in is removed."""
        self._runtimes.forget_failures()
        self._runtimes.sweep()

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _unless_locked(self, handler: Handler) -> Handler:
        """Runtimes are programs: a company may keep them to itself."""

        def handle(call: Any, reply: Reply) -> None:
            if not self._house.settings.get(ADD_RUNTIMES):
                raise AppError("Runtimes are set by your company.", "Ask your IT to change them.")
            handler(call, reply)

        return handle

    def _show(self, call: c.ShowRuntimes, reply: Reply) -> None:
        if not call.look:
            reply.done(self.shown())
            return

        def seen(tried: RuntimeTried) -> None:
            self._plan_with(tried)
            reply.done(self.shown())

        def failed(error: AppError) -> None:
            """It does not load any more: better found out here than at the next question."""
            note_failure(self._house.home, "engine", error.message)
            self._tell()
            self._ask(TryRuntime(id=BUILT_IN), reply, seen)

        wanted = self._engine_id()
        self._ask(TryRuntime(id=wanted), reply, seen, None if wanted == BUILT_IN else failed)

    def _choose(self, call: c.ChooseRuntime, reply: Reply) -> None:
        """
        Raises:
            AppError: there is no such runtime, or no model to try it with.
        """
        found = self._runtimes.find(call.id)

        def use(tried: RuntimeTried) -> None:
            before = self._runtimes.chosen()[call.role]
            self._runtimes.choose(call.role, found)
            self._runtimes.note_devices(found, tried)
            if call.role == "engine":
                self._plan_with(tried)
            if before != Chosen(id=found):
                self._begin_anew(call.role)
            reply.done(self._tell())

        self._ask(TryRuntime(id=found, model=self._trial_model()), reply, use)

    def _begin_anew(self, role: RuntimeRole) -> None:
        """The process that is affected, on what is written down now. The old engine answers until the new one can."""
        if role == "engine":
            self._proven = False
            self._models.load_again()
            return
        embedders = Embedders(self._house.home.embedders)
        used = embedders.get(embedders.chosen().active)
        if used is not None and used.kind == "gguf":
            self._documents.child.restart()

    def _test(self, call: c.TestRuntime, reply: Reply) -> None:
        found = self._runtimes.find(call.id) if call.id else self._engine_id()

        def tried(said: RuntimeTried) -> None:
            self._runtimes.note_devices(found, said)
            if found == self._engine_id():
                self._plan_with(said)
            reply.done(said)
            self._tell()

        self._ask(TryRuntime(id=found, model=self._trial_model()), reply, tried)

    def _remove(self, call: c.RemoveRuntime, reply: Reply) -> None:
        self._runtimes.remove(call.id)
        reply.done(self._tell())

    def _fetch(self, call: c.FetchOfferedRuntime, reply: Reply) -> None:
        """
        Raises:
            AppError: nothing may be fetched, or no such build is offered.
        """
        build = next((each for each in self._updates.runtimes if each.file == call.file), None)
        if build is None:
            raise AppError("This build is not offered any more.", "Look for updates in Settings, General.")
        self._add(FetchRuntime(source=self._updates.source_to_ask(), build=build), reply)

    def _add(self, call: AddRuntime | FetchRuntime, reply: Reply) -> None:
        def added(said: RuntimeAdded) -> None:
            reply.done(said)
            self._tell()

        self._ask(call, reply, added)

    def _engine_id(self) -> str:
        chosen = self._runtimes.chosen()["engine"]
        return BUILT_IN if chosen.failed else chosen.id

    def _trial_model(self) -> str:
        """A file to try a runtime with: the starter, since it is small, or the model in use.

        Raises:
            AppError: there is no model.
        """
        for model in (find_starter(), self._house.registry.active()):
            if model is not None and model.origin != "server" and not is_missing(model):
                return model.path
        raise AppError("There is no model to try the runtime with.", "Import a model first.")

    def _tell(self) -> c.RuntimesShown:
        shown = self.shown()
        self._house.tell(c.RuntimesChanged(shown=shown))
        return shown

    def _ask(
        self,
        call: Call,
        reply: Reply,
        done: Callable[[Any], object],
        failed: Callable[[AppError], object] | None = None,
    ) -> None:
        """In a process that ends with the answer: a copy of gigabytes and a trial of minutes stall nobody."""
        child = self._house.make_child("models")
        self._working.add(child)

        def end(then: Callable[..., object]) -> Callable[..., None]:
            def ended(*said: Any) -> None:
                self._working.discard(child)
                self._retired.add(child)
                try:
                    then(*said)
                except AppError as error:  # what follows from the answer could not be written
                    reply.failed(error)

            return ended

        job: Job = child.request(
            call, event=reply.event, done=end(done), failed=end(failed or reply.failed), cancelled=end(reply.cancelled)
        )
        reply.follow(job)
