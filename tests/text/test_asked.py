"""When the reader's answer counts as the value of a field: its kind, its sentence, and whose it is."""

from __future__ import annotations

import pytest

from app.text.fields.asked import answered, may_answer
from app.text.fields.field import Kind, kind_of, make_field
from app.types import Passage, Reading


def passage(text: str, heading: str = "") -> Passage:
    return Passage(
        id=1, document_id=1, document="a.md", path="", collection="", page=None, start=0, end=len(text), text=text,
        heading=heading,
    )  # fmt: skip


def value(question: str, text: str, answer: str, *, chance: float = 0.9, heading: str = "") -> str:
    """What becomes of a reader's answer in a text of one sentence."""
    at = text.index(answer)
    found = Reading(n=1, sentence=(0, len(text)), start=at, end=at + len(answer), chance=chance)
    got = answered(make_field(question), [passage(text, heading)], [found])
    return text[got.start : got.end] if got else ""


def test_a_sentence_that_says_it_is_believed() -> None:
    signed = "The contract was signed by Ines Albrecht on 4 May 2026."
    assert value("Who signed the contract?", signed, "Ines Albrecht") == "Ines Albrecht"
    assert value("When was the contract signed?", signed, "on 4 May 2026") == "4 May 2026"
    assert (
        value("How long is the notice period?", "A notice period of two months applies.", "two months") == "two months"
    )
    cost = "The contract costs EUR 1,200.00 a year."
    assert value("What does the contract cost?", cost, "1,200.00") == "EUR 1,200.00", "with its currency"


@pytest.mark.parametrize(
    ("question", "text", "answer", "heading"),
    [
        ("How long is the notice period?", "Maintenance is announced with two weeks' notice.", "two weeks", ""),
        ("What is the total of the invoice?", "Total of the last invoice: EUR 14,446.00", "EUR 14,446.00", ""),
        ("Until when is the certificate valid?", "Earlier certificates are valid until 6 May 2018.", "6 May 2018", ""),
        (
            "Who signed the contract?",
            "The contract was signed by Ines Albrecht.",
            "Ines Albrecht",
            "Reference projects",
        ),
        ("To whom was the certificate issued?", "The certificate was issued on 21st of May, 2024.", "21st of May", ""),
        ("When was the contract signed?", "The contract was signed by Ines Albrecht.", "Ines Albrecht", ""),
        (
            "What is the invoice number?",
            "The invoice number is free, the sum of the invoice €91,629.50.",
            "€91,629.50",
            "",
        ),
    ],
)
def test_what_another_thing_says_is_not(question: str, text: str, answer: str, heading: str) -> None:
    assert value(question, text, answer, heading=heading) == ""


def test_the_last_one_is_meant_where_it_is_asked_for() -> None:
    assert value("When was the last audit?", "The last audit was on 3 May 2026.", "3 May 2026") == "3 May 2026"
    assert value("When was the audit?", "The last audit was on 3 May 2026.", "3 May 2026") == ""


def test_a_chance_below_sure_and_no_answer_at_all() -> None:
    signed = "The contract was signed by Ines Albrecht."
    assert value("Who signed the contract?", signed, "Ines Albrecht", chance=0.59) == ""
    assert answered(make_field("Who signed the contract?"), [passage(signed)], []) is None


def test_lines_that_no_full_stop_parts_are_no_sentence() -> None:
    text = "VAT number pending\nNet amount: 91,629 pieces\nPlease quote the VAT number."
    assert value("What is the VAT number?", text, "91,629") == ""


def test_the_reader_is_not_asked_where_no_passage_speaks_of_it() -> None:
    field = make_field("Who signed the contract?")
    assert may_answer(field, [passage("The contract was signed.")])
    assert not may_answer(field, [passage("The garden is green."), passage("A contract.")])
    assert not may_answer(make_field("Is the contract signed", kind="yes_no"), [passage("The contract is signed.")])


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("When does it end?", "date"), ("Wann endet der Vertrag?", "date"), ("Who signs?", "name"),
        ("Wer unterschreibt?", "name"), ("How much is paid?", "amount"), ("How long does it run?", "number"),
        ("What does it say of rats?", "text"), ("Whenever", "text"),
    ],
)  # fmt: skip
def test_a_question_says_what_kind_of_answer_it_wants(question: str, kind: Kind) -> None:
    assert kind_of(question) == kind
