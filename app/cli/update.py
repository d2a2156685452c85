"""`inhouse update`: which version runs and which is offered, take a newer one, go back to the one before."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any, NoReturn

from app.cli.output import say, size_text, tell
from app.cli.session import Session
from app.core.calls.updates import LookForUpdate, ShowUpdate, TakeUpdate, UpdateMoved, UpdateShown
from app.database.going_back import go_back_with_data
from app.errors import AppError
from app.packages import own_version
from app.updates import installed, sweep
from app.workers.message import Call, Data


class ShowVersion(argparse.Action):
    """Looks the version up only when someone asks, since that takes longer than the rest."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        say(f"Inhouse {own_version()}")
        parser.exit(0)


def add_update_command(commands: argparse._SubParsersAction[Any]) -> None:
    """Its actions."""
    update = commands.add_parser(
        "update",
        help="which version runs; look for a newer one, take it, or go back",
        description="Settings, General, says where updates come from: a folder, or an address of your company. "
        "“status” says what is known, “check” asks now, “apply” takes what is offered, or FILE; “back” goes back.",
    )
    update.add_argument("action", nargs="?", choices=("status", "check", "apply", "back"), default="status")
    update.add_argument("file", nargs="?", default="", metavar="FILE", help="of apply: Inhouse-….tar.zst")


def command(args: argparse.Namespace, session: Session) -> int:
    """Run the action; it does nothing to documents or chats.

    Raises:
        AppError: nothing can be updated here, or the file is not good.
    """
    if args.file and args.action != "apply":
        raise AppError(f"“inhouse update {args.action}” takes no file.", "Take it: inhouse update apply FILE")
    if args.action == "back":
        version, said = go_back_with_data(session.home)
        for each in said:
            tell(each)
        say(f"Inhouse {version} is used from the next start on.")
    elif args.action == "apply":
        _apply(args.file, session)
    else:
        _status(_asked(session, LookForUpdate() if args.action == "check" else ShowUpdate()))
    return 0


def offer_text(shown: UpdateShown) -> str:
    """ "Version 1.2.0 is offered by updates.example, 412 MB."; "" where nothing is."""
    offered = shown.offered
    if offered is None:
        return ""
    return f"Version {offered.version} is offered by {shown.source}, {size_text(offered.bytes)}."


def _status(shown: UpdateShown) -> None:
    say(f"Inhouse {shown.version}")
    if not shown.cannot:
        sweep(installed())
    if shown.following:
        say(f"Version {shown.following} is used from the next start on.")
    if shown.before:
        say(f"Beside it: {shown.before}")
    if text := offer_text(shown):
        say(text)
        for line in shown.offered.notes.splitlines() if shown.offered else []:
            say(f"  {line}")
        tell(f"{shown.cannot} {shown.who}" if shown.cannot else "Take it: inhouse update apply")
    elif shown.unreachable:
        tell(f"The last look for updates failed. {shown.unreachable}")
    elif shown.source and shown.looked:
        say(f"Nothing newer at {shown.source} on {time.strftime('%Y-%m-%d %H:%M', time.localtime(shown.looked))}.")
    elif shown.source:
        say(f"Updates come from {shown.source}: “inhouse update check” asks there.")
    elif shown.cannot:
        tell(f"{shown.cannot} {shown.who}")


def _apply(file: str, session: Session) -> None:
    """
    Raises:
        AppError: it could not be taken, and nothing was changed.
    """
    if not file:
        shown = _asked(session, LookForUpdate())
        if shown.offered is None:
            raise AppError(
                f"Nothing newer is offered by {shown.source}.", "Take a file instead: inhouse update apply FILE"
            )
        tell(offer_text(shown))
    path = str(Path(file).expanduser().absolute()) if file else ""

    def show(data: Data) -> None:
        if isinstance(data, UpdateMoved) and data.shown.total:
            what = "Unpacking and trying" if data.shown.doing == "unpacking" else "Fetching"
            session.progress.show(f"{what}… {size_text(data.shown.done)} of {size_text(data.shown.total)}")

    shown = session.call(TakeUpdate(path=path), show)
    assert isinstance(shown, UpdateShown)
    if not shown.checked:
        tell("There is no checksum beside the file, so it was not compared with one.")
    say(f"Inhouse {shown.following} is used from the next start on. “inhouse update back” goes back.")


def _asked(session: Session, call: Call) -> UpdateShown:
    session.progress.show("Asking…")
    shown = session.call(call)
    assert isinstance(shown, UpdateShown)
    return shown
