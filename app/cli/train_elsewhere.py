"""A training on the company's cluster: what it is given (`--export-config`), and the adapter that comes back."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.cli.output import say, tell
from app.cli.session import Session
from app.core.calls import training as c
from app.errors import AppError
from app.finetune.states import BUSY

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
    written = session.call(c.ExportRun(run_id=run.id, tool=tool, folder=_absolute(folder)))
    assert isinstance(written, c.RunExported)
    for file in written.files:
        say(file)
    tell("README.md in it says what to do on the cluster. The folder holds your data: mind who may read it.")
    return 0


def bring_adapter(args: argparse.Namespace, run: c.RunRecord, session: Session) -> c.RunRecord:
    """Take the adapter in place of the run's training; → the run at work on it, or as it was where none is named.

    Raises:
        AppError: something works on the run, or the adapter does not fit.
    """
    if not args.bring_adapter:
        return run
    if run.state in BUSY:
        raise AppError("The run is at work.", f"Stop it first: inhouse train {run.id} --stop")
    session.progress.show("Reading the adapter…")
    kept = session.call(c.BringAdapter(run_id=run.id, folder=_absolute(args.bring_adapter)))
    assert isinstance(kept, c.RunKept)
    tell("The adapter is taken. It is checked and compared now.")
    return kept.run


def _absolute(folder: str) -> str:
    """As this process sees it: the core may run in another folder."""
    return str(Path(folder).expanduser().absolute())
