"""What a model is asked for each question, and how what it says is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

from app.evaluation.intervals import bootstrap, wilson
from app.evaluation.sets import Item
from app.text.accepted import accepted
from app.types import Sampling
from app.workers.calls.engine import Complete, Completed, PromptMessage, Score, Scored

SHORT, LONG = 48, 320
"""Tokens of an answer that is matched, and of one that is judged."""
SHOWN = 1600
"""Characters of an answer that a judge reads."""
GREEDY = Sampling(temperature=0.0, thinking=0)
MARK = json.dumps({"type": "object", "properties": {"mark": {"type": "integer"}}, "required": ["mark"]})
BETTER = json.dumps({"type": "object", "properties": {"better": {"enum": ["A", "B"]}}, "required": ["better"]})

Measure = Literal["right", "choice", "choice by length", "mark", "preferred", "difference"]
WORDS: dict[Measure, str] = {
    "right": "right answers",
    "choice": "right choice",
    "choice by length": "… likelihood by length",
    "mark": "mark by {judge}, 0 to 100",
    "preferred": "preferred to {other} by {judge}",
    "difference": "{of} more than {other}",
}


class Figure(Struct, frozen=True, kw_only=True):
    """One measured value with its 95 % interval: a share from 0 to 1, of “mark” a mean from 0 to 100."""

    model: str
    set: str
    measure: Measure
    value: float
    low: float
    high: float
    count: int
    note: str = ""
    other: str = ""
    of: str = ""
    judge: str = ""

    @property
    def words(self) -> str:
        """What was measured, as a person reads it."""
        return WORDS[self.measure].format(judge=self.judge, other=self.other, of=self.of)


def call_of(item: Item) -> Complete | Score:
    """The question through the model's own chat template, without any instructions of ours."""
    messages = (PromptMessage(role="user", content=item.question),)
    if item.kind == "choice":
        return Score(messages=messages, texts=item.choices)
    length = SHORT if item.kind == "exact" else LONG
    return Complete(messages=messages, sampling=_limited(length))


def mark_call(item: Item, answer: str) -> Complete:
    """A judge's task: a mark from 0 to 100."""
    text = (
        f"Question: {item.question}\n\n{_reference(item)}Answer: {answer[:SHOWN]}\n\n"
        "How good is this answer, from 0 (wrong or useless) to 100 (right, whole and clear)? "
        'Reply as JSON: {"mark": number}.'
    )
    return Complete(messages=(PromptMessage(role="user", content=text),), json_schema=MARK, sampling=_limited(SHORT))


def preference_call(item: Item, first: str, second: str) -> Complete:
    """A judge's task: which of two answers is better. Asked twice, since judges prefer a place (Zheng et al., 2023)."""
    text = (
        f"Question: {item.question}\n\n{_reference(item)}Answer A: {first[:SHOWN]}\n\nAnswer B: {second[:SHOWN]}\n\n"
        'Which answer is better? Reply as JSON: {"better": "A"} or {"better": "B"}.'
    )
    return Complete(messages=(PromptMessage(role="user", content=text),), json_schema=BETTER, sampling=_limited(SHORT))


def _reference(item: Item) -> str:
    return f"A good answer: {item.reference}\n\n" if item.reference else ""


def _limited(tokens: int) -> Sampling:
    return Sampling(temperature=GREEDY.temperature, thinking=0, max_tokens=tokens)


def is_right(item: Item, said: Completed) -> bool:
    """Whether an answer holds one of the accepted ones."""
    return accepted(said.text, item.answers)


def chosen(item: Item, scored: Scored, *, by_length: bool) -> int:
    """The choice that is likeliest: by the sum of its tokens' log-probabilities, or by that for each byte of its text,
    so that long ones have no disadvantage (as lm-evaluation-harness's acc_norm)."""
    sizes = [len(text.encode()) if by_length else 1 for text in item.choices]
    values = [each.logprob / size for each, size in zip(scored.texts, sizes, strict=True)]
    return values.index(max(values))


def mark_of(said: Completed) -> float | None:
    """The judge's mark; None where it gave none from 0 to 100."""
    found = re.search(r'"mark"\s*:\s*(-?\d+)', said.text)
    return float(found[1]) if found and 0 <= int(found[1]) <= 100 else None


def preferred(straight: Completed, swapped: Completed) -> Literal["first", "second", ""]:
    """Which answer a judge prefers in both orders; "" where it chose a place and not an answer."""
    one, two = (re.search(r'"better"\s*:\s*"([AB])"', said.text) for said in (straight, swapped))
    if one is None or two is None or one[1] == two[1]:
        return ""
    return "first" if one[1] == "A" else "second"


def share(model: str, name: str, measure: Measure, hits: Sequence[bool], **more: str) -> Figure:
    """A share with Wilson's interval."""
    low, high = wilson(sum(hits), len(hits))
    value = sum(hits) / len(hits) if hits else 0.0
    return Figure(model=model, set=name, measure=measure, value=value, low=low, high=high, count=len(hits), **more)


def mean(model: str, name: str, measure: Measure, values: Sequence[float], **more: str) -> Figure:
    """A mean with a bootstrap interval."""
    low, high = bootstrap(values)
    value = sum(values) / len(values) if values else 0.0
    return Figure(model=model, set=name, measure=measure, value=value, low=low, high=high, count=len(values), **more)


def differences(figures: Mapping[str, Mapping[str, float]], name: str, of: str) -> list[Figure]:
    """How much better each model is than the first, on the questions that both answered: a paired bootstrap.

    Args:
        figures: of each model the value of each question, by the question's id.
        name: of the set.
        of: what is counted.
    """
    models = list(figures)
    found = []
    for model in models[1:]:
        both = [id_ for id_ in figures[model] if id_ in figures[models[0]]]
        changes = [figures[model][id_] - figures[models[0]][id_] for id_ in both]
        if len(changes) < 2:
            continue
        figure = mean(model, name, "difference", changes, other=models[0], of=of)
        clear = figure.low > 0 or figure.high < 0
        found.append(figure if clear else _with_note(figure, "no clear difference"))
    return found


def _with_note(figure: Figure, note: str) -> Figure:
    fields = {name: getattr(figure, name) for name in figure.__struct_fields__}
    return Figure(**{**fields, "note": note})
