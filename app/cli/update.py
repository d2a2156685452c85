"""`inhouse update`: which version runs, take a newer one from a file, go back to the one before."""

from __future__ import annotations

import argparse
import contextlib
import shutil
from pathlib import Path
from typing import Any

from app.cli.output import say, tell
from app.cli.session import Session
from app.database.earlier import earlier_copy, go_back_to, no_copy
from app.database.opening import open_reader, version_of
from app.errors import AppError, Busy
from app.files import hold
from app.frozen import release_of
from app.packages import own_version
from app.paths import Home
from app.updates import apply, check_back, go_back, installed, previous, sweep

STORES = {"chats": "Your chats", "documents": "The document index", "tables": "Your tables"}
LEAVES_S = 5.0
"""A core ends two seconds after its last door."""


def add_update_command(commands: argparse._SubParsersAction[Any]) -> None:
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
    say(f"Inhouse {own_version()}")
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
    """The version before with data that it can read: where a store is newer, its copy from before is put in its place.

    Raises:
        AppError: there is no version before, or no copy that it can read. Busy: Inhouse runs.
    """
    other = previous(installed())
    said = release_of(other) if other is not None else {}
    with contextlib.ExitStack() as held:
        if home.root.exists():
            lock = hold(
                home.root / "core.lock", Busy("Inhouse is running.", "Close its window, then go back."), LEAVES_S
            )
            held.callback(lock.release)
        newer = _newer(home, said.get("data", {}))
        missing = [STORES[path.stem] for path, copy in newer if copy is None]
        if missing:
            raise no_copy(missing, str(said.get("version", "")), home.backups)
        check_back()
        for path, copy in newer:
            assert copy is not None
            if path == home.documents_db:  # what is made of it is made again
                shutil.rmtree(home.vectors, ignore_errors=True)
                home.signs.unlink(missing_ok=True)
            kept = go_back_to(path, copy, STORES[path.stem])
            tell(f"{STORES[path.stem]}: again as in {copy.name}. What is newer is kept as backups/{kept.name}.")
        say(f"Inhouse {go_back()} is used from the next start on.")
    return 0


def _newer(home: Home, known: object) -> list[tuple[Path, Path | None]]:
    """Each store that the version before cannot read, with the copy that it can."""
    found: list[tuple[Path, Path | None]] = []
    for name, subject in STORES.items():
        path, most = home.root / f"{name}.db", known.get(name) if isinstance(known, dict) else None
        if path.exists() and isinstance(most, int) and _version(path, subject) > most:
            found.append((path, earlier_copy(home.backups, name, most)))
    return found


def _version(path: Path, subject: str) -> int:
    with contextlib.closing(open_reader(path, subject)) as db:
        return version_of(db)
