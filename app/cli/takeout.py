"""`inhouse takeout FILE`: everything that you own here, in one archive of files that other programs read."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.core.calls.takeout import TakeOut, TakingOut
from app.errors import AppError


def add_takeout_command(commands: Any) -> argparse.ArgumentParser:
    """Its one argument."""
    takeout: argparse.ArgumentParser = commands.add_parser(
        "takeout",
        help="save everything that you own here in one ZIP: chats, tables, words, votes, trainings, lists",
        description="Chats as JSON and Markdown, tables as spreadsheets, assistants, settings, votes, the data of "
        "trainings, and lists of documents and models, whose files stay where they are. Nothing of it is encrypted.",
    )
    takeout.add_argument("file", metavar="FILE.zip")
    return takeout


def command(args: argparse.Namespace, session: Session) -> int:
    """Raises AppError: it cannot be written, or the company does not allow it."""
    path = Path(args.file).expanduser().absolute()
    if path.suffix.lower() != ".zip":
        raise AppError(f"“{path.name}” is no name of such an archive.", "Choose one that ends in .zip.")

    def show(data: Any) -> None:
        if isinstance(data, TakingOut):
            session.progress.show(f"{data.done:,} of {data.total:,}")

    taken = session.call(TakeOut(path=str(path)), show)
    session.progress.clear()
    if args.json:
        say_json({"path": taken.path, "bytes": taken.bytes, "parts": taken.parts, "left_out": list(taken.left_out)})
        return 0
    counts = ", ".join(f"{count:,} {kind}" for kind, count in taken.parts.items())
    say(f"{taken.path} ({size_text(taken.bytes)}): {counts or 'lists only'}")
    for each in taken.left_out:
        tell(f"Left out: {each}")
    return 0
