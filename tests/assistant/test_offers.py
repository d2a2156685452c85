"""Which use case fits what is being typed, over the documents and sheets that can be asked."""

from __future__ import annotations

from typing import Any

import pytest

from app.assistant.asking import Ask, Stopped
from app.assistant.offers import MOST_ALIKE, MOST_SHEETS, offers
from app.errors import AppError
from app.text.offers.offer import Offer
from app.text.sheets.plan import Sheet
from app.text.sheets.values import typed
from app.types import Document, Filter
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.calls.sheets import ReadSheets, SheetsRead

COLUMNS = (
    typed("City", ["Bonn", "Kiel", "Bonn"]).column,
    typed("Amount", ["1.5 €", "2.5 €", "3.5 €"]).column,
)
SHEET = Sheet(document_id=4, document="Prices.xlsx", columns=COLUMNS, rows=3)


def document(n: int, name: str, kind: str = "pdf", collection: int = 1) -> Document:
    return Document(
        id=n, collection_id=collection, collection="Travel", name=name, path=f"/files/{name}", format=kind, bytes=1,
        status="indexed", passages=3,
    )  # fmt: skip


LISTED = {
    1: (
        document(1, "Price-List-2025.pdf"),
        document(2, "Price-List-2026.pdf"),
        document(3, "Travel-Policy.pdf"),
        document(4, "Prices.xlsx", "xlsx"),
    ),
    7: (document(8, "Offer-North.pdf", collection=7), document(9, "Offer-South.pdf", collection=7)),
}


def offered(text: str, listed: dict[int, tuple[Document, ...]] | None = None, **more: Any) -> tuple[Offer, ...]:
    """What comes out where the documents process answers as it would."""
    known = LISTED if listed is None else listed
    begins = more.pop("begins", False)
    steps = offers(Ask(question=text, **{"collections": (1,), **more}), begins=begins)
    try:
        step = next(steps)
        while True:
            call = step.call
            if isinstance(call, ListDocuments):
                step = steps.send(Documents(documents=known.get(call.collection_id, ())))
            else:
                assert isinstance(call, ReadSheets), call
                step = steps.send(SheetsRead(sheets=(SHEET,) if 1 in call.collections else ()))
    except StopIteration as stop:
        found: tuple[Offer, ...] = stop.value
        return found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("What is the total amount?", "This asks for a sum over Prices.xlsx"),
        ("Wie hoch ist die Summe von Amount in Bonn?", "This asks for a sum over Prices.xlsx"),
        ("average amount per city", "This asks for an average for each City over Prices.xlsx"),
        ("Which documents mention a deposit but not Bonn?",
            "Find every document that mentions deposit, but does not mention Bonn"),
        ("Which end date has each contract?", "Ask this of each of the 4 documents"),
        ("Wann endet jeder Vertrag?", "Ask this of each of the 4 documents"),
        ("Compare Price-List-2025.pdf and Price-List-2026.pdf",
            "Compare Price-List-2025.pdf and Price-List-2026.pdf side by side"),
        ("What changed between the price list 2025 and the price list 2026?",
            "Compare Price-List-2025.pdf and Price-List-2026.pdf side by side"),
        ("summarise the travel policy", "Summarise Travel-Policy.pdf"),
        ("Fasse Travel-Policy.pdf zusammen", "Summarise Travel-Policy.pdf"),
        ("travel-policy.pdf", "Summarise Travel-Policy.pdf"),
    ],
)  # fmt: skip
def test_what_fits_is_offered_with_what_it_is_about(text: str, sentence: str) -> None:
    assert [each.sentence for each in offered(text)][:1] == [sentence]


@pytest.mark.parametrize(
    "text",
    [
        "What is the hotel limit in Munich?",
        "How many days of leave do I have?",
        "Compare the weather in Bonn and Kiel",
        "What is the difference between a lease and a loan?",
        "summarise the handbook",
        "Who are you?",
        "x" * 5000,
        "",
    ],
)
def test_nothing_is_offered_where_nothing_fits(text: str) -> None:
    assert offered(text) == ()


def test_nothing_is_offered_to_the_model_alone_and_none_costs_a_call_that_asks_for_nothing() -> None:
    assert offered("What is the total amount?", collections=None) == ()
    with pytest.raises(StopIteration):
        next(offers(Ask(question="What is the hotel limit in Munich?", collections=(1,))))


def test_the_files_of_a_chat_that_begins_are_offered() -> None:
    both = offered("", attached=7, collections=(7, 1), begins=True)
    assert [each.sentence for each in both] == ["Compare Offer-North.pdf and Offer-South.pdf side by side"]
    assert both[0].attached and both[0].documents == (8, 9)
    one = offered("", {7: LISTED[7][:1]}, attached=7, collections=(7,), begins=True)
    assert [each.sentence for each in one] == ["Summarise Offer-North.pdf"]
    assert offered("", attached=7, collections=(7, 1)) == (), "a chat that is under way knows what it asks"
    assert offered("compare them", attached=7, collections=(7, 1))[0].documents == (8, 9)
    assert offered("compare them") == ()


def test_many_sheets_are_not_read_while_somebody_types() -> None:
    many = {1: tuple(document(n, f"S{n}.csv", "csv") for n in range(1, MOST_SHEETS + 2))}
    assert offered("What is the total amount?", many) == ()
    narrowed = offered("What is the total amount?", {1: (*many[1], LISTED[1][3])}, filter=Filter(documents=(4,)))
    assert [each.documents for each in narrowed] == [(4,)]


def test_of_hundreds_that_are_called_alike_one_is_named_by_its_very_name() -> None:
    many = {1: tuple(document(n, f"Contract-{n}-Lease.pdf") for n in range(1, 2 * MOST_ALIKE))}
    assert offered("summarise the lease contract", many) == ()
    assert [each.names for each in offered("summarise Contract-7-Lease.pdf", many)] == [("Contract-7-Lease.pdf",)]


def test_a_child_that_fails_or_is_stopped_offers_nothing() -> None:
    for error in (AppError("The documents process stopped."), Stopped()):
        steps = offers(Ask(question="summarise the travel policy", collections=(1,)))
        next(steps)
        with pytest.raises(StopIteration) as stop:
            steps.throw(error)
        assert stop.value.value == ()


def test_one_document_alone_is_not_asked_as_each() -> None:
    assert offered("Which end date has each contract?", {1: LISTED[1][:1]}) == ()
    assert offered("Which end date has each contract?", collections=()) == (), "a table asks one collection"
