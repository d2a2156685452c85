"""The documents of this data folder: hands calls on to the documents process, and tells every door what changed."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.add_calls import AddCalls
from app.core.adding import AddQueue
from app.core.calls import documents as c
from app.core.collections import CollectionList
from app.core.house import Handler, House
from app.core.masking import Masking
from app.core.reader import Reader
from app.core.recognising import RecogniseQueue
from app.core.reply import Reply
from app.core.signals import Signal
from app.types import Collection
from app.workers.calls.bundles import ExportCollection
from app.workers.calls.documents import (
    CheckHealth,
    CompareVersions,
    Embed,
    Ground,
    ListDocuments,
    ListHiddenText,
    Mark,
    Read,
    ReadText,
    RenderPage,
    Search,
)
from app.workers.calls.finding import Find
from app.workers.calls.grid import ReadGrid
from app.workers.calls.personal import ExportRedacted, FindPersonal, ListPersonal
from app.workers.message import Call, Done

READING = (
    *(
        ListDocuments,
        ListHiddenText,
        Search,
        Embed,
        Ground,
        Read,
        Mark,
        RenderPage,
        ReadText,
        ReadGrid,
        CompareVersions,
    ),
    Find,
    ExportCollection,
    FindPersonal,
    ListPersonal,
    ExportRedacted,
    CheckHealth,
)


class DocumentsDesk:
    """Owns the documents process, knows the collections, and adds files for all doors in one way."""

    def __init__(self, house: House) -> None:
        self._process = house.make_child("documents")
        self.child = Reader(self._process)
        self.ready: Signal[object] = self._process.ready
        """The documents process said its first word."""
        self.list = CollectionList(house, self.child)
        self.adds = AddQueue(house, self.child, self.list)
        self._add_calls = AddCalls(self.adds, self.list)
        self.recognising = RecogniseQueue(house, self.child, self.list)
        self.recognising.gives_way_to(lambda: self.adds.running)
        self.masking = Masking(house, self.child, self.adds, self.list)
        self._process.ready.connect(lambda _: self.list.recount())
        self._process.ready.connect(lambda _: self.masking.begin())
        self._process.state_changed.connect(lambda state: house.tell(c.ReaderMoved(state=state)))

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            **dict.fromkeys(READING, self.hand_on),
            **self.list.handlers(),
            **self._add_calls.handlers(),
            **self.masking.handlers(),
            **self.recognising.handlers(),
            c.RestartReader: self._restart,
        }

    @property
    def is_busy(self) -> bool:
        """Whether files are being added."""
        return self.adds.is_busy

    @property
    def collections(self) -> tuple[Collection, ...]:
        """As far as they are known."""
        return self.list.all

    def stop(self) -> None:
        """The core ends: what is not through is kept for the next one."""
        self.list.stop()
        self.recognising.stop()
        self.adds.stop()
        self._process.stop()

    def add_state(self) -> c.AddState:
        """The add under way, for a door that comes in the middle."""
        return self.adds.state()

    def names_of(self, ids: tuple[int, ...]) -> str:
        """What these collections are called, for the record of an answer; "" where none is named."""
        return self.list.names_of(ids)

    def hand_on(self, call: Call, reply: Reply) -> None:
        """Let the child answer. What is not wanted any more stops in its own time: it is not worth ending others."""
        job = self.child.request(
            call, done=reply.done, event=reply.event, failed=reply.failed, cancelled=reply.cancelled
        )
        reply.on_cancel(lambda: job.cancel(insist=False))

    def _restart(self, call: c.RestartReader, reply: Reply) -> None:
        self.child.restart()
        reply.done(Done())
