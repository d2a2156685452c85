"""“Only in…”: which documents a question asks is chosen beside it, sent with it, shown on it and kept with its chat."""

from __future__ import annotations

import pytest
from chat_world import TRAVEL, World
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.chats.store import ChatStore
from app.gui.chat.page import ChatPage
from app.gui.shell.session import Session
from app.paths import home
from app.types import Document, Filter
from app.workers.calls.documents import Documents, ListDocuments, Search


def document(n: int, name: str, folder: str = "/files/policies", kind: str = "markdown") -> Document:
    return Document(
        id=n, collection_id=TRAVEL, collection="Travel", name=name, path=f"{folder}/{name}", format=kind, bytes=1,
        status="indexed", passages=3,
    )  # fmt: skip


@pytest.fixture
def world(qtbot: QtBot) -> World:
    return World()


@pytest.fixture
def page(world: World, qtbot: QtBot) -> ChatPage:
    return world.page(qtbot, drafts=world.session)


def know(world: World) -> None:
    listed = (document(4, "Price-List.md"), document(5, "Hotels.pdf", "/files/2025/travel", "pdf"))
    for job in world.documents.waiting(ListDocuments):
        job.finish(Documents(documents=listed))


def chips(page: ChatPage) -> list[str]:
    return [chip.text() for chip in page.composer.filters.chips()]


def test_what_is_chosen_is_sent_and_shown_on_the_question(page: ChatPage, world: World, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.composer.only, Qt.MouseButton.LeftButton)
    know(world)
    popover = page.filter.popover
    assert popover is not None and popover.isVisible() and QApplication.focusWidget() is popover.search
    qtbot.keyClicks(popover.search, "price")
    assert popover.list.count() == 1
    qtbot.keyClick(popover.search, Qt.Key.Key_Return)
    assert page.filter.popover is None and QApplication.focusWidget() is not None
    assert chips(page) == ["only in Price-List.md"]
    qtbot.keyClicks(page.composer.edit, "What does it cost?")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    assert world.documents.last(Search).call.filter == Filter(documents=(4,))
    (question,) = page.transcript.questions()
    assert question.narrowed.text() == "only in Price-List.md" and question.narrowed.isVisible()
    world.found()
    world.complete()
    answer = page.transcript.answers()[-1].turn.id
    world.chats.regenerate(answer)
    assert world.documents.last(Search).call.filter == Filter(documents=(4,)), "another version asks the same documents"


def test_a_narrow_composer_cuts_no_words(page: ChatPage, qtbot: QtBot) -> None:
    composer = page.composer
    composer.set_collection("A collection with a long name")
    composer.show_meter(1900, 8192)
    for width, words in ((900, "Only in…"), (460, "")):
        page.resize(width, 600)
        qtbot.waitUntil(lambda words=words: composer.only.text() == words)
        assert composer.only.accessibleName() == "Only in…"
        assert composer.only.width() >= composer.only.sizeHint().width()
        assert composer.meter.width() >= composer.meter.sizeHint().width()


def test_folder_kind_and_dates_are_conditions_too(page: ChatPage, world: World, qtbot: QtBot) -> None:
    page.filter.open()
    know(world)
    popover = page.filter.popover
    assert popover is not None
    popover.folder.setCurrentIndex(popover.folder.findData("2025/travel"))
    popover.kind.setCurrentIndex(popover.kind.findData("pdf"))
    popover.since.edit.setText("2024-03")
    popover.since.edit.editingFinished.emit()
    popover.until.edit.setText("someday")
    popover.until.edit.editingFinished.emit()
    assert popover.until.edit.accessibleDescription() == "A date like 2024, 2024-03 or 2024-03-31."
    assert chips(page) == ["folder: 2025/travel", "kind: pdf", "from 2024-03"]
    qtbot.keyClick(popover.since.edit, Qt.Key.Key_Escape)
    assert page.filter.popover is None
    page.composer.filters.chips()[0].remove.click()
    qtbot.waitUntil(lambda: chips(page) == ["kind: pdf", "from 2024-03"])


def test_an_at_sign_opens_the_documents_and_goes_with_the_choice(page: ChatPage, world: World, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.composer.edit, "me@here")
    assert page.filter.popover is None, "an address"
    page.composer.clear()
    qtbot.keyClicks(page.composer.edit, "Compare @")
    popover = page.filter.popover
    assert popover is not None
    know(world)
    qtbot.keyClicks(popover.search, "hot")
    qtbot.keyClick(popover.search, Qt.Key.Key_Return)
    assert page.composer.text() == "Compare " and chips(page) == ["only in Hotels.pdf"]
    assert QApplication.focusWidget() is page.composer.edit


def test_it_is_kept_with_the_chat_and_survives_the_window(page: ChatPage, world: World, qtbot: QtBot) -> None:
    page.filter.choose(Filter(kinds=("pdf",)))
    world.session.save()
    assert Session(world.home.session_file).filter(0) == Filter(kinds=("pdf",)), "a crash now loses nothing"
    qtbot.keyClicks(page.composer.edit, "What does it cost?")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    chat = world.chats.chat_id
    world.found()
    world.complete()
    world.chats.new_chat()
    assert chips(page) == []
    world.chats.open_chat(chat)
    assert chips(page) == ["kind: pdf"]
    page.composer.filters.chips()[0].remove.click()
    qtbot.waitUntil(lambda: not chips(page))
    assert world.session.filter(chat) == Filter()


def test_an_edited_question_asks_the_same_documents(page: ChatPage, world: World, qtbot: QtBot) -> None:
    page.filter.choose(Filter(kinds=("pdf",)))
    world.chats.ask("What does it cost?", page.filter.to_send)
    world.found()
    world.complete()
    (question,) = page.transcript.questions()
    world.chats.edit(question.turn.id, "What does the hotel cost?")
    assert world.documents.last(Search).call.filter == Filter(kinds=("pdf",))


def test_without_documents_there_is_nothing_to_narrow(page: ChatPage, world: World) -> None:
    page.filter.choose(Filter(kinds=("pdf",)))
    world.chats.choose_collection(0)
    assert not page.composer.only.isVisible()


def test_another_collection_has_other_documents(page: ChatPage, world: World) -> None:
    page.filter.choose(Filter(documents=(4,), folder="2025", kinds=("pdf",)))
    world.chats.choose_collection(0)
    world.chats.choose_collection(TRAVEL)
    assert page.filter.chosen.documents == (4,), "back again"
    world.chats.choose_collection(2)
    assert page.filter.chosen == Filter(kinds=("pdf",))


def test_what_is_asked_of_all_collections_is_not_held_to_documents_of_one(page: ChatPage, world: World) -> None:
    world.chats.ask("What does it cost?", Filter(documents=(4,), kinds=("pdf",)))
    world.found()
    world.complete()
    world.chats.search_all(page.transcript.answers()[-1].turn.id)
    assert world.documents.last(Search).call.filter == Filter(kinds=("pdf",))


def test_a_store_keeps_the_filter_of_each_version() -> None:
    store = ChatStore(home().chats_db, home().backups)
    chat = store.create(collection_id=1)
    first = store.add_question(chat.id, "What?", chosen=Filter(folder="2025"))
    second = store.add_question(chat.id, "What now?", replaces=first.id)
    assert store.turn(first.id).filter == Filter(folder="2025") and not second.filter.asks
    store.close()
