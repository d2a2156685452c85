"""What the Documents page can do, with the documents process played by the test."""

from __future__ import annotations

import time

import pytest
from documents_world import QUALITY, TRAVEL, DocumentsWorld
from fakes import FakeChild
from pytestqt.qtbot import QtBot

from app.errors import AppError, WorkerGone
from app.gui.documents.controller import DocumentsController
from app.gui.documents.documents_model import Column
from app.gui.documents.row import Row, day_and_time
from app.types import Collection, Document, Passage, SearchResult
from app.workers.calls.documents import (
    Add,
    Added,
    AddProgress,
    CollectionMade,
    Collections,
    CreateCollection,
    DeleteCollection,
    Documents,
    FileEvent,
    ListCollections,
    ListDocuments,
    Remove,
    Removed,
    RenameCollection,
    Search,
    Searched,
)

PATH = "/files/a.pdf"


def document(number: int, name: str, status: str = "indexed", **more: object) -> Document:
    fields: dict[str, object] = {"bytes": 1, "format": "pdf", "passages": 3, "indexed_at": 1.0}
    fields.update(id=number, collection_id=TRAVEL, collection="Travel", name=name, path=f"/files/{name}")
    fields.update(status=status, **more)
    return Document(**fields)  # type: ignore[arg-type]


@pytest.fixture
def world(qtbot: QtBot) -> DocumentsWorld:
    made = DocumentsWorld()
    made.become_ready()
    give_collections(made)
    made.give_documents(document(1, "a.pdf"), document(2, "b.pdf"))
    return made


@pytest.fixture
def client(world: DocumentsWorld) -> FakeChild:
    return world.child


@pytest.fixture
def controller(world: DocumentsWorld) -> DocumentsController:
    return world.controller


def give_collections(world: DocumentsWorld, *names: str) -> None:
    world.give_collections(*(names or ("Travel", "Quality")))


def names(controller: DocumentsController) -> list[str]:
    return [row.name for row in controller.documents.rows()]


def row(controller: DocumentsController, path: str = PATH) -> Row:
    return next(each for each in controller.documents.rows() if each.path == path)


def test_the_first_collection_is_shown_once_the_process_is_ready(controller: DocumentsController) -> None:
    assert controller.current == TRAVEL and controller.current_name == "Travel" and controller.listed
    assert names(controller) == ["a.pdf", "b.pdf"]


def test_files_under_way_change_their_rows_in_place(
    controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    resets: list[int] = []
    controller.documents.modelReset.connect(lambda: resets.append(1))
    controller.add([PATH, "/files/new.pdf"])
    job = client.last(Add)
    assert job.call == Add(paths=(PATH, "/files/new.pdf"), collection_id=TRAVEL)
    job.say(FileEvent(path=PATH, status="indexing", fraction=0.43, passages=12))
    qtbot.waitUntil(lambda: row(controller).status == "indexing")
    assert row(controller).status_text() == "Indexing 43%" and row(controller).id == 1
    assert row(controller, "/files/new.pdf").status == "waiting"
    assert not resets


def test_what_needs_attention_comes_first_and_a_header_click_orders(controller: DocumentsController) -> None:
    states = ("indexed", "waiting", "changed", "indexing", "failed")
    controller.documents.merge([Row(f"/{state}", state, status=state) for state in states])
    assert names(controller) == ["failed", "changed", "indexing", "waiting", "indexed"]
    from PySide6.QtCore import Qt

    controller.documents.sort(Column.NAME, Qt.SortOrder.DescendingOrder)
    assert names(controller) == sorted(states, reverse=True)


def test_a_selection_survives_a_new_order(controller: DocumentsController) -> None:
    from PySide6.QtCore import QPersistentModelIndex

    kept = QPersistentModelIndex(controller.documents.find("/files/b.pdf"))
    controller.documents.apply([FileEvent(path="/files/b.pdf", status="failed", code="damaged")])
    controller.documents.resort()
    assert kept.row() == 0 and kept.data() == "b.pdf"


def test_adds_queue_and_the_summary_adds_up(controller: DocumentsController, client: FakeChild) -> None:
    controller.add(["/files/1.pdf"])
    controller.add(["/files/2.pdf"], QUALITY)
    assert len(client.waiting(Add)) == 1 and controller.add_state.waiting == 1
    client.last(Add).finish(Added(indexed=12, unchanged=1, failed=1))
    second = client.last(Add)
    assert second.call == Add(paths=("/files/2.pdf",), collection_id=QUALITY)
    second.finish(Added(indexed=1, unchanged=0, failed=0))
    state = controller.add_state
    assert (state.phase, state.collection_id) == ("finished", 0)
    assert (state.indexed, state.unchanged, state.failed) == (13, 1, 1), "both adds together"
    controller.add(["/files/3.pdf"])
    client.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert controller.add_state.indexed == 1, "an add of its own counts anew"
    controller.dismiss()
    assert controller.add_state.phase == "idle"


def test_pause_resume_and_cancel_reach_the_process(controller: DocumentsController, client: FakeChild) -> None:
    controller.add([PATH])
    job = client.last(Add)
    job.say(AddProgress(done=0, total=14))
    job.say(FileEvent(path=PATH, status="indexed", document_id=1))
    controller.pause()
    assert controller.add_state.phase == "paused"
    controller.resume()
    controller.cancel()
    assert job.controls == ["pause", "resume", "cancel"] and controller.add_state.phase == "stopping"
    job.confirm_cancel()
    state = controller.add_state
    assert (state.phase, state.cancelled, state.indexed, state.total) == ("finished", True, 1, 14)


def test_one_click_brings_back_what_was_cancelled(controller: DocumentsController, client: FakeChild) -> None:
    controller.add([PATH, "/files/new.pdf"])
    controller.add(["/files/folder"], QUALITY)
    job = client.last(Add)
    job.say(FileEvent(path=PATH, status="indexed", document_id=1))
    controller.cancel()
    job.confirm_cancel()
    state = controller.add_state
    assert (state.phase, state.cancelled, state.indexed, state.waiting) == ("interrupted", True, 1, 1)
    assert not client.waiting(Add)
    controller.carry_on()
    assert client.last(Add).call == Add(paths=("/files/new.pdf",), collection_id=TRAVEL)
    client.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert client.last(Add).call == Add(paths=("/files/folder",), collection_id=QUALITY)


def test_a_dead_process_leaves_the_rest_to_continue(
    controller: DocumentsController, client: FakeChild, world: DocumentsWorld
) -> None:
    kept = world.home.root / "adding.json"
    controller.add([PATH, "/files/b.pdf", "/files/c.pdf"])
    job = client.last(Add)
    job.say(AddProgress(done=1, total=3))
    job.say(FileEvent(path=PATH, status="indexed", document_id=1))
    client.set_state("failed")
    job.fail(WorkerGone("The document reader stopped unexpectedly."))
    state = controller.add_state
    assert state.phase == "interrupted" and state.total - state.done == 2
    assert kept.is_file()
    client.set_state("ready")
    controller.carry_on()
    assert client.last(Add).call == Add(paths=("/files/b.pdf", "/files/c.pdf"), collection_id=TRAVEL)
    client.last(Add).finish(Added(indexed=2, unchanged=0, failed=0))
    assert not kept.exists()


def test_a_restart_by_hand_keeps_what_was_being_added(controller: DocumentsController, client: FakeChild) -> None:
    controller.add([PATH])
    controller.restart_reader()
    assert controller.add_state.phase == "interrupted"
    controller.carry_on()
    assert client.last(Add).call == Add(paths=(PATH,), collection_id=TRAVEL)


def test_a_core_that_was_killed_offers_to_continue(controller: DocumentsController, world: DocumentsWorld) -> None:
    controller.unlock(Row(PATH, "a.pdf"), "secret")
    controller.add(["/files/folder"], QUALITY)
    kept = world.home.root / "adding.json"
    assert b"secret" not in kept.read_bytes()
    other = DocumentsWorld(world.home)
    other.become_ready()
    give_collections(other)
    other.controller.refresh()
    assert other.controller.add_state.phase == "interrupted" and not other.child.waiting(Add)
    other.controller.carry_on()
    assert other.child.last(Add).call == Add(paths=(PATH,), collection_id=TRAVEL, force=True)
    other.child.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert other.child.last(Add).call == Add(paths=("/files/folder",), collection_id=QUALITY)
    other.controller.cancel()
    other.child.last(Add).confirm_cancel()
    assert kept.exists()
    other.controller.dismiss()
    assert other.controller.add_state.phase == "idle" and not kept.exists()


def test_a_password_goes_with_the_one_file(controller: DocumentsController, client: FakeChild) -> None:
    controller.unlock(row(controller), "opensesame")
    call = client.last(Add).call
    assert isinstance(call, Add) and call.passwords == {PATH: "opensesame"} and call.force


def test_the_failed_copy_goes_when_another_is_indexed(controller: DocumentsController, client: FakeChild) -> None:
    controller.replace_copy(row(controller), "/other/a.pdf")
    client.last(Add).finish(Added(indexed=0, unchanged=0, failed=1))
    assert not client.waiting(Remove), "the other copy failed too"
    controller.replace_copy(row(controller), "/other/a.pdf")
    client.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    assert client.last(Remove).call == Remove(ids=(1,))


def test_removing_says_the_proof_and_owns_up_to_traces(
    controller: DocumentsController, client: FakeChild, world: DocumentsWorld, qtbot: QtBot
) -> None:
    said: list[str] = []
    controller.notice_raised.connect(said.append)
    controller.remove([1])
    client.last(Remove).finish(Removed(documents=1, passages=3, traces=0))
    world.follow(1)
    assert said == ["Removed. Nothing of it can be found any more."]
    with qtbot.waitSignal(controller.failed) as blocker:
        controller.remove([2])
        client.last(Remove).finish(Removed(documents=1, passages=3, traces=2))
        world.follow(2)
    assert "2 traces" in str(blocker.args[0]) and len(said) == 1


def test_a_name_in_use_is_refused_before_and_by_the_process(controller: DocumentsController, client: FakeChild) -> None:
    refused: list[str] = []
    controller.collection_refused.connect(refused.append)
    controller.create_collection(" travel ")
    assert refused == ["This name is already in use. Choose another."] and not client.waiting(CreateCollection)
    controller.create_collection("Sales")
    client.last(CreateCollection).fail(AppError("There is one already.", "Choose another."))
    assert refused[-1] == "There is one already. Choose another."
    assert not controller.name_problem("TRAVEL", renamed=TRAVEL)


def test_a_new_collection_is_shown(controller: DocumentsController, client: FakeChild) -> None:
    controller.create_collection("Sales")
    client.last(CreateCollection).finish(CollectionMade(collection=Collection(id=3, name="Sales")))
    assert (controller.current, controller.current_name) == (3, "Sales") and not names(controller)
    assert client.last(ListDocuments).call == ListDocuments(collection_id=3)


def test_a_new_name_changes_nothing_else(controller: DocumentsController, client: FakeChild) -> None:
    named: list[int] = []
    controller.collection_created.connect(named.append)
    controller.rename_collection(TRAVEL, "Journeys")
    listed = (Collection(id=TRAVEL, name="Journeys"), Collection(id=QUALITY, name="Quality"))
    client.last(RenameCollection).finish(Collections(collections=listed))
    assert named == [TRAVEL] and (controller.current, controller.current_name) == (TRAVEL, "Journeys")
    assert names(controller) == ["a.pdf", "b.pdf"]


def test_a_deleted_collection_takes_its_waiting_files_along(
    controller: DocumentsController, client: FakeChild, world: DocumentsWorld
) -> None:
    controller.add([PATH])
    controller.add(["/files/2.pdf"])
    controller.add(["/files/3.pdf"], QUALITY)
    running = client.last(Add)
    controller.delete_collection(TRAVEL)
    assert running.controls == ["cancel"]
    running.confirm_cancel()
    assert client.last(Add).call == Add(paths=("/files/3.pdf",), collection_id=QUALITY)
    client.last(DeleteCollection).finish(Removed(documents=2, passages=6, traces=0))
    world.follow(collections=(TRAVEL,))
    world.give_collections(Collection(id=QUALITY, name="Quality"))
    assert controller.current == QUALITY and controller.collections.names() == ["Quality"]


def test_the_answer_of_another_collection_is_not_shown(controller: DocumentsController, client: FakeChild) -> None:
    controller.refresh()
    late = client.last(ListDocuments)
    controller.choose(QUALITY)
    late.finish(Documents(documents=(document(9, "travel.pdf"),)))
    assert not names(controller)


def test_the_first_file_makes_a_collection(qtbot: QtBot) -> None:
    world = DocumentsWorld()
    made, client = world.controller, world.child
    world.become_ready()
    client.last(ListCollections).finish(Collections(collections=()))
    assert made.listed and made.current == 0
    made.add([PATH])
    assert names(made) == ["a.pdf"]
    assert client.last(CreateCollection).call == CreateCollection(name="My documents")
    client.last(CreateCollection).finish(CollectionMade(collection=Collection(id=1, name="My documents")))
    assert client.last(Add).call == Add(paths=(PATH,), collection_id=1)
    assert names(made) == ["a.pdf"]
    assert (made.current, made.current_name) == (1, "My documents")


def test_what_another_door_adds_and_removes_shows_at_once(
    controller: DocumentsController, world: DocumentsWorld, qtbot: QtBot
) -> None:
    door = world.world.door()
    door.call(Add(paths=("/files/new.pdf",), collection_id=TRAVEL))
    world.child.last(Add).say(FileEvent(path="/files/new.pdf", status="reading"))
    qtbot.waitUntil(lambda: "new.pdf" in names(controller))
    assert controller.add_state.phase == "running"
    gone: list[tuple[int, ...]] = []
    controller.documents_removed.connect(gone.append)
    door.call(Remove(ids=(1,)))
    world.child.last(Remove).finish(Removed(documents=1, passages=3, traces=0, ids=(1,)))
    world.follow(1)
    world.give_documents(document(2, "b.pdf"))
    assert gone == [(1,)] and "a.pdf" not in names(controller) and "new.pdf" in names(controller)


def test_a_window_that_comes_in_the_middle_shows_what_is_being_added(
    controller: DocumentsController, world: DocumentsWorld
) -> None:
    controller.add([PATH, "/files/new.pdf"])
    world.child.last(Add).say(FileEvent(path=PATH, status="indexing", fraction=0.5))
    second = DocumentsWorld(world=world.world)
    give_collections(second)
    second.give_documents(document(1, "a.pdf"))
    assert second.controller.add_state.phase == "running"
    assert row(second.controller).status_text() == "Indexing 50%"
    assert row(second.controller, "/files/new.pdf").status == "waiting"


def test_the_newest_question_wins(controller: DocumentsController, client: FakeChild) -> None:
    found: list[SearchResult] = []
    controller.search_finished.connect(found.append)
    controller.search("hotel")
    first = client.last(Search)
    controller.search("hotel limit")
    assert not first.controls, "cancelling a search could end an add in the same process"
    first.finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1)))
    assert not found
    second = client.last(Search)
    assert second.call == Search(query="hotel limit", collections=(TRAVEL,), k=20, highlight=True)
    passage = Passage(
        id=1, document_id=1, document="a.pdf", path=PATH, collection="Travel", start=0, end=4, text="text"
    )
    second.finish(Searched(result=SearchResult(passages=(passage,), found=True, elapsed_ms=1)))
    assert len(found) == 1 and controller.results.rowCount() == 1
    controller.clear_search()
    assert controller.results.rowCount() == 0 and not controller.searching


def test_ten_thousand_files_never_hold_the_window(
    controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    from PySide6.QtCore import QTimer

    stalls: list[float] = []
    """Seconds of this process's own work between two turns of the loop: a busy computer changes nothing about them."""
    last = time.process_time()

    def beat() -> None:
        nonlocal last
        now = time.process_time()
        stalls.append(now - last)
        last = now

    controller.add(["/files/folder"])
    job = client.last(Add)
    for i in range(10_000):
        job.say(FileEvent(path=f"/files/folder/{i:05}.pdf", status="waiting"))
    heart = QTimer(interval=0)
    heart.timeout.connect(beat)
    last = time.process_time()
    heart.start()
    qtbot.waitUntil(lambda: controller.documents.rowCount() == 10_002, timeout=60_000)
    for i in range(2_000):
        job.say(FileEvent(path=f"/files/folder/{i:05}.pdf", status="indexed", document_id=100 + i))
    last = time.process_time()
    qtbot.waitUntil(lambda: row(controller, "/files/folder/01999.pdf").status == "indexed", timeout=60_000)
    heart.stop()
    assert max(stalls) < 0.25, f"longest stall {max(stalls) * 1000:.0f} ms"


def test_times_read_like_a_person_says_them() -> None:
    now = 1_760_000_000.0
    assert day_and_time(now, now).startswith("Today, ")
    assert day_and_time(now - 86_400, now).startswith("Yesterday, ")
    assert "," not in day_and_time(now - 9 * 86_400, now)


def test_every_kind_of_failure_has_its_words() -> None:
    from app.documents.parse_process import CODES
    from app.gui.documents.row import FAILURES

    assert set(FAILURES) == CODES
