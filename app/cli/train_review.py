"""What a person decides about a run's list in the terminal: held to the list before it counts."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import msgspec

from app.cli.output import tell
from app.cli.session import Session
from app.core.calls import training as c
from app.errors import AppError
from app.finetune.review import ReviewList
from trainer.spec import ReviewDecision

FORM = 'A line is a decision: {"id": "…", "decision": "approve"}, or “edit” with “messages”, or “reject”.'


def quality(text: str) -> float:
    """A least quality as it is typed, from 0 to 1; “90%” is .9.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no quality from 0 to 1 (0.9 stands for 90 %)")
    return value


def decide(args: argparse.Namespace, run: c.RunRecord, session: Session) -> bool:
    """Write down what the person decided; → whether they decided to train with it.

    Raises:
        AppError: something is decided that is not in the list, or the file of decisions cannot be read. Nothing is
            written down then.
    """
    lines = _read_decisions(Path(args.review).expanduser()) if args.review else []
    _require_known(run, [*(line.id for line in lines), *args.approve, *args.reject])
    for line in lines:
        session.call(c.DecideExamples(run_id=run.id, ids=(line.id,), decision=line.decision, messages=line.messages))
    if args.approve:
        session.call(c.DecideExamples(run_id=run.id, ids=tuple(args.approve), decision="approve"))
    if args.reject:
        session.call(c.DecideExamples(run_id=run.id, ids=tuple(args.reject), decision="reject"))
    return approve_good(args, run, session) or args.start


def approve_good(args: argparse.Namespace, run: c.RunRecord, session: Session) -> bool:
    """Approve what is as good as was asked for; → whether that was asked for. Raises AppError: nothing is."""
    if args.approve_above is None:
        return False
    said = session.call(c.ApproveGood(run_id=run.id, quality=args.approve_above))
    assert isinstance(said, c.ReviewDecided)
    tell(f"{said.count} approved.")
    return True


def _require_known(run: c.RunRecord, ids: Iterable[str]) -> None:
    wanted = dict.fromkeys(ids)
    if not wanted:
        return
    known = {entry.example.id for entry in ReviewList(Path(run.folder)).entries}
    if strange := [key for key in wanted if key not in known]:
        more = f" and {len(strange) - 3} more" if len(strange) > 3 else ""
        named = ", ".join(f"“{key}”" for key in strange[:3])
        raise AppError(f"Not in the list of this run: {named}{more}.", f"See it: inhouse train {run.id} --questions")


def _read_decisions(path: Path) -> list[ReviewDecision]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise AppError(f"“{path.name}” cannot be read.", FORM, str(error)) from error
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(msgspec.json.decode(line, type=ReviewDecision))
            except msgspec.DecodeError as error:
                raise AppError(f"Line {number} of “{path.name}” is no decision.", FORM, str(error)) from error
    return found
