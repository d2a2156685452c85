"""The embedders of this data folder for every door: which one is in use, another one in the background, and back.

What is wanted is written down first and then done by the documents process, again and again until it is done: so a
change survives a kill. Whose vectors search compares is the index's to say; `Chosen.active` follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.core.calls import embedders as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.reply import Reply
from app.core.requests import Job
from app.embedder.choice import Chosen
from app.embedder.embedders import Embedders, Manifest
from app.errors import AppError, WorkerGone
from app.workers.calls.embedders import EmbedderImported, ForgetReembedded, ImportEmbedder, Reembed, ReembedProgress
from app.workers.message import Call

ENDS = 3
"""After so many ends of the documents process without a passage between them the change is given up."""
GIVEN_UP = AppError("The embedder was not changed: the process that reads documents ends with it.", "Use another one.")


class EmbeddersDesk:
    """Writes down which embedder is wanted, and lets the documents process bring it about."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self.kept = Embedders(house.home.embedders)
        self._job: Job | None = None
        self._number = 0  # of the change under way: what one says that was left is not listened to
        self._progress: ReembedProgress | None = None
        self._ends, self._problem = 0, ""
        self._imports = 0
        self._watching: list[Reply] = []
        documents.ready.connect(lambda _: self._go_on())

    @property
    def is_busy(self) -> bool:
        """Whether an embedder is imported, or passages are being read by another one."""
        return self._job is not None or self._imports > 0

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowEmbedders: lambda _, reply: reply.done(self.shown()),
            c.ChooseEmbedder: lambda call, reply: self._choose(call.embedder_id, reply),
            c.LeaveEmbedder: self._leave,
            c.WatchEmbedder: self._watch,
            c.CancelEmbedder: self._cancel,
            c.RemoveEmbedder: self._remove,
            ImportEmbedder: self._import,
        }

    def stop(self) -> None:
        """The core ends: the next one goes on with what is written down."""

    def shown(self) -> c.Embedders:
        """What there is, and which one is in use."""
        now = self.kept.chosen()
        return c.Embedders(
            active=self.kept.get(now.active) or Manifest(),
            previous=None if now.previous is None else self.kept.get(now.previous),
            coming=None if now.coming is None else self.kept.get(now.coming),
            progress=self._progress,
            imported=tuple(self.kept.all()),
            problem=self._problem,
        )

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _choose(self, embedder_id: str, reply: Reply) -> None:
        """
        Raises:
            AppError: it is gone, or another change is under way.
        """
        self.kept.usable(embedder_id)
        now = self.kept.chosen()
        if now.coming not in (None, embedder_id):
            raise AppError("The embedder is being changed already.", "Wait for the end of it, or cancel it first.")
        self._problem, self._ends = "", 0
        if embedder_id != now.active:
            self.kept.choose(msgspec.structs.replace(now, coming=embedder_id))
            self._go_on()
        reply.done(self._tell())

    def _leave(self, _: c.LeaveEmbedder, reply: Reply) -> None:
        before = self.kept.chosen().previous
        if before is None or self.kept.get(before) is None:
            raise AppError("There is no earlier embedder to go back to.", f"{self.shown().active.name} is in use.")
        self._choose(before, reply)

    def _watch(self, _: c.WatchEmbedder, reply: Reply) -> None:
        if self.kept.chosen().coming is None:
            reply.done(self.shown())
            return
        self._watching.append(reply)
        reply.on_cancel(lambda: self._watch_no_more(reply))
        self._go_on()

    def _watch_no_more(self, reply: Reply) -> None:
        if reply in self._watching:
            self._watching.remove(reply)
        reply.cancelled()

    def _cancel(self, _: c.CancelEmbedder, reply: Reply) -> None:
        if self._job is not None:
            self._job.cancel()
        self._end(None)
        self._documents.child.request(ForgetReembedded(), done=lambda _: None)
        reply.done(self._tell())

    def _remove(self, call: c.RemoveEmbedder, reply: Reply) -> None:
        self.kept.remove(call.embedder_id)
        reply.done(self._tell())

    def _import(self, call: ImportEmbedder, reply: Reply) -> None:
        job = self.bring_in(call, reply.done, reply.failed, event=reply.event, cancelled=reply.cancelled)
        reply.on_cancel(job.cancel)

    def bring_in(
        self,
        call: ImportEmbedder,
        done: Callable[[EmbedderImported], object],
        failed: Callable[[AppError], object],
        event: Callable[[Any], object] | None = None,
        cancelled: Callable[[], object] = lambda: None,
    ) -> Job:
        """Import one that is here as a file, and tell every door."""
        self._imports += 1

        def imported(made: EmbedderImported) -> None:
            self._tell()
            done(made)

        def ended(say: Callable[..., object]) -> Callable[..., None]:
            def end(*said: object) -> None:
                self._imports -= 1
                say(*said)

            return end

        return self._documents.child.request(
            call, done=ended(imported), event=event, failed=ended(failed), cancelled=ended(cancelled)
        )

    # --- the change ---------------------------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Let the documents process do what is wanted, unless it is at it."""
        wanted = self.kept.chosen().coming
        if wanted is None or self._job is not None:
            return

        self._number = number = self._number + 1

        def mine(take: Callable[[Any], object]) -> Callable[[Any], object]:
            return lambda said: take(said) if self._number == number else None

        job = self._documents.child.request(
            Reembed(embedder_id=wanted),
            done=mine(lambda _: self._used(wanted)),
            event=mine(self._heard),
            failed=mine(self._failed),
        )
        self._job = job if job.active else None

    def _heard(self, data: object) -> None:
        if isinstance(data, ReembedProgress) and self._job is not None:
            if self._progress is not None and data.done > self._progress.done:
                self._ends = 0
            self._progress = data
            for reply in self._watching:
                reply.event(data)
            self._tell()

    def _used(self, embedder_id: str) -> None:
        now = self.kept.chosen()
        if now.coming == embedder_id:
            previous = now.previous if now.active == embedder_id else now.active
            self.kept.choose(Chosen(active=embedder_id, previous=previous))
        self._end(None)

    def _failed(self, error: AppError) -> None:
        self._job = None
        if isinstance(error, WorkerGone) and self._ends + 1 < ENDS:
            self._ends += 1
            return  # it starts again by itself, and then this goes on
        self._end(GIVEN_UP if isinstance(error, WorkerGone) else error)

    def _end(self, error: AppError | None) -> None:
        """No change is wanted any more; whoever waits is told."""
        now = self.kept.chosen()
        if now.coming is not None:
            self.kept.choose(msgspec.structs.replace(now, coming=None))
        self._number += 1
        self._job = self._progress = None
        self._problem = str(error) if error is not None else ""
        shown = self._tell()
        watching, self._watching = self._watching, []
        for reply in watching:
            reply.done(shown) if error is None else reply.failed(error)

    def _tell(self) -> c.Embedders:
        shown = self.shown()
        self._house.tell(c.EmbeddersChanged(embedders=shown))
        return shown
