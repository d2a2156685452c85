"""The compare stage: the exported file beside the base on the same questions, and a verdict."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from statistics import fmean

from app.llama import grammar
from trainer.context import Context, Summary
from trainer.errors import TrainerError
from trainer.evaluate import blind, exams, judge, memorised, preferring, reading, verdict
from trainer.evaluate.asking import BLOCK, SideBySide
from trainer.evaluate.beside import beside, confusion, said_by_head
from trainer.evaluate.exams import Case
from trainer.evaluate.faithfulness import faithfulness, relevancy
from trainer.evaluate.statistics import mcnemar, wilson
from trainer.prepare import own
from trainer.spec import (
    HELD_OUT,
    AnswerPair,
    BlindPair,
    BlindTally,
    CompareResult,
    Exam,
    Example,
    ExportedFile,
    ExportResult,
    GateResult,
    Grounding,
    Preference,
    Reading,
    RewardAccuracy,
    TextDocument,
    Vote,
    read_json,
    read_lines,
    write_json,
    write_lines,
)
from trainer.train.selection import instructions, is_usable, labels_of, read_examples, read_preferences


class Skipped(Exception):
    """The user does not want to wait for a verdict."""


def run(context: Context) -> Summary:
    """Compare; writes answers.jsonl, blind.jsonl and, last, result.json. Skipped, it writes none of them."""
    try:
        return _compare(context)
    except Skipped:
        return {"verdict": "not compared"}


def _compare(context: Context) -> Summary:
    started = time.monotonic()
    folder, file = context.stage("compare"), offered(context)
    path = context.run / "export" / file.path
    model, adapter = (_base(context), path) if file.kind == "adapter" else (path, None)
    with SideBySide(_base(context), model, adapter, context.threads, folder / "said.jsonl") as models:
        comparison = _Comparison(context, models)
        result = comparison.run(file.path)
    write_lines(folder / "answers.jsonl", comparison.answers)
    write_lines(folder / "blind.jsonl", comparison.pairs)
    seconds = round(time.monotonic() - started, 1)
    result = CompareResult(**{name: getattr(result, name) for name in result.__struct_fields__} | {"seconds": seconds})
    write_json(folder / "result.json", result)
    return {
        "verdict": result.judgement.verdict,
        **{exam.name: f"{exam.base} → {exam.tuned} of {exam.count}" for exam in result.exams},
    }


def offered(context: Context) -> ExportedFile:
    """The recommended file where it passed the gate, else the first that did."""
    files = read_json(context.run / "export" / "result.json", ExportResult).files
    passed = {f.path for f in read_json(context.run / "gate" / "result.json", GateResult).files if f.passed}
    good = [file for file in files if file.path in passed]
    if not good:
        raise TrainerError("There is no exported file to compare.", "Start the run again.", code="no-file")
    return min(good, key=lambda file: (not file.recommended, file.kind != "model"))


def _base(context: Context) -> Path:
    given = context.spec.base
    return Path(given.path) if Path(given.path).is_file() else Path(given.gguf)


def _texts(context: Context) -> list[TextDocument]:
    given = context.spec.data.texts
    path = Path(given) if given else context.run / "split" / "texts.jsonl"
    return [t for t in read_lines(path, TextDocument) if not t.excluded] if path.exists() else []


def _examples(context: Context) -> list[Example]:
    given = context.spec.data.examples
    path = Path(given) if given else context.run / "split" / "examples.jsonl"
    return read_examples(context) if path.exists() else []


def _pairs(context: Context) -> list[Preference]:
    """Pairs of answers that were kept out, where the recipe learns from such."""
    if context.spec.training.rows != "preferences":
        return []
    return [pair for pair in read_preferences(context) if pair.split == HELD_OUT]


class _Comparison:
    """One comparison: asks, scores, and gathers the result."""

    def __init__(self, context: Context, models: SideBySide) -> None:
        self._context, self._models = context, models
        self._examples, self._texts = _examples(context), _texts(context)
        self._pairs = _pairs(context)
        self.answers: list[AnswerPair] = []
        self.pairs: list[BlindPair] = []
        self._notes: list[str] = []
        self._relevancy: list[float] = []
        self._done = self._total = 0
        self._shortened = self._skipped = False
        self._sorting_ms: float | None = None

    def run(self, file: str) -> CompareResult:
        reads = self._context.spec.training.rows == "texts"
        read = self._read() if reads else None  # what the verdict speaks from, however short the questions are cut
        rewards = self._prefer()
        self._ask_all()
        read = read if reads or self._short else self._read()
        self._progress("Looking for personal data")
        taught = [e for e in self._examples if e.split == "train" and is_usable(e)]
        seen = [t for t in self._texts if t.split == "train"]
        places = memorised.places(self._context.run / "clean" / "report.jsonl", seen, taught)
        probed = memorised.probe(self._models, places)
        judged = None
        if not self._short:
            self._progress("Judging answers")
            factual = [a for a in self.answers if a.exam in ("taught", "unseen with documents")]
            judged = judge.judge(self._models, factual)
        self.pairs = blind.pairs(self.answers, self._context.spec.seed)
        named = dict.fromkeys(a.exam for a in self.answers if a.exam != "asked")
        marked = [self._exam(name) for name in named]
        return CompareResult(
            file=file,
            judgement=verdict.judge(
                marked,
                read,
                probed,
                self._votes(),
                rewards,
                reads=reads,
                skipped=self._skipped,
                shortened=self._short,
            ),
            exams=tuple(marked),
            reading=read,
            grounding=self._grounding(),
            probe=probed,
            judged=judged,
            confusion=confusion(self.answers, said_by_head(self._context)),
            head=beside(self._context, self.answers, self._sorting_ms),
            rewards=rewards,
            blind=len(self.pairs),
            notes=tuple(self._notes),
        )

    def _ask_all(self) -> None:
        """Put all questions to both, the person's own first; of a comparison that is cut short, those until then."""
        spec = self._context.spec
        wanted, system = spec.training.exams, spec.data.system or ""
        asked = exams.own(own.questions(spec), system) if "own" in wanted else []
        self._skipped = "own" in wanted and not asked
        asked += exams.of_pairs(self._pairs[: blind.PAIRS], instructions(spec))
        built = [case for case in exams.build(self._examples, self._texts, system, spec.seed) if case.exam in wanted]
        random.Random(spec.seed).shuffle(built)  # wherever it is cut short, each exam has had its share
        labels = labels_of(spec, self._examples) if "labels" in wanted else ()
        asked, not_asked = self._fitting(asked)
        fitting, long = self._fitting(built)
        sorted_, too_long = self._fitting(exams.labels(self._examples, labels))
        if left_out := not_asked + long + too_long:
            self._notes.append(f"{left_out} questions are too long for the model and were left out.")
        count = len(asked) + len(fitting) + len(sorted_)
        self._total = 2 * count
        self._ask(asked)
        self._sort(sorted_, labels)
        for block in _in_turn(fitting):
            self._ask(block)
        self._notes += dict.fromkeys(filter(None, (model.note for model in self._models.models.values())))
        if self._short:
            self._notes.append(f"You cut the comparison short: {len(self.answers)} of {count} questions were asked.")

    def _sort(self, cases: Sequence[Case], labels: Sequence[str]) -> None:
        """Put the texts to both, and take the time where none of it was kept from an earlier start."""
        fresh, started = not self._models.answered(cases), time.monotonic()
        self._ask(cases, grammar.of_choices(labels) if cases else "")
        if cases and fresh and not self._short:
            self._sorting_ms = round((time.monotonic() - started) * 1000 / len(cases), 1)

    def _prefer(self) -> RewardAccuracy | None:
        """Which answer of the pairs that were kept out both hold for likelier."""
        if self._context.spec.training.rows != "preferences":
            return None
        if not self._pairs:
            self._notes.append("There were too few pairs to keep some out, so what it prefers was not measured.")
        self._progress("Reading pairs that were kept out")
        chosen = self._pairs[: preferring.MOST]
        system = instructions(self._context.spec)
        marks, rewards, long = preferring.measure(self._models, chosen, system, self._check)
        self.answers += marks
        if long:
            self._notes.append(f"{long} pairs are too long for the model and were left out.")
        return rewards

    def _read(self) -> Reading | None:
        """Documents that were kept out."""
        self._progress("Reading documents that were kept out")
        kept = [t for t in self._texts if t.held_out]
        read = reading.read(self._models, kept, self._context.spec.seed)
        if read is None:
            self._notes.append("No document was kept out, so reading was not compared.")
        return read

    @property
    def _short(self) -> bool:
        """Whether the user wants a verdict from what has been asked by now."""
        self._shortened = self._shortened or self._context.control().action == "shorten"
        return self._shortened

    def _fitting(self, cases: Sequence[Case]) -> tuple[list[Case], int]:
        """Questions that both models can hold, and how many others there are."""
        fitting = [case for case in cases if self._models.fits(case)]
        return fitting, len(cases) - len(fitting)

    def _ask(self, cases: Sequence[Case], gbnf: str = "") -> None:
        """Put the questions to both, unless the user wants no more.

        Faithfulness is computed in threads of its own while the models go on.
        """
        if not cases or self._short:
            return
        scores: dict[tuple[str, str], Future[float | None]] = {}
        with ThreadPoolExecutor(2, "score") as pool:

            def score(name: str, case: Case, text: str) -> None:
                if case.shown:
                    scores[name, case.id] = pool.submit(faithfulness, text, case.shown)
                self._check()
                self._done += 1
                if self._done % 10 == 0:
                    self._progress("Asking both models")

            base, tuned = self._models.answers(cases, gbnf, score, lambda: self._short)
            both = [case for case in cases if case.id in base and case.id in tuned]
            self._relevancy += pool.map(
                lambda case: relevancy(case.question, case.shown), [c for c in both if c.shown and c.exam != "unknown"]
            )
        for case in both:
            old, new = base[case.id], tuned[case.id]
            faithful = [scores[name, case.id].result() if case.shown else None for name in ("base", "tuned")]
            self.answers.append(
                AnswerPair(
                    exam=case.exam,
                    id=case.id,
                    question=case.question,
                    wanted=case.wanted,
                    base=old,
                    tuned=new,
                    base_right=case.right(old),
                    tuned_right=case.right(new),
                    group=case.group,
                    base_faithfulness=faithful[0],
                    tuned_faithfulness=faithful[1],
                )
            )

    def _check(self) -> None:
        """Raises Skipped where the user wants no more of it."""
        if self._context.control().action == "skip":
            raise Skipped

    def _progress(self, note: str) -> None:
        self._check()
        self._context.progress("compare", self._done, self._total, "answers", note)

    def _exam(self, name: str) -> Exam:
        return exam(name, [(a.base_right, a.tuned_right) for a in self.answers if a.exam == name])

    def _grounding(self) -> Grounding | None:
        shown = [a for a in self.answers if a.exam in ("taught with documents", "unseen with documents")]
        base = [a.base_faithfulness for a in shown if a.base_faithfulness is not None]
        tuned = [a.tuned_faithfulness for a in shown if a.tuned_faithfulness is not None]
        if not base or not tuned:
            return None
        return Grounding(
            count=len(shown),
            base_faithfulness=fmean(base),
            tuned_faithfulness=fmean(tuned),
            relevancy=fmean(self._relevancy),
        )

    def _votes(self) -> BlindTally | None:
        path = self._context.run / "compare" / "votes.jsonl"
        return BlindTally.of(self.pairs, read_lines(path, Vote)) if path.exists() else None


def exam(name: str, marks: Sequence[tuple[bool, bool]]) -> Exam:
    """One exam's figures from (base right, tuned right) of each question."""
    base, tuned = sum(one for one, _ in marks), sum(other for _, other in marks)
    gained = sum(other and not one for one, other in marks)
    lost = sum(one and not other for one, other in marks)
    return Exam(
        name=name,  # type: ignore[arg-type]
        count=len(marks),
        base=base,
        tuned=tuned,
        gained=gained,
        lost=lost,
        p=mcnemar(gained, lost),
        base_interval=wilson(base, len(marks)),
        tuned_interval=wilson(tuned, len(marks)),
    )


def _in_turn(cases: Sequence[Case]) -> list[Sequence[Case]]:
    """Blocks with passages and without in turn: prompts of a kind begin alike, which is computed once a block."""
    plain, grounded = [c for c in cases if not c.shown], [c for c in cases if c.shown]
    blocks: list[Sequence[Case]] = []
    for start in range(0, max(len(plain), len(grounded)), BLOCK):
        blocks += [kind[start : start + BLOCK] for kind in (plain, grounded)]
    return blocks
