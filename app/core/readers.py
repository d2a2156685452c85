"""The readers of this data folder for every door: which one reads, switched without a restart, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.core.calls import readers as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.reply import Reply
from app.embedder.readers import Readers
from app.errors import AppError
from app.workers.calls.reader import UseReader
from app.workers.message import Call

BUSY = AppError("The reader is being switched already.", "Wait a moment, then try again.")


class ReadersDesk:
    """Writes down which reader reads, and lets the documents process load it."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self.kept = Readers(house.home.readers)
        self._switching = False

    @property
    def is_busy(self) -> bool:
        """Whether another reader is being loaded."""
        return self._switching

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.ShowReaders: lambda _, reply: reply.done(self.shown()),
            c.ChooseReader: lambda call, reply: self.choose(call.reader_id, reply.done, reply.failed),
            c.LeaveReader: self._leave,
            c.RemoveReader: self._remove,
        }

    def stop(self) -> None:
        """The core ends: the next documents process loads what is written down."""

    def shown(self) -> c.Readers:
        """What there is, and which one reads."""
        kept = self.kept
        return c.Readers(active=kept.active(), previous=kept.previous(), taught=tuple(kept.all()))

    def choose(self, reader_id: str, done: Callable[[c.Readers], object], failed: Callable[[AppError], object]) -> None:
        """Read with this one from now on; the one before goes on reading until it is there.

        Raises:
            AppError: it is gone, or another one is being loaded.
        """
        if self._switching:
            raise BUSY
        before = self.kept.chosen()
        self.kept.use(reader_id)
        self._switching = True

        def used(_: object) -> None:
            self._switching = False
            done(self._tell())

        def refused(error: AppError) -> None:
            self._switching = False
            self.kept.choose(before)
            self._documents.child.request(UseReader(), done=lambda _: None)  # a process that began anew has the other
            failed(error)

        self._documents.child.request(UseReader(), done=used, failed=refused)

    def _leave(self, _: c.LeaveReader, reply: Reply) -> None:
        self.leave(reply.done, reply.failed)

    def leave(self, done: Callable[[c.Readers], object], failed: Callable[[AppError], object]) -> None:
        """Back to the reader before.

        Raises:
            AppError: there is none.
        """
        self.choose(self.kept.before().id, done, failed)

    def _remove(self, call: c.RemoveReader, reply: Reply) -> None:
        self.kept.remove(call.reader_id)
        reply.done(self._tell())

    def _tell(self) -> c.Readers:
        shown = self.shown()
        self._house.tell(c.ReadersChanged(readers=shown))
        return shown
