"""What documents say in shapes that need no wording: their own questions, listings, columns named by their heading,
whom to call and from when they are valid."""

from __future__ import annotations

import pytest

from app.text.bm25 import Index
from trainer.prepare import check, facts, faq, forms, passages, sound
from trainer.prepare.facts import Fact
from trainer.spec import TextDocument

FAQ = """# Parental leave

## FAQ

#### Q. How long does the paid leave last?

Paid leave lasts 16 weeks for each parent.

### Where do I ask for a laptop on loan?

See the page of the service desk.

**Q: Who approves a second leave?**

A: The people team approves it within 5 days.

Q: Is the leave paid in advance?
A: No, it is paid with the monthly salary.

- What is said first?
- The order of the agenda is said first.
"""
GERMAN = "# Urlaub\n\n## Wie viele Tage Urlaub habe ich im Jahr?\n\nAlle haben 30 Tage Urlaub im Jahr.\n"
BENEFITS = """# Benefits

## Recurring expenses

- Wellness: $100/month
- Phone: $75/month
- Internet: $50/month (not on islands)

## Mood

Wellness: $100
"""
POLICY = """# Fleet Rules

Rules for cars of the house, valid from 1 March 2026.

## Limits per night

| City | Standard | Trade fair |
|---|---|---|
| Hamburg | 160 € | 195 € |

## Pumps

| Article | Depot | Delivery |
|---|---|---|
| P-110 | Kassel | 5 working days |

A replacement car is ordered by the fleet office, extension 4460.

- Review: 30–45 minutes
- Interview of candidates: 30–45 minutes
"""


def found(text: str, name: str = "Guide.md") -> list[Fact]:
    cut = passages.cut(TextDocument(id="d", text=text, name=name), 0)
    return [fact for passage in cut for fact in facts.find(passage)]


def of_kind(text: str, kind: str) -> dict[str, str]:
    """The answers of a kind, each with what is asked for."""
    return {fact.answer: fact.aspect or fact.subject for fact in found(text) if fact.kind == kind}


def test_a_document_asks_itself() -> None:
    assert of_kind(FAQ, "faq") == {
        "Paid leave lasts 16 weeks for each parent.": "How long does the paid leave last?",
        "The people team approves it within 5 days.": "Who approves a second leave?",
        "No, it is paid with the monthly salary.": "Is the leave paid in advance?",
    }


@pytest.mark.parametrize(
    "answer",
    [
        "See the page of the service desk.",
        "Please fill in this form and send it.",
        "US teammates: They have 30 days to enroll.",
        "However, it takes 5 days.",
        "It depends: do you drive?",
        "Unfortunately we cannot answer this question in public.",
        "There are three ways to do so",
    ],
)
def test_an_answer_that_sends_its_reader_on_is_none(answer: str) -> None:
    assert not faq.is_whole(answer)


def test_a_german_question_is_asked_as_it_stands() -> None:
    (fact,) = [fact for fact in found(GERMAN) if fact.kind == "faq"]
    asked = forms.phrase(fact, "de")
    assert asked[0].text == "Wie viele Tage Urlaub habe ich im Jahr?" and len(asked) >= check.LEAST_PHRASINGS
    assert all("„Urlaub“" in phrasing.text for phrasing in asked if phrasing.form in ("titled", "polite", "indirect"))


def test_a_question_of_a_document_passes_the_checks() -> None:
    cut = passages.cut(TextDocument(id="d", text=FAQ, name="FAQ.md"), 0)
    checker = check.Checker(cut, Index([passage.searched for passage in cut]))
    (number, fact), *_ = [(n, fact) for n, p in enumerate(cut) for fact in facts.find(p) if fact.kind == "faq"]
    kept: list[str] = []
    for phrasing in forms.phrase(fact, "en"):
        if not checker.complaint(number, fact, phrasing.text, kept):
            kept.append(phrasing.text)
    assert len(kept) >= check.LEAST_PHRASINGS and any("“Parental leave”" in question for question in kept)
    invented = Fact("faq", fact.passage, "Paid leave lasts 18 weeks.", "Paid leave lasts 18 weeks.", fact.subject)
    asked = f"According to “Parental leave”: {fact.subject.lower()}"
    assert checker.complaint(number, invented, asked, []) == "No sentence or row says the answer by itself."


TWICE = """# Travel

## Meetups

**Who is responsible for planning virtual events?**

Teammates are responsible for using this budget each quarter.

**Who pays for lunch?**

The company pays for lunch on all days.

## Virtual events

**Who is responsible for planning virtual events?**

Have a designated planner. Managers decide who that is.

**Who pays for lunch?**

The company pays for lunch on all days.
"""


def test_what_a_document_asks_twice_and_answers_differently_is_not_taught() -> None:
    found = passages.cut(TextDocument(id="t", name="Travel.md", text=TWICE), 0)
    checker = check.Checker(found, Index([p.searched for p in found]))
    said = {}
    for number, passage in enumerate(found):
        for fact in facts.find(passage):
            rules = {checker.complaint(number, fact, each.text, []) for each in forms.phrase(fact, "en")}
            said[fact.subject, fact.answer] = "Another place answers it differently." in rules
    assert said[
        "Who is responsible for planning virtual events?",
        "Teammates are responsible for using this budget each quarter.",
    ]
    assert not any(refused for (asked, _), refused in said.items() if asked == "Who pays for lunch?")


def test_single_words_are_entries_among_others_of_their_kind_only() -> None:
    listed = of_kind(BENEFITS, "listed")
    assert listed.keys() == {"Wellness: $100/month.", "Internet: $50/month (not on islands)."}


def test_columns_are_named_by_heading_and_kind_of_value() -> None:
    assert of_kind(POLICY, "composed") == {
        "Hamburg, limit per night (standard): 160 €.": "limit per night (standard)",
        "Hamburg, limit per night (trade fair): 195 €.": "limit per night (trade fair)",
        "P-110, delivery: 5 working days.": "delivery time",
    }
    assert of_kind(POLICY, "words") == {"P-110, depot: Kassel.": "Depot"}


def test_ranges_desks_and_the_day_of_validity() -> None:
    assert "Interview of candidates: 30–45 minutes." in of_kind(POLICY, "entry")
    assert of_kind(POLICY, "contact") == {"The fleet office: extension 4460.": "extension"}
    assert of_kind(POLICY, "valid") == {"Fleet Rules: valid from 1 March 2026.": "Fleet Rules"}
    assert of_kind("# Prices\n\nList of prices, valid from 1 January to 31 March 2026.\n", "valid") == {}


@pytest.mark.parametrize(
    ("title", "named"),
    [("Travel Policy", True), ("Download the ebook", False), ("408983 0 1418", False), ("HEADER", False),
     ("Skip to Main Content", False), ("Urlaub", True)],
)  # fmt: skip
def test_what_no_one_would_call_a_document_is_no_title(title: str, named: bool) -> None:
    assert sound.is_title(title) is named
