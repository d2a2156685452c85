"""Helpers of the tests of the chats."""

from __future__ import annotations

import random

from app.chats.store import ChatStore
from app.paths import home
from app.types import Answer, Passage, Source

CHATS, TURNS = 40, 6


def open_store() -> ChatStore:
    return ChatStore(home().chats_db, home().backups)


def fill(store: ChatStore) -> dict[int, list[str]]:
    """Chats of some pages each; → the texts of each chat."""
    rng = random.Random(3)
    said: dict[int, list[str]] = {}
    with store.together():
        for n in range(CHATS):
            chat = store.create(collection_id=n % 3, model_id="starter")
            said[chat.id] = []
            for _ in range(TURNS // 2):
                question = store.add_question(chat.id, f"Question {n} about " + "pumps " * rng.randint(1, 40))
                passage = Passage(
                    id=1, document_id=n % 5 + 1, document="a.pdf", path="/a.pdf", collection="c", start=0, end=1,
                    text="valve " * rng.randint(1, 900),
                )  # fmt: skip
                answer = Answer(text=f"Answer {n} [1].", sources=(Source(n=1, passage=passage),))
                store.finish_answer(store.begin_answer(question.id).id, answer)
                said[chat.id] += [question.text, answer.text]
    return said
