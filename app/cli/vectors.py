"""`inhouse vectors`: whether a Chroma server of the company keeps the vectors; look at one, use it, or leave it."""

from __future__ import annotations

import argparse
from typing import TypeVar

from app.cli.key_file import read_key
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.vectors import (
    ChooseVectorServer,
    FindVectorServer,
    LeaveVectorServer,
    ShowVectorServer,
    VectorServerShown,
)
from app.errors import AppError
from app.vector_server import DATABASE, NOTHING_ELSE, TENANT
from app.workers.calls.vectors import VectorServerFound

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_vectors_command(commands: argparse._SubParsersAction[P]) -> P:
    """The options of `inhouse vectors`."""
    vectors = commands.add_parser("vectors", help="let a Chroma server of your company keep the vectors, or leave it")
    vectors.add_argument("action", nargs="?", choices=("show", "check", "use", "leave"), default="show")
    vectors.add_argument("address", nargs="?", default="", metavar="ADDRESS", help="https://chroma.example.com")
    vectors.add_argument("--key-file", default="", metavar="FILE", help="holds the key; “-” reads it from stdin")
    vectors.add_argument("--header", default="", metavar="NAME", help="carries the key (Authorization, with Bearer)")
    for option, default in (("--tenant", TENANT), ("--database", DATABASE)):
        vectors.add_argument(option, default=default, metavar="NAME", help=f"({default})")
    return vectors


def command(args: argparse.Namespace, session: Session) -> int:
    """Show, check, use or leave a server."""
    if args.action in ("check", "use"):
        return _reach(args, session)
    shown = session.call(LeaveVectorServer() if args.action == "leave" else ShowVectorServer())
    assert isinstance(shown, VectorServerShown)
    if args.json:
        say_json({"server": shown.host, "waiting": shown.waiting, "problem": shown.problem})
    elif not shown.host:
        say("Vectors are kept on this computer.")
    else:
        say(f"Vectors are kept on {shown.host}" + (f"; {shown.waiting:,} changes wait." if shown.waiting else "."))
    if shown.problem and not args.json:
        tell(shown.problem)
    return 0


def _reach(args: argparse.Namespace, session: Session) -> int:
    """
    Raises:
        AppError: no address is named, or what stands there cannot be used.
    """
    if not args.address:
        raise AppError(
            f"“inhouse vectors {args.action}” needs an address.", "It looks like https://chroma.example.com."
        )
    given = {name: getattr(args, name) for name in ("address", "tenant", "database", "header")}
    key = read_key(args.key_file, "Key of the server (empty if it needs none): ")
    if args.action == "check":
        said = session.call(FindVectorServer(key=key, **given))
        assert isinstance(said, VectorServerFound)
        if args.json:
            say_json({"server": said.host, "version": said.version, "collections": said.collections})
        else:
            say(f"{said.host}: {found_text(said)}")
        return 0
    said = session.call(ChooseVectorServer(key=key, **given))
    assert isinstance(said, VectorServerShown)
    tell(f"Vectors are kept on {said.host} from now on. What is sent there: {NOTHING_ELSE}")
    tell("It goes on in the background; “inhouse vectors” says how far it is.")
    return 0


def found_text(found: VectorServerFound) -> str:
    """What stands there, in a line."""
    many = "collection" if found.collections == 1 else "collections"
    return f"Chroma {found.version}, reachable, {found.collections} {many}"
