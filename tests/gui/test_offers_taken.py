"""An offer of the chat that another page carries out: a comparison, a list of documents, a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.compare.dialog import CompareDialog
from app.gui.theme import Theme
from app.text.offers.offer import Offer
from app.types import Collection
from app.workers.calls.documents import Collections, CompareVersions, ListCollections, Version
from app.workers.calls.finding import Find


@pytest.fixture
def shell(qapp: QApplication, qtbot: QtBot) -> Iterator[ShellWorld]:
    Theme(qapp, mode="light")
    world = ShellWorld()
    listed = (Collection(id=1, name="Other", documents=2), Collection(id=2, name="Contracts", documents=12))
    for job in world.last("documents").waiting(ListCollections):
        job.finish(Collections(collections=listed))
    world.parts.chats.choose_collection(2)
    yield world
    world.close()


def take(shell: ShellWorld, **offer: Any) -> None:
    page: Any = shell.window.page("chat")
    page.offers.taken.emit(Offer(**offer))


def test_a_comparison_opens_over_the_chat_the_older_one_first(shell: ShellWorld) -> None:
    take(shell, kind="compare", documents=(7, 4), names=("Prices-2026.pdf", "Prices-2025.pdf"))
    (dialog,) = shell.window.findChildren(CompareDialog)
    call = shell.last("documents").last(CompareVersions).call
    assert (call.left, call.right) == (Version(document_id=4), Version(document_id=7))
    assert shell.window.key == "chat"
    dialog.close()


def test_a_request_for_documents_opens_on_the_documents_page(shell: ShellWorld) -> None:
    take(shell, kind="find", request="Which contracts mention a deposit?")
    page: Any = shell.window.page("documents")
    assert shell.window.key == "documents" and page.search.field.text() == "Which contracts mention a deposit?"
    call = shell.last("documents").last(Find).call
    assert call.plan.must == ("deposit",) and call.collections == (2,)


def test_a_table_begins_with_the_field_and_makes_no_other_one_anew(shell: ShellWorld) -> None:
    take(shell, kind="table", field="End date", count=12)
    page: Any = shell.window.page("extraction")
    assert shell.window.key == "extraction" and shell.parts.documents.current == 2
    assert page.stack.currentWidget() is page.start
    assert page.start.fields.toPlainText() == "End date" and page.start.name.text() == "Table"
    assert [field.name for field in page.start.asked()] == ["End date"]
    assert page.start.begin.text() == "Ask 12 documents"


def test_a_table_that_there_is_does_not_take_the_place_of_the_new_one(shell: ShellWorld, qtbot: QtBot) -> None:
    take(shell, kind="table", field="End date", count=12)
    page: Any = shell.window.page("extraction")
    page.start.begin.click()
    qtbot.waitUntil(lambda: page.chooser.itemText(0) == "Table")
    shell.window.show_page("chat")
    take(shell, kind="table", field="Notice period", count=12)
    qtbot.waitUntil(lambda: page.start.name.text() == "Table 2")
    assert page.stack.currentWidget() is page.start and page.start.fields.toPlainText() == "Notice period"
