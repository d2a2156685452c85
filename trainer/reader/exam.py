"""The exam of a taught reader: both readers read what search finds, by the code and in the graph that the app uses.

A sentence counts as right where it states the answer that was reviewed. Documents that were kept out decide; the sample
documents that come along, which nobody teaches, say whether it got worse elsewhere.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.documents.embed import Embedder
from app.documents.reader import Reader
from app.embedder.prepared import prepared, prepared_reader
from app.paths import RESOURCES
from app.text.evidence import pieces_of_passage
from app.types import Passage, Reading
from trainer.context import Context, Summary
from trainer.evaluate.compare import Skipped, exam
from trainer.reader.lessons import Asked, Material, ask, states
from trainer.reader.verdict import judge
from trainer.spec import AnswerPair, CompareResult, write_json, write_lines

SURE = 0.7
"""The chance from which the chat quotes a sentence, or two (app/assistant/quote.py; a test holds both to be one)."""
FIVE = 5
MOST = 150
"""Questions of an exam at most: with so many a change of ten points shows."""
LEAST_SHOWN = 3
"""Passages without the answer that a question needs to be asked as one that cannot be answered."""
SAMPLES = RESOURCES / "evaluation" / "search.json"


class SampleQuestion(Struct, frozen=True):
    """A question on the sample documents: what search finds is named by its place, with its score. No answer: they do
    not hold one."""

    question: str
    answer: str
    found: tuple[tuple[int, float], ...]


class Samples(Struct, frozen=True):
    """resources/evaluation/search.json, which packaging/search_evaluation.py makes."""

    version: int
    passages: tuple[Passage, ...]
    questions: tuple[SampleQuestion, ...]


@dataclass(frozen=True)
class Said:
    """What a reader says to a question, best first, as (text, right), and the chances of the best and best two."""

    sentences: tuple[tuple[str, bool], ...]
    chance: float
    either: float = 0.0

    @property
    def first(self) -> bool:
        return bool(self.sentences) and self.sentences[0][1]

    @property
    def sure(self) -> bool:
        """Whether the chat would quote it, or it and the next."""
        return bool(self.sentences) and max(self.chance, self.either) >= SURE

    @property
    def quoted(self) -> bool:
        """Whether what the chat would quote is right."""
        return self.first or (self.chance < SURE and any(right for _, right in self.sentences[:2]))


@dataclass
class _Marks:
    """(right before, right after) of each exam's questions, and the answers for people."""

    exams: dict[str, list[tuple[bool, bool]]] = field(default_factory=dict)
    answers: list[AnswerPair] = field(default_factory=list)

    def add(self, name: str, before: bool, after: bool) -> None:
        self.exams.setdefault(name, []).append((before, after))


def run(context: Context, base: Path, tuned: Path, material: Material) -> Summary:
    """Compare two adapters; writes answers.jsonl, blind.jsonl and result.json. Skipped, it writes none of them."""
    try:
        return _run(context, base, tuned, material)
    except Skipped:
        return {"verdict": "not compared"}


def _run(context: Context, base: Path, tuned: Path, material: Material) -> Summary:
    started = time.monotonic()
    embedder, graphs = Embedder(prepared(context.cache)), context.stage("compare") / "graphs"
    readers = [Reader(prepared_reader(path, graphs), embedder) for path in (base, tuned)]
    shutil.rmtree(graphs, ignore_errors=True)  # they are in memory now
    exams = [*_company(material.exam[:MOST]), *_samples()]
    marks = _Marks()
    for done, (kind, asked, passages) in enumerate(exams):
        if context.control().action == "skip":
            raise Skipped
        if done % 5 == 0:
            context.progress("compare", done, len(exams), "questions", "Asking both readers")
        before, after = (read(reader, asked, passages) for reader in readers)
        MARKING[kind](marks, asked, before, after)
    notes = _notes(material)
    found = tuple(exam(name, pairs) for name, pairs in marks.exams.items())
    result = CompareResult(
        file=str(tuned.relative_to(context.run)),
        judgement=judge(found, by_document=material.by_document),
        exams=found,
        seconds=round(time.monotonic() - started, 1),
        notes=notes,
    )
    folder = context.stage("compare")
    write_lines(folder / "answers.jsonl", marks.answers)
    write_lines(folder / "blind.jsonl", [])
    write_json(folder / "result.json", result)
    return {"verdict": result.judgement.verdict, **{e.name: f"{e.base} → {e.tuned} of {e.count}" for e in found}}


def _notes(material: Material) -> tuple[str, ...]:
    notes = []
    if not material.by_document:
        notes.append("No document could be kept out (four are needed), so nothing shows whether it helps with others.")
    if not material.exam:
        notes.append("No question was kept out.")
    return tuple(notes)


# --- the questions ----------------------------------------------------------------------------------------------------


def _company(questions: Sequence[Asked]) -> list[tuple[str, Asked, tuple[Passage, ...]]]:
    """Each question that was kept out, and once more without the passages that hold its answer."""
    asked = [("answered", each, each.passages) for each in questions]
    without = [(each, each.without()) for each in questions if each.gold]
    return [*asked, *(("missing", each, shown) for each, shown in without if len(shown) >= LEAST_SHOWN)]


def _samples() -> list[tuple[str, Asked, tuple[Passage, ...]]]:
    samples = msgspec.json.decode(SAMPLES.read_bytes(), type=Samples)
    made = []
    for number, row in enumerate(samples.questions):
        passages = tuple(msgspec.structs.replace(samples.passages[place], score=score) for place, score in row.found)
        asked = ask(f"sample-{number}", "", row.question, row.answer, passages)
        made.append(("sample" if row.answer else "sample without", asked, passages))
    return made


def read(reader: Reader, asked: Asked, passages: Sequence[Passage]) -> Said:
    """What a reader says to a question, with whether it is right."""
    readings = _ended(reader.read(asked.question, passages))[:FIVE]
    return Said(
        tuple(_said(reading, passages[reading.n - 1], asked.answer) for reading in readings),
        readings[0].chance if readings else 0.0,
        readings[0].either if readings else 0.0,
    )


def _said(reading: Reading, passage: Passage, answer: str) -> tuple[str, bool]:
    piece = next(p for p in pieces_of_passage(passage) if (p.start, p.end) == reading.sentence)
    return passage.text[slice(*reading.sentence)], states(piece, passage, answer)


def _ended(steps: Generator[None, None, tuple[Reading, ...]]) -> tuple[Reading, ...]:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: tuple[Reading, ...] = end.value
            return found


# --- marking ----------------------------------------------------------------------------------------------------------


def _mark_answered(marks: _Marks, asked: Asked, before: Said, after: Said) -> None:
    marks.add("first sentence", before.first, after.first)
    marks.add("five sentences", *(any(right for _, right in said.sentences) for said in (before, after)))
    marks.add("sure and right", *(said.sure and said.quoted for said in (before, after)))
    marks.add("not wrong", *(not said.sure or said.quoted for said in (before, after)))
    texts = [said.sentences[0][0] if said.sentences else "" for said in (before, after)]
    marks.answers.append(
        AnswerPair(
            exam="first sentence",
            id=asked.id,
            question=asked.question,
            wanted=asked.answer,
            base=texts[0],
            tuned=texts[1],
            base_right=before.first,
            tuned_right=after.first,
            group=asked.group,
        )
    )


def _mark_missing(marks: _Marks, _asked: Asked, before: Said, after: Said) -> None:
    marks.add("unknown", not before.sure, not after.sure)


def _mark_sample(marks: _Marks, _asked: Asked, before: Said, after: Said) -> None:
    marks.add("samples", before.first, after.first)
    marks.add("samples not wrong", *(not said.sure or said.quoted for said in (before, after)))


def _mark_sample_without(marks: _Marks, _asked: Asked, before: Said, after: Said) -> None:
    marks.add("samples not wrong", not before.sure, not after.sure)


MARKING: dict[str, Callable[[_Marks, Asked, Said, Said], Any]] = {
    "answered": _mark_answered,
    "missing": _mark_missing,
    "sample": _mark_sample,
    "sample without": _mark_sample_without,
}
