"""What this computer has to offer for a training: models, collections, judged answers, memory."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from app.core.documents import DocumentsDesk
from app.core.house import House
from app.finetune.author import Served
from app.finetune.sources import Rated
from app.finetune.trainer_command import missing_libraries
from app.finetune.wizard import Resources
from app.models.model_files import is_missing
from app.models.servers import host_of, is_here
from app.text.model_text import Print
from app.types import Message

PRINTED_AT_ONCE = 500


class Material:
    """What a model may learn from, as it is now."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents

    def resources(self) -> Resources:
        """Everything that the wizard chooses from; collections as far as they are known."""
        registry, store = self._house.registry, self._house.store
        active = registry.active()
        liked, corrected = store.count_ratings()
        return Resources(
            models=tuple(each for each in registry.models() if each.origin != "server" and not is_missing(each)),
            served=tuple(
                Served(id=each.id, name=each.name, host="" if is_here(each.address) else host_of(each.address))
                for each in registry.models()
                if each.origin == "server"
            ),
            active=active.id if active is not None else "",
            collections=self._documents.collections,
            liked=liked,
            corrected=corrected,
            chats=store.count(),
            memory_bytes=int(psutil.virtual_memory().total),
            missing=missing_libraries(self._house.home),
        )

    def rated(self) -> Sequence[Rated]:
        """Every judged answer of the chats."""
        return [
            Rated(
                id=each.turn_id,
                history=each.history,
                question=each.question,
                answer=each.answer.text,
                up=each.rating == "up",
                corrected=each.corrected,
            )
            for each in self._house.store.feedback()
        ]

    def prints(self) -> Sequence[Print]:
        """What the answers are known by that a model wrote."""
        store = self._house.store
        while store.print_some(PRINTED_AT_ONCE):
            pass
        return store.prints()

    def messages(self, chat_id: int) -> Sequence[Message]:
        """The shown path of a chat; nothing of one with files of its own, which are for that chat only."""
        store = self._house.store
        return () if store.chat(chat_id).attached_id else store.history(chat_id)
