"""The Documents page as a person uses it: keys, clicks, rows that open, and room that runs out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from documents_world import DocumentsWorld
from fakes import FakeChild
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from app.errors import WorkerGone
from app.gui.documents.add_bar import time_left
from app.gui.documents.collection_dialog import CollectionDialog
from app.gui.documents.controller import DocumentsController
from app.gui.documents.documents_model import Column, DocumentsModel
from app.gui.documents.page import DocumentsPage
from app.gui.documents.removal_dialog import RemovalDialog
from app.gui.documents.row import Row
from app.gui.documents.search_results import snippet
from app.gui.theme import Theme
from app.gui.widgets import ConfirmDialog
from app.types import Answer, Collection, Document, Passage, SearchResult, Source
from app.workers.calls.documents import (
    Add,
    Added,
    AddProgress,
    CollectionMade,
    CreateCollection,
    DeleteCollection,
    Documents,
    FileEvent,
    ListDocuments,
    Remove,
    Removed,
    Search,
    Searched,
)
from app.workers.calls.scans import PageRecognised


@pytest.fixture
def world(qtbot: QtBot, qapp: QApplication) -> DocumentsWorld:
    Theme(qapp, mode="light")
    return DocumentsWorld()


@pytest.fixture
def client(world: DocumentsWorld) -> FakeChild:
    return world.child


@pytest.fixture
def controller(world: DocumentsWorld) -> DocumentsController:
    return world.controller


@pytest.fixture
def page(controller: DocumentsController, world: DocumentsWorld, client: FakeChild, qtbot: QtBot) -> DocumentsPage:
    made = DocumentsPage(controller)
    qtbot.addWidget(made)
    made.resize(1032, 820)
    made.show()
    qtbot.waitExposed(made)
    world.become_ready()
    world.give_collections(Collection(id=1, name="Travel & HR", documents=4, passages=300, bytes=9 << 20), "Q")
    give_documents(
        client,
        document(1, "locked.pdf", status="failed", code="password", reason="The file is locked."),
        document(2, "torn.pdf", status="failed", code="damaged", reason="The file is damaged."),
        document(3, "policy.pdf", pages=24, passages=183),
        document(4, "guide.docx", status="changed", passages=20),
    )
    return made


def give_documents(client: FakeChild, *documents: Document) -> None:
    client.last(ListDocuments).finish(Documents(documents=documents))


def document(number: int, name: str, status: str = "indexed", **more: object) -> Document:
    return Document(  # type: ignore[arg-type]
        id=number,
        collection_id=1,
        collection="Travel & HR",
        name=name,
        path=f"/files/{name}",
        format="pdf",
        bytes=1,
        status=status,
        **more,
    )


def row(controller: DocumentsController, name: str) -> Row:
    return next(each for each in controller.documents.rows() if each.name == name)


def answer_next_dialog(action: Callable[[ConfirmDialog], None]) -> None:
    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, ConfirmDialog)
        action(dialog)

    QTimer.singleShot(50, act)


def test_a_locked_file_opens_its_row_and_takes_the_password(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    table = page.table
    index = controller.documents.find("/files/locked.pdf").siblingAtColumn(Column.INDEXED)
    before = table.rowHeight(index.row())
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())
    panel = table.failed_row.panel
    assert panel is not None and panel.isVisible() and panel.password is not None
    assert table.rowHeight(index.row()) > before + 40
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert not client.waiting(Add), "an empty password is not tried"
    qtbot.keyClicks(panel.password, "opensesame")
    qtbot.keyClick(panel.password, Qt.Key.Key_Return)
    call = client.last(Add).call
    assert isinstance(call, Add) and call.passwords == {"/files/locked.pdf": "opensesame"}
    client.last(Add).say(FileEvent(path="/files/locked.pdf", status="reading"))
    qtbot.waitUntil(lambda: table.failed_row.panel is None)
    assert all(table.rowHeight(i) == before for i in range(controller.documents.rowCount()))


def test_the_open_row_stays_with_its_file_when_rows_move(page: DocumentsPage, controller: DocumentsController) -> None:
    page.table.open_row(row(controller, "torn.pdf"))
    controller.documents.sort(Column.NAME, Qt.SortOrder.AscendingOrder)
    at = controller.documents.find("/files/torn.pdf").row()
    tall = [i for i in range(4) if page.table.rowHeight(i) > 60]
    assert tall == [at]
    panel = page.table.failed_row.panel
    assert panel is not None and panel.geometry().top() > page.table.visualRect(controller.documents.index(at, 0)).top()


def test_a_failed_file_can_be_skipped(page: DocumentsPage, controller: DocumentsController, client: FakeChild) -> None:
    page.table.skip_wanted.emit(row(controller, "torn.pdf"))
    assert client.last(Remove).call == Remove(ids=(2,))
    assert [each.name for each in controller.documents.rows()].count("torn.pdf") == 0


def test_delete_asks_once_naming_the_file(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    page.table.open_row(row(controller, "policy.pdf"))
    titles: list[str] = []

    def refuse(dialog: ConfirmDialog) -> None:
        titles.append(dialog.windowTitle())
        dialog.reject()

    answer_next_dialog(refuse)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert titles == ["Remove policy.pdf?"] and not client.waiting(Remove)
    answer_next_dialog(lambda dialog: dialog.accept())
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert client.last(Remove).call == Remove(ids=(3,))


def test_enter_opens_a_document_and_the_menu_is_complete(
    page: DocumentsPage, controller: DocumentsController, qtbot: QtBot
) -> None:
    page.table.open_row(row(controller, "policy.pdf"))
    with qtbot.waitSignal(controller.open_document) as blocker:
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert blocker.args == [3]
    menu = page.table.menu()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        *("Show text", "Summarise", "Personal data", "Open file", "Show in folder", "Index again", "Remove")
    ]
    with qtbot.waitSignal(page.summary_wanted) as wanted:
        next(action for action in menu.actions() if action.text() == "Summarise").trigger()
    assert wanted.args[0].id == 3
    menu.deleteLater()


def test_changed_files_are_indexed_again_with_one_button(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild
) -> None:
    page.banners.shown["changed"].acted.emit()
    assert client.last(Add).call == Add(paths=("/files/guide.docx",), collection_id=1, force=True)


def test_columns_hide_in_the_order_of_the_design(page: DocumentsPage, qtbot: QtBot) -> None:
    table = page.table
    order = (Column.PASSAGES, Column.PAGES, Column.INDEXED)
    seen = []
    page.panel.hide()
    for width in (824, 720, 620, 480):
        table.resize(width, 400)
        table._fit_columns()
        seen.append([column for column in order if table.isColumnHidden(column)])
    assert seen == [[], [Column.PASSAGES], [Column.PASSAGES, Column.PAGES], list(order)]


def test_a_narrow_window_turns_the_collections_into_a_drop_down(
    page: DocumentsPage, controller: DocumentsController, qtbot: QtBot
) -> None:
    assert page.panel.isVisible() and not page.chooser.isVisible()
    page.resize(824, 560)
    assert not page.panel.isVisible() and page.chooser.isVisible() and page.chooser.text() == "Travel & HR"
    assert page.width() <= 824 and page.height() <= 560
    menu = page.collections_menu()
    next(action for action in menu.actions() if action.text().startswith("Q")).trigger()
    assert controller.current_name == "Q"
    menu.deleteLater()


def test_the_bar_tells_progress_pause_and_summary(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    bar = page.add_bar
    assert not bar.isVisible()
    controller.add(["/files/x.pdf"])
    job = client.last(Add)
    job.say(AddProgress(done=8, total=14, passages_per_s=212.3, seconds_left=64))
    assert bar.isVisible() and bar.title.text() == "Adding 14 files to Travel & HR"
    assert (bar.count.text(), bar.rate.text(), bar.left.text()) == (
        "8 of 14 done",
        "212 passages/s",
        "About 1 min left",
    )
    qtbot.mouseClick(bar.pause_button, Qt.MouseButton.LeftButton)
    assert bar.left.text() == "Paused" and bar.pause_button.text() == "Resume"
    qtbot.mouseClick(bar.pause_button, Qt.MouseButton.LeftButton)
    assert job.controls == ["pause", "resume"]
    job.finish(Added(indexed=12, unchanged=1, failed=1))
    assert bar.title.text() == "Travel & HR: 12 indexed, 1 unchanged, 1 failed"
    qtbot.mouseClick(bar.close_button, Qt.MouseButton.LeftButton)
    assert not bar.isVisible()


def test_one_click_on_cancel_can_be_taken_back(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    bar = page.add_bar
    controller.add([f"/files/{number}.pdf" for number in range(1000)])
    job = client.last(Add)
    job.say(AddProgress(done=119, total=1000))
    for number in range(119):
        job.say(FileEvent(path=f"/files/{number}.pdf", status="indexed", document_id=100 + number))
    qtbot.mouseClick(bar.cancel_button, Qt.MouseButton.LeftButton)
    job.confirm_cancel()
    assert bar.title.text() == "Stopped. 119 of 1000 files were added."
    assert bar.detail.text() == "881 of 1000 files are left for Travel & HR."
    qtbot.mouseClick(bar.continue_button, Qt.MouseButton.LeftButton)
    again = client.last(Add).call
    assert isinstance(again, Add) and len(again.paths) == 881


def test_a_dead_reader_has_a_banner_and_continue(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    controller.add(["/files/x.pdf", "/files/y.pdf"])
    job = client.last(Add)
    job.say(AddProgress(done=1, total=2))
    client.set_state("failed")
    job.fail(WorkerGone("The document reader stopped unexpectedly.", "Nothing that was stored is lost."))
    assert page.banners.shown["reader"].isVisible()
    assert "1 of 2 files are left" in page.add_bar.detail.text()
    page.banners.shown["reader"].acted.emit()
    assert client.restarts == 1
    client.set_state("ready")
    assert "reader" not in page.banners.shown
    qtbot.mouseClick(page.add_bar.continue_button, Qt.MouseButton.LeftButton)
    assert client.waiting(Add)


def test_an_empty_collection_says_so_once_it_is_read(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild
) -> None:
    controller.choose(2)
    assert page.stack.currentWidget() is page._blank
    give_documents(client)
    assert page.stack.currentWidget() is page.empty


def test_search_shows_passages_and_enter_opens_one(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    page.search_field.setText("hotel")
    qtbot.waitUntil(lambda: bool(client.waiting(Search)))
    text = "Book early. The limit is 165 € per night. Keep receipts."
    passage = Passage(
        id=5,
        document_id=3,
        document="policy.pdf",
        path="/files/policy.pdf",
        collection="Travel & HR",
        page=8,
        start=0,
        end=len(text),
        text=text,
        best=(12, 41),
    )
    client.last(Search).finish(Searched(result=SearchResult(passages=(passage,), found=True, elapsed_ms=2)))
    assert page.stack.currentWidget() is page.results
    assert page.results.title.text() == "1 passage in Travel & HR, best first"
    qtbot.keyClick(page.search_field, Qt.Key.Key_Return)
    with qtbot.waitSignal(controller.open_passage) as blocker:
        qtbot.keyClick(page.results.list, Qt.Key.Key_Return)
    assert blocker.args == [passage]
    qtbot.keyClick(page.results.list, Qt.Key.Key_Escape)
    assert page.stack.currentWidget() is page.table and not page.search_field.text()


def test_what_is_only_near_is_not_marked_as_evidence(page: DocumentsPage, client: FakeChild, qtbot: QtBot) -> None:
    page.search_field.setText("moon")
    qtbot.waitUntil(lambda: bool(client.waiting(Search)))
    client.last(Search).finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=2)))
    assert page.results.title.text() == "Not found in Travel & HR" and not page.results.list.look.marked
    page.results.everywhere_wanted.emit()
    assert client.last(Search).call == Search(query="moon", collections=(), k=20, highlight=True)


def test_a_name_that_is_taken_is_said_under_the_field(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot
) -> None:
    dialog = CollectionDialog(controller, parent=page)
    dialog.field.edit.setText("travel & hr")
    dialog.action.click()
    assert dialog.field.edit.property("error") == "true"
    assert dialog.field.edit.accessibleDescription() == "This name is already in use. Choose another."
    dialog.field.edit.setText("Sales")
    dialog.action.click()
    client.last(CreateCollection).finish(CollectionMade(collection=Collection(id=3, name="Sales")))
    assert dialog.result() == CollectionDialog.DialogCode.Accepted


def test_the_snippet_keeps_the_best_sentence_in_sight() -> None:
    best = "The limit in Munich is 165 €."
    text = "word " * 100 + best + " more" * 100
    start = text.index(best)
    passage = Passage(
        id=1,
        document_id=1,
        document="a",
        path="a",
        collection="c",
        start=0,
        end=len(text),
        text=text,
        best=(start, start + len(best)),
    )
    shown, at, length = snippet(passage)
    assert shown[at : at + length] == best and at < 70 and shown.startswith("… ") and shown.endswith(" …")


def test_times_left_are_rounded() -> None:
    assert [time_left(s) for s in (3, 41, 64, 840, 7300)] == [
        "About 10 s left",
        "About 50 s left",
        "About 1 min left",
        "About 14 min left",
        "About 2 h left",
    ]


def test_large_text_and_right_to_left_still_paint(
    page: DocumentsPage, controller: DocumentsController, qapp: QApplication, qtbot: QtBot
) -> None:
    from app.gui.theme import theme

    page.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    page.table.open_row(row(controller, "locked.pdf"))
    theme().set_scale(2.0)
    try:
        qtbot.wait(20)
        assert not page.grab().isNull()
        panel = page.table.failed_row.panel
        assert panel is not None and panel.password is not None
        assert panel.rect().contains(panel.password.mapTo(panel, QPoint(0, panel.password.height() - 1)))
    finally:
        theme().set_scale(1.0)


def test_deleting_a_collection_names_the_models_that_learned_from_it(page: DocumentsPage, client: FakeChild) -> None:
    page.taught_models = lambda ids: f"“Tuned” learned from {sorted(ids)}."
    told: list[str] = []

    def accept(dialog: ConfirmDialog) -> None:
        told.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.accept()

    page.collections.delete(2)
    asked = client.last(ListDocuments)
    assert asked.call == ListDocuments(collection_id=2) and not client.waiting(DeleteCollection)
    answer_next_dialog(accept)
    asked.finish(Documents(documents=(document(8, "a.md"), document(9, "b.md"))))
    assert any("“Tuned” learned from [8, 9]." in text for text in told)
    assert client.last(DeleteCollection).call == DeleteCollection(collection_id=2)


def store_answer(world: DocumentsWorld, document_id: int) -> int:
    """An answer in words of the model's own about a document; → its turn."""
    store = world.core.store
    passage = Passage(
        id=1, document_id=document_id, document="policy.pdf", path="/files/policy.pdf", collection="Travel & HR",
        start=0, end=4, text="text",
    )  # fmt: skip
    turn = store.begin_answer(store.add_question(store.create().id, "Q").id)
    store.finish_answer(turn.id, Answer(text="The limit is 165 EUR [1].", sources=(Source(n=1, passage=passage),)))
    return turn.id


def test_a_removal_offers_to_delete_what_answers_still_tell(
    page: DocumentsPage, controller: DocumentsController, world: DocumentsWorld, client: FakeChild, qtbot: QtBot
) -> None:
    turn_id = store_answer(world, 3)
    page.table.open_row(row(controller, "policy.pdf"))
    told: list[str] = []

    def accept(dialog: ConfirmDialog) -> None:
        told.extend(label.text() for label in dialog.findChildren(QLabel))
        assert isinstance(dialog, RemovalDialog)
        dialog.with_answers.click()
        dialog.accept()

    answer_next_dialog(accept)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert any("1 answer in your chats tells of it" in text for text in told)
    assert client.last(Remove).call == Remove(ids=(3,)) and world.core.store.turn(turn_id).text == ""


def test_answers_that_are_kept_are_owned_up_to(
    page: DocumentsPage, controller: DocumentsController, world: DocumentsWorld, client: FakeChild
) -> None:
    said: list[str] = []
    controller.notice_raised.connect(said.append)
    store_answer(world, 3)
    store_answer(world, 3)
    controller.remove([3])
    client.last(Remove).finish(Removed(documents=1, passages=3, traces=0, ids=(3,)))
    world.follow(3)
    assert said == ["Removed from search. 2 answers in your chats still tell of it in the model's words."]


def activate(page: DocumentsPage, qtbot: QtBot) -> None:
    page.activateWindow()
    qtbot.waitUntil(page.isActiveWindow)


def test_a_file_from_the_dialog_gets_the_keyboard_when_it_has_a_row(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot, monkeypatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (["/files/new.pdf"], ""))
    activate(page, qtbot)
    page.add_files_button.setFocus()
    page.choose_files()
    qtbot.waitUntil(lambda: controller.documents.find("/files/new.pdf").isValid())
    qtbot.waitUntil(page.table.hasFocus)
    assert [row.path for row in page.table.selected_rows()] == ["/files/new.pdf"]


def test_the_keyboard_goes_along_from_the_empty_page_to_the_table(
    page: DocumentsPage, controller: DocumentsController, qtbot: QtBot
) -> None:
    activate(page, qtbot)
    controller.documents.clear()
    controller.listed = True
    page._show_content()
    assert page.empty.button is not None
    page.empty.button.setFocus()
    controller.add(["/files/new.pdf"])
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.table)
    assert page.table.hasFocus()


def test_every_cell_of_a_row_has_a_name(page: DocumentsPage, controller: DocumentsController) -> None:
    model = controller.documents
    assert model.rowCount()
    names = [
        model.data(model.index(0, column), Qt.ItemDataRole.AccessibleTextRole) for column in range(model.columnCount())
    ]
    assert all(names) and str(names[0]) in str(names[-1]), "the “…” says whose actions it opens"


def test_a_scan_says_how_far_it_is_recognised_and_how_surely() -> None:
    row = Row("/scan.pdf", "scan.pdf", id=1, status="indexed", reason="3 of 3 pages hold no readable text.", scans=3)
    assert row.status_text() == "Recognising page 1 of 3"
    assert row.progress() == ("Recognising", "page 1 of 3", 0.0)
    model = DocumentsModel()
    model.merge([row])
    model.take_page(PageRecognised(document_id=1, done=2, total=3))
    assert row.status_text() == "Recognising page 3 of 3"
    row.reads_scans = False  # turned off: what is missing is said, not what will come
    assert row.status_text() == "3 of 3 pages hold no readable text."
    row.recognised, row.sure, row.reason = 3, 0.937, ""
    assert row.status_text() == "Recognised, 93 % sure"
