"""The comparison as a person reads it: rows of a table, what got worse, and the blind questions with their votes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from app.files import cannot_write
from app.finetune.review import read_lines
from app.finetune.use import Scores
from trainer.spec import (
    AnswerPair,
    BlindPair,
    BlindTally,
    CompareResult,
    Exam,
    Reading,
    RewardAccuracy,
    Side,
    Vote,
    strictest,
)

BLIND_QUESTIONS = 10
NAMES: dict[str, tuple[str, str]] = {
    "own": ("Your own questions", "as you asked them"),
    "rephrased": ("In other words", "questions by another writer"),
    "taught": ("In the taught wording", "held-out questions"),
    "taught with documents": ("The same, with search", "held-out questions"),
    "unseen with documents": ("Documents it was not taught", "questions, with search"),
    "unknown": ("Says it does not know", "unanswerable"),
    "general": ("General knowledge", "public questions"),
    "labels": ("The right label", "held-out texts"),
    "preferred": ("Holds the better answer for likelier", "pairs it was not taught"),
    "first sentence": ("The right sentence first", "questions on documents kept out"),
    "five sentences": ("The right sentence among five", "questions on documents kept out"),
    "sure and right": ("Answered, and right", "questions on documents kept out"),
    "not wrong": ("Not answered wrongly", "questions on documents kept out"),
    "samples": ("Sample documents, right first", "questions, not taught"),
    "samples not wrong": ("Sample documents, not wrong", "questions, not taught"),
}

ON = {
    "preferred": "pairs of answers it was not taught",
    "rephrased": "questions in other words",
    "taught": "questions in the taught wording",
}
"""How an exam is named in a sentence, where it is not its name in small letters."""


@dataclass(frozen=True)
class Row:
    """One measure: shares from 0 to 1 with the range in which the true value very likely lies."""

    name: str
    note: str
    base: float
    tuned: float
    base_range: tuple[float, float]
    tuned_range: tuple[float, float]
    change: Literal["up", "down", "chance"]
    is_share: bool = True
    """Else bits a byte, of which fewer are better; the ranges are then that of the difference."""

    def text(self, value: float) -> str:
        """One of its values."""
        return f"{value:.0%}" if self.is_share else f"{value:.2f}"

    def range_text(self, low: float, high: float) -> str:
        """How sure a value is."""
        return f"{round(low * 100)} to {round(high * 100)}" if self.is_share else f"{low:+.2f} to {high:+.2f}"

    @property
    def result(self) -> str:
        return {"up": "Better", "down": "Worse", "chance": "No clear change"}[self.change]

    def sentence(self) -> str:
        """The row as it is spoken."""
        return f"{self.name}: {self.text(self.base)} before, {self.text(self.tuned)} after. {self.result}."


class Comparison:
    """What the trainer's comparison wrote for one run."""

    def __init__(self, run: Path) -> None:
        """Raises AppError: its files cannot be read."""
        folder = run / "compare"
        self._votes = folder / "votes.jsonl"
        self.result = _result(folder)
        self.pairs = read_lines(folder / "blind.jsonl", BlindPair)[:BLIND_QUESTIONS] if self.result else []
        self.answers = read_lines(folder / "answers.jsonl", AnswerPair) if self.result else []
        self.votes: dict[str, Vote] = {}
        self.read_votes()

    def read_votes(self) -> None:
        """Count what was judged by now. Raises AppError: it cannot be read."""
        known = {pair.id for pair in self.pairs}
        self.votes = {vote.id: vote for vote in read_lines(self._votes, Vote) if vote.id in known}

    @property
    def worse(self) -> bool:
        """Whether the verdict speaks against the new model."""
        return self.result is not None and self.result.judgement.verdict == "worse"

    @property
    def keep_by_default(self) -> bool:
        """Whether *keep the old model* is the button that Enter presses."""
        return self.result is not None and self.result.judgement.default == "keep"

    def rows(self) -> list[Row]:
        if self.result is None:
            return []
        rows = [_row(exam) for exam in self.result.exams if exam.count]
        if self.result.reading is not None:
            first = self.result.judgement.about == "reading"
            rows.insert(0 if first else len(rows), _reading_row(self.result.reading))
        return [*rows, _rewarded(self.result.rewards)] if self.result.rewards is not None else rows

    def worse_answers(self) -> list[AnswerPair]:
        """Questions that the old model answered right and the new one does not."""
        return [pair for pair in self.answers if pair.base_right and not pair.tuned_right]

    def extra_lines(self) -> list[tuple[str, str]]:
        """The measures that are no share of questions, for Details: (name, what was found)."""
        result = self.result
        lines: list[tuple[str, str]] = []
        if result is None:
            return lines
        if (ground := result.grounding) is not None:
            said = f"{ground.base_faithfulness:.0%} before, {ground.tuned_faithfulness:.0%} after"
            lines.append(("Sentences that the shown passages support", said))
            lines.append(("Passages that had to do with the question", f"{ground.relevancy:.0%}"))
        if (probe := result.probe) is not None:
            said = f"{probe.base} before, {probe.tuned} after, of {probe.places} places"
            lines.append(("Personal details it completes by itself", said))
        if (judge := result.judged) is not None:
            said = f"{judge.tuned} for the new, {judge.base} for the old" if judge.used else "not used"
            lines.append(("A model as the judge", f"{said}; agrees with itself {judge.consistency:.0%} of the time"))
        lines += [("Not measured", note) for note in result.notes]
        return lines

    def headline(self) -> tuple[str, str]:
        """The verdict for the top of the page: a sentence, and below it what else changed, bad news first."""
        result = self.result
        if result is None:
            return "", ""
        judged, exam, general = result.judgement, self._main_exam(), result.exam("general")
        more = [f"{line[:1].upper()}{line[1:]}." for line in judged.worse]
        title = judged.sentence.removesuffix(" ".join(judged.asides)).rstrip()
        if judged.verdict == "better" and exam is not None and exam.change == "up" and not judged.about:
            what = ON.get(exam.name, NAMES[exam.name][0].lower())
            title = f"Better on {what}: {exam.base / exam.count:.0%} to {exam.tuned / exam.count:.0%}."
            more = [f"Worse on {line}." for line in judged.worse]
        elif judged.verdict == "worse" and more:
            title, more = f"Worse on {judged.worse[0]}.", more[1:]
        elif judged.verdict == "better" and judged.better:
            title, more = f"Better on {judged.better[0]}.", [f"Worse on {line}." for line in judged.worse]
        if general is not None and general.change == "chance" and judged.verdict != "worse":
            more.append("General knowledge unchanged.")
        more += judged.asides
        if lost := len(self.worse_answers()):
            more.append(f"{lost} {'answer' if lost == 1 else 'answers'} got worse.")
        return title, " ".join(more)

    def next_pair(self) -> BlindPair | None:
        """The first blind question without a vote."""
        return next((pair for pair in self.pairs if pair.id not in self.votes), None)

    def vote(self, pair: BlindPair, choice: Side | Literal["tie"]) -> None:
        """Write a vote down; raises NoSpace."""
        vote = Vote(id=pair.id, choice=choice)
        try:
            with self._votes.open("ab") as out:
                out.write(msgspec.json.encode(vote) + b"\n")
                out.flush()
                os.fsync(out.fileno())
        except OSError as error:
            raise cannot_write(self._votes, error) from error
        self.votes[pair.id] = vote

    def tally(self) -> BlindTally:
        return BlindTally.of(self.pairs, self.votes.values())

    def scores(self) -> Scores:
        """The lineage's last link: "88% on your own questions", "was 41%, 3 got worse"."""
        exam = self._main_exam()
        if self.result is not None and self.result.judgement.about == "reading" and self.result.reading is not None:
            reading = self.result.reading
            return Scores(title=f"{reading.tuned:.2f} bits a byte on kept-out text", detail=f"was {reading.base:.2f}")
        if exam is None:
            return Scores(title=self.result.judgement.sentence if self.result else "Not compared")
        lost = f", {exam.lost} got worse" if exam.lost else ""
        what = ON.get(exam.name, NAMES[exam.name][0].lower())
        return Scores(
            title=f"{exam.tuned / exam.count:.0%} on {what}", detail=f"was {exam.base / exam.count:.0%}{lost}"
        )

    def _main_exam(self) -> Exam | None:
        """Was it learned? By the strictest exam that there is."""
        if self.result is None:
            return None
        names = ("taught", "labels", "preferred", "first sentence")
        found = strictest(self.result.exams)
        found = found or next((exam for name in names if (exam := self.result.exam(name))), None)
        return found if found is not None and found.count else None


def _row(exam: Exam) -> Row:
    name, what = NAMES[exam.name]
    return Row(
        name=name,
        note=f"{exam.count} {what}",
        base=exam.base / exam.count,
        tuned=exam.tuned / exam.count,
        base_range=exam.base_interval,
        tuned_range=exam.tuned_interval,
        change=exam.change,
    )


def _reading_row(reading: Reading) -> Row:
    """Fewer bits are better; what may be chance is judged as the verdict does."""
    sure = reading.p < 0.05 and reading.interval[0] * reading.interval[1] > 0
    what = f"{reading.documents} {'document' if reading.documents == 1 else 'documents'}"
    return Row(
        name="Text that was kept out",
        note=f"{what}, bits a byte: fewer are better",
        base=reading.base,
        tuned=reading.tuned,
        base_range=(0.0, 0.0),
        tuned_range=reading.interval,
        change="chance" if not sure else "up" if reading.difference < 0 else "down",
        is_share=False,
    )


def _rewarded(rewards: RewardAccuracy) -> Row:
    """Before any training both answers of a pair stand as they stood: a coin."""
    return Row(
        name="Moved towards the better answer",
        note=f"{rewards.count} pairs it was not taught",
        base=0.5,
        tuned=rewards.right / rewards.count,
        base_range=(0.5, 0.5),
        tuned_range=rewards.interval,
        change=rewards.change,
    )


def _result(folder: Path) -> CompareResult | None:
    if not (folder / "done.json").exists():
        return None
    try:
        return msgspec.json.decode((folder / "result.json").read_bytes(), type=CompareResult)
    except (OSError, msgspec.MsgspecError):
        return None  # half there: the run goes on and writes it again
