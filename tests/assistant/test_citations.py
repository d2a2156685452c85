"""Citations: what the model claims is dropped, what the documents say is cited, the rest is marked."""

from __future__ import annotations

import time

import pytest

from app.text.citations import cite, claims, clean, refuses, with_best
from app.text.plain import shown
from app.text.support import by_words, holds, language_of, numbers_of
from app.types import Passage, Support

TRAVEL = "Hotels in Germany are reimbursed up to 160 EUR a night. In Switzerland the limit is 220 EUR a night."
LEAVE = "Employees receive 30 days of paid leave per calendar year. Unused leave expires on 31 March."


def passage(text: str, document: str = "policy.pdf", **more: object) -> Passage:
    values = {"id": 1, "document_id": 1, "path": f"/{document}", "collection": "HR", "start": 0, "end": len(text)}
    return Passage(document=document, text=text, **(values | more))  # type: ignore[arg-type]


def cited(text: str, support: list[int | None]) -> tuple[str, list[str], tuple[str, ...]]:
    cleaned = clean(text)
    backing = [Support(n=n, score=0.9) for n in support]
    passages = [passage(TRAVEL, "travel.pdf"), passage(LEAVE, "leave.pdf")]
    done = cite(cleaned, claims(cleaned), backing, passages)
    assert [source.n for source in done.sources] == list(range(1, len(done.sources) + 1))
    return done.text, [source.passage.document for source in done.sources], done.unsupported


def test_a_citation_follows_each_supported_sentence_and_is_numbered_by_first_use() -> None:
    text, sources, unsupported = cited("You get 30 days of leave. Hotels in Germany: up to 160 EUR a night.", [2, 1])
    assert text == "You get 30 days of leave [1]. Hotels in Germany: up to 160 EUR a night [2]."
    assert sources == ["leave.pdf", "travel.pdf"]
    assert unsupported == ()


@pytest.mark.parametrize(
    "mark", ["[7]", "[1, 2]", "[1][2]", " [1] [9]", "[1-3]", "【1†source】", "[^1]", " [ 2 ]", "[1;2]"]
)
def test_what_the_model_invents_is_dropped(mark: str) -> None:
    text, sources, _ = cited(f"You get 30 days of paid leave{mark}. The limit in Germany is 160 EUR{mark}.", [2, None])
    assert text == "You get 30 days of paid leave [1]. The limit in Germany is 160 EUR."
    assert sources == ["leave.pdf"]


def test_the_passage_must_say_what_the_sentence_says() -> None:
    wrong = "Employees receive 25 days of paid leave."
    text, sources, unsupported = cited(wrong, [2])
    assert (text, sources, unsupported) == (wrong, [], (wrong,))
    assert cited("You get 30 days of paid leave in Norway.", [2])[2]
    assert not cited("You get 30 days of paid leave as one of the Employees.", [2])[2]
    assert cited("The weather was fine for walking and the dogs were happy.", [2])[2]


def test_code_tables_headings_and_questions_are_left_alone() -> None:
    answer = (
        "# Leave 30 days\nHere is what I found:\n\n```python\na[1] = b[2]  # 30 days.\n```\n"
        "| a | b [1] |\n|---|---|\n| 30 | days |\n\nDo you need more? Use `x[1]` for the leave days."
    )
    text, _, unsupported = cited(answer, [None])
    assert "a[1] = b[2]" in text and "`x[1]`" in text
    assert unsupported == ("Use `x[1]` for the leave days.",)
    assert [claim.text for claim in claims(clean(answer))] == list(unsupported)


def test_lists_and_bold_sentences_are_cited_in_place() -> None:
    text, _, unsupported = cited(
        "1. **Germany: 160 EUR a night.**\n2. Switzerland: 220 EUR a night\n- Mars is far.", [1, 1, None]
    )
    assert text == "1. **Germany: 160 EUR a night.** [1]\n2. Switzerland: 220 EUR a night [1]\n- Mars is far."
    assert unsupported == ("Mars is far.",)


def test_links_stay_and_a_line_that_is_only_a_number_goes() -> None:
    assert clean("1\nYou get [1](http://x) it.\n[2]") == "You get [1](http://x) it."


def test_long_lists_of_numbers_and_long_gaps_are_read_at_once() -> None:
    numbers = ", ".join(str(10 + n % 90) for n in range(5000))
    began = time.perf_counter()
    assert clean(f"The rooms are:\n{numbers}.") == f"The rooms are:\n{numbers}."
    assert clean(numbers) == clean("[1][2] [3], 4;") == ""
    gap = " " * 100_000
    assert clean(f"a{gap}b") == f"a{gap}b"
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "[1]", "```\nopen fence", "|", "....", "[1", "1.", "\u202e[1].", "a" * 50_000]
)
def test_odd_answers_pass_through(text: str) -> None:
    cleaned = clean(text)
    stated = claims(cleaned)
    done = cite(cleaned, stated, [Support(n=99, score=1.0)] * len(stated), [])
    assert done.text == cleaned
    assert done.sources == ()


def test_claims_are_where_they_say() -> None:
    text = clean("First one here. Second e.g. this!\n\n- Third one — “quoted.” Fourth: ok?\n> Fifth is here")
    for claim in claims(text):
        assert text[claim.start : claim.end] == claim.text


def test_words_are_compared_within_one_language_only() -> None:
    german = "Hotels in der Schweiz werden bis zu 220 EUR erstattet, und das gilt auch für die Nacht."
    assert (language_of(german), language_of(TRAVEL), language_of("160 EUR")) == ("de", "en", "")
    assert holds(german, passage(TRAVEL))
    assert not holds(german.replace("220", "230"), passage(TRAVEL))
    assert holds("It costs 1,500 EUR.", passage("It costs 1.500 EUR for the people."))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1,500", "1.500", True),
        ("1\u00a0500", "1500", True),
        ("1.234.567,25", "1,234,567.25", True),
        ("1,5", "1.5", True),
        ("1.5", "15", False),
        ("0.125", "0125", False),
        ("31.12.2024", "31.12.2025", False),
    ],
)
def test_numbers_are_compared_by_value_and_not_by_their_digits(one: str, other: str, same: bool) -> None:
    assert (numbers_of(f"It is {one} percent.") == numbers_of(f"It is {other} percent.")) is same


def test_a_stopped_answer_does_not_cite_another_number() -> None:
    fifteen = passage("The discount for regular customers is 15 percent of the price.")
    assert by_words("The discount for regular customers is 1.5 percent.", [fifteen]).n is None
    assert by_words("The discount for regular customers is 15 percent.", [fifteen]).n == 1


def test_the_best_sentence_is_the_marked_one_or_the_one_with_the_questions_words() -> None:
    assert shown(with_best(passage(LEAVE), "When does unused leave expire?")) == "Unused leave expires on 31 March."
    assert shown(with_best(passage("One.\nTwo.", best=(5, 9)), "One")) == "Two."
    assert with_best(passage(""), "x").best is None


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("The passage does not contain the answer.", True),
        ("The passages do not mention a limit.", True),
        ("I couldn't find any information on this.", True),
        ("The passage does not provide a specific date when unused leave expires.", True),
        ("There is no information about this.", True),
        ("The limit is 160 EUR.", False),
        ("Breakfast is not included in the price.", False),
        ("The warranty does not hold for used pumps.", False),
        ("Employees do not pay for breakfast.", False),
    ],
)
def test_a_refusal_is_recognised(text: str, refusal: bool) -> None:
    assert refuses(text) is refusal
