"""The search of the Documents page lists every document that fits, with conditions that can be taken away."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from documents_world import DocumentsWorld
from fakes import FakeChild
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.documents.controller import DocumentsController
from app.gui.documents.page import DocumentsPage
from app.gui.theme import Theme
from app.text.find.plan import Condition, Plan
from app.text.find.result import Excluded, Findings, Hit, Mentioned
from app.types import Collection, Document, Passage, SearchResult
from app.workers.calls.documents import Search, Searched
from app.workers.calls.finding import Find, Found


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
def page(controller: DocumentsController, world: DocumentsWorld, qtbot: QtBot) -> DocumentsPage:
    made = DocumentsPage(controller)
    qtbot.addWidget(made)
    made.resize(1032, 820)
    made.show()
    qtbot.waitExposed(made)
    world.become_ready()
    world.give_collections(Collection(id=1, name="Travel & HR", documents=4, passages=300, bytes=9 << 20))
    world.give_documents(
        Document(
            id=3, collection_id=1, collection="Travel & HR", name="policy.pdf", path="/files/policy.pdf", format="pdf",
            bytes=1, status="indexed", passages=9,
        )
    )  # fmt: skip
    return made


def test_a_request_for_documents_lists_them_with_conditions_that_can_be_taken_away(
    page: DocumentsPage, controller: DocumentsController, client: FakeChild, qtbot: QtBot, tmp_path: Path
) -> None:
    page.search_field.setText("Which documents mention a bank guarantee but not arbitration, after 2024?")
    qtbot.waitUntil(lambda: bool(client.waiting(Find)))
    call = client.last(Find).call
    assert call.collections == (1,)
    client.last(Find).finish(Found(findings=findings(call.plan, hit(3, "policy.pdf"))))
    results = page.results
    assert page.stack.currentWidget() is results
    assert results.title.text() == "1 of 4 documents in Travel & HR"
    assert results.detail.text() == "Left out: 2 (not: arbitration)."
    chips = [chip.text() for chip in results.conditions.chips()]
    assert chips == ["mentions: bank guarantee", "not: arbitration", "from 2025"]
    index = results.list.model().index(0, 0)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole).startswith("policy.pdf, mentioned 2 times · 1 March 2025")
    with qtbot.waitSignal(controller.open_passage) as blocker:
        results.list.clicked.emit(index)
    assert blocker.args[0].best == (0, 31)
    cross = results.conditions.chips()[1].remove
    assert cross.accessibleName() == "Without “not: arbitration”"
    cross.click()
    qtbot.waitUntil(lambda: len(client.waiting(Find)) == 1)
    again = client.last(Find)
    assert again.call.plan.without == () and again.call.plan.must == ("bank guarantee",)
    again.finish(Found(findings=findings(again.call.plan, hit(3, "policy.pdf"))))
    results.export_wanted.emit(str(tmp_path / "list.xlsx"))
    assert client.last(Find).call.export == str(tmp_path / "list.xlsx")
    results.everywhere_wanted.emit()
    assert client.last(Find).call.collections == ()


def test_no_document_says_which_condition_left_all_out(page: DocumentsPage, client: FakeChild, qtbot: QtBot) -> None:
    page.search_field.setText("Which documents mention a moon but not cheese?")
    qtbot.waitUntil(lambda: bool(client.waiting(Find)))
    found = findings(client.last(Find).call.plan)
    client.last(Find).finish(
        Found(findings=msgspec.structs.replace(found, mentioned=(Mentioned(mention="moon", documents=0),)))
    )
    assert page.results.detail.text().startswith("No document mentions “moon”.")
    assert not page.results.export.isVisible()
    for _ in range(2):
        page.results.conditions.chips()[0].remove.click()
        qtbot.wait(1)
        for job in client.waiting(Find):
            job.finish(Found(findings=findings(job.call.plan)))
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.table)


def test_what_was_searched_can_be_listed_document_by_document(
    page: DocumentsPage, client: FakeChild, qtbot: QtBot
) -> None:
    page.search_field.setText("hotel limit")
    qtbot.waitUntil(lambda: bool(client.waiting(Search)))
    client.last(Search).finish(Searched(result=SearchResult(passages=(), found=False, elapsed_ms=2)))
    assert page.results.every.isVisible()
    qtbot.mouseClick(page.results.every, Qt.MouseButton.LeftButton)
    assert client.last(Find).call.plan.must == ("hotel limit",)


def hit(document_id: int, name: str) -> Hit:
    text = "The tenant gives a bank guarantee. And more."
    passage = Passage(
        id=9, document_id=document_id, document=name, path=f"/files/{name}", collection="Travel & HR", page=2,
        start=0, end=len(text), text=text, best=(0, 31),
    )  # fmt: skip
    return Hit(
        document_id=document_id, name=name, path=passage.path, format="pdf", modified=1_740_830_400.0, counts=(2,),
        passage=passage,
    )  # fmt: skip


def findings(plan: Plan, *hits: Hit) -> Findings:
    excluded = (Excluded(condition=Condition("without", "arbitration"), documents=2),) if hits and plan.without else ()
    mentioned = tuple(Mentioned(mention=mention, documents=3) for mention in plan.must)
    return Findings(plan=plan, hits=hits, searched=4, mentioned=mentioned, excluded=excluded)
