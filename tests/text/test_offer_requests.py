"""Requests to compare two documents and questions for every document, and what is neither."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.text.offers.each import asked_of_each
from app.text.offers.pair import asks_both, pairs_in

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Which end date has each contract?", "End date"),
        ("what notice period does every contract have", "Notice period"),
        ("What is the notice period of each of the contracts?", "Notice period"),
        ("List the start date of all contracts", "Start date"),
        ("please show me the total of every invoice", "Total"),
        ("For each document: who signs", "Who signs"),
        ("Who signed each contract?", "Who signed the contract?"),
        ("When does every agreement end?", "When does the agreement end?"),
        ("Welches Enddatum hat jeder Vertrag?", "Enddatum"),
        ("Wie lautet die Kündigungsfrist jedes Vertrags?", "Kündigungsfrist"),
        ("Nenne mir den Betrag aller Rechnungen", "Betrag"),
        ("Wann endet jeder Vertrag?", "Wann endet der Vertrag?"),
        ("Wer hat jede Rechnung bezahlt?", "Wer hat die Rechnung bezahlt?"),
    ],
)
def test_a_question_for_every_document_names_its_field(text: str, field: str) -> None:
    assert asked_of_each(text) == field


@pytest.mark.parametrize(
    "text",
    [
        "Which end date has the contract with Larkfield?",
        "How many documents are there?",
        "What happens every year?",
        "What is the price of each pump?",
        "Who leads each department?",
        "Wer ist jeder?",
        "each " * 2000,
    ],
)
def test_a_question_for_one_thing_is_for_no_document(text: str) -> None:
    assert asked_of_each(text) == ""


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Compare Price-List-2025.md and Price-List-2026.md", ("Price-List-2025.md", "Price-List-2026.md")),
        ("what changed between the 2025 price list and the 2026 one", ("the 2025 price list", "the 2026 one")),
        ("What are the differences between A.pdf and B.pdf?", ("A.pdf", "B.pdf")),
        ("How does A.pdf differ from B.pdf?", ("A.pdf", "B.pdf")),
        ("A.docx vs. B.docx", ("A.docx", "B.docx")),
        ("Vergleiche A.pdf mit B.pdf", ("A.pdf", "B.pdf")),
        ("Was hat sich von A.pdf zu B.pdf geändert?", ("A.pdf", "B.pdf")),
        ("Was ist der Unterschied zwischen A.pdf und B.pdf?", ("A.pdf", "B.pdf")),
        ("Worin unterscheiden sich A.pdf und B.pdf?", ("A.pdf", "B.pdf")),
    ],
)
def test_two_names_are_read_out_of_a_comparison(text: str, pair: tuple[str, str]) -> None:
    assert pair in list(pairs_in(text))


def test_a_name_that_holds_an_and_is_parted_in_each_way() -> None:
    found = list(pairs_in("compare Terms and Conditions.pdf and Offer.pdf"))
    assert ("Terms and Conditions.pdf", "Offer.pdf") in found


@pytest.mark.parametrize("text", ["compare them", "Compare the two files", "Vergleiche die beiden Dateien"])
def test_two_files_may_be_meant_without_a_name(text: str) -> None:
    assert asks_both(text)


@pytest.mark.parametrize("text", ["What is the difference?", "compare " + "and " * 5000, "Who compared them?", ""])
def test_other_texts_compare_nothing(text: str) -> None:
    assert not asks_both(text) and list(pairs_in(text)) == []
