"""Values are read by label, phrase and kind, word for word, and where anything is unsure none is."""

from __future__ import annotations

import pytest

from app.errors import AppError
from app.extraction.templates import template_named, templates, typed_field
from app.text.fields.field import Field, Kind, check_fields, make_field
from app.text.fields.typed import SURE, evidence, lone_headings, readings
from app.text.fields.values import iso_date, same_value
from app.types import Passage

NOTICE = next(field for field in template_named("contracts").fields if field.key == "notice-period")


def passage(text: str, start: int = 0, heading: str = "") -> Passage:
    return Passage(
        id=1, document_id=1, document="a.md", path="", collection="", start=start, end=start + len(text),
        heading=heading, text=text,
    )  # fmt: skip


def value(field: Field, *texts: str, heading: str = "") -> str:
    """What is shown for a field, "" where it is not stated."""
    passages = [passage(text, 1, heading) for text in texts]
    best = next(iter(readings(field, passages, lone_headings("\n".join(texts)))), None)
    if best is None or best.chance < SURE:
        return ""
    return passages[best.n - 1].text[best.start : best.end]


@pytest.mark.parametrize(
    "text",
    [
        "Notice period: 3 months",
        "- **Notice period:** 3 months",
        "Notice period | 3 months",
        "Notice period ........ 3 months",
        "Period of notice\n3 months",
        "Customer: A; Notice period: 3 months; Fee: 10 EUR",
        "Start | Notice period | Fee\n2024-01-01 | 3 months | 10 EUR",
        "The notice period is 3 months.",
        "Either party may terminate this agreement with 3 months' notice.",
        "Kündigungsfrist: 3 months",
    ],
)
def test_labels_rows_and_phrases(text: str) -> None:
    assert value(NOTICE, text) == "3 months"


@pytest.mark.parametrize(
    "text",
    [
        "Payment period: 3 months",
        "Notice period: see section 4",
        "Notice period: to be agreed",
        "Notice period: n/a",
        "The previous notice period was 3 months.",
        "The old agreement had a notice period of 3 months.",
        "Invoices are payable within 3 months.",
        "Notice period: 3 months\nNotice period: 6 months",
        "Deliveries need notice of change 3 months ahead",
        "Site | Notice period | Fee\nA | 3 months | 1 EUR\nB | 6 months | 2 EUR",
    ],
)
def test_what_is_something_else_or_unsure_is_not_stated(text: str) -> None:
    assert value(NOTICE, text) == ""


def test_what_stands_below_the_heading_of_others_is_theirs() -> None:
    mail = make_field("E-mail")
    assert mail.kind == "email"
    assert value(mail, "E-mail: a@b.example", heading="CV › Contact") == "a@b.example"
    assert value(mail, "E-mail: a@b.example", heading="CV › References") == ""
    assert value(mail, "Skills: many\n\nReferences\n\nE-mail: a@b.example") == ""


def test_two_ways_of_writing_one_value_are_one() -> None:
    start = make_field("Start date")
    assert value(start, "Start date: 12 March 2024", "Start date | 2024-03-12") == "12 March 2024"
    assert value(start, "Start date: 12 March 2024", "Start date | 2024-03-13") == ""


@pytest.mark.parametrize(
    ("kind", "label", "line", "shown"),
    [
        ("date", "Due date", "Due date: 12. März 2024 (Tuesday)", "12. März 2024"),
        ("amount", "Total", "Total: EUR 1,190.00 incl. VAT", "EUR 1,190.00"),
        ("amount", "Total", "Total: 1.190,00 €", "1.190,00 €"),
        ("amount", "Total", "Total: 12 pieces", ""),
        ("reference", "Invoice number", "Invoice number: RE-2024/118", "RE-2024/118"),
        ("reference", "VAT", "VAT: 19 %", ""),
        ("name", "Customer", "Customer: Hansen & Söhne GmbH, Am Kai 1, Hamburg", "Hansen & Söhne GmbH"),
        ("name", "Customer", "Customer: 12 March 2024", ""),
        ("email", "Mail", "Mail: jo.doe@example.com", "jo.doe@example.com"),
        ("phone", "Phone", "Phone: +49 40 123456", "+49 40 123456"),
        ("yes_no", "Renewal", "Renewal: No", "No"),
        ("text", "Subject", "Subject: Pumps for hall 3", "Pumps for hall 3"),
    ],
)
def test_kinds(kind: Kind, label: str, line: str, shown: str) -> None:
    assert value(Field(key="f", name=label, kind=kind), line) == shown


def test_the_evidence_is_the_sentence_or_the_row_with_its_label() -> None:
    text = "First things. The notice period is 3 months. Then more."
    at = text.index("3 months")
    assert text[slice(*evidence(text, at, at + 8))] == "The notice period is 3 months."
    rows = "Fee | 10 EUR\nNotice period | 3 months\nLaw | France"
    at = rows.index("3 months")
    assert rows[slice(*evidence(rows, at, at + 8))] == "Notice period | 3 months"
    below = "Notice period\n3 months\nLaw"
    at = below.index("3 months")
    assert below[slice(*evidence(below, at, at + 8))] == "Notice period\n3 months"


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2024-03-12", "2024-03-12"),
        ("12.03.2024", "2024-03-12"),
        ("12/03/2024", ""),
        ("25/03/2024", "2024-03-25"),
        ("03/25/2024", "2024-03-25"),
        ("12th of March, 2024", "2024-03-12"),
        ("March 2024", "2024-03"),
    ],
)
def test_dates(written: str, iso: str) -> None:
    assert iso_date(written) == iso


def test_sums_of_different_notation_are_the_same() -> None:
    total = Field(key="t", name="Total", kind="amount")
    same = {same_value(total, each) for each in ("EUR 1,190.00", "1.190,00 €", "€1190", "1 190,- EUR")}
    assert len(same) == 1
    assert same_value(total, "1,191.00 EUR") not in same


def test_every_template_has_fields_of_its_own_that_can_be_asked() -> None:
    assert {each.key for each in templates()} == {"contracts", "invoices", "cvs", "certificates"}
    for template in templates():
        check_fields(template.fields)
        for field in template.fields:
            assert field.question.endswith("?") and all("{}" in pattern for pattern in field.patterns)
            assert readings(field, [passage("Nothing of it stands here.", 1)]) == ()


def test_a_typed_field_brings_what_the_templates_know_of_it() -> None:
    known = typed_field("Kündigungsfrist")
    assert (known.name, known.kind) == ("Kündigungsfrist", "number")
    assert value(known, "Notice period: 3 months") == "3 months"
    own = typed_field("Deposit: How much is the deposit?")
    assert (own.name, own.question, own.labels) == ("Deposit", "How much is the deposit?", ())


@pytest.mark.parametrize("names", [(), ("A", "a"), tuple(f"F{n}" for n in range(41))])
def test_lists_that_cannot_be_asked(names: tuple[str, ...]) -> None:
    with pytest.raises(AppError):
        check_fields(tuple(make_field(name) for name in names))
