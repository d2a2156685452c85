"""A request for documents becomes a plan that says what was understood."""

from __future__ import annotations

import pytest

from app.text.find.dates import span_of
from app.text.find.mention import options
from app.text.find.plan import conditions, in_words, leave_out
from app.text.find.request import find_request, plan_of
from app.text.find.text_dates import dates_about

END = "a date in the text near “end, expire, expiry …”"
REQUESTS = {
    "Which documents mention a bank guarantee and not arbitration, after 2024?": (
        "mentions: bank guarantee · not: arbitration · from 2025"
    ),
    "which contracts mention a bank guarantee but not arbitration, since 2024": (
        "mentions: bank guarantee · not: arbitration · called: contracts · from 2024"
    ),
    "Welche Dokumente erwähnen eine Bankbürgschaft, aber nicht Schiedsgericht, seit 2024?": (
        "mentions: Bankbürgschaft · not: Schiedsgericht · from 2024"
    ),
    "List all PDFs that contain “force majeure” or hardship": 'mentions: "force majeure" or hardship · kind: pdf',
    "Which files do not mention data protection?": "not: data protection",
    "Which documents don't mention arbitration but mention a court?": "mentions: court · not: arbitration",
    "Which reports mention overtime, travel and training before March 2023": (
        "mentions: overtime · mentions: travel · mentions: training · called: reports · before 2023-03"
    ),
    "Welche Verträge enthalten keine Schiedsklausel?": "not: Schiedsklausel · called: Verträge",
    "In welchen Dokumenten wird Homeoffice erwähnt, aber nicht Gleitzeit?": "mentions: Homeoffice · not: Gleitzeit",
    "In which documents is parental leave mentioned?": "mentions: parental leave",
    "Welche Unterlagen, die Gleitzeit erwähnen": "mentions: Gleitzeit",
    "find documents with a penalty clause without a cap": "mentions: penalty clause · not: cap",
    "Which documents in the folder contracts/2025 mention rent": None,
    "Which documents mention rent in the folder contracts/2025": "mentions: rent · folder: contracts/2025",
    "Which documents mention 4410 on the sheet Prices between 2022 and 2024": (
        "mentions: 4410 · from 2022 · before 2025 · sheet: Prices"
    ),
    "Which documents mention rent after 15 March 2024": "mentions: rent · from 2024-03-16",
    "Which documents mention rent nach dem 15.3.2024": "mentions: rent · from 2024-03-16",
    "Which documents mention rent from 2024 on": "mentions: rent · from 2024",
    "Which documents mention rent until May 2024, please": "mentions: rent · before 2024-06",
    "which contracts end after March 2026?": f"called: contracts · {END}, from 2026-04",
    "Which PDF files expire before 2027": f"kind: pdf · {END}, before 2027",
    "Welche Verträge enden nach März 2026?": f"called: Verträge · {END}, from 2026-04",
    "Welche Verträge, die nach März 2026 enden": f"called: Verträge · {END}, from 2026-04",
    "welche Verträge laufen nach dem 31.3.2026 aus": f"called: Verträge · {END}, from 2026-04",
    "which contracts end in 2026 and mention a guarantee": (
        f"mentions: guarantee · called: contracts · {END}, from 2026, before 2027"
    ),
    "Which documents mention rent with a date after 2024": (
        "mentions: rent · a date in the text near “rent”, from 2025"
    ),
    "Which invoices are due before 1 May 2026": (
        "called: invoices · a date in the text near “due, payable, fällig …”, before 2026-05"
    ),
    "which contracts with suppliers expire": None,
    "which contracts end after the audit": None,
}


@pytest.mark.parametrize("request_", sorted(REQUESTS))
def test_a_request_is_understood(request_: str) -> None:
    plan = find_request(request_)
    assert (in_words(plan) if plan is not None else None) == REQUESTS[request_]


@pytest.mark.parametrize(
    "question",
    [
        "What is the hotel limit in Munich?",
        "Which countries mention the treaty?",
        "What does the contract mention about rent?",
        "Summarise the documents",
        "What documents do I need for a visa?",
        "Which document should I sign first?",
        "Welche Unterlagen brauche ich für den Antrag?",
        "Who mentions arbitration?",
        "Which contracts with suppliers expire in 2026?",
        "Welche Verträge mit Lieferanten laufen aus?",
        "Which document says how many days of leave I have?",
        "Hello",
        "",
    ],
)
def test_other_questions_are_none(question: str) -> None:
    assert find_request(question) is None


def test_where_documents_are_looked_for_a_few_words_are_enough() -> None:
    assert in_words(plan_of("bank guarantee, not arbitration, after 2024")) == (
        "mentions: bank guarantee · not: arbitration · from 2025"
    )
    assert in_words(plan_of("Kündigung aber nicht Abfindung")) == "mentions: Kündigung · not: Abfindung"
    assert not plan_of("").asks
    assert not plan_of("after 2024").asks


def test_what_stands_in_quotation_marks_is_not_cut() -> None:
    assert plan_of('"terms and conditions" but not "Müller, Meier und Partner"').must == ('"terms and conditions"',)
    assert plan_of('"terms and conditions" but not "Müller, Meier und Partner"').without == (
        '"Müller, Meier und Partner"',
    )
    assert options('surety or "sink or swim"') == ("surety", '"sink or swim"')


def test_each_condition_can_be_left_out() -> None:
    plan = find_request("Which PDFs mention rent and a deposit but not pets, after 2024")
    assert plan is not None
    while conditions(plan):
        first = conditions(plan)[0]
        plan = leave_out(plan, first)
        assert first not in conditions(plan)
    assert not plan.asks and not plan.filter.asks


def test_a_date_is_a_period() -> None:
    assert span_of("2024") == (1704067200.0, 1735689600.0)
    assert span_of("2024-02") == (1706745600.0, 1709251200.0)
    assert span_of("2024-02-30") is None
    assert span_of("soon") is None
    assert plan_of("rent after 2024-02-30").filter.asks is False


@pytest.mark.parametrize(
    ("text", "near", "language", "dates"),
    [
        ("It begins on 1 January 2025 and ends on 31 December 2026.", "end or expire", "en", ["31 December 2026"]),
        ("It begins on 1 January 2025 and ends on 31 December 2026.", "begin", "en", ["1 January 2025"]),
        ("It expires on March 31, 2027, unless renewed.", "end or expire", "en", ["March 31, 2027"]),
        ("Der Vertrag endet am 31.12.2026.", "endet", "de", ["31.12.2026"]),
        ("Vertragsende ist der 31. Dezember 2026.", "Ende", "de", ["31. Dezember 2026"]),
        ("End date 2026-12-31", "end", "en", ["2026-12-31"]),
        ("The lease ends in 2027.", "end", "en", ["2027"]),
        ("The lease ends in May 2027.", "end", "en", ["May 2027"]),
        ("We pay at the end of March 2026.", "end", "en", []),
        ("Zahlbar Ende März 2026.", "Ende", "de", []),
        ("At the end 2026 units are sold for EUR 2026.", "end", "en", []),
        ("Version 2.2026-01-02 ends here.", "end", "en", []),
        ("It ends on 31.02.2026.", "end", "en", []),
        ("Friends met on 1 May 2026.", "end", "en", []),
        (f"It ends{' very' * 20} late. On 1 May 2026 we met.", "end", "en", []),
    ],
)
def test_a_date_is_what_the_text_says_of_something(text: str, near: str, language: str, dates: list[str]) -> None:
    assert [text[each.start : each.end] for each in dates_about(text, near, language)] == dates


def test_a_date_in_the_text_can_be_taken_out_of_a_plan() -> None:
    plan = plan_of("which contracts end after March 2026")
    (condition,) = [each for each in conditions(plan) if each.part == "date"]
    assert leave_out(plan, condition).dates == ()
