"""Personal data by collection: what a person decided is kept first, then the documents are read anew to follow it."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.adding import AddQueue
from app.core.batches import Batch
from app.core.calls.documents import DocumentsChanged, Queued
from app.core.calls.personal import SetMasking
from app.core.children import Requester
from app.core.collections import CollectionList
from app.core.house import Handler, House
from app.core.reply import Reply
from app.errors import AppError
from app.workers.calls.documents import Added
from app.workers.calls.personal import KeepMasking, ListUnmasked, Unmasked
from app.workers.message import Call


class Masking:
    """Keeps the setting, and has what does not follow it read anew: at once, and after a kill at the next start."""

    def __init__(self, house: House, child: Requester, queue: AddQueue, collections: CollectionList) -> None:
        self._house, self._child, self._queue, self._collections = house, child, queue, collections
        self._looked = False

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        return {SetMasking: self._set}

    def catch_up(self, collection_id: int = 0) -> None:
        """Have documents read anew that came, or were left, without what their collection masks."""

        def found(data: Unmasked) -> None:
            for collection, paths in data.paths.items():
                self._queue.enter(Batch(paths, collection))

        self._child.request(ListUnmasked(collection_id=collection_id), done=found, failed=_ignore)

    def begin(self) -> None:
        """The documents process is there: what a kill cut short goes on."""
        if not self._looked:
            self._looked = True
            self.catch_up()

    def _set(self, call: SetMasking, reply: Reply) -> None:
        def kept(data: Unmasked) -> None:
            self._collections.recount()
            self._house.tell(DocumentsChanged(collection_id=call.collection_id))
            paths = data.paths.get(call.collection_id, ())
            if not paths:
                reply.done(
                    Added(indexed=0, unchanged=0, failed=0) if call.wait else Queued(collection_id=call.collection_id)
                )
                return
            batch = Batch(paths, call.collection_id)
            if call.wait:
                batch.reply = reply
            else:
                batch.asked = reply
            reply.on_cancel(lambda: self._queue.withdraw(batch))
            self._queue.enter(batch)

        wanted = KeepMasking(collection_id=call.collection_id, kinds=call.kinds)
        self._child.request(wanted, done=kept, failed=reply.failed)


def _ignore(_: AppError) -> None:
    """The next request says why."""
