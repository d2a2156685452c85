"""Personal data in the window: the mark in the table, what a document holds, and the decision for a collection."""

from __future__ import annotations

import msgspec
import pytest
from documents_world import DocumentsWorld
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.gui.documents.row import row_of
from app.gui.personal.collection_dialog import MaskingDialog, open_masking
from app.gui.personal.document_dialog import PersonalDialog, open_personal_data
from app.gui.theme import Theme
from app.text.personal.kinds import USUAL
from app.types import Collection, Document
from app.workers.calls.documents import Add
from app.workers.calls.personal import (
    DocumentPersonal,
    FindPersonal,
    KeepMasking,
    ListPersonal,
    PersonalFound,
    PersonalListed,
    PersonalPiece,
    Unmasked,
)

STAFF = Document(
    id=3, collection_id=1, collection="Staff", name="staff.pdf", path="/files/staff.pdf", format="pdf", bytes=1,
    status="indexed", pages=2, passages=5, indexed_at=1.0, masked={"IBAN": 2},
)  # fmt: skip
PIECES = (
    PersonalPiece("IBAN", "Refunds go to ", "[IBAN]", " within ten days.", "page 2", True),
    PersonalPiece("shared contact", "Others write to ", "info@firma-nord.de", ".", "page 2", False),
)


@pytest.fixture(autouse=True)
def themed(qapp: QApplication) -> Theme:
    return Theme(qapp, mode="light")


@pytest.fixture
def world(qtbot) -> DocumentsWorld:
    made = DocumentsWorld()
    made.become_ready()
    made.give_collections("Staff")
    made.kept = QWidget()
    qtbot.addWidget(made.kept)
    return made


def _document(world: DocumentsWorld, document: Document = STAFF) -> PersonalDialog:
    open_personal_data(world.client, document.id, world.kept, pytest.fail, pytest.fail)
    listed = PersonalListed(document=document, pieces=PIECES, counts={"IBAN": 2, "shared contact": 1})
    world.child.last(ListPersonal).finish(listed)
    return world.kept.findChild(PersonalDialog)


def test_the_table_says_how_much_was_masked() -> None:
    assert row_of(STAFF).status_text() == "Indexed, 2 masked"
    assert row_of(msgspec.structs.replace(STAFF, masked=None)).status_text() == "Indexed"


def test_a_document_shows_where_it_stands_and_what_is_left(world: DocumentsWorld) -> None:
    said = " ".join(label.text() for label in _document(world).findChildren(QLabel))
    assert "Refunds go to [IBAN] within ten days." in said and "Bank accounts (IBAN) · page 2 · masked" in said
    assert "Others write to info@firma-nord.de." in said and "page 2 · kept" in said
    assert "2 IBANs, 1 shared contact" in said and "pictures of its pages" in said


def test_leaving_it_in_one_document_has_the_file_read_anew(world: DocumentsWorld) -> None:
    _document(world).decide_button.click()
    call = world.child.last(Add).call
    assert call.paths == (STAFF.path,) and call.exempt is True


def test_a_decision_for_a_collection_is_kept_before_its_documents_are_read_anew(world: DocumentsWorld) -> None:
    open_masking(world.client, Collection(id=1, name="Staff"), world.kept, pytest.fail, pytest.fail)
    dialog = world.kept.findChild(MaskingDialog)
    assert dialog.chosen() == () and dialog.action.text() == "Close"
    dialog.usual_button.click()
    dialog.action.click()
    kept = world.child.last(KeepMasking)
    assert kept.call == KeepMasking(collection_id=1, kinds=USUAL)
    kept.finish(Unmasked(paths={1: (STAFF.path,)}))
    assert world.child.last(Add).call.paths == (STAFF.path,)


def test_a_collection_lists_its_documents_on_request(world: DocumentsWorld, qtbot) -> None:
    shown: list[int] = []
    open_masking(world.client, Collection(id=1, name="Staff"), world.kept, shown.append, pytest.fail)
    findings = world.kept.findChild(MaskingDialog).findings
    findings.look_button.click()
    listed = DocumentPersonal(document=STAFF, counts={"IBAN": 2})
    world.child.last(FindPersonal).finish(PersonalFound(documents=(listed,), looked=4))
    assert findings.state.text() == "Found in 1 of 4 documents."
    assert "2 IBANs · masked" in [label.text() for label in findings.findChildren(QLabel)]
