"""The options of `inhouse watch`: which folder, by which rules, and what to see of the trash and of changes."""

from __future__ import annotations

import argparse
from typing import TypeVar

P = TypeVar("P", bound=argparse.ArgumentParser)
HELP = {
    "pause": "follow these folders no more for now",
    "resume": "follow them again",
    "rules": "leave out other files from now on",
    "confirm": "say that what is gone from a folder all at once was deleted",
    "remove": "follow these folders no longer; their documents stay",
    "restore": "take documents out of the trash",
}


def add_watch_command(commands: argparse._SubParsersAction[P], kind: type[P]) -> None:
    """The command with its actions."""
    watch = commands.add_parser(
        "watch",
        help="follow folders: what is added, changed, moved or deleted there is so in a collection",
        description="Follow folders while Inhouse runs, and catch up at its next start.",
    )
    actions = watch.add_subparsers(dest="action", required=True, metavar="ACTION", parser_class=kind)
    add = actions.add_parser("add", help="follow a folder, and read what it holds")
    add.add_argument("folder", metavar="FOLDER")
    add.add_argument("--collection", metavar="NAME", help="made where it is missing")
    add.add_argument("--no-wait", action="store_true", help="do not wait until everything is read")
    actions.add_parser("list", help="the folders that are followed, and how they are")
    for name, text in HELP.items():
        action = actions.add_parser(name, help=text)
        what = "DOCUMENT" if name == "restore" else "FOLDER"
        action.add_argument("folders", nargs="*" if name == "restore" else "+", metavar=what)
    for name in ("add", "rules"):
        rules = actions.choices[name]
        rules.add_argument(
            "--ignore", action="append", default=[], metavar="PATTERN", help="such as *.bak or drafts/; can be repeated"
        )
        rules.add_argument("--largest", type=_size, default=0, metavar="MB", help="leave out larger files")
    changes = actions.add_parser("changes", help="what changed since yesterday")
    changes.add_argument("--days", type=_size, default=1, metavar="N", help="since so many days before today (1)")
    trash = actions.add_parser("trash", help="documents whose files are gone")
    trash.add_argument("--empty", action="store_true", help="remove them for good")
    for name in ("changes", "trash", "restore"):
        actions.choices[name].add_argument("--collection", default="", metavar="NAME", help="only of this one")
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print JSON lines")


def _size(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value
