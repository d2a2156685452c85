"""What the comparison of a base and its tuned model writes, and the votes of a person who judged blindly."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Verdict = Literal["better", "no clear change", "worse"]
Side = Literal["left", "right"]
ExamName = Literal[
    "own", "rephrased", "taught", "taught with documents", "unseen with documents", "unknown", "general", "labels",
    "preferred", "first sentence", "five sentences", "sure and right", "not wrong", "samples", "samples not wrong",
]  # fmt: skip


class Exam(Struct, frozen=True, kw_only=True):
    """The same questions put to both models. Intervals are Wilson's, 95 %; `p` is McNemar's exact test, two-sided."""

    name: ExamName
    count: int
    base: int  # right answers
    tuned: int
    gained: int  # wrong before, right now
    lost: int  # right before, wrong now
    p: float
    base_interval: tuple[float, float]
    tuned_interval: tuple[float, float]

    @property
    def change(self) -> Literal["up", "down", "chance"]:
        """What can be said beyond chance (p < 0.05)."""
        if self.p >= 0.05 or self.gained == self.lost:
            return "chance"
        return "up" if self.gained > self.lost else "down"


EXAMS: tuple[ExamName, ...] = ("own", "rephrased")
"""Exams on what was taught that no template of the training wrote: the person's own questions, and phrasings by another
writer than the training's."""


def strictest(exams: Iterable[Exam]) -> Exam | None:
    """Of the exams that no template of the training wrote, the one with the smallest share of right answers; the
    person's own where they are equal."""
    asked = [exam for exam in exams if exam.name in EXAMS and exam.count]
    return min(asked, key=lambda exam: (exam.tuned / exam.count, EXAMS.index(exam.name)), default=None)


class Reading(Struct, frozen=True, kw_only=True):
    """Held-out text in bits a byte, lower is better; the interval is of tuned minus base (paired bootstrap, 95 %)."""

    base: float
    tuned: float
    difference: float
    interval: tuple[float, float]
    documents: int
    bytes: int
    unit: Literal["document", "passage"]  # what was drawn; passages where there are under six documents
    p: float = 0.0  # of the exact sign-flip test over the units, two-sided: never below 0.05 with fewer than six


class Grounding(Struct, frozen=True, kw_only=True):
    """Answers with documents, 0 to 1 (trainer.evaluate.faithfulness says how); relevancy is of the passages shown."""

    count: int
    base_faithfulness: float
    tuned_faithfulness: float
    relevancy: float


class Probe(Struct, frozen=True, kw_only=True):
    """Personal data: at how many places a model completes what stood there. The data itself is written nowhere."""

    places: int
    base: int
    tuned: int
    kinds: tuple[str, ...] = ()  # of what the tuned model gives away and the base does not


class Judged(Struct, frozen=True, kw_only=True):
    """The base as a judge. `consistency`: how often it keeps its choice when the answers trade places."""

    count: int
    consistency: float
    used: bool
    base: int = 0
    tuned: int = 0


class BlindPair(Struct, frozen=True, kw_only=True):
    """Two answers for a person to judge; `tuned` is not shown before the vote."""

    id: str
    question: str
    wanted: str
    left: str
    right: str
    tuned: Side


class Vote(Struct, frozen=True, kw_only=True):
    """A person's choice; the last one of an id counts. The wizard appends them to compare/votes.jsonl."""

    id: str
    choice: Side | Literal["tie"]


class BlindTally(Struct, frozen=True, kw_only=True):
    """Who won the blind comparison so far."""

    base: int
    tuned: int
    ties: int

    @classmethod
    def of(cls, pairs: Iterable[BlindPair], votes: Iterable[Vote]) -> BlindTally:
        """Count the votes."""
        sides = {pair.id: pair.tuned for pair in pairs}
        last = {vote.id: vote.choice for vote in votes if vote.id in sides}
        ties = sum(choice == "tie" for choice in last.values())
        tuned = sum(choice == sides[id] for id, choice in last.items())
        return cls(base=len(last) - ties - tuned, tuned=tuned, ties=ties)


class Confusion(Struct, frozen=True, kw_only=True):
    """Sort into labels: how often `wanted` was called `said`."""

    wanted: str
    said: str
    base: int
    tuned: int
    head: int = 0  # by the head on the embedder


class HeadBeside(Struct, frozen=True, kw_only=True):
    """The head on the embedder beside the tuned model, on the texts that both were asked. `gained`: the head is right
    and the model is not; `p` is McNemar's. `enough`: the head is as good as far as anybody can tell, and better than
    always saying the commonest label."""

    count: int
    right: int
    interval: tuple[float, float]
    tuned: int
    gained: int
    lost: int
    p: float
    enough: bool
    learning_s: float
    ms_a_text: float
    tuned_learning_s: float
    tuned_ms_a_text: float | None  # None: its answers were kept from an earlier start, which took another time


class RewardAccuracy(Struct, frozen=True, kw_only=True):
    """How often training moved the better answer of a held-out pair up against the worse one, by DPO's implicit reward:
    log p(tuned) - log p(base), summed over an answer. Untrained it is a coin: 0.5. Wilson's interval, 95 %; `p` is of
    the exact sign test against that coin; `margin` is the mean difference of both rewards in nats, before beta."""

    count: int
    right: int
    interval: tuple[float, float]
    p: float
    margin: float

    @property
    def change(self) -> Literal["up", "down", "chance"]:
        """What can be said beyond chance (p < 0.05)."""
        if self.p >= 0.05:
            return "chance"
        return "up" if 2 * self.right > self.count else "down"


class Judgement(Struct, frozen=True, kw_only=True):
    """The verdict. `default` is the button that Enter presses."""

    verdict: Verdict
    sentence: str
    worse: tuple[str, ...] = ()  # what got worse, a sentence each
    better: tuple[str, ...] = ()
    default: Literal["use", "keep"] = "keep"
    about: Literal["", "reading"] = ""  # what it speaks from, where that is no exam
    asides: tuple[str, ...] = ()  # what has to be known with it, a sentence each; they end `sentence`


class AnswerPair(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of compare/answers.jsonl: one question, both answers."""

    exam: str
    id: str
    question: str
    wanted: str
    base: str
    tuned: str
    base_right: bool
    tuned_right: bool
    group: str = ""
    base_faithfulness: float | None = None
    tuned_faithfulness: float | None = None


class CompareResult(Struct, frozen=True, kw_only=True):
    """compare/result.json. `file` is the exported file that was asked; an exam without questions is not listed."""

    file: str
    judgement: Judgement
    exams: tuple[Exam, ...]
    reading: Reading | None = None
    grounding: Grounding | None = None
    probe: Probe | None = None
    judged: Judged | None = None
    confusion: tuple[Confusion, ...] = ()
    head: HeadBeside | None = None
    rewards: RewardAccuracy | None = None
    blind: int = 0  # pairs in compare/blind.jsonl
    seconds: float = 0.0
    notes: tuple[str, ...] = ()  # what could not be measured, and why

    def exam(self, name: str) -> Exam | None:
        """One exam by its name."""
        return next((exam for exam in self.exams if exam.name == name), None)
