"""Documents in the core: one queue of adds for all doors, and removals that are finished wherever they were cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild, FakeJob

from app.core import batches, collections
from app.core.calls import chats as chat_calls
from app.core.calls import documents as c
from app.core.protocol import Noted, SettingsRead
from app.errors import AppError, NoSpace, WorkerGone
from app.settings import DEFAULT_COLLECTION
from app.types import Answer, Collection, Passage, Source
from app.workers.calls.documents import (
    Add,
    Added,
    AddProgress,
    CollectionMade,
    Collections,
    CreateCollection,
    DeleteCollection,
    FileEvent,
    Forgotten,
    ListCollections,
    ListTombstones,
    Remove,
    Removed,
    RenameCollection,
    Search,
    Tombstones,
)
from app.workers.message import Done
from app.workers.protocol import Ready

TRAVEL, QUALITY = Collection(id=1, name="Travel"), Collection(id=2, name="Quality")
A, B = "/files/a.pdf", "/files/b.pdf"


def of(door: TestDoor, kind: type) -> list[Any]:
    """What a door was told of one kind."""
    return [event for event in door.events() if isinstance(event, kind)]


def state(door: TestDoor) -> c.AddState:
    """The last that a door was told of adding."""
    return of(door, c.AddState)[-1]  # type: ignore[no-any-return]


def begin(world: CoreWorld, *stones: int) -> FakeChild:
    """The documents process comes up, and knows of these unfinished removals."""
    child = world.documents
    child.set_state("ready")
    child.ready.emit(Ready(role="documents"))
    give(child)
    child.last(ListTombstones).finish(Tombstones(ids=stones))
    return child


def give(child: FakeChild, *found: Collection) -> None:
    """Answer each question for the collections."""
    while child.waiting(ListCollections):
        child.last(ListCollections).finish(Collections(collections=found or (TRAVEL, QUALITY)))


def follow(child: FakeChild, *ids: int, collections: tuple[int, ...] = ()) -> None:
    """It tells of the tombstones of a removal, and drops them when the chats have followed."""
    child.last(ListTombstones).finish(Tombstones(ids=ids, collections=collections))
    forgotten = child.last(Forgotten)
    assert forgotten.call == Forgotten(ids=ids, collections=collections)
    forgotten.finish(Done())


def kill(child: FakeChild) -> None:
    """The process ends by itself: everyone who waits is told."""
    child.set_state("failed")
    for job in [job for job in child.jobs if job.active]:
        job.fail(WorkerGone("The document reader stopped unexpectedly.", "Nothing that was stored is lost."))


def queue(door: TestDoor, *paths: str, collection_id: int = 1, **more: Any) -> int:
    return door.call(c.QueueFiles(paths=paths, collection_id=collection_id, **more))


def indexed(path: str, document_id: int = 7) -> FileEvent:
    return FileEvent(path=path, status="indexed", fraction=1.0, document_id=document_id, passages=3)


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    begin(made)
    return made


@pytest.fixture
def child(world: CoreWorld) -> FakeChild:
    return world.documents


# --- collections ------------------------------------------------------------------------------------------------------


def test_a_new_name_is_told_to_every_door_and_is_what_answers_are_recorded_with(
    world: CoreWorld, child: FakeChild
) -> None:
    asks, sees = world.door(), world.door()
    key = asks.call(RenameCollection(collection_id=1, name="Journeys"))
    renamed = (Collection(id=1, name="Journeys"), QUALITY)
    child.last(RenameCollection).finish(Collections(collections=renamed))
    assert asks.result(key).collections == renamed
    assert of(sees, c.CollectionsChanged)[-1].collections == renamed
    assert world.core.documents.names_of((1, 2)) == "Journeys, Quality"


def test_two_doors_that_ask_for_the_collections_cost_one_question(world: CoreWorld, child: FakeChild) -> None:
    first, second = world.door(), world.door()
    keys = first.call(ListCollections()), second.call(ListCollections())
    asked = len(child.jobs)
    give(child)
    assert first.result(keys[0]).collections == second.result(keys[1]).collections == (TRAVEL, QUALITY)
    assert len([job for job in child.jobs[asked - 1 :] if isinstance(job.call, ListCollections)]) <= 2


def test_the_counts_move_while_files_are_added_but_not_with_every_file(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    queue(door, "/files")
    give(child)
    for number in range(50):
        child.last(Add).say(indexed(f"/files/{number}.pdf", number))
    assert not child.waiting(ListCollections)
    world.clock.pass_time(collections.RECOUNT_S)
    assert len(child.waiting(ListCollections)) == 1
    counted = (Collection(id=1, name="Travel", documents=50), QUALITY)
    child.last(ListCollections).finish(Collections(collections=counted))
    assert of(door, c.CollectionsChanged)[-1].collections == counted


def test_a_reader_that_is_restarted_leaves_nobody_waiting(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    search = door.call(Search(query="hotel"))
    queue(door, A)
    door.call(c.RestartReader())
    end = door.end(search)
    assert child.restarts == 1 and end is not None and end.error is not None and "restarted" in end.error.message
    assert state(door).phase == "interrupted" and state(door).failure is None


# --- adding -----------------------------------------------------------------------------------------------------------


def test_the_queue_serves_a_window_and_a_command_one_after_the_other(world: CoreWorld, child: FakeChild) -> None:
    window, command = world.door(), world.door(hears=False)
    assert window.result(queue(window, A)) == c.Queued(collection_id=1)
    add = command.call(Add(paths=("/other/b.pdf",), collection_id=2))
    assert command.events(add) == [AddProgress(done=0, total=0)], "it is told that it waits"
    assert len(child.waiting(Add)) == 1 and state(window).waiting == 1
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    job = child.last(Add)
    assert job.call == Add(paths=("/other/b.pdf",), collection_id=2)
    job.say(AddProgress(done=0, total=1))
    job.say(indexed("/other/b.pdf"))
    job.finish(Added(indexed=1, unchanged=0, failed=0))
    assert command.result(add) == Added(indexed=1, unchanged=0, failed=0)
    assert command.events(add)[1:] == [AddProgress(done=0, total=1), indexed("/other/b.pdf")]
    assert not command.events(), "it asked to hear of nothing else"
    moved = of(window, c.FileMoved)
    assert c.FileMoved(collection_id=2, file=indexed("/other/b.pdf")) in moved
    assert moved[0].file == FileEvent(path=A, status="waiting")
    assert (state(window).phase, state(window).indexed, state(window).collection_id) == ("finished", 2, 0)
    assert {each.collection_id for each in of(window, c.DocumentsChanged)} == {1, 2}


def test_ctrl_c_of_a_command_cancels_its_add_alone(world: CoreWorld, child: FakeChild) -> None:
    window, command, other = world.door(), world.door(hears=False), world.door(hears=False)
    first = command.call(Add(paths=(A,), collection_id=1))
    queue(window, B)
    second = other.call(Add(paths=("/files/c.pdf",), collection_id=1))
    other.control(second, "cancel")
    end = other.end(second)
    assert end is not None and end.kind == "cancelled" and state(window).waiting == 1
    command.control(first, "cancel")
    running = child.last(Add)
    assert running.controls == ["cancel"] and state(window).phase == "stopping"
    running.confirm_cancel()
    end = command.end(first)
    assert end is not None and end.kind == "cancelled"
    assert child.last(Add).call == Add(paths=(B,), collection_id=1), "the window's goes on"
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert (state(window).phase, state(window).cancelled) == ("finished", False)
    assert not (world.home.root / "adding.json").exists()


def test_a_door_that_leaves_stops_its_own_add_and_a_window_s_goes_on(world: CoreWorld, child: FakeChild) -> None:
    window, command = world.door(), world.door(hears=False)
    queue(window, A)
    command.call(Add(paths=(B,), collection_id=1))
    command.leave()
    window.leave()
    assert world.core.busy, "the core stays until the files are indexed"
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert not child.waiting(Add) and not world.core.busy


def test_a_paused_add_does_not_keep_the_core(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    queue(door, A)
    door.call(c.PauseAdding())
    assert child.last(Add).controls == ["pause"] and not world.core.busy
    door.call(c.ResumeAdding())
    assert world.core.busy


def test_cancel_puts_what_is_left_and_what_waited_aside_for_one_click(world: CoreWorld, child: FakeChild) -> None:
    window, command = world.door(), world.door(hears=False)
    queue(window, A, B)
    queue(window, "/files/folder", collection_id=2)
    behind = command.call(Add(paths=("/other",), collection_id=2))
    job = child.last(Add)
    job.say(AddProgress(done=1, total=2))
    job.say(indexed(A))
    window.call(c.CancelAdding())
    end = command.end(behind)
    assert end is not None and end.kind == "cancelled"
    job.confirm_cancel()
    said = state(window)
    assert (said.phase, said.cancelled, said.indexed, said.total, said.waiting) == ("interrupted", True, 1, 2, 2)
    assert not child.waiting(Add) and not world.core.busy
    window.call(c.ContinueAdding())
    for paths, collection_id in (((B,), 1), (("/files/folder",), 2), (("/other",), 2)):
        assert child.last(Add).call == Add(paths=paths, collection_id=collection_id)
        child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert state(window).phase == "finished"


def test_a_process_killed_in_the_middle_leaves_the_rest_to_be_taken_up(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    queue(door, A, B)
    queue(door, "/files/c.pdf", collection_id=2)
    child.last(Add).say(AddProgress(done=1, total=2))
    child.last(Add).say(indexed(A))
    kill(child)
    assert (state(door).phase, state(door).failure, state(door).done, state(door).waiting) == (
        "interrupted",
        None,
        1,
        1,
    )
    begin(world)
    door.call(c.ContinueAdding())
    assert child.last(Add).call == Add(paths=(B,), collection_id=1)
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert child.last(Add).call == Add(paths=("/files/c.pdf",), collection_id=2)


def test_a_command_is_told_that_the_process_died_and_the_next_add_runs(world: CoreWorld, child: FakeChild) -> None:
    window, command = world.door(), world.door(hears=False)
    add = command.call(Add(paths=(A,), collection_id=1))
    queue(window, B)
    child.last(Add).fail(WorkerGone("The document reader stopped unexpectedly."))
    end = command.end(add)
    assert end is not None and end.error is not None
    assert child.last(Add).call == Add(paths=(B,), collection_id=1)
    assert state(window).phase == "running"


def test_a_full_disk_is_said_and_nothing_is_lost(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    queue(door, A, B)
    child.last(Add).fail(NoSpace("The disk is full.", "Free some space."))
    said = state(door)
    assert said.phase == "interrupted" and said.failure is not None and said.failure.message == "The disk is full."
    command = world.door(hears=False)
    add = command.call(Add(paths=("/other",), collection_id=2))
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert command.result(add).indexed == 1, "what is interrupted keeps nobody waiting"
    assert state(door).phase == "interrupted"


def test_a_new_core_offers_what_the_killed_one_was_adding(world: CoreWorld) -> None:
    door, command = world.door(), world.door(hears=False)
    command.call(Add(paths=(A,), collection_id=1))
    queue(door, B, collection_id=2, passwords={B: "secret"}, force=True)
    assert b"secret" not in (world.home.root / "adding.json").read_bytes()
    after = CoreWorld(world.home)
    door = after.door()
    listed = door.result(door.call(c.ListAdding()))
    assert (listed.state.phase, listed.state.waiting, listed.files) == ("interrupted", 1, ())
    child = begin(after)
    door.call(c.ContinueAdding())
    assert child.last(Add).call == Add(paths=(A,), collection_id=1)
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert child.last(Add).call == Add(paths=(B,), collection_id=2, force=True)
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert not (world.home.root / "adding.json").exists()


def test_a_list_of_an_earlier_version_names_its_collections(data_folder: Path) -> None:
    data_folder.mkdir(parents=True)
    old = [
        {"paths": [A], "collection": "travel", "force": True},
        {"paths": [B], "collection": "Sales"},
    ]
    (data_folder / "adding.json").write_bytes(msgspec.json.encode(old))
    world = CoreWorld()
    door = world.door()
    assert door.result(door.call(c.ListAdding())).state.collection == "travel"
    child = begin(world)
    door.call(c.ContinueAdding())
    assert child.last(Add).call == Add(paths=(A,), collection_id=1, force=True)
    child.last(CreateCollection).finish(CollectionMade(collection=Collection(id=9, name="Sales")))
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert child.last(Add).call == Add(paths=(B,), collection_id=9)


def test_a_decision_on_hidden_text_outlives_the_core(world: CoreWorld, child: FakeChild) -> None:
    queue(world.door(), A, read_hidden=True)
    assert child.last(Add).call == Add(paths=(A,), collection_id=1, read_hidden=True)
    world.core.stop()
    again = CoreWorld()
    door = again.door()
    child = begin(again)
    door.call(c.ContinueAdding())
    assert child.last(Add).call == Add(paths=(A,), collection_id=1, read_hidden=True)


def test_a_broken_list_is_set_aside(data_folder: Path, expected_warnings: list[str]) -> None:
    data_folder.mkdir(parents=True)
    (data_folder / "adding.json").write_bytes(b"\x00garbage")
    expected_warnings.append("could not be read")
    assert batches.restore(data_folder / "adding.json") == []
    assert [path.name for path in data_folder.iterdir()] != ["adding.json"]


def test_files_for_a_collection_that_is_not_there_make_it_once(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    first = queue(door, A, collection_id=0, collection_name=" Sales ")
    assert door.end(first) is None and child.last(CreateCollection).call == CreateCollection(name="Sales")
    child.last(CreateCollection).finish(CollectionMade(collection=Collection(id=3, name="Sales")))
    assert door.result(first) == c.Queued(collection_id=3)
    second = queue(door, B, collection_id=0, collection_name="SALES")
    assert door.result(second) == c.Queued(collection_id=3) and not child.waiting(CreateCollection)
    assert state(door).collection == "Sales"


def test_a_collection_that_cannot_be_made_is_said_and_its_files_are_kept(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    key = queue(door, A, collection_id=0, collection_name="x" * 300)
    child.last(CreateCollection).fail(AppError("This name is too long.", "Use a shorter one."))
    end = door.end(key)
    assert end is not None and end.error is not None and state(door).phase == "interrupted"
    assert not world.core.busy


def test_a_deleted_collection_takes_its_waiting_files_along(world: CoreWorld, child: FakeChild) -> None:
    door, command = world.door(), world.door(hears=False)
    queue(door, A)
    queue(door, B)
    waits = command.call(Add(paths=("/other",), collection_id=1))
    queue(door, "/files/c.pdf", collection_id=2)
    running = child.last(Add)
    gone = door.call(DeleteCollection(collection_id=1))
    assert running.controls == ["cancel"]
    running.confirm_cancel()
    end = command.end(waits)
    assert end is not None and end.kind == "cancelled"
    assert child.last(Add).call == Add(paths=("/files/c.pdf",), collection_id=2)
    child.last(DeleteCollection).finish(Removed(documents=0, passages=0, traces=0))
    follow(child, collections=(1,))
    assert door.result(gone).documents == 0
    give(child, QUALITY)
    assert of(door, c.CollectionsChanged)[-1].collections == (QUALITY,)


def test_another_copy_takes_the_place_of_a_failed_one(world: CoreWorld, child: FakeChild) -> None:
    door = world.door()
    queue(door, "/other/a.pdf", replaces=5)
    child.last(Add).finish(Added(indexed=0, unchanged=0, failed=1))
    assert not child.waiting(Remove), "the other copy failed too"
    queue(door, "/other/a.pdf", replaces=5)
    child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert child.last(Remove).call == Remove(ids=(5,))


# --- removal ----------------------------------------------------------------------------------------------------------


def passage(document_id: int) -> Passage:
    return Passage(
        id=document_id, document_id=document_id, document="x", path="/x", collection="Travel", start=0, end=4,
        text=f"text of {document_id}",
    )  # fmt: skip


def answer_of(world: CoreWorld, *document_ids: int) -> int:
    """A stored answer that cites these documents; → its turn."""
    store = world.core.store
    turn = store.begin_answer(store.add_question(store.create().id, "Q").id)
    sources = tuple(Source(n=n, passage=passage(document_id)) for n, document_id in enumerate(document_ids, 1))
    store.finish_answer(turn.id, Answer(text="The limit is 160 EUR [1].", sources=sources))
    return turn.id


def quoted(world: CoreWorld, turn_id: int) -> list[str]:
    """What a stored answer still holds of its passages."""
    answer = world.core.store.turn(turn_id).answer
    assert answer is not None
    return [source.passage.text for source in answer.sources]


def remove(door: TestDoor, *ids: int) -> int:
    return door.call(Remove(ids=ids))


def removed(*ids: int, traces: int = 0) -> Removed:
    return Removed(documents=len(ids), passages=3 * len(ids), traces=traces, ids=ids)


def test_a_removal_is_followed_by_the_chats_before_its_tombstones_go(world: CoreWorld, child: FakeChild) -> None:
    turn = answer_of(world, 1, 2)
    door, sees = world.door(), world.door()
    key = remove(door, 1)
    child.last(Remove).finish(removed(1))
    child.last(ListTombstones).finish(Tombstones(ids=(1,)))
    assert quoted(world, turn) == ["", "text of 2"]
    assert door.end(key) is None and child.last(Forgotten).call == Forgotten(ids=(1,))
    child.last(Forgotten).finish(Done())
    assert door.result(key).answers == (turn,), "its own words are still there, and that is said"
    assert of(sees, c.DocumentsRemoved) == [c.DocumentsRemoved(ids=(1,))] and not world.core.busy


def test_copies_of_the_chats_follow_too_or_the_tombstones_stay(
    world: CoreWorld, child: FakeChild, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = answer_of(world, 1)
    copy = world.home.backups / "chats-20261129-120000.db"
    world.core.store.copy(copy)
    door = world.door()
    with monkeypatch.context() as patched:
        patched.setattr("app.chats.store.in_copies", full_disk)
        key = remove(door, 1)
        child.last(Remove).finish(removed(1))
        child.last(ListTombstones).finish(Tombstones(ids=(1,)))
    end = door.end(key)
    assert end is not None and end.error is not None and end.error.message == "The disk is full."
    assert not child.waiting(Forgotten) and b"text of 1" in copy.read_bytes()
    begin(world, 1)
    child.last(Forgotten).finish(Done())
    assert quoted(world, turn) == [""] and b"text of 1" not in copy.read_bytes()


def full_disk(*_: object) -> None:
    raise NoSpace("The disk is full.", "Free some space.")


def test_a_removal_goes_on_when_its_door_leaves(world: CoreWorld, child: FakeChild) -> None:
    turn = answer_of(world, 1)
    door = world.door()
    remove(door, 1)
    door.leave()
    assert world.core.busy and not child.last(Remove).controls
    child.last(Remove).finish(removed(1))
    follow(child, 1)
    assert quoted(world, turn) == [""] and not world.core.busy


def cut_in_the_process(world: CoreWorld, job: FakeJob) -> None:
    """The process is killed after its transaction, before it can say so."""
    kill(world.documents)


def cut_in_the_core(world: CoreWorld, job: FakeJob) -> None:
    """The core is killed at the same moment: nothing more happens in it."""


def cut_before_the_chats_know(world: CoreWorld, job: FakeJob) -> None:
    """The core is killed between the index and the chats."""
    job.finish(removed(1))


def cut_before_the_tombstones_go(world: CoreWorld, job: FakeJob) -> None:
    """The chats have followed; the core is killed before the documents process hears of it."""
    job.finish(removed(1))
    world.documents.last(ListTombstones).finish(Tombstones(ids=(1,)))


def cut_while_the_tombstones_go(world: CoreWorld, job: FakeJob) -> None:
    cut_before_the_tombstones_go(world, job)
    kill(world.documents)


CUTS = (
    cut_in_the_process, cut_in_the_core, cut_before_the_chats_know, cut_before_the_tombstones_go,
    cut_while_the_tombstones_go,
)  # fmt: skip


@pytest.mark.parametrize("cut", CUTS)
def test_a_removal_that_was_cut_short_is_finished_by_the_next_core(
    world: CoreWorld, child: FakeChild, cut: Any
) -> None:
    turn = answer_of(world, 1, 2)
    remove(world.door(), 1)
    cut(world, child.last(Remove))
    world.core.store.close()
    after = CoreWorld(world.home)
    door = after.door()
    begin(after, 1)
    assert quoted(after, turn) == ["", "text of 2"]
    assert after.documents.last(Forgotten).call == Forgotten(ids=(1,)) and after.core.busy
    after.documents.last(Forgotten).finish(Done())
    assert of(door, c.DocumentsRemoved) == [c.DocumentsRemoved(ids=(1,))] and not after.core.busy


def test_a_process_that_comes_back_finishes_what_it_died_over(world: CoreWorld, child: FakeChild) -> None:
    turn = answer_of(world, 1)
    door = world.door()
    key = remove(door, 1)
    kill(child)
    end = door.end(key)
    assert end is not None and end.error is not None
    begin(world, 1)
    assert quoted(world, turn) == [""]


def test_what_an_answer_under_way_had_found_is_not_stored(world: CoreWorld, child: FakeChild) -> None:
    store = world.core.store
    turn = store.begin_answer(store.add_question(store.create().id, "Q").id)
    remove(world.door(), 1)
    child.last(Remove).finish(removed(1))
    follow(child, 1)
    store.finish_answer(turn.id, Answer(text="The limit [1].", sources=(Source(n=1, passage=passage(1)),)))
    assert quoted(world, turn.id) == [""]


def test_the_chats_of_a_deleted_collection_ask_none(world: CoreWorld, child: FakeChild) -> None:
    store, settings = world.core.store, world.core.settings
    settings.set(DEFAULT_COLLECTION, 1)
    chat, other = store.create(collection_id=1), store.create(collection_id=2)
    door = world.door()
    door.call(DeleteCollection(collection_id=1))
    child.last(DeleteCollection).finish(removed(5, 6))
    follow(child, 5, 6, collections=(1,))
    assert (store.chat(chat.id).collection_id, store.chat(other.id).collection_id) == (0, 2)
    assert settings.get(DEFAULT_COLLECTION) == 0 and of(door, SettingsRead)


def test_what_an_earlier_version_knows_by_name_gets_its_id(data_folder: Path) -> None:
    data_folder.mkdir(parents=True)
    earlier = {"version": 1, "values": {"default_collection": "travel"}}
    (data_folder / "settings.json").write_bytes(msgspec.json.encode(earlier))
    world = CoreWorld()
    door = world.door()
    begin(world)
    assert world.core.settings.get(DEFAULT_COLLECTION) == 1 and of(door, SettingsRead)


def test_what_happened_to_the_index_is_said_in_every_door(world: CoreWorld, child: FakeChild) -> None:
    window, asks = world.door(), world.door(hears=False)
    key = asks.call(ListCollections())
    while child.waiting(ListCollections):
        child.last(ListCollections).finish(Collections(collections=(TRAVEL,), note="The index was damaged."))
    assert asks.result(key).note == "The index was damaged."
    assert of(window, Noted)[0].text == "The index was damaged."
    later = world.door()
    assert later.result(1).notes == ("The index was damaged.",)


def test_answers_that_tell_of_a_document_are_found_and_deleted(world: CoreWorld) -> None:
    turn, other = answer_of(world, 1), answer_of(world, 2)
    door, sees = world.door(), world.door()
    assert door.result(door.call(c.FindAnswers(document_ids=(1, 9)))) == c.AnswersFound(ids=(turn,))
    door.result(door.call(c.DeleteAnswers(ids=(turn,))))
    store = world.core.store
    assert store.turn(turn).text == "" and store.turn(other).text
    assert not store.search("160 EUR")[1:], "only the other chat still says it"
    assert of(sees, chat_calls.TurnsChanged) == [chat_calls.TurnsChanged(chat_id=store.turn(turn).chat_id)]
