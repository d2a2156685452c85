"""The documents of this data folder: hands calls on to the documents process, and tells every door what changed."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.calls import documents as c
from app.core.house import Handler, House
from app.core.reply import Reply
from app.types import Collection
from app.workers import protocol as p


class DocumentsDesk:
    """Owns the documents process."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.child = house.make_child("documents")
        self.collections: tuple[Collection, ...] = ()
        """As far as they are known."""
        self.child.state_changed.connect(lambda state: house.tell(c.ReaderMoved(state=state)))

    def handlers(self) -> Mapping[type[p.Call], Handler]:
        handed_on = (
            p.ListCollections,
            p.ListDocuments,
            p.Search,
            p.Embed,
            p.Ground,
            p.RenderPage,
            p.ReadText,
            p.CheckHealth,
        )
        return dict.fromkeys(handed_on, self.hand_on)

    @property
    def is_busy(self) -> bool:
        """Whether files are being added or removed."""
        return False

    def stop(self) -> None:
        self.child.stop()

    def add_state(self) -> c.AddState:
        """The add under way, for a door that comes in the middle."""
        return c.AddState()

    def names_of(self, ids: tuple[int, ...]) -> str:
        """What these collections are called, for the record of an answer; "" where none is named."""
        names = {each.id: each.name for each in self.collections}
        return ", ".join(names[key] for key in ids if key in names)

    def hand_on(self, call: p.Call, reply: Reply) -> None:
        """Let the child answer."""
        job = self.child.request(
            call, done=reply.done, event=reply.event, failed=reply.failed, cancelled=reply.cancelled
        )
        reply.follow(job)
