"""Heads that sort texts into labels, as the core tells of them: kept from a run, and given texts to sort."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.core.calls import heads as c
from app.core.requests import Job
from app.embedder.heads import Head
from app.finetune.to_sort import Found, ToSort
from app.gui.core_client import CoreClient
from app.workers.calls.embedders import MOST_TEXTS, Classified, Classify


class KeptHeads(QObject):
    """Knows the heads of this data folder, and sorts one list of texts at a time."""

    changed = Signal()
    failed = Signal(object)
    """AppError: one could not be kept, or texts could not be sorted."""
    moved = Signal(int, int)
    """Texts sorted, and in all; the same twice when it is over, however it ended."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self._job: Job | None = None
        self.heads: tuple[Head, ...] = ()
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Ask the core."""
        self._core.request(c.ListHeads(), done=lambda said: self._shown(said.heads), failed=self.failed.emit)

    def of_run(self, run_id: str) -> Head | None:
        """The head that was kept from this run."""
        return next((head for head in self.heads if head.id == run_id), None)

    def keep(self, run_id: str) -> None:
        """Copy the head out of its run, under the run's name."""
        self._core.request(c.KeepHead(run_id=run_id), failed=self.failed.emit)

    def remove(self, head: Head) -> None:
        """Delete one that was kept; its run keeps its own."""
        self._core.request(c.RemoveHead(head_id=head.id), failed=self.failed.emit)

    def sort(self, head: Head, texts: Sequence[ToSort], done: Callable[[list[Found]], object]) -> None:
        """Sort them, a part at a time; what was being sorted before is left."""
        self.cancel()
        self._part(head, list(texts), [], done)

    def cancel(self) -> None:
        """Leave what is being sorted."""
        job, self._job = self._job, None
        if job is not None and job.active:
            job.cancel()
            self.moved.emit(0, 0)

    def _part(self, head: Head, texts: list[ToSort], found: list[Found], done: Callable[[list[Found]], object]) -> None:
        self.moved.emit(len(found), len(texts))
        part = texts[len(found) : len(found) + MOST_TEXTS]
        if not part:
            self._job = None
            done(found)
            return

        def sorted_(said: Classified) -> None:
            made = [Found(t.source, t.text, s.label, s.probability) for t, s in zip(part, said.found, strict=True)]
            self._part(head, texts, [*found, *made], done)

        call = Classify(head_id=head.id, texts=tuple(each.text for each in part))
        self._job = self._core.request(call, done=sorted_, failed=self._failed)

    def _failed(self, error: object) -> None:
        self._job = None
        self.moved.emit(0, 0)
        self.failed.emit(error)

    def _told(self, data: object) -> None:
        if isinstance(data, c.HeadsChanged):
            self._shown(data.heads)

    def _shown(self, heads: tuple[Head, ...]) -> None:
        self.heads = heads
        self.changed.emit()
