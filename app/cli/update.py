"""`inhouse update`: which version runs, take a newer one from a file, go back to the one before."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeVar

from app.cli.output import say, tell
from app.cli.session import Session
from app.database.opening import open_reader, version_of
from app.errors import AppError
from app.frozen import version
from app.paths import Home
from app.updates import apply, go_back, installed, previous, release_of, sweep

P = TypeVar("P", bound=argparse.ArgumentParser)
STORES = {"chats": "Your chats", "documents": "The document index", "tables": "Your tables"}


def add_update_command(commands: argparse._SubParsersAction[P]) -> None:
    """Its actions."""
    update = commands.add_parser("update", help="which version runs; take a newer one from a file, or go back")
    update.add_argument("action", nargs="?", choices=("status", "apply", "back"), default="status")
    update.add_argument("file", nargs="?", default="", metavar="FILE", help="of apply: Inhouse-….tar.zst")


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the action; it does nothing to documents or chats.

    Raises:
        AppError: nothing can be updated here, or the file is not good.
    """
    if args.action == "apply":
        return _apply(args.file)
    if args.action == "back":
        return _back(session.home)
    say(f"Inhouse {version()}")
    folder = installed()
    sweep(folder)
    if other := previous(folder):
        say(f"Beside it: {release_of(other)['version']}")
    return 0


def _apply(file: str) -> int:
    if not file:
        raise AppError("Which file?", "Name it: inhouse update apply Inhouse-….tar.zst")
    taken, checked = apply(Path(file))
    if not checked:
        tell("There is no checksum beside the file, so it was not compared with one.")
    say(f"Inhouse {taken} is used from the next start on. “inhouse update back” goes back.")
    return 0


def _back(home: Home) -> int:
    """Only where the version before can read the data as it is: it is never left with data that it refuses."""
    other = previous(installed())
    known = release_of(other).get("data", {}) if other is not None else {}
    newer = [
        subject
        for name, subject in STORES.items()
        if (path := home.root / f"{name}.db").exists() and isinstance(known.get(name), int)
        if _version(path, subject) > known[name]
    ]
    if newer:
        raise AppError(
            f"Version {release_of(other)['version'] if other else ''} cannot read the data of this one: "
            f"{', '.join(newer)}.",
            f"Its copies from before are in {home.backups}. Nothing was changed.",
        )
    say(f"Inhouse {go_back()} is used from the next start on.")
    return 0


def _version(path: Path, subject: str) -> int:
    db = open_reader(path, subject)
    try:
        return version_of(db)
    finally:
        db.close()
