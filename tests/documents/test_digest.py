"""What a summary is made of: which sentences stand alone, how a document is divided, and that all of it is its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.assistant.asking import run
from app.assistant.summarise import Target, summarise
from app.documents.contents import Stretch
from app.documents.digest import _parts
from app.paths import RESOURCES
from app.text.salience import is_navigation, leans, plain, units
from app.types import Answer
from app.workers.calls.documents import DocumentText, ReadText

if TYPE_CHECKING:
    from conftest import Documents


def shown(text: str, header: str = "") -> list[str]:
    return [unit.text for unit in units(text, header)]


def test_sentences_stand_alone_and_those_that_lean_only_with_the_one_before() -> None:
    text = (
        "Each company car is given for 36 months. It may be driven by the spouse as well. Short one. "
        "However, fuel is paid by the driver. Winter tyres are mounted from October to Easter."
    )
    assert shown(text) == [
        "Each company car is given for 36 months.",
        "Each company car is given for 36 months. It may be driven by the spouse as well.",
        "Winter tyres are mounted from October to Easter.",
    ]
    assert not leans("This policy says how trips are booked.") and leans("This says how trips are booked.")


def test_entries_of_a_list_come_with_their_lead_in() -> None:
    assert shown("Bring to the first day:\n\n- Your passport.\n- A photograph.\n- The contract.") == [
        "Bring to the first day: Your passport; A photograph; The contract."
    ]
    assert shown("Bring to the first day:\n- Your passport.\n- A photograph.") == [
        "Bring to the first day: Your passport; A photograph."
    ]


def test_rows_of_a_table_come_with_its_header() -> None:
    table = "Device | Interval | Stretch\n---|---|---\nCaliper | 12 months | Lab\nScale | 6 months | Hall 2"
    assert shown(table) == ["Device (Interval, Stretch): Caliper (12 months, Lab); Scale (6 months, Hall 2)."]
    rows = units("Caliper | 12 months\nScale | 6 months", "Device | Interval")
    assert [unit.text for unit in rows] == ["Device – Interval: Caliper – 12 months; Scale – 6 months."]
    assert rows[0].continues


def test_headings_code_and_markup_are_no_sentences() -> None:
    assert shown("Larkfield | Travel Policy\n\nWhat matters\n\n```\nif (a == b) { return [1, 2, 3]; } // x\n```") == []
    assert plain("See **[the rules](../rules.md)** of `2026`[3] <b>now</b>.") == "See the rules of 2026 now."
    assert is_navigation("Contents") and not is_navigation("Table of limits")


def places(*headings: str) -> list[Stretch]:
    return [Stretch(i, i * 1000, i * 1000 + 900, None, heading) for i, heading in enumerate(headings)]


def test_a_document_is_divided_by_its_headings_the_largest_part_first() -> None:
    path = ["P › 1 Scope", *(f"P › 2 Trips › 2.{i} Rule {i}" for i in range(1, 5)), "P › 3 Claims", "P › Contents"]
    assert [part.heading for part in _parts(places(*path), 4)] == ["Scope", "Trips", "Claims"]
    wide = [part.heading for part in _parts(places(*path), 8)]
    assert wide == ["Scope", "Rule 1", "Rule 2", "Rule 3", "Rule 4", "Claims"]


@pytest.mark.parametrize("count", [30, 400])
def test_however_long_the_parts_are_few_and_leave_nothing_out(count: int) -> None:
    for made in ([f"P › H{i}" for i in range(count)], ["P"] * count):
        parts = list(_parts(places(*made), 12))
        assert 8 <= len(parts) <= 12 and sum(part.passages for part in parts) == count
        assert [part.start for part in parts] == sorted(part.start for part in parts)


def test_every_sentence_stands_in_the_document_and_its_citation_opens_there(documents: Documents) -> None:
    samples = RESOURCES / "samples"
    documents.add(
        *(samples / name for name in ("Travel-Policy-2026.pdf", "Expense-Guide.docx", "Working-Time-Rules.md"))
    )
    listed = documents.listed()
    assert len(listed) == 3
    for document in listed:
        done = run(summarise(Target(document_id=document.id)), lambda step: documents.ask(step.call))
        text = documents.ask(ReadText(document_id=document.id))
        assert isinstance(text, DocumentText)
        check(done, text)
        assert 100 <= len(done.text.split()) <= 450 and len(done.sources) >= 8
    whole = run(
        summarise(Target(collections=(documents.collection("Policies"),))), lambda step: documents.ask(step.call)
    )
    assert whole.text.startswith("3 documents: ") and whole.text.count("**Travel-Policy-2026.pdf**") == 1


def check(done: Answer, document: DocumentText) -> None:
    """Each quotation is in the text word for word, at the very place and page that its source marks."""
    body = plain(document.text)
    for source in done.sources:
        passage = source.passage
        assert passage.best is not None
        start, end = passage.start + passage.best[0], passage.start + passage.best[1]
        assert document.text[start:end] == passage.text[slice(*passage.best)]
        if passage.page is not None:
            first, last = document.pages[passage.page - 1]
            assert first <= start < last
            assert passage.boxes
    for line in filter(None, done.text.split("\n")):
        for said in quotations(line):
            assert said in body or all(cell in body for cell in said.split(", ")), said


def quotations(line: str) -> list[str]:
    """The stretches between citations, entries of lists and cells of tables."""
    line = re.sub(r"^- (?:\*\*.+?:\*\* )?", "", line)
    pieces = re.split(r"\s?\[\d+\]\.?(?: …)?|; | – |: | \(|\), |\)\.|\)$|, (?=[^a-z])", line)
    return [piece.strip(" .;)") for piece in pieces if piece.strip(" .;)")]
