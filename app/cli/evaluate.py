"""`inhouse eval`: one or several models on sets of questions, each figure with its range."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.bench import AskMany, LineupNoted, OneAsked
from app.evaluation import marking
from app.evaluation.marking import Figure
from app.evaluation.sets import OURS, Item, QuestionSet, read_set
from app.types import InstalledModel
from app.workers.calls.engine import Complete, Completed, Score, Scored
from app.workers.message import Data

USUAL = ("knowledge", "choices")
FEW = 5
"""Marks that say nothing about others: fewer may be all the same by chance, and a bootstrap would call that certain."""
MOST_TOLD = 5
"""Rows of a file that cannot be used are named up to here; the rest is counted."""


def add_eval_command(commands: argparse._SubParsersAction[Any], count: Callable[[str], int]) -> argparse.ArgumentParser:
    """The command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "eval",
        help="measure models on sets of questions: ours, or your own file",
        description="Measure one or several models on sets of questions. Ctrl C ends it and keeps what was measured. "
        f"Sets of ours: {', '.join(OURS)}. docs/evaluation.md shows the forms of your own.",
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="names or ids; without any the model in use")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="one of ours, or a JSONL or CSV file; repeatable",
    )
    parser.add_argument("--limit", type=count, metavar="N", help="only the first N questions of each set")
    parser.add_argument("--judge", default="", metavar="MODEL", help="judges open answers; adds the set “open”")
    return parser


@dataclass
class _Said:
    """What one model said to the questions of one set, by the question's place."""

    results: dict[int, Completed | Scored] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


class _Stopped(Exception):
    """Ctrl C: what was measured counts."""


def command(args: argparse.Namespace, session: Session) -> int:
    """Measure and print; 1 where it was stopped, or nothing could be measured."""
    models = _models(args, session)
    judge = session.model(args.judge) if args.judge else None
    names = args.set or [*USUAL, *(["open"] if judge else [])]
    sets = [_read(name, args.limit) for name in names]
    evaluation = _Evaluation(session, models, judge, as_json=args.json)
    stopped = False
    try:
        for each in sets:
            evaluation.measure(each)
    except _Stopped:
        stopped = True
        tell("Stopped. What was measured by then:")
    if not args.json:
        _print(evaluation.figures)
    if not evaluation.figures and not stopped:
        tell("Nothing could be measured.")
    return 1 if stopped or not evaluation.figures else 0


def _models(args: argparse.Namespace, session: Session) -> list[InstalledModel]:
    found: list[InstalledModel] = []
    for name in args.models or [""]:
        model = session.model(name)
        if model.id not in {each.id for each in found}:
            found.append(model)
    return found


def _read(name: str, limit: int | None) -> QuestionSet:
    found = read_set(name)
    for problem in found.problems[:MOST_TOLD]:
        tell(f"{found.name}: left out. {problem}")
    if more := len(found.problems) - MOST_TOLD:
        tell(f"{found.name}: {more} more rows are left out.") if more > 0 else None
    return msgspec.structs.replace(found, items=found.items[:limit]) if limit else found


class _Evaluation:
    def __init__(
        self, session: Session, models: Sequence[InstalledModel], judge: InstalledModel | None, *, as_json: bool
    ) -> None:
        self._session, self._models, self._judge, self._as_json = session, models, judge, as_json
        self.figures: list[Figure] = []
        self._halted = False

    def measure(self, questions: QuestionSet) -> None:
        """All models on one set. Raises _Stopped, AppError."""
        items = questions.items
        if self._judge is None and (left := sum(item.kind == "open" for item in items)):
            count = "1 open question needs" if left == 1 else f"{left} open questions need"
            tell(f"{questions.name}: {count} a judge: add --judge MODEL.")
            items = tuple(item for item in items if item.kind != "open")
        if not items:
            return
        said: dict[str, _Said] = {}
        for model in self._models:
            said[model.name] = self._ask(model, questions.name, [marking.call_of(item) for item in items])
            self._mark(model, questions.name, items, said[model.name])
            self._check()
        self._compare(questions.name, items, said)
        if self._judge is not None and any(item.kind == "open" for item in items):
            self._let_judge(self._judge, questions.name, items, said)

    def _check(self) -> None:
        if self._halted:
            raise _Stopped

    def _ask(self, model: InstalledModel, name: str, calls: Sequence[Complete | Score], doing: str = "") -> _Said:
        """Ask one model all of this; Ctrl C keeps what has come."""
        found = _Said()

        def take(data: Data) -> None:
            if isinstance(data, LineupNoted):
                self._session.progress.show(data.text)
            elif isinstance(data, OneAsked):
                if data.result is not None:
                    found.results[data.index] = data.result
                elif data.failure is not None:
                    found.failed.append(f"{data.failure.message} {data.failure.hint}".strip())
                done = len(found.results) + len(found.failed)
                self._session.progress.show(f"{model.name}: {doing or name}, {done} of {len(calls)}")

        try:
            self._session.call(AskMany(model_id=model.id, calls=tuple(calls)), take, stoppable=True)
        except KeyboardInterrupt:
            self._halted = True
        if found.failed:
            tell(f"{model.name}: {len(found.failed)} questions of {name} were not answered. {found.failed[0]}")
        if len(found.results) + len(found.failed) < len(calls):
            self._halted = True
        return found

    def _add(self, *figures: Figure) -> None:
        for figure in figures:
            if figure.count:
                self.figures.append(figure)
                if self._as_json:
                    say_json({**msgspec.to_builtins(figure), "stopped": self._halted})

    def _mark(self, model: InstalledModel, name: str, items: Sequence[Item], said: _Said) -> None:
        exact, plain, by_length = (
            list(_values(items, said, measure).values()) for measure in ("right", "choice", "choice by length")
        )
        self._add(
            marking.share(model.name, name, "right", [bool(hit) for hit in exact]),
            marking.share(model.name, name, "choice", [bool(hit) for hit in plain]),
            marking.share(model.name, name, "choice by length", [bool(hit) for hit in by_length]),
        )

    def _compare(self, name: str, items: Sequence[Item], said: dict[str, _Said]) -> None:
        for measure, of in (("right", "right answers"), ("choice", "right choices")):
            figures = {model: _values(items, each, measure) for model, each in said.items()}
            self._add(*marking.differences(figures, name, of))

    # --- a judge ------------------------------------------------------------------------------------------------------

    def _let_judge(self, judge: InstalledModel, name: str, items: Sequence[Item], said: dict[str, _Said]) -> None:
        """A mark for each open answer, and for each two models which of their answers is better."""
        answers = {
            model: {at: result.text for at, result in each.results.items() if isinstance(result, Completed)}
            for model, each in said.items()
        }
        open_ = [at for at, item in enumerate(items) if item.kind == "open"]
        for model, texts in answers.items():
            asked = [at for at in open_ if at in texts]
            calls = [marking.mark_call(items[at], texts[at]) for at in asked]
            told = self._ask(judge, name, calls, f"marks for {model}")
            marks = [mark for each in told.results.values() if (mark := _mark_of(each)) is not None]
            self._add(marking.mean(model, name, "mark", marks, judge=judge.name))
            self._check()
        models = list(answers)
        for at, first in enumerate(models):
            for second in models[at + 1 :]:
                self._prefer(
                    judge, name, items, [each for each in open_ if each in answers[first]], answers, first, second
                )

    def _prefer(
        self,
        judge: InstalledModel,
        name: str,
        items: Sequence[Item],
        open_: Sequence[int],
        answers: dict[str, dict[int, str]],
        first: str,
        second: str,
    ) -> None:
        pairs = [(items[at], answers[first][at], answers[second][at]) for at in open_ if at in answers[second]]
        pairs = [(item, one, two) for item, one, two in pairs if one.strip() != two.strip()]
        calls = [
            call
            for item, one, two in pairs
            for call in (marking.preference_call(item, one, two), marking.preference_call(item, two, one))
        ]
        told = self._ask(judge, name, calls, f"{first} or {second}").results
        wins: list[str] = []
        for n in range(len(pairs)):
            straight, swapped = told.get(2 * n), told.get(2 * n + 1)
            if isinstance(straight, Completed) and isinstance(swapped, Completed):
                wins.append(marking.preferred(straight, swapped))
        sure = [win == "first" for win in wins if win]
        note = f"{len(sure)} of {len(wins)} judged alike in both orders"
        self._add(marking.share(first, name, "preferred", sure, other=second, judge=judge.name, note=note))
        if wins and not sure:
            tell(f"{judge.name} chose by the place of an answer each time: it cannot judge these.")
        self._check()


def _mark_of(result: Completed | Scored) -> float | None:
    return marking.mark_of(result) if isinstance(result, Completed) else None


def _values(items: Sequence[Item], said: _Said, measure: str) -> dict[str, float]:
    """1 or 0 of each question of a kind, by its id."""
    found = {}
    for at, result in sorted(said.results.items()):
        item = items[at]
        if measure == "right" and item.kind == "exact" and isinstance(result, Completed):
            found[f"{at} {item.id}"] = float(marking.is_right(item, result))
        elif measure != "right" and item.kind == "choice" and isinstance(result, Scored):
            place = marking.chosen(item, result, by_length=measure == "choice by length")
            found[f"{at} {item.id}"] = float(place == item.answer)
    return found


def _print(figures: Sequence[Figure]) -> None:
    rows = [("Model", "Set", "Measure", "Result", "95 % range", "Questions")]
    for each in figures:
        words = each.words + (f" ({each.note})" if each.note else "")
        rows.append((each.model, each.set, words, *_numbers(each), str(each.count)))
    if len(rows) == 1:
        return
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:3], widths, strict=False)]
        right = [cell.rjust(width) for cell, width in zip(row[3:], widths[3:], strict=True)]
        say("  ".join([*left, *right]).rstrip())


def _numbers(figure: Figure) -> tuple[str, str]:
    if figure.measure == "mark" and figure.count < FEW:
        return f"{figure.value:.0f}", "too few"
    if figure.measure == "mark":
        return f"{figure.value:.0f}", f"{figure.low:.0f} to {figure.high:.0f}"
    if figure.measure == "difference":
        return f"{figure.value:+.0%}", f"{figure.low:+.0%} to {figure.high:+.0%}"
    return f"{figure.value:.0%}", f"{figure.low:.0%} to {figure.high:.0%}"
