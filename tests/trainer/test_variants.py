"""Questions of a fact as people type them: other words and forms, the same answer, the same for the same seed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import numpy as np

from app.documents.embed import Embedder
from app.embedder.prepared import prepared
from app.paths import home
from app.types import Message
from trainer.prepare import values
from trainer.spec import Example
from trainer.train.variants import LONGEST, can_vary, variants

ANSWER = "Bonn, limit per night (standard): 130 €."
FRAMES = (
    "What is the limit per night (standard) for Bonn?",
    "According to the Travel Policy, what is the limit per night (standard) for Bonn?",
    "Could you please tell me the limit per night (standard) for Bonn?",
    "I am not sure how much the limit per night (standard) for Bonn is. What does the Travel Policy say?",
    "Limit per night (standard), Bonn?",
)


def fact() -> list[Example]:
    return [
        Example(
            id=f"f{number}",
            group="f",
            origin="model",
            messages=(Message("user", question), Message("assistant", ANSWER)),
        )
        for number, question in enumerate(FRAMES)
    ]


def distinct(lines: Sequence[str]) -> float:
    """Distinct bigrams over all bigrams (Li et al., 2016)."""
    bigrams = [pair for line in lines for pair in pairwise(line.casefold().split())]
    return len(set(bigrams)) / len(bigrams)


def spread(embedder: Embedder, lines: Sequence[str]) -> float:
    """Mean cosine distance of two of them."""
    found = embedder.encode_queries(lines)
    return float(np.mean([1 - one @ other for one, other in combinations(found, 2)]))


def test_they_are_new_have_the_approved_answer_and_come_again_with_the_seed() -> None:
    made = variants(fact(), 32, "a")
    questions = [each.question for each in made]
    assert len(set(questions)) == 32 and not set(questions) & set(FRAMES)
    assert {each.answer for each in made} == {ANSWER} and {each.group for each in made} == {"f"}
    assert questions == [each.question for each in variants(fact(), 32, "a")]
    assert questions != [each.question for each in variants(fact(), 32, "b")]


def test_none_gives_its_answer_away() -> None:
    assert not [each.question for each in variants(fact(), 64, "a") if values.find(each.question)]


def test_they_differ_more_than_the_frames_in_words_and_in_meaning() -> None:
    lines = [each.question for each in variants(fact(), len(FRAMES), "a")]
    assert distinct(lines) > distinct(FRAMES)
    embedder = Embedder(prepared(home().cache), threads=1)
    assert spread(embedder, lines) > spread(embedder, FRAMES)


def test_texts_and_talks_are_not_varied() -> None:
    question, answer = Message("user", "How long?"), Message("assistant", "A day.")
    assert can_vary(Example(id="1", origin="file", messages=(question, answer)))
    assert not can_vary(Example(id="2", origin="file", messages=(question, answer, question, answer)))
    assert not can_vary(Example(id="3", origin="chat", messages=(question, answer)))
    long = Message("user", "word " * (LONGEST + 1))
    assert not can_vary(Example(id="4", origin="file", messages=(long, answer)))
