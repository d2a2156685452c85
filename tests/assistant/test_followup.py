"""Follow-ups: what the rule makes of them, when the model is asked, and when what it writes is not searched."""

from __future__ import annotations

import json

import pytest
from test_flow import Workers, asked, reading
from test_trace import Watched

from app.assistant import why
from app.assistant.asking import Step
from app.assistant.followup import Forms, by_rule, is_theirs, rewriting
from app.errors import AppError
from app.types import Message, Stats
from app.workers.calls.documents import Read, Search
from app.workers.calls.engine import Complete, Completed
from app.workers.message import Data

LIMIT = "What is the limit of rule 1 in Munich?"
STANDING = "What is the limit of rule 1 in Munich during fairs?"


def talk(*said: str) -> tuple[Message, ...]:
    """Questions and answers in turns."""
    return tuple(Message("user" if n % 2 == 0 else "assistant", text) for n, text in enumerate(said))


@pytest.mark.parametrize(
    ("said", "question", "query"),
    [
        (("Hotel limit in Munich?", "165 €"), "and in Hamburg?", "Hotel limit in Hamburg?"),
        (("Hotel limit in Munich?", "165 €"), "What about Hamburg?", "Hotel limit in Hamburg?"),
        (("Hotel limit in Munich?", "165 €"), "and during trade fairs?", "and during trade fairs? Hotel limit Munich"),
        (("Was kostet ein Hotel in München?", "165 €"), "und in Hamburg?", "Was kostet ein Hotel in Hamburg?"),
        (
            ("Was kostet ein Hotel in München?", "165 €"),
            "und während Messen?",
            "und während Messen? kostet Hotel München",
        ),
        (("Was kostet ein Hotel in München?", "165 €"), "und Messen?", "und Messen? kostet Hotel München"),
        (("How many days of leave are there?", "30 days."), "and for trainees?", "and for trainees? days leave"),
        (("How many days of leave are there?", "30 days."), "why?", "why? days leave"),
        (("Hotel limit in Munich?", "165 €", "and in Bonn?", "150 €"), "and in Ulm?", "Hotel limit in Ulm?"),
        (
            ("Hotel limit in Munich?", "165 €", "and during fairs?", "220 €"),
            "what about Hamburg?",
            "and during fairs? Hotel limit Hamburg",
        ),
        (("Hotel limit in Bonn?", "150 €", "why?", "Because."), "and for guests?", "and for guests? Hotel limit Bonn"),
        (("Rules for pumps?", "Yes.", "Who calibrates?", "Pumps: Quality."), "and when?", "and when? calibrates pumps"),
    ],
)  # fmt: skip
def test_a_follow_up_stands_alone_by_rule(said: tuple[str, ...], question: str, query: str) -> None:
    assert by_rule(question, talk(*said)) == Forms(query, (question,), "rule")


def test_a_question_that_may_stand_alone_is_read_as_it_is_and_searched_with_the_words_before_too() -> None:
    question = "Who approves a flight outside Europe?"
    forms = by_rule(question, talk("Hotel limit in Munich?", "165 €"))
    assert forms == Forms(question, (f"{question} Hotel limit Munich",), "rule")
    assert by_rule(question, ()) == Forms(question)


class Rewriter(Watched):
    """A model that answers the request for a form with this text, or fails."""

    def __init__(self, written: str | Exception) -> None:
        super().__init__()
        self.written = written

    def __call__(self, step: object) -> Data:
        assert isinstance(step, Step)
        if not isinstance(step.call, Complete):
            return super().__call__(step)
        self.calls.append(step.call)
        assert 0 < step.within_s < 10, "nobody waits longer for a better question"
        if isinstance(self.written, Exception):
            raise self.written
        return Completed(text=self.written, stats=Stats(completion_tokens=11, first_token_ms=500.0, tokens_per_s=10.0))


def follow_up(workers: Workers, **more: object) -> tuple[Search, str]:
    done = asked(workers, question="and during fairs?", history=talk(LIMIT, "100 EUR"), **more)
    (search,) = workers.made(Search)
    assert isinstance(search, Search)
    return search, why.report(done)


def test_a_large_enough_model_rewrites_and_both_forms_are_searched() -> None:
    workers = Rewriter(json.dumps({"question": STANDING}))
    search, report = follow_up(workers)
    assert (search.query, search.also) == (STANDING, ("and during fairs?",))
    (read,) = workers.made(Read)
    assert isinstance(read, Read) and read.question == STANDING
    assert f"Searched as: Rewritten by the model: {STANDING}\n  Searched as: and during fairs?\n" in report
    assert "Rewriting: 1.5 s" in report


@pytest.mark.parametrize(
    "written",
    [
        AppError("This took too long."),
        json.dumps({"question": "What is the limit of rule 1 in Vienna during fairs?"}),  # nobody spoke of Vienna
        json.dumps({"question": "What is the limit of rule 2 in Munich during fairs?"}),
        json.dumps({"question": "and during fairs?"}),
        json.dumps({"question": "limit " * 50}),
        json.dumps({"answer": "220 EUR"}),
        "The limit during fairs is",
    ],
)
def test_what_comes_too_late_or_was_never_said_gives_way_to_the_rule(written: str | Exception) -> None:
    workers = Rewriter(written)
    search, report = follow_up(workers)
    assert (search.query, search.also) == ("and during fairs? limit rule 1 Munich", ("and during fairs?",))
    assert "Searched as: With words from before: and during" in report and "by the model" not in report
    assert len(workers.made(Complete)) == 1


def test_a_small_model_is_not_asked() -> None:
    workers = Rewriter("")
    workers.readings = (reading(2, "200 EUR", 0.9),)
    search, _ = follow_up(workers, small=True)
    assert search.also and not workers.made(Complete)


def test_a_question_without_a_past_or_that_may_stand_alone_costs_no_rewriting() -> None:
    for history in ((), talk(LIMIT, "100 EUR")):
        workers = Rewriter("")
        asked(workers, question="Who approves a flight outside Europe?", history=history)
        assert not workers.made(Complete)


def test_words_may_be_bent_but_not_invented() -> None:
    history = talk("Wie hoch ist das Limit für Hotels in München?", "165 €")
    assert is_theirs("Wie hoch ist das Limit für ein Hotel in München während Messen?", "und während Messen?", history)
    assert not is_theirs("Wie hoch ist das Limit für Flüge während Messen?", "und während Messen?", history)


def test_the_model_is_shown_the_last_messages_and_the_question() -> None:
    call = rewriting("and during fairs?", talk(*["Hello?", "Hi. " * 500] * 3, LIMIT, "100 EUR"))
    shown = call.messages[-1].content
    assert shown.endswith(f"User: {LIMIT}\nAssistant: 100 EUR\n\nLast question: and during fairs?")
    assert len(shown) < 1500 and call.sampling.temperature == 0 and call.sampling.max_tokens <= 100
