"""A text that was pasted into the question: the rules that read it must not keep the core's loop."""

from __future__ import annotations

import time

import pytest

from app.assistant.asking import Ask
from app.assistant.calculate import TOO_LONG, calculate
from app.assistant.query import wants_text
from app.assistant.quote import told_by_tables
from app.assistant.summarise import respond
from app.types import Passage
from app.workers.calls.documents import Search

LIMIT_S = 2.0
TABLE = "| Place | Limit |\n|---|---|\n" + "".join(f"| City{n} | {n} |\n" for n in range(40))
PASSAGE = Passage(
    id=1, document_id=1, document="a.md", path="", collection="", start=0, end=len(TABLE), text=TABLE, score=1.0
)


@pytest.mark.parametrize(
    "question", ["a" * 100_000, "please " * 14_000, "fasse " * 16_000, "How many City1 " * 6_000, "die " * 25_000]
)
def test_a_hundred_thousand_characters_are_searched_at_once(question: str) -> None:
    began = time.perf_counter()
    assert isinstance(next(respond(Ask(question=question, collections=()))).call, Search)
    wants_text(question)
    assert time.perf_counter() - began < LIMIT_S


def test_ten_thousand_words_are_held_against_tables() -> None:
    began = time.perf_counter()
    told_by_tables(" ".join(f"word{n}" for n in range(10_000)), [PASSAGE] * 3, (), ())
    assert time.perf_counter() - began < LIMIT_S


def test_a_figure_is_not_asked_for_in_thousands_of_characters() -> None:
    with pytest.raises(StopIteration) as stop:
        next(calculate("What is the sum of Amount " * 200))
    assert stop.value.value.text.endswith(TOO_LONG)
