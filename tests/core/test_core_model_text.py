"""The core has documents looked at for what its models wrote: after each count, with every print, once at a time."""

from __future__ import annotations

from typing import Any

import pytest
from core_world import CoreWorld, TestDoor

from app.core.calls.documents import DocumentsChanged
from app.errors import WorkerGone
from app.types import Answer, Collection, Document
from app.workers.calls.documents import Collections, ListCollections, ListTombstones, Tombstones
from app.workers.calls.model_text import (
    ApproveModelText,
    LookForModelText,
    ModelTextListed,
    ModelTextLooked,
    ModelTextWaits,
    WaitsForModelText,
)
from app.workers.protocol import Ready

SAID = "Send the laptop a week ahead, together with a short letter that explains who will call, when, and about what."
DOCUMENT = Document(
    id=7, collection_id=3, collection="Files", name="a.md", path="/a.md", format="markdown", bytes=1, status="indexed"
)


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    store = made.core.store
    question = store.add_question(store.create().id, "How?")
    store.finish_answer(store.begin_answer(question.id).id, Answer(text=SAID))
    made.documents.set_state("ready")
    made.documents.ready.emit(Ready(role="documents"))
    made.documents.last(ListTombstones).finish(Tombstones(ids=()))
    count(made)
    return made


def count(world: CoreWorld) -> None:
    """The documents process answers each question for the collections."""
    while world.documents.waiting(ListCollections):
        listed = Collections(collections=(Collection(id=3, name="Files"),))
        world.documents.last(ListCollections).finish(listed)


def changed(door: TestDoor) -> list[Any]:
    return [event for event in door.events() if isinstance(event, DocumentsChanged)]


def test_what_waits_is_looked_at_with_every_print_and_doors_are_told(world: CoreWorld) -> None:
    door, child = world.door(), world.documents
    last = world.core.store.last_print()
    assert child.last(WaitsForModelText).call == WaitsForModelText(last=last) and not world.core.busy
    child.last(WaitsForModelText).finish(ModelTextWaits(documents=2))
    assert child.last(LookForModelText).call == LookForModelText(prints=world.core.store.prints(), last=last)
    assert world.core.busy, "a command's core looks at what the command added"
    child.last(LookForModelText).finish(ModelTextLooked(collections=(3,)))
    assert changed(door) == [DocumentsChanged(collection_id=3)] and not world.core.busy


def test_where_nothing_waits_no_print_is_sent_and_a_count_meanwhile_asks_once_more(world: CoreWorld) -> None:
    child = world.documents
    world.core.documents.list.recount()
    count(world)
    assert len(child.waiting(WaitsForModelText)) == 1
    child.last(WaitsForModelText).finish(ModelTextWaits(documents=0))
    assert not child.waiting(LookForModelText) and len(child.waiting(WaitsForModelText)) == 1
    child.last(WaitsForModelText).finish(ModelTextWaits(documents=0))
    assert not child.waiting(WaitsForModelText)


def test_a_documents_process_that_ended_is_asked_again(world: CoreWorld) -> None:
    child = world.documents
    child.last(WaitsForModelText).fail(WorkerGone("It stopped.", ""))
    child.ready.emit(Ready(role="documents"))
    count(world)
    assert child.waiting(WaitsForModelText)


def test_a_decision_is_told_to_every_door(world: CoreWorld) -> None:
    asks, sees = world.door(), world.door()
    key = asks.call(ApproveModelText(document_id=7, approved=True))
    world.documents.last(ApproveModelText).finish(ModelTextListed(document=DOCUMENT, texts=(SAID,)))
    assert asks.result(key).texts == (SAID,) and changed(sees) == [DocumentsChanged(collection_id=3)]
