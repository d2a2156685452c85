"""Files of one chat in the core: read at once, asked first, taken up after a kill, and gone with their chat."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild
from test_core_chats import load, of

from app.core.calls import attachments as c
from app.core.calls import chats, projects
from app.core.protocol import DoorFrame
from app.errors import WorkerGone
from app.types import Collection, Document, SearchResult
from app.workers.calls.attached import (
    Attach,
    Attached,
    AttachedCopied,
    CopyAttached,
    Hidden,
    ListHidden,
    Moved,
    MoveDocuments,
)
from app.workers.calls.documents import (
    Add,
    Added,
    Collections,
    DeleteCollection,
    Documents,
    FileEvent,
    ListCollections,
    ListDocuments,
    ListTombstones,
    Remove,
    Removed,
    Search,
    Searched,
    Tombstones,
)
from app.workers.protocol import Ready

OFFER, BAD = "/files/Offer.txt", "/files/Bad.pdf"
HIDDEN = 7
POLICIES = Collection(id=2, name="Policies")


def document(id_: int, path: str, status: str = "waiting", reason: str = "") -> Document:
    return Document(
        id=id_, collection_id=HIDDEN, collection="Attached files", name=path.rsplit("/", 1)[-1], path=path,
        format="txt", bytes=9, status=status, passages=int(status == "indexed"), reason=reason,  # type: ignore[arg-type]
    )  # fmt: skip


def come_up(world: CoreWorld, *documents: Document) -> FakeChild:
    """The documents process says its first word, and has these files in hidden collections."""
    child = world.documents
    child.ready.emit(Ready(role="documents"))
    while child.waiting(ListCollections):
        child.last(ListCollections).finish(Collections(collections=(POLICIES,)))
    child.last(ListTombstones).finish(Tombstones(ids=()))
    collections = tuple({each.collection_id: None for each in documents})
    child.last(ListHidden).finish(Hidden(collections=collections, documents=documents))
    while child.waiting(ListHidden):
        child.last(ListHidden).finish(Hidden(collections=collections, documents=documents))
    return child


def attach(door: TestDoor, child: FakeChild, *paths: str, chat_id: int = 0) -> c.ChatAttached:
    key = door.call(c.AttachFiles(paths=paths, chat_id=chat_id, collection_id=0))
    documents = tuple(document(number, path) for number, path in enumerate(paths, 1))
    child.last(Attach).finish(Attached(collection_id=HIDDEN, documents=documents))
    return door.result(key)  # type: ignore[no-any-return]


def read(child: FakeChild, *after: Document) -> None:
    """The file under way is through, and these are in the collection now."""
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    child.last(ListDocuments).finish(Documents(documents=after))


def states(door: TestDoor) -> list[str]:
    """The last that a door was told of the files."""
    return [each.document.status for each in of(door, c.AttachmentsChanged)[-1].files]


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    load(made)
    return made


def test_a_file_is_in_the_chat_before_it_is_read_and_each_door_sees_it_come(world: CoreWorld) -> None:
    child, door, other = come_up(world), world.door(), world.door()
    attached = attach(door, child, OFFER, BAD)
    assert attached.chat.attached_id == HIDDEN and world.core.store.chat(attached.chat.id) == attached.chat
    assert [each.document.status for each in attached.files] == ["waiting", "waiting"]
    assert [job.call.paths for job in child.waiting(Add)] == [(OFFER,)], "one after the other"
    child.last(Add).say(FileEvent(path=OFFER, status="indexing", fraction=0.5))
    changed = of(other, c.AttachmentsChanged)[-1]
    assert (changed.files[0].document.status, changed.files[0].fraction) == ("indexing", 0.5)
    read(child, document(1, OFFER, "indexed"), document(2, BAD))
    assert [job.call.paths for job in child.waiting(Add)] == [(BAD,)]
    read(child, document(1, OFFER, "indexed"), document(2, BAD, "failed", "It is damaged."))
    assert states(other) == ["indexed", "failed"] and not child.waiting(Add)
    assert of(other, c.AttachmentsChanged)[-1].files[1].document.reason == "It is damaged."


def test_a_question_waits_for_its_files_and_is_answered_from_them_first(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    door.call(chats.SetChatCollection(chat_id=chat.id, collection_id=POLICIES.id))
    asked = door.result(door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id)))
    moved = of(door, chats.AnswerMoved)[-1]
    assert (moved.stage, moved.note) == ("waiting", "Reading Offer.txt first…") and not child.waiting(Search)
    read(child, document(1, OFFER, "indexed"))
    first = child.last(Search)
    assert first.call.collections == (HIDDEN,)
    first.finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0)))
    second = child.last(Search)
    assert second.call.collections == (HIDDEN, POLICIES.id)
    second.finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0)))
    answer = world.core.store.turn(asked.answer.id).answer
    assert answer is not None and answer.not_found and answer.searched == "Attached files, Policies"


def test_a_bad_file_does_not_hold_a_question_up(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, BAD).chat
    door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id))
    read(child, document(1, BAD, "failed", "It is damaged."))
    assert not child.waiting(Search), "nothing to search in: the model alone is asked"
    assert of(door, chats.AnswerMoved)[-1].stage == "reading"


def test_everywhere_means_the_files_too_and_the_model_alone_means_neither(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    read(child, document(1, OFFER, "indexed"))
    door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id, where="everywhere"))
    assert child.last(Search).call.collections == (HIDDEN,)
    child.last(Search).finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0)))
    assert child.last(Search).call.collections == (HIDDEN, POLICIES.id)
    child.last(Search).finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0)))
    door.call(chats.AskInChat(text="And alone?", chat_id=chat.id, where="nowhere"))
    assert not child.waiting(Search)


def test_what_a_kill_left_unread_is_read_by_the_next_core_and_asked_then(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    world.core.stop()
    after = CoreWorld(world.home)
    load(after)
    door = after.door()
    door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id))
    assert of(door, chats.AnswerMoved)[-1].stage == "waiting", "the index was not asked yet"
    child = after.documents
    child.last(ListDocuments).finish(Documents(documents=(document(1, OFFER),)))
    come_up(after, document(1, OFFER))
    assert not child.waiting(DeleteCollection), "its chat names it"
    read(child, document(1, OFFER, "indexed"))
    assert child.last(Search).call.collections == (HIDDEN,)


def test_a_documents_process_that_ends_begins_the_file_again(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id))
    child.last(Add).fail(WorkerGone("It ended."))
    assert states(door) == ["waiting"] and not child.waiting(Search)
    come_up(world, document(1, OFFER))
    read(child, document(1, OFFER, "indexed"))
    assert child.waiting(Search)


def test_the_files_of_a_deleted_chat_go_when_it_cannot_be_brought_back(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    read(child, document(1, OFFER, "indexed"))
    door.call(chats.DeleteChat(chat_id=chat.id))
    door.call(chats.RestoreChat(chat_id=chat.id))
    door.call(chats.PurgeChats())
    hidden = Hidden(collections=(HIDDEN,), documents=(document(1, OFFER, "indexed"),))
    child.last(ListHidden).finish(hidden)
    assert not child.waiting(DeleteCollection), "it was brought back"
    door.call(chats.DeleteChat(chat_id=chat.id))
    door.call(chats.PurgeChats())
    child.last(ListHidden).finish(hidden)
    assert child.last(DeleteCollection).call == DeleteCollection(collection_id=HIDDEN)


def test_a_file_is_removed_with_proof_also_while_it_is_read(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER, BAD).chat
    adding = child.last(Add)
    key = door.call(c.DetachFiles(chat_id=chat.id, ids=(1, 99)))
    assert adding.controls == ["cancel"]
    assert child.last(Remove).call == Remove(ids=(1,)), "only what is in this chat"
    child.last(Remove).finish(Removed(documents=1, passages=0, traces=0, ids=(1,)))
    child.last(ListTombstones).finish(Tombstones(ids=()))
    assert door.result(key).traces == 0
    assert [each.document.name for each in of(door, c.AttachmentsChanged)[-1].files] == ["Bad.pdf"]


def test_a_promoted_file_is_asked_in_its_collection(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    early = door.end(door.call(c.PromoteFiles(chat_id=chat.id, ids=(1,), collection_name="policies")))
    assert early is not None and early.error is not None and "still being read" in early.error.message
    read(child, document(1, OFFER, "indexed"))
    key = door.call(c.PromoteFiles(chat_id=chat.id, ids=(1,), collection_name="policies"))
    assert child.last(MoveDocuments).call == MoveDocuments(ids=(1,), collection_id=POLICIES.id)
    child.last(MoveDocuments).finish(Moved(ids=(1,)))
    assert door.result(key) == Moved(ids=(1,))
    assert of(door, c.AttachmentsChanged)[-1].files == ()
    assert world.core.store.chat(chat.id).collection_id == POLICIES.id


def ask_once(world: CoreWorld, child: FakeChild, **more: Any) -> tuple[TestDoor, int]:
    door = world.door()
    key = door.call(chats.Ask(question="What is the price?", attach=(OFFER,), **more))
    child.last(Attach).finish(Attached(collection_id=HIDDEN, documents=(document(1, OFFER),)))
    return door, key


def test_a_single_question_forgets_its_files_whatever_comes_of_it(world: CoreWorld) -> None:
    child = come_up(world)
    door, key = ask_once(world, child)
    read(child, document(1, OFFER, "indexed"))
    assert child.last(Search).call.collections == (HIDDEN,)
    child.last(Search).finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1.0)))
    assert door.result(key).answer.searched == "Attached files"
    assert child.waiting(DeleteCollection)
    removal = child.last(DeleteCollection)
    removal.finish(Removed(documents=1, passages=1, traces=0, ids=(1,)))

    door, key = ask_once(world, child)
    read(child, document(1, OFFER, "failed", "It is damaged."))
    end = door.end(key)
    assert end is not None and end.error is not None and end.error.message == "It is damaged."
    assert child.waiting(DeleteCollection)
    child.last(DeleteCollection).finish(Removed(documents=1, passages=1, traces=0, ids=(1,)))

    door, key = ask_once(world, child)
    door.control(key, "cancel")
    assert isinstance(door.end(key), DoorFrame) and child.waiting(DeleteCollection)


def test_what_a_killed_question_left_is_removed_at_the_next_start(world: CoreWorld) -> None:
    child = come_up(world, document(1, OFFER))
    assert child.last(DeleteCollection).call == DeleteCollection(collection_id=HIDDEN)


def test_a_branch_takes_the_files_of_its_chat_along(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER, BAD).chat
    read(child, document(1, OFFER, "indexed"), document(2, BAD))
    asked = door.result(door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id, where="nowhere")))
    door.call(chats.StopAnswer(turn_id=asked.answer.id))
    key = door.call(projects.BranchChat(answer_id=asked.answer.id))
    copies = tuple(
        msgspec.structs.replace(document(number + 10, path, status), collection_id=8)
        for number, path, status in ((1, OFFER, "indexed"), (2, BAD, "waiting"))
    )
    child.last(CopyAttached).finish(AttachedCopied(collection_id=8, documents=copies, copies={1: 11, 2: 12}))
    branch = door.result(key).chat
    assert (branch.attached_id, world.core.store.chat(chat.id).attached_id) == (8, HIDDEN)
    listed = door.result(door.call(c.ListAttachments(chat_id=branch.id)))
    assert [(each.document.id, each.document.status) for each in listed.files] == [(11, "indexed"), (12, "waiting")]
    assert not child.waiting(DeleteCollection)
    read(child, document(1, OFFER, "indexed"), document(2, BAD, "failed"))
    assert [job.call.collection_id for job in child.waiting(Add)] == [8], "the copy waits to be read as well"


def test_a_branch_that_cannot_be_made_leaves_no_files(world: CoreWorld) -> None:
    child, door = come_up(world), world.door()
    chat = attach(door, child, OFFER).chat
    read(child, document(1, OFFER, "indexed"))
    asked = door.result(door.call(chats.AskInChat(text="What is the price?", chat_id=chat.id, where="nowhere")))
    key = door.call(projects.BranchChat(answer_id=asked.answer.id))  # it is still being written
    child.last(CopyAttached).finish(AttachedCopied(collection_id=8, documents=(), copies={}))
    end = door.end(key)
    assert end is not None and end.error is not None and "finished answer" in end.error.message
    child.last(ListHidden).finish(Hidden(collections=(HIDDEN, 8), documents=()))
    assert [job.call.collection_id for job in child.waiting(DeleteCollection)] == [8]
