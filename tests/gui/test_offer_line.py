"""What fits the typed text stands above the input: taken by click or keyboard, dismissed by Esc, never in the way."""

from __future__ import annotations

import msgspec
import pytest
from chat_world import TRAVEL, World
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.chat.offering import OFFER_DELAY_MS
from app.gui.chat.page import ChatPage
from app.text.offers.offer import Offer
from app.text.sheets.plan import Sheet
from app.text.sheets.values import typed
from app.types import Document, Filter
from app.workers.calls.attached import Attach, Attached
from app.workers.calls.documents import Add, Added, Documents, ListDocuments
from app.workers.calls.sheets import ReadSheets, SheetsRead

SHEET = Sheet(document_id=4, document="Prices.xlsx", columns=(typed("Amount", ["1.5 €", "2.5 €"]).column,), rows=2)
ASKS_A_SUM = "What is the total amount?"


def document(n: int, name: str, kind: str = "pdf") -> Document:
    return Document(
        id=n, collection_id=TRAVEL, collection="Travel", name=name, path=f"/files/{name}", format=kind, bytes=1,
        status="indexed", passages=3,
    )  # fmt: skip


@pytest.fixture
def world(qtbot: QtBot) -> World:
    return World()


@pytest.fixture
def page(world: World, qtbot: QtBot) -> ChatPage:
    return world.page(qtbot, drafts=world.session)


def type_in(page: ChatPage, world: World, qtbot: QtBot, text: str) -> None:
    """Type, wait for the pause, and let the documents process answer what it is asked."""
    page.composer.edit.setFocus()
    page.composer.set_text("")
    qtbot.keyClicks(page.composer.edit, text)
    qtbot.wait(OFFER_DELAY_MS + 150)
    answer(world)


def paste(page: ChatPage, *paths: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    page.composer.edit.insertFromMimeData(data)


def answer(world: World) -> None:
    listed = (document(1, "Travel-Policy.pdf"), document(2, "Hotels.pdf"), document(4, "Prices.xlsx", "xlsx"))
    for job in world.documents.waiting(ListDocuments):
        job.finish(Documents(documents=listed))
    for job in world.documents.waiting(ReadSheets):
        job.finish(SheetsRead(sheets=(SHEET,)))


def said(page: ChatPage) -> str:
    line = page.offers.line
    return line.words.text() if line is not None and line.isVisible() else ""


def test_a_sum_is_offered_and_taken_with_the_keyboard(page: ChatPage, world: World, qtbot: QtBot) -> None:
    type_in(page, world, qtbot, ASKS_A_SUM)
    assert said(page) == "This asks for a sum over Prices.xlsx"
    assert QApplication.focusWidget() is page.composer.edit, "it takes no keys away"
    line = page.offers.line
    assert line is not None
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is line.button
    qtbot.keyClick(line.button, Qt.Key.Key_Return)
    assert said(page) == "" and page.composer.text() == ""
    (question,) = page.transcript.questions()
    assert question.turn.text == ASKS_A_SUM and question.turn.filter == Filter(documents=(4,))
    assert isinstance(world.documents.last(ReadSheets).call, ReadSheets), "it is calculated"


def test_enter_sends_what_is_typed_whatever_is_offered(page: ChatPage, world: World, qtbot: QtBot) -> None:
    type_in(page, world, qtbot, "summarise the travel policy")
    assert said(page) == "Summarise Travel-Policy.pdf"
    qtbot.keyClicks(page.composer.edit, " and what is in it?")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    (question,) = page.transcript.questions()
    assert question.turn.text == "summarise the travel policy and what is in it?" and said(page) == ""
    assert question.turn.filter == Filter(), "it asks what it asked before"


def test_escape_dismisses_it_until_the_text_is_another_one(page: ChatPage, world: World, qtbot: QtBot) -> None:
    type_in(page, world, qtbot, ASKS_A_SUM)
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Escape)
    assert said(page) == "" and page.composer.text() == ASKS_A_SUM
    qtbot.keyClicks(page.composer.edit, " ")
    qtbot.wait(OFFER_DELAY_MS + 150)
    answer(world)
    assert said(page) == "", "what was dismissed stays away"
    type_in(page, world, qtbot, ASKS_A_SUM)
    assert said(page), "a new text begins anew"
    line = page.offers.line
    assert line is not None
    line.button.setFocus()
    qtbot.keyClick(line.button, Qt.Key.Key_Escape)
    assert said(page) == "" and QApplication.focusWidget() is page.composer.edit


def test_an_offer_that_is_late_is_of_no_use(page: ChatPage, world: World, qtbot: QtBot) -> None:
    qtbot.keyClicks(page.composer.edit, ASKS_A_SUM)
    qtbot.wait(OFFER_DELAY_MS + 150)
    qtbot.keyClicks(page.composer.edit, " And why?")
    answer(world)
    assert said(page) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Compare Travel-Policy.pdf and Hotels.pdf", "compare"),
        ("Which documents mention a deposit?", "find"),
        ("Which end date has each contract?", "table"),
    ],
)
def test_what_another_page_does_is_handed_on_and_the_text_stays(
    page: ChatPage, world: World, qtbot: QtBot, text: str, kind: str
) -> None:
    type_in(page, world, qtbot, text)
    line = page.offers.line
    assert line is not None and line.offer is not None and line.offer.kind == kind
    taken: list[Offer] = []
    page.offers.taken.connect(taken.append)
    qtbot.mouseClick(line.button, Qt.MouseButton.LeftButton)
    assert [each.request for each in taken] == [text] and page.composer.text() == text
    assert page.conversation.is_blank, "nothing was asked"


def test_two_files_dropped_on_a_new_chat_are_offered_to_be_compared(page: ChatPage, world: World, qtbot: QtBot) -> None:
    names = ("/files/Old.pdf", "/files/New.pdf")
    waiting = [msgspec.structs.replace(document(n, name[7:]), collection_id=7, path=name, status="waiting", passages=0)
               for n, name in enumerate(names, 1)]  # fmt: skip
    read = [msgspec.structs.replace(each, status="indexed", passages=3, pages=2) for each in waiting]
    paste(page, *names)
    world.documents.last(Attach).finish(Attached(collection_id=7, documents=tuple(waiting)))
    qtbot.wait(OFFER_DELAY_MS + 150)
    assert said(page) == "", "nothing is read yet"
    world.documents.last(Add).finish(Added(indexed=2, unchanged=0, failed=0))
    world.documents.last(ListDocuments).finish(Documents(documents=tuple(read)))
    qtbot.wait(OFFER_DELAY_MS + 150)
    for job in world.documents.waiting(ListDocuments):
        job.finish(Documents(documents=tuple(read)))
    assert said(page) == "Compare Old.pdf and New.pdf side by side"
    strip, line = page.attaching.strip, page.offers.line
    assert strip is not None and line is not None and strip.y() < line.y() < page.composer.y()
