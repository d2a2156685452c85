"""What came out of a training: listed, used, named, or left for the old model."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from app.core.calls import training as c
from app.core.house import House
from app.core.models import ModelsDesk
from app.core.readers import ReadersDesk
from app.core.reply import Reply
from app.core.run_flows import RunFlows
from app.core.run_watch import RunWatch
from app.core.watched_run import WatchedRun
from app.embedder.readers import TaughtReader
from app.errors import AppError
from app.finetune import cases
from app.finetune.machine import at
from app.finetune.states import require
from app.finetune.use import adapter_of
from app.types import InstalledModel
from app.workers.calls.models import ModelInstalled


class TrainingUse:
    """From a finished run to the model that answers, and back."""

    def __init__(
        self, house: House, models: ModelsDesk, watch: RunWatch, flows: RunFlows, readers: ReadersDesk
    ) -> None:
        self._house, self._models, self._watch, self._flows, self._readers = house, models, watch, flows, readers

    def install(self, call: c.InstallRun, watched: WatchedRun, reply: Reply) -> None:
        """List what came out, under this name or the run's."""
        require("use", watched.state)
        if name := " ".join(call.name.split()):
            self._watch.keep(watched, msgspec.structs.replace(watched.kept(), name=name))
        if watched.kept().goal == "search":
            self._install_reader(watched, lambda _: reply.done(c.RunKept(run=watched.record())), reply.failed)
            return
        self._install(watched, lambda model: reply.done(ModelInstalled(model=model)), reply.failed)

    def use(self, call: c.UseRun, watched: WatchedRun, reply: Reply) -> None:
        """Install what came out where that was not done, then let it answer."""
        require("use", watched.state)
        if watched.kept().goal == "search":
            self._use_reader(watched, reply)
            return

        def installed(model: InstalledModel) -> None:
            kept = msgspec.structs.replace(watched.kept(), went_back=False, kept_old=False)
            self._watch.keep(watched, at(kept, "use"))
            try:
                self._models.use(model.id, reply)
            except AppError as error:
                reply.failed(error)

        self._install(watched, installed, reply.failed, adapter=call.adapter)

    def _install(
        self,
        watched: WatchedRun,
        then: Callable[[InstalledModel], object],
        failed: Callable[[AppError], object],
        *,
        adapter: bool = False,
    ) -> None:
        run, spec = watched.run, watched.run.spec
        models = self._house.registry.models()
        known = adapter_of(run, models) if adapter else self._model(watched)
        if known is not None:
            then(known)
            return
        whole = (each for each in models if not each.adapter)
        base = next((each for each in whole if spec is not None and each.path == spec.base.file), None)
        install = cases.install_adapter if adapter else cases.install
        self._flows.run(watched, install(run, watched.kept(), self._house.home.models, base), then, failed)

    def _use_reader(self, watched: WatchedRun, reply: Reply) -> None:
        def installed(reader: TaughtReader) -> None:
            kept = msgspec.structs.replace(watched.kept(), went_back=False, kept_old=False)
            self._watch.keep(watched, at(kept, "use"))
            try:
                self._readers.choose(reader.id, lambda _: reply.done(c.RunKept(run=watched.record())), reply.failed)
            except AppError as error:
                reply.failed(error)

        self._install_reader(watched, installed, reply.failed)

    def _install_reader(
        self, watched: WatchedRun, then: Callable[[TaughtReader], object], failed: Callable[[AppError], object]
    ) -> None:
        """The reader that came out, copied out of its run where that was not done since it was trained."""
        known = self._readers.kept.get(watched.kept().installed) if watched.kept().installed else None
        if known is not None:
            then(known)
            return
        self._flows.run(watched, cases.install_reader(watched.run, watched.kept(), self._readers.kept), then, failed)

    def keep_old(self, call: c.KeepOld, watched: WatchedRun, reply: Reply) -> None:
        """The new model is not used; the run stays in the list."""
        require("keep the old one", watched.state)
        self._watch.keep(watched, msgspec.structs.replace(watched.kept(), kept_old=True))
        reply.done(c.RunKept(run=watched.record()))

    def leave(self, call: c.LeaveRun, watched: WatchedRun, reply: Reply) -> None:
        """The model, or the reader, in use before, at once."""
        if watched.kept().goal == "search":

            def left(_: object) -> None:
                self._watch.keep(watched, msgspec.structs.replace(watched.kept(), went_back=True))
                reply.done(c.RunKept(run=watched.record()))

            self._readers.leave(left, reply.failed)
            return
        before = self._house.registry.previous()
        if before is None:
            raise AppError("There is no earlier model to go back to.", "Choose one on the Models page.")
        self._watch.keep(watched, msgspec.structs.replace(watched.kept(), went_back=True))
        self._models.use(before.id, reply)

    def rename(self, call: c.RenameRun, watched: WatchedRun, reply: Reply) -> None:
        """Another name for the run and for its model, where that is listed."""
        name = " ".join(call.name.split())
        model = self._model(watched)
        if watched.kept().goal == "search":
            self._readers.kept.rename(watched.kept().installed, name)
        elif model is not None:
            name = self._models.list.rename(model.id, name).name
        self._watch.keep(watched, msgspec.structs.replace(watched.kept(), name=name))
        reply.done(c.RunKept(run=watched.record()))

    def _model(self, watched: WatchedRun) -> InstalledModel | None:
        """The whole model that came out, where it is listed."""
        models, listed = self._house.registry.models(), watched.kept().installed
        return next((each for each in models if not each.adapter and each.id == listed), None)
