"""What `inhouse train RUN` can do with a run that is there: each a call to the core, and a sentence."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.cli.train_elsewhere import export_config
from app.core.calls import training as c
from app.core.calls.heads import Heads, KeepHead
from app.core.calls.readers import Readers, ShowReaders
from app.errors import AppError
from app.finetune import tried
from app.finetune.review import ReviewList
from app.finetune.runs import DATA_PARTS, Run
from app.finetune.states import ALLOWED


def _pause(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.SteerRun(run_id=run.id, action="pause"))
    tell(f"It pauses after this step. It goes on with: inhouse train {run.id} --resume")
    return 0


def _resume(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    if run.state in ALLOWED["unpause"]:
        session.call(c.SteerRun(run_id=run.id, action="unpause"))
    else:
        session.call(c.ResumeRun(run_id=run.id))
    tell(f"It goes on. See it with: inhouse train {run.id}")
    return 0


def _stop(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    if run.state == "preparing":
        session.call(c.StopPreparing(run_id=run.id))
        tell("Preparing is ended; what it has done so far stands.")
    else:
        session.call(c.SteerRun(run_id=run.id, action="stop"))
        tell("It stops after this step and keeps the best so far; while settings are tried, the best of these train.")
    return 0


def _shorten_comparison(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.SteerRun(run_id=run.id, action="shorten"))
    tell("The comparison ends with what has been asked by now, and says so.")
    return 0


def _skip_comparison(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.SteerRun(run_id=run.id, action="skip"))
    tell("The comparison ends without a verdict.")
    return 0


def _keep_old(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.KeepOld(run_id=run.id))
    tell("The old model stays. The run is kept.")
    return 0


def _back(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    said = session.call(c.LeaveRun(run_id=run.id), session.show_switch)
    if isinstance(said, c.RunKept):
        readers = session.call(ShowReaders())
        assert isinstance(readers, Readers)
        tell(f"“{readers.active.name}” reads again.")
        return 0
    tell(f"“{session.model().name}” is in use again.")
    return 0


def _rename(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.RenameRun(run_id=run.id, name=args.rename))
    tell(f"It is called “{args.rename}” now.")
    return 0


def _delete(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.DeleteRun(run_id=run.id))
    tell("The run is deleted. A model that was installed from it stays.")
    return 0


def _delete_data(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    session.call(c.RemoveParts(run_id=run.id, parts=DATA_PARTS))
    tell("Its training data is deleted. The model stays and keeps what it learned.")
    return 0


def _keep_head(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    kept = session.call(KeepHead(run_id=run.id, name=args.name))
    assert isinstance(kept, Heads)
    name = next(head.name for head in kept.heads if head.id == run.id)
    tell(f"“{name}” is kept. Sort with it: inhouse classify TEXT --with “{name}”")
    return 0


def _vote(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    pair, _, choice = args.vote.partition("=")
    if choice not in ("left", "right", "tie"):
        raise AppError(f"“{args.vote}” is no vote.", "Write ID=left, ID=right or ID=tie.")
    session.call(c.VoteAnswer(run_id=run.id, pair_id=pair, choice=choice))
    return 0


def _trials(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    """Every setting that was tried, also while more are."""
    found = Run(Path(run.folder)).trials
    if found is None:
        hint = "“inhouse train … --find-best MINUTES” tries some before it trains."
        raise AppError("This run has tried no settings: the recipe's own train.", hint)
    if args.json:
        say_json({name: getattr(found, name) for name in found.__struct_fields__ if name != "trials"})
        for trial in found.trials:
            say_json({name: getattr(trial, name) for name in trial.__struct_fields__})
    else:
        say(tried.text(found))
    return 0


def _questions(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    """The list to review: ids to approve or reject by."""
    for entry in ReviewList(Path(run.folder)).entries:
        example = entry.example
        if args.json:
            say_json(
                {
                    "id": example.id,
                    "state": entry.state,
                    "question": example.question,
                    "answer": example.answer,
                    **({"instead_of": entry.instead_of} if entry.instead_of else {}),
                    "quality": example.quality,
                    "source": entry.source_text,
                }
            )
        else:
            quality = "" if example.quality is None else f"{example.quality:.0%}"
            worse = f", not: {entry.instead_of}" if entry.instead_of else ""
            say(f"{example.id}  {entry.state:<8}  {quality:>4}  {example.question} → {example.answer}{worse}")
    return 0


ACTIONS: dict[str, Callable[[argparse.Namespace, c.RunRecord, Session], int]] = {
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "shorten_comparison": _shorten_comparison,
    "skip_comparison": _skip_comparison,
    "keep_old": _keep_old,
    "back": _back,
    "rename": _rename,
    "questions": _questions,
    "trials": _trials,
    "keep_head": _keep_head,
    "vote": _vote,
    "export_config": export_config,
    "delete_data": _delete_data,
    "delete": _delete,
}
"""Name of the option → what does it. The first that is given is all that the command does."""
