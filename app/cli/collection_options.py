"""The options of `inhouse collections`."""

from __future__ import annotations

import argparse
from typing import TypeVar

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_collections_command(commands: argparse._SubParsersAction[P]) -> P:
    """The list of collections, and what brings one to colleagues."""
    made = commands.add_parser(
        "collections", help="list the collections, or the documents of one; export, import and share them"
    )
    made.add_argument("name", nargs="?", default="", metavar="NAME")
    made.add_argument("--export", default="", metavar="FILE", help="put the collection with its index into one file")
    made.add_argument("--keep-paths", action="store_true", help="with where its files lie, for a shared drive")
    made.add_argument("--import", dest="bring_in", default="", metavar="FILE", help="make one of such a file")
    made.add_argument("--share", default="", metavar="FOLDER", help="write it into a folder that colleagues can read")
    made.add_argument("--by", default="", metavar="PERSON", help="of --share: who looks after it, for colleagues")
    made.add_argument("--publish", action="store_true", help="write a new edition of a collection that is shared")
    follows = made.add_mutually_exclusive_group()
    follows.add_argument("--auto", action="store_true", help="of --share and --publish: again after each change")
    follows.add_argument("--by-hand", action="store_true", help="of --share and --publish: only when you say so")
    made.add_argument("--unshare", action="store_true", help="take it out of the folder; colleagues keep their copy")
    made.add_argument("--open", default="", metavar="PATH", help="open a collection that a colleague shares")
    made.add_argument("--close", action="store_true", help="remove the copy of a collection that a colleague shares")
    return made
