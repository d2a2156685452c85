"""What the reader's answer to a field's question is worth. Where nothing is stated it likes the next best figure.

So an answer counts only where it is of the field's kind, where its sentence holds most of what is asked for and is no
row of several cells, and where neither this nor the headings above speak of something else. Figures: docs/retrieval.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.text import words
from app.text.fields.field import Field
from app.text.fields.typed import Reading, evidence, free_value, is_of_others
from app.text.fields.values import PATTERNS, trimmed
from app.text.fold import fold
from app.types import Passage
from app.types import Reading as Answer

SURE_ASKED = 0.6
"""The reader's chance from which its answer counts."""
ENOUGH = 0.6
"""The share of the question's words that the sentence must hold."""
_ANOTHER = re.compile(r"\b(?:last|next|other|another|letzte[nrs]?|nachste[nrs]?|vorige[nrs]?|andere[nrs]?)\b")
"""Whose it is, unless this is what is asked: “the total of the last invoice”."""


def may_answer(field: Field, passages: Sequence[Passage]) -> bool:
    """Whether the reader is to be asked: a passage holds enough words of the question, which is none for yes or no."""
    asked = set(words.query_terms(field.question))
    if not asked or field.kind in ("yes_no", "choice"):
        return False
    return any(len(asked & set(words.terms(each.text))) >= ENOUGH * len(asked) for each in passages)


_CELLS = re.compile(r"\||\t|[^\S\n]{3,}")
"""What parts the cells of a row: of several the reader takes a neighbour's as gladly, so that labels alone decide."""
_FIGURES = re.compile(f"{PATTERNS['date']}|{PATTERNS['amount']}")


class Found(Reading, frozen=True):
    """A value with the sentence or line of its passage that says it."""

    evidence: tuple[int, int]


def answered(
    field: Field, passages: Sequence[Passage], answers: Sequence[Answer], lone: Sequence[tuple[int, str]] = ()
) -> Found | None:
    """The value in the reader's best answer; None where it does not count.

    Args:
        field: with its question.
        passages: of one document, as the reader read them.
        answers: of the reader, best first.
        lone: see `lone_headings`.
    """
    best = next(iter(answers), None)
    if best is None or best.chance < SURE_ASKED:
        return None
    passage = passages[best.n - 1]
    span = _value(field, passage.text, best)
    if span is None:
        return None
    whole = "\n" not in passage.text[slice(*best.sentence)]
    said = best.sentence if whole else evidence(passage.text, *span)  # lines that no full stop parts are no sentence
    text, asked = passage.text[slice(*said)], set(words.query_terms(field.question))
    if len(asked & set(words.terms(text))) < ENOUGH * len(asked) or len(_CELLS.findall(text)) > 1:
        return None
    if set(words.terms(passage.text[slice(*span)])) <= asked:
        return None  # the label itself
    others = set(_ANOTHER.findall(fold(text))) - set(_ANOTHER.findall(fold(field.question)))
    if others or is_of_others(passage, said, lone):
        return None
    return Found(best.n, *span, best.chance, said)


def _value(field: Field, text: str, answer: Answer) -> tuple[int, int] | None:
    """The reader's own words, or the value of the field's kind that shares most with them."""
    if field.kind == "text":
        return trimmed(field, text, answer.start, answer.end)
    spans = [match.span(1) for match in free_value(field).finditer(text, *answer.sentence)]
    shared = {span: min(span[1], answer.end) - max(span[0], answer.start) for span in spans}
    best = max(shared, key=lambda span: shared[span], default=None)
    if best is None or shared[best] <= 0 or re.search(r"\d[.,'’ ]$", text[max(best[0] - 2, 0) : best[0]]):
        return None  # none, or the rest of a longer figure
    figures = _FIGURES.finditer(text, *answer.sentence) if field.kind == "name" else ()
    if any(each.start() < best[1] and best[0] < each.end() for each in figures):
        return None  # months and currencies are written like names
    return trimmed(field, text, *best)
