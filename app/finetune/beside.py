"""The head on the embedder beside the fine-tuned model, in words: which is enough, how right, how fast, and what each
mixes up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from app.finetune.durations import duration
from trainer.spec import CompareResult, Confusion, HeadBeside, HeadResult

Sorter = Literal["head", "tuned"]


@dataclass(frozen=True)
class Line:
    """One of the two ways to sort: share right (0 to 1) with its 95 % range, and its times in words."""

    name: str
    right: float
    count: str
    interval: tuple[float, float] | None
    learned: str
    each: str


def sentence(head: HeadBeside) -> str:
    """What the two have to do with each other; "often enough" only where nobody can tell the head from the model."""
    figures = f"it sorts {head.right} of {head.count} texts right, the fine-tuned model {head.tuned}"
    if head.enough and head.right >= head.tuned:
        return f"Often enough: {figures}."
    if head.enough:
        return f"Often enough: {figures}, which is within chance."
    if head.p < 0.05 and head.lost > head.gained:
        return f"The fine-tuned model is better: without it {figures}."
    if head.gained >= head.lost:
        return f"No better than always naming the commonest label, or too few texts to tell: {figures}."
    return f"Too few texts to tell whether it is as good: {figures}."


def alone(head: HeadResult) -> str:
    """Of a run that was not compared."""
    if not head.count:
        return "No text was kept out, so nobody knows how well it sorts."
    return f"It sorts {head.right} of {head.count} texts right that it was not taught."


def lines(result: CompareResult, tuned: tuple[float, float] | None) -> list[Line]:
    """Both ways to sort; `tuned` is the range of the model's share."""
    head = result.head
    if head is None:
        return []
    return [
        Line(
            "Head on the embedder",
            head.right / head.count,
            f"{head.right} of {head.count}",
            head.interval,
            _seconds(head.learning_s),
            _milliseconds(head.ms_a_text),
        ),
        Line(
            "Fine-tuned model",
            head.tuned / head.count,
            f"{head.tuned} of {head.count}",
            tuned,
            _seconds(head.tuned_learning_s),
            _milliseconds(head.tuned_ms_a_text),
        ),
    ]


def _seconds(seconds: float) -> str:
    return duration(seconds) if seconds >= 60 else f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def _milliseconds(each: float | None) -> str:
    return "not measured" if each is None else f"{each:.0f} ms" if each >= 1 else "under 1 ms"


def matrix(rows: Sequence[Confusion], sorter: Sorter) -> tuple[tuple[str, ...], list[list[int]]]:
    """Labels, and how often the text of a row's label was called each column's."""
    names = tuple(sorted({row.wanted for row in rows} | {row.said for row in rows if getattr(row, sorter)}))
    counts = {(row.wanted, row.said): int(getattr(row, sorter)) for row in rows}
    return names, [[counts.get((wanted, said), 0) for said in names] for wanted in names]


MISTAKES = 8


def mixed_up(rows: Sequence[Confusion], sorter: Sorter) -> list[tuple[str, str, int]]:
    """(wanted, said, how often), the commonest mistakes first."""
    found = [(row.wanted, row.said, int(getattr(row, sorter))) for row in rows if row.wanted != row.said]
    return sorted((each for each in found if each[2]), key=lambda each: -each[2])[:MISTAKES]


def table(rows: Sequence[Confusion], sorter: Sorter) -> list[str]:
    """The matrix as lines of a terminal: a row for each label that was wanted, a column for each that was said."""
    names, counts = matrix(rows, sorter)
    widths = [max(len(name), 3) for name in names]
    left = max(map(len, names), default=0)
    head = " " * left + "  " + "  ".join(name.rjust(width) for name, width in zip(names, widths, strict=True))
    return [
        head,
        *(
            name.ljust(left) + "  " + "  ".join(str(n).rjust(width) for n, width in zip(row, widths, strict=True))
            for name, row in zip(names, counts, strict=True)
        ),
    ]
