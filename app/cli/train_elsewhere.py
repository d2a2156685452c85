"""A training on the company's cluster: what it is given (`--export-config`), and the adapter that comes back."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from app.cli.output import say, tell
from app.cli.session import Session
from app.core.calls import training as c
from app.errors import AppError
from app.finetune.states import BUSY
from app.finetune.trainer_command import require_trainer, trainer_command
from app.spawn import child_environment

TOOLS = ("trl", "axolotl")


def add_options(elsewhere: argparse._ArgumentGroup) -> None:
    """Of the command `train`."""
    elsewhere.add_argument(
        "--export-config",
        nargs=2,
        metavar=("TOOL", "FOLDER"),
        help="write the data and a configuration for trl or axolotl into this folder",
    )
    elsewhere.add_argument(
        "--bring-adapter",
        default="",
        metavar="FOLDER",
        help="take the adapter that PEFT wrote there as what this run learned: it is checked, compared and offered",
    )


def export_config(args: argparse.Namespace, run: c.RunRecord, session: Session) -> int:
    """Write data and configuration, and name the files."""
    tool, folder = args.export_config
    if tool not in TOOLS:
        raise AppError(f"“{tool}” is no tool that Inhouse writes for.", f"Name one of {' and '.join(TOOLS)}.")
    session.progress.show("Writing…")
    say(_ran("export-config", run.folder, tool, _absolute(folder), session=session).rstrip())
    tell("README.md in it says what to do on the cluster. The folder holds your data: mind who may read it.")
    return 0


def bring_adapter(args: argparse.Namespace, run: c.RunRecord, session: Session) -> bool:
    """Lay the adapter into the run in place of its training; → whether one was named.

    Raises:
        AppError: something works on the run, or the adapter does not fit.
    """
    if not args.bring_adapter:
        return False
    if run.state in BUSY:
        raise AppError("The run is at work.", f"Stop it first: inhouse train {run.id} --stop")
    session.progress.show("Reading the adapter…")
    _ran("bring", run.folder, _absolute(args.bring_adapter), session=session)
    tell("The adapter is taken. It is checked and compared now.")
    return True


def _absolute(folder: str) -> str:
    return str(Path(folder).expanduser().absolute())


def _ran(command: str, *given: str, session: Session) -> str:
    """What the trainer's command printed.

    Raises:
        AppError: it did not do it, in its own words.
    """
    require_trainer()
    ended = subprocess.run(
        trainer_command(command, *given),
        env=child_environment(session.home),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if ended.returncode:
        *_, last = ended.stderr.strip().splitlines() or ["The trainer ended without a word."]
        raise AppError(last)
    return ended.stdout
