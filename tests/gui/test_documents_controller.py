"""What the Documents page can do, with the documents process played by the test."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from fakes import FakeWorkerClient
from pytestqt.qtbot import QtBot

from app.errors import AppError, WorkerGone
from app.gui.documents.controller import DocumentsController
from app.gui.documents.documents_model import Column, Row, day_and_time
from app.paths import Home
from app.types import Collection, Document, Passage, SearchResult
from app.workers import protocol as p

PATH = "/files/a.pdf"


def document(number: int, name: str, status: str = "indexed", **more: object) -> Document:
    fields: dict[str, object] = {"bytes": 1, "format": "pdf", "passages": 3, "indexed_at": 1.0}
    fields.update(more)
    return Document(id=number, collection="Travel", name=name, path=f"/files/{name}", status=status, **fields)  # type: ignore[arg-type]


@pytest.fixture
def client(qtbot: QtBot) -> FakeWorkerClient:
    return FakeWorkerClient()


@pytest.fixture
def controller(client: FakeWorkerClient, tmp_path: Path) -> DocumentsController:
    made = DocumentsController(client, Home(tmp_path))  # type: ignore[arg-type]
    client.set_state("ready")
    give_collections(client)
    client.last(p.ListDocuments).finish(p.Documents(documents=(document(1, "a.pdf"), document(2, "b.pdf"))))
    return made


def give_collections(client: FakeWorkerClient, *names: str) -> None:
    found = tuple(Collection(id=i, name=name) for i, name in enumerate(names or ("Travel", "Quality"), 1))
    client.last(p.ListCollections).finish(p.Collections(collections=found))


def names(controller: DocumentsController) -> list[str]:
    return [row.name for row in controller.documents.rows()]


def row(controller: DocumentsController, path: str = PATH) -> Row:
    return next(each for each in controller.documents.rows() if each.path == path)


def test_the_first_collection_is_shown_once_the_process_is_ready(controller: DocumentsController) -> None:
    assert controller.current == "Travel" and controller.listed
    assert names(controller) == ["a.pdf", "b.pdf"]


def test_files_under_way_change_their_rows_in_place(
    controller: DocumentsController, client: FakeWorkerClient, qtbot: QtBot
) -> None:
    resets: list[int] = []
    controller.documents.modelReset.connect(lambda: resets.append(1))
    controller.add([PATH, "/files/new.pdf"])
    job = client.last(p.Add)
    assert job.call == p.Add(paths=(PATH, "/files/new.pdf"), collection="Travel")
    job.say(p.FileEvent(path=PATH, status="indexing", fraction=0.43, passages=12))
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
    controller.documents.apply([p.FileEvent(path="/files/b.pdf", status="failed", code="damaged")])
    controller.documents.resort()
    assert kept.row() == 0 and kept.data() == "b.pdf"


def test_adds_queue_and_the_summary_adds_up(controller: DocumentsController, client: FakeWorkerClient) -> None:
    controller.add(["/files/1.pdf"])
    controller.add(["/files/2.pdf"], "Quality")
    assert len(client.waiting(p.Add)) == 1 and controller.add_state.waiting == 1
    client.last(p.Add).finish(p.Added(indexed=12, unchanged=1, failed=1))
    second = client.last(p.Add)
    assert second.call == p.Add(paths=("/files/2.pdf",), collection="Quality")
    second.finish(p.Added(indexed=1, unchanged=0, failed=0))
    state = controller.add_state
    assert (state.phase, state.collection) == ("finished", "")
    assert (state.indexed, state.unchanged, state.failed) == (13, 1, 1), "both adds together"
    controller.add(["/files/3.pdf"])
    client.last(p.Add).finish(p.Added(indexed=1, unchanged=0, failed=0))
    assert controller.add_state.indexed == 1, "an add of its own counts anew"
    controller.dismiss()
    assert controller.add_state.phase == "idle"


def test_pause_resume_and_cancel_reach_the_process(controller: DocumentsController, client: FakeWorkerClient) -> None:
    controller.add([PATH])
    job = client.last(p.Add)
    job.say(p.AddProgress(done=0, total=14))
    job.say(p.FileEvent(path=PATH, status="indexed", document_id=1))
    controller.pause()
    assert controller.add_state.phase == "paused"
    controller.resume()
    controller.cancel()
    assert job.controls == ["pause", "resume", "cancel"] and controller.add_state.phase == "stopping"
    job.confirm_cancel()
    state = controller.add_state
    assert (state.phase, state.cancelled, state.indexed, state.total) == ("finished", True, 1, 14)


def test_a_dead_process_leaves_the_rest_to_continue(
    controller: DocumentsController, client: FakeWorkerClient, tmp_path: Path
) -> None:
    controller.add([PATH, "/files/b.pdf", "/files/c.pdf"])
    job = client.last(p.Add)
    job.say(p.AddProgress(done=1, total=3))
    job.say(p.FileEvent(path=PATH, status="indexed", document_id=1))
    client.set_state("failed")
    job.fail(WorkerGone("The document reader stopped unexpectedly."))
    state = controller.add_state
    assert state.phase == "interrupted" and state.total - state.done == 2
    assert (tmp_path / "adding.json").is_file()
    client.set_state("ready")
    controller.carry_on()
    assert client.last(p.Add).call == p.Add(paths=("/files/b.pdf", "/files/c.pdf"), collection="Travel")
    client.last(p.Add).finish(p.Added(indexed=2, unchanged=0, failed=0))
    assert not (tmp_path / "adding.json").exists()


def test_a_restart_by_hand_keeps_what_was_being_added(
    controller: DocumentsController, client: FakeWorkerClient
) -> None:
    controller.add([PATH])
    controller.restart_reader()
    assert controller.add_state.phase == "interrupted"
    controller.carry_on()
    assert client.last(p.Add).call == p.Add(paths=(PATH,), collection="Travel")


def test_a_window_that_was_killed_offers_to_continue(
    controller: DocumentsController, client: FakeWorkerClient, tmp_path: Path
) -> None:
    controller.unlock(Row(PATH, "a.pdf"), "secret")
    controller.add(["/files/folder"], "Quality")
    assert b"secret" not in (tmp_path / "adding.json").read_bytes()
    other_client = FakeWorkerClient()
    other = DocumentsController(other_client, Home(tmp_path))  # type: ignore[arg-type]
    assert other.add_state.phase == "interrupted" and not other_client.waiting(p.Add)
    other.carry_on()
    assert other_client.last(p.Add).call == p.Add(paths=(PATH,), collection="Travel", force=True)
    other_client.last(p.Add).finish(p.Added(indexed=1, unchanged=0, failed=0))
    assert other_client.last(p.Add).call == p.Add(paths=("/files/folder",), collection="Quality")
    other.cancel()
    other_client.last(p.Add).confirm_cancel()
    assert not (tmp_path / "adding.json").exists()


def test_a_broken_list_of_pending_files_is_set_aside(
    client: FakeWorkerClient, tmp_path: Path, expected_warnings: list[str]
) -> None:
    (tmp_path / "adding.json").write_bytes(b"\x00garbage")
    expected_warnings.append("could not be read")
    made = DocumentsController(client, Home(tmp_path))  # type: ignore[arg-type]
    assert made.add_state.phase == "idle"
    assert [path.name for path in tmp_path.iterdir()] != ["adding.json"]


def test_a_password_goes_with_the_one_file(controller: DocumentsController, client: FakeWorkerClient) -> None:
    controller.unlock(row(controller), "opensesame")
    call = client.last(p.Add).call
    assert isinstance(call, p.Add) and call.passwords == {PATH: "opensesame"} and call.force


def test_the_failed_copy_goes_when_another_is_indexed(
    controller: DocumentsController, client: FakeWorkerClient
) -> None:
    controller.replace_copy(row(controller), "/other/a.pdf")
    client.last(p.Add).finish(p.Added(indexed=0, unchanged=0, failed=1))
    assert not client.waiting(p.Remove), "the other copy failed too"
    controller.replace_copy(row(controller), "/other/a.pdf")
    client.last(p.Add).finish(p.Added(indexed=1, unchanged=0, failed=0))
    assert client.last(p.Remove).call == p.Remove(ids=(1,))


def test_removing_says_the_proof_and_owns_up_to_traces(
    controller: DocumentsController, client: FakeWorkerClient, qtbot: QtBot
) -> None:
    said: list[str] = []
    controller.notice_raised.connect(said.append)
    controller.remove([1])
    client.last(p.Remove).finish(p.Removed(documents=1, passages=3, traces=0))
    assert said == ["Removed. Nothing of it can be found any more."]
    with qtbot.waitSignal(controller.failed) as blocker:
        controller.remove([2])
        client.last(p.Remove).finish(p.Removed(documents=1, passages=3, traces=2))
    assert "2 traces" in str(blocker.args[0]) and len(said) == 1


def test_a_name_in_use_is_refused_before_and_by_the_process(
    controller: DocumentsController, client: FakeWorkerClient
) -> None:
    refused: list[str] = []
    controller.collection_refused.connect(refused.append)
    controller.create_collection(" travel ")
    assert refused == ["This name is already in use. Choose another."] and not client.waiting(p.CreateCollection)
    controller.create_collection("Sales")
    client.last(p.CreateCollection).fail(AppError("There is one already.", "Choose another."))
    assert refused[-1] == "There is one already. Choose another."
    assert not controller.name_problem("TRAVEL", renamed="Travel")


def test_a_new_collection_is_shown(controller: DocumentsController, client: FakeWorkerClient) -> None:
    controller.create_collection("Sales")
    client.last(p.CreateCollection).finish(p.Collections(collections=()))
    give_collections(client, "Travel", "Sales")
    assert controller.current == "Sales" and not names(controller)
    assert client.last(p.ListDocuments).call == p.ListDocuments(collection="Sales")


def test_a_deleted_collection_takes_its_waiting_files_along(
    controller: DocumentsController, client: FakeWorkerClient
) -> None:
    controller.add([PATH])
    controller.add(["/files/2.pdf"])
    controller.add(["/files/3.pdf"], "Quality")
    running = client.last(p.Add)
    controller.delete_collection("Travel")
    assert running.controls == ["cancel"]
    running.confirm_cancel()
    assert client.last(p.Add).call == p.Add(paths=("/files/3.pdf",), collection="Quality")
    client.last(p.DeleteCollection).finish(p.Removed(documents=2, passages=6, traces=0))
    give_collections(client, "Quality")
    assert controller.current == "Quality"


def test_the_answer_of_another_collection_is_not_shown(
    controller: DocumentsController, client: FakeWorkerClient
) -> None:
    controller.refresh()
    late = client.last(p.ListDocuments)
    controller.choose("Quality")
    late.finish(p.Documents(documents=(document(9, "travel.pdf"),)))
    assert not names(controller)


def test_the_first_file_makes_a_collection(client: FakeWorkerClient, tmp_path: Path) -> None:
    made = DocumentsController(client, Home(tmp_path))  # type: ignore[arg-type]
    client.set_state("ready")
    client.last(p.ListCollections).finish(p.Collections(collections=()))
    assert made.listed and made.current == ""
    made.add([PATH])
    assert client.last(p.Add).call == p.Add(paths=(PATH,), collection="My documents")
    assert names(made) == ["a.pdf"]
    client.last(p.Add).say(p.FileEvent(path=PATH, status="reading"))
    give_collections(client, "My documents")
    assert made.current == "My documents"


def test_the_newest_question_wins(controller: DocumentsController, client: FakeWorkerClient) -> None:
    found: list[SearchResult] = []
    controller.search_finished.connect(found.append)
    controller.search("hotel")
    first = client.last(p.Search)
    controller.search("hotel limit")
    assert not first.controls, "cancelling a search could end an add in the same process"
    first.finish(p.Searched(result=SearchResult(passages=(), found=False, elapsed_ms=1)))
    assert not found
    second = client.last(p.Search)
    assert second.call == p.Search(query="hotel limit", collections=("Travel",), k=20, highlight=True)
    passage = Passage(
        id=1, document_id=1, document="a.pdf", path=PATH, collection="Travel", start=0, end=4, text="text"
    )
    second.finish(p.Searched(result=SearchResult(passages=(passage,), found=True, elapsed_ms=1)))
    assert len(found) == 1 and controller.results.rowCount() == 1
    controller.clear_search()
    assert controller.results.rowCount() == 0 and not controller.searching


def test_ten_thousand_files_never_hold_the_window(
    controller: DocumentsController, client: FakeWorkerClient, qtbot: QtBot
) -> None:
    from PySide6.QtCore import QTimer

    stalls: list[float] = []
    last = time.perf_counter()

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        stalls.append(now - last)
        last = now

    controller.add(["/files/folder"])
    job = client.last(p.Add)
    for i in range(10_000):
        job.say(p.FileEvent(path=f"/files/folder/{i:05}.pdf", status="waiting"))
    heart = QTimer(interval=0)
    heart.timeout.connect(beat)
    last = time.perf_counter()
    heart.start()
    qtbot.waitUntil(lambda: controller.documents.rowCount() == 10_002, timeout=10_000)
    for i in range(2_000):
        job.say(p.FileEvent(path=f"/files/folder/{i:05}.pdf", status="indexed", document_id=100 + i))
    last = time.perf_counter()
    qtbot.waitUntil(lambda: row(controller, "/files/folder/01999.pdf").status == "indexed", timeout=10_000)
    heart.stop()
    assert max(stalls) < 0.25, f"longest stall {max(stalls) * 1000:.0f} ms"


def test_times_read_like_a_person_says_them() -> None:
    now = 1_760_000_000.0
    assert day_and_time(now, now).startswith("Today, ")
    assert day_and_time(now - 86_400, now).startswith("Yesterday, ")
    assert "," not in day_and_time(now - 9 * 86_400, now)


def test_every_kind_of_failure_has_its_words() -> None:
    from app.documents.parse_process import CODES
    from app.gui.documents.documents_model import FAILURES

    assert set(FAILURES) == CODES
