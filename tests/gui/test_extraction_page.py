"""The page that asks every document, as a person uses it: form, filling table, sources, corrections, filter, export."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from documents_world import DocumentsWorld
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app.core.calls.documents import DocumentsRemoved
from app.extraction.records import Cell
from app.gui.chat.sources import SourceReader
from app.gui.extraction.controller import TablesController
from app.gui.extraction.model import CELL_ROLE, ROW_ROLE
from app.gui.extraction.page import ExtractionPage
from app.gui.shell.rename_dialog import RenameDialog
from app.gui.theme import Theme
from app.types import Collection, Document, Passage
from app.workers.calls.documents import Documents, FieldFound, FieldsRead, ListDocuments, ReadFields, ReadText

FIVE = Collection(id=4, name="Contracts", documents=3)


class Desk:
    """The page over a core in this process, whose documents process is played."""

    def __init__(self, qtbot: QtBot) -> None:
        self.world = DocumentsWorld()
        self.current: Collection | None = FIVE
        self.controller = TablesController(self.world.client)
        self.page = ExtractionPage(self.controller, SourceReader(self.world.client), lambda: self.current)
        qtbot.addWidget(self.page)
        self.page.resize(1032, 820)
        self.page.show()
        qtbot.waitExposed(self.page)
        self.page.shown()

    def begin(self, *lines: str) -> None:
        self.page.start.fields.setPlainText("\n".join(lines))
        self.page.start.begin.click()

    def list_documents(self, *names: str) -> None:
        found = tuple(document(i, name) for i, name in enumerate(names, 1))
        self.world.child.last(ListDocuments).finish(Documents(documents=found))
        self.turn()

    def answer(self, *texts: str) -> None:
        job = self.world.child.last(ReadFields)
        fields = zip(job.call.fields, texts, strict=True)
        job.finish(FieldsRead(fields=tuple(found(job.call.document_id, field.key, text) for field, text in fields)))
        self.turn()

    def turn(self) -> None:
        self.world.clock.pass_time(0.3)

    def cells(self) -> list[list[str]]:
        rows = self.page.rows
        return [[str(rows.index(y, x).data()) for x in range(rows.columnCount())] for y in range(rows.rowCount())]

    def click(self, qtbot: QtBot, y: int, x: int) -> None:
        table = self.page.table
        at = table.visualRect(self.page.rows.index(y, x)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def document(id_: int, name: str) -> Document:
    return Document(
        id=id_, collection_id=4, collection="Contracts", name=name, path=f"/f/{name}", format="markdown", bytes=9,
        status="indexed", passages=3, indexed_at=1.0,
    )  # fmt: skip


def found(document_id: int, key: str, text: str) -> FieldFound:
    if not text:
        return FieldFound(key=key)
    said = f"Terms. It is {text}."
    passage = Passage(
        id=9, document_id=document_id, document="a.md", path="/f/a.md", collection="Contracts", start=100,
        end=100 + len(said), text=said, best=(7, len(said)),
    )  # fmt: skip
    return FieldFound(key=key, text=text, passage=passage, chance=0.97)


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication) -> Desk:
    Theme(qapp, mode="light")
    return Desk(qtbot)


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Two documents, two fields; the second says only one of them."""
    desk.begin("Notice period", "Fee")
    desk.list_documents("a.md", "b.md")
    desk.answer("2 months", "EUR 1,000")
    desk.answer("10 months", "")
    return desk


def test_the_form_offers_templates_and_their_fields(desk: Desk) -> None:
    form = desk.page.start
    names = [form.template.itemText(at) for at in range(form.template.count())]
    assert names == ["Certificates", "Contracts", "CVs", "Invoices", "Your own fields"]
    form.template.setCurrentIndex(1)
    assert "Notice period" in form.fields.toPlainText() and form.name.text() == "Contracts"
    assert form.begin.text() == "Ask 3 documents"
    assert next(each for each in form.asked() if each.key == "notice-period").patterns


def test_the_table_fills_while_it_runs_and_is_through(desk: Desk) -> None:
    desk.begin("Notice period", "Fee")
    desk.list_documents("a.md", "b.md")
    desk.answer("2 months", "EUR 1,000")
    assert desk.page.stack.currentWidget() is desk.page.table
    assert desk.cells() == [["a.md", "2 months", "EUR 1,000"]]
    assert desk.page.progress.words.text() == "1 of 2 documents" and desk.page.progress.stop.isVisible()
    desk.answer("10 months", "")
    assert desk.cells()[1] == ["b.md", "10 months", "not stated"]
    assert desk.page.progress.words.text() == "2 documents" and not desk.page.progress.stop.isVisible()


def test_pause_resume_and_stop(desk: Desk) -> None:
    desk.begin("Notice period")
    desk.list_documents("a.md", "b.md")
    desk.page.progress.pause.click()
    desk.answer("2 months")
    assert desk.page.progress.words.text() == "Paused at 1 of 2"
    desk.page.progress.resume.click()
    assert desk.world.child.last(ReadFields).call.document_id == 2
    desk.page.progress.stop.click()
    assert desk.page.progress.words.text() == "Stopped at 1 of 2 documents"
    assert desk.page.progress.update_button.text() == "Continue"


def test_what_cannot_be_asked_is_said_in_the_form(desk: Desk) -> None:
    desk.begin("Fee", "fee")
    assert "twice" in desk.page.start.problem.text()
    desk.begin("")
    assert "nothing to ask" in desk.page.start.problem.text()
    desk.page.start.name.edit.setText("  ")
    desk.begin("Fee")
    assert desk.controller.table is None


def test_a_template_of_ones_own_can_be_renamed_and_stays_chosen(desk: Desk) -> None:
    form = desk.page.start
    form.template.setCurrentIndex(form.template.findText("Your own fields"))
    form.fields.setPlainText("Rent\nDeposit")
    form.name.edit.setText("Leases")
    form.keep.click()
    form.template.setCurrentIndex(form.template.findText("Leases"))
    form.rename.click()
    (dialog,) = form.findChildren(RenameDialog)
    for name, problem in ((" ", "Enter a name"), ("contracts", "already in use")):
        dialog.field.edit.setText(name)
        dialog.save.click()
        assert dialog.isVisible() and problem in desk.controller.problem_of(name, "leases")
    dialog.field.edit.setText("Tenancies")
    dialog.save.click()
    assert form.template.currentText() == "Tenancies" and form.template.findText("Leases") < 0
    assert form.fields.toPlainText() == "Rent\nDeposit" and not form.rename.isHidden()


def test_a_template_of_ones_own_can_be_deleted(desk: Desk) -> None:
    form = desk.page.start
    assert form.delete.isHidden(), "those that come along stay"
    form.template.setCurrentIndex(form.template.findText("Your own fields"))
    form.fields.setPlainText("Rent\nDeposit")
    form.name.edit.setText("Leases")
    form.keep.click()
    form.template.setCurrentIndex(form.template.findText("Leases"))
    assert not form.delete.isHidden() and form.fields.toPlainText() == "Rent\nDeposit"
    form.delete.click()
    assert form.template.findText("Leases") < 0 and form.delete.isHidden()
    assert form.template.currentText() and "Rent" not in form.fields.toPlainText()


def test_a_table_of_an_older_reader_says_so(filled: Desk) -> None:
    model, words = filled.controller.model, filled.page.progress.words
    assert words.text() == "2 documents"
    row = model.index(0, 0).data(ROW_ROLE)
    old = {key: msgspec.structs.replace(cell, basis="1f0c") for key, cell in row.cells.items()}
    model.take(msgspec.structs.replace(row, cells=old))
    filled.page.shown()
    assert words.text() == "2 documents. An older reader filled this table; Update reads it anew."
    by_hand = {key: msgspec.structs.replace(cell, by_hand="x") for key, cell in old.items()}
    model.take(msgspec.structs.replace(row, cells=by_hand))
    filled.page.shown()
    assert words.text() == "2 documents", "what a person put there is nobody's reading"


def test_a_click_opens_the_sentence_and_marks_the_cell(filled: Desk, qtbot: QtBot) -> None:
    filled.click(qtbot, 0, 1)
    shown = filled.page.source.passage
    assert filled.page.host.is_open and shown is not None
    assert shown.best is not None and shown.text[slice(*shown.best)] == "It is 2 months."
    assert filled.page.source.text.marked_text() == "It is 2 months."
    assert filled.page.table.look.active == (1, 1)
    assert filled.world.child.last(ReadText).call.document_id == 1
    filled.click(qtbot, 1, 2)  # not stated: nothing to show
    assert not filled.page.host.is_open and filled.page.table.look.active == (0, 0)


def test_keys_open_close_correct_and_copy(filled: Desk, qtbot: QtBot) -> None:
    table = filled.page.table
    table.setCurrentIndex(filled.page.rows.index(0, 1))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert filled.page.host.is_open
    qtbot.keyClick(table, Qt.Key.Key_Escape)
    assert not filled.page.host.is_open
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "2 months"
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert filled.cells()[0][1] == "not stated"
    cell = filled.page.rows.index(0, 1).data(CELL_ROLE)
    assert isinstance(cell, Cell) and cell.state == "by_hand"


def test_a_cell_is_corrected_by_hand_kept_and_taken_back(filled: Desk) -> None:
    index = filled.page.rows.index(0, 1)
    assert filled.page.rows.setData(index, "three months", Qt.ItemDataRole.EditRole)
    assert filled.cells()[0][1] == "three months"
    filled.page.progress.update_button.click()
    filled.list_documents("a.md", "b.md")
    filled.turn()
    assert filled.cells()[0][1] == "three months"
    filled.page.table.setCurrentIndex(filled.page.rows.index(0, 1))
    back = next(each for each in filled.page.table.menu().actions() if each.text() == "Back to what was read")
    back.trigger()
    assert filled.cells()[0][1] == "2 months"


def test_rows_are_filtered_and_sorted_by_what_they_mean(filled: Desk) -> None:
    page = filled.page
    page.table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [row[1] for row in filled.cells()] == ["2 months", "10 months"]
    page.search.setText("b.md")
    assert [row[0] for row in filled.cells()] == ["b.md"]
    assert page.progress.words.text() == "1 of 2 documents"
    page.search.clear()
    page.progress.which.setCurrentIndex(1)
    assert [row[0] for row in filled.cells()] == ["b.md"], "with gaps"
    page.progress.which.setCurrentIndex(2)
    assert filled.cells() == [], "nothing was corrected"


def test_what_is_shown_is_exported(filled: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "terms.md"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    said: list[str] = []
    filled.controller.notice_raised.connect(said.append)
    filled.page.search.setText("a.md")
    filled.page.export_button.click()
    text = path.read_text(encoding="utf-8")
    assert "2 months" in text and "b.md" not in text
    assert said == ["Saved as “terms.md”."]


def test_a_removed_document_leaves_the_table_at_once(filled: Desk) -> None:
    filled.world.core.tell(DocumentsRemoved(ids=(1,)))
    assert [row[0] for row in filled.cells()] == ["b.md"]
    row = filled.page.rows.index(0, 0).data(ROW_ROLE)
    assert row.document_id == 2


def test_tables_are_there_again_and_can_be_deleted(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page = filled.page
    assert [page.chooser.itemText(at) for at in range(page.chooser.count())] == ["Certificates", "New table"]
    filled.current = None
    page.shown()
    assert page.stack.currentWidget() is page.empty
    filled.current = FIVE
    page.shown()
    assert page.stack.currentWidget() is page.table and len(filled.cells()) == 2
    monkeypatch.setattr("app.gui.extraction.page.ConfirmDialog.ask", lambda *_: True)
    page.delete_button.click()
    assert page.stack.currentWidget() is page.start


def test_what_goes_wrong_is_said_above_the_table(desk: Desk) -> None:
    desk.begin("Notice period")
    desk.list_documents()
    assert desk.page.banner.isVisible()
    assert desk.controller.table is not None and desk.controller.table.phase == "interrupted"


def test_an_own_list_is_kept_as_a_template(desk: Desk) -> None:
    form = desk.page.start
    form.template.setCurrentIndex(form.template.count() - 1)
    form.fields.setPlainText("Deposit\nWho signs?")
    form.name.edit.setText("Leases")
    form.keep.click()
    assert form.template.findData("leases") == 0
    form.template.setCurrentIndex(0)
    assert form.fields.toPlainText() == "Deposit\nWho signs?"
