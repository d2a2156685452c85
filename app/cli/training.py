"""`inhouse training`: what trains models, fetched, repaired and removed where Inhouse was installed without it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

import msgspec

from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.core.calls.component import (
    CancelComponent,
    ComponentMoved,
    ComponentShown,
    InstallComponent,
    RemoveComponent,
    RepairComponent,
    ShowComponent,
)
from app.finetune.component import Source
from app.finetune.component_lock import BACKENDS
from app.workers.message import Call, Data

P = TypeVar("P", bound=argparse.ArgumentParser)
STATES = {
    "built-in": "Training is part of this installation.",
    "absent": "Training is not part of this installation.",
    "none": "Training is not installed.",
    "unfinished": "The installation of training is unfinished.",
    "outdated": "Training is of another version of Inhouse.",
    "installed": "Training is installed.",
}
NEXT = {
    "none": "Install it with “inhouse training install”.",
    "unfinished": "Go on with “inhouse training install”, or “inhouse training remove” what has come.",
    "outdated": "“inhouse training install” fetches the one for this version.",
}


def add_training_command(commands: argparse._SubParsersAction[P]) -> None:
    """The command with its own options."""
    parser = commands.add_parser(
        "training",
        help="what trains models: status, install, repair, remove",
        description="PyTorch and what else training needs are not part of the installed application. They are fetched "
        "into the data folder, each package held to its hash: from the package index, a mirror of it, or a folder of "
        "wheels that “packaging/wheelhouse.py” has filled, which needs no network.",
    )
    parser.add_argument("what", nargs="?", choices=tuple(ACTIONS), default="status")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--wheels", metavar="FOLDER", help="of install and repair: take the wheels from this folder")
    source.add_argument("--index-url", metavar="URL", help="of install and repair: a mirror of the package index")
    parser.add_argument("--backend", choices=BACKENDS, help="of install: for the processor, or an NVIDIA card")
    parser.add_argument("--json", action="store_true", help="print JSON")


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the action that the arguments name."""
    return ACTIONS[args.what](args, session)


def _status(args: argparse.Namespace, session: Session) -> int:
    return _print(args, session.call(ShowComponent()))


def _install(args: argparse.Namespace, session: Session) -> int:
    shown = session.call(ShowComponent())
    assert isinstance(shown, ComponentShown)
    size = next((each for each in shown.offered if each.backend == (args.backend or each.backend)), None)
    if size is not None and not args.json:
        tell(f"{size_text(size.fetched)} to fetch, {size_text(size.on_disk)} on the disk.")
    return _wait(args, session, InstallComponent(source=_source(args), backend=args.backend))


def _repair(args: argparse.Namespace, session: Session) -> int:
    return _wait(args, session, RepairComponent(source=_source(args)))


def _remove(args: argparse.Namespace, session: Session) -> int:
    return _wait(args, session, RemoveComponent())


def _cancel(args: argparse.Namespace, session: Session) -> int:
    return _print(args, session.call(CancelComponent()))


def _wait(args: argparse.Namespace, session: Session, call: Call) -> int:
    def show(data: Data) -> None:
        if isinstance(data, ComponentMoved):
            session.progress.show(doing_text(data.shown))

    try:
        shown = session.call(call, show)
    except KeyboardInterrupt:
        tell("It goes on. “inhouse training cancel” stops it.")
        return 1
    return _print(args, shown)


def _source(args: argparse.Namespace) -> Source | None:
    if args.wheels:
        return Source(kind="folder", place=str(Path(args.wheels).expanduser().absolute()))
    return Source(kind="mirror", place=args.index_url) if args.index_url else None


def _print(args: argparse.Namespace, shown: object) -> int:
    assert isinstance(shown, ComponentShown)
    if args.json:
        say_json(msgspec.to_builtins(shown))
        return 0
    say(shown.said or STATES[shown.state])
    if shown.doing:
        say(doing_text(shown))
    if shown.missing:
        tell(f"Missing are: {', '.join(shown.missing)}. Install Inhouse with training.")
    if shown.problem and not shown.doing:
        tell(f"{shown.problem} {shown.advice}")
    if shown.state in NEXT and not shown.doing:
        for size in shown.offered:
            where = {"cpu": "for the processor", "cuda": "for an NVIDIA card (not tried on one yet)"}[size.backend]
            room = f"{size_text(size.fetched)} to fetch, {size_text(size.on_disk)} on the disk"
            say(f"  {size.backend:<5} {room}, {where}")
        tell(NEXT[shown.state])
        if shown.blocked:
            tell(f"{shown.blocked} “--wheels FOLDER” needs no network.")
    return 0


def doing_text(shown: ComponentShown) -> str:
    """ "Fetching… 310 MB of 448 MB"."""
    if shown.doing == "fetching":
        return f"Fetching… {size_text(shown.done)} of {size_text(shown.total)}"
    said = {"placing": "Trying it", "repairing": "Looking at each file", "removing": "Removing", "stopping": "Stopping"}
    return f"{said[shown.doing]}…" if shown.doing else ""


ACTIONS = {"status": _status, "install": _install, "repair": _repair, "remove": _remove, "cancel": _cancel}
"""What runs each action; it returns the exit status."""
