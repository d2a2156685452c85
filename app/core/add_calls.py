"""What doors say about adding, as wishes to the queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.core.adding import AddQueue
from app.core.batches import Batch
from app.core.calls import documents as c
from app.core.collections import CollectionList
from app.core.house import Handler
from app.core.reply import Reply
from app.errors import AppError
from app.workers.calls.documents import Add, AddProgress
from app.workers.message import Call, Done


class AddCalls:
    """A window is answered at once; a command waits until its files are through, and takes its add along."""

    def __init__(self, queue: AddQueue, collections: CollectionList) -> None:
        self._queue, self._collections = queue, collections

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        queue = self._queue
        return {
            Add: self._add,
            c.QueueFiles: self._queue_files,
            c.PauseAdding: _at_once(queue.pause),
            c.ResumeAdding: _at_once(queue.resume),
            c.CancelAdding: _at_once(queue.cancel),
            c.ContinueAdding: _at_once(queue.carry_on),
            c.DismissAdding: _at_once(queue.dismiss),
            c.ListAdding: self._list,
        }

    def _add(self, call: Add, reply: Reply) -> None:
        """A command waits until it is through, and is told of its own files."""
        self._refuse(call.collection_id)
        batch = Batch(
            call.paths,
            call.collection_id,
            passwords=call.passwords,
            force=call.force,
            read_hidden=call.read_hidden,
            exempt=call.exempt,
            reply=reply,
        )
        reply.on_cancel(lambda: self._queue.withdraw(batch))
        if self._queue.running:
            reply.event(AddProgress(done=0, total=0))  # it waits
        self._queue.enter(batch)

    def _queue_files(self, call: c.QueueFiles, reply: Reply) -> None:
        self._refuse(call.collection_id)
        batch = Batch(
            call.paths,
            call.collection_id,
            call.collection_name.strip(),
            call.passwords,
            call.force,
            call.replaces,
            read_hidden=call.read_hidden,
            exempt=call.exempt,
            asked=reply,
        )
        self._queue.enter(batch, first=call.first)

    def _refuse(self, collection_id: int) -> None:
        """A colleague's collection takes nothing, and that is said before files wait in the list."""
        found = next((each for each in self._collections.all if each.id == collection_id), None)
        if found is not None and found.shared is not None:
            raise AppError(found.shared.refusal(found.name), "Choose a collection of your own.")

    def _list(self, call: c.ListAdding, reply: Reply) -> None:
        reply.done(c.AddingFiles(state=self._queue.state(), files=self._queue.files()))


def _at_once(action: Callable[[], None]) -> Handler:
    def handle(call: Call, reply: Reply) -> None:
        action()
        reply.done(Done())

    return handle
