"""`inhouse embedder`: which embedder finds passages by meaning; bring another one in, use it, go back, or remove it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, TypeVar

from app.cli.output import say, say_json, tell
from app.cli.own import OWN, chosen
from app.cli.session import Session
from app.core.calls.embedders import (
    CancelEmbedder,
    ChooseEmbedder,
    Embedders,
    LeaveEmbedder,
    RemoveEmbedder,
    ShowEmbedders,
    WatchEmbedder,
)
from app.embedder.embedders import Manifest, about
from app.errors import AppError
from app.workers.calls.embedders import EmbedderImported, ImportEmbedder, ImportProgress, ReembedProgress
from app.workers.message import Call, Data

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_embedder_command(commands: argparse._SubParsersAction[P]) -> P:
    """The options of `inhouse embedder`."""
    said = "which embedder finds passages by meaning; import another one, use it, or go back"
    embedder = commands.add_parser("embedder", help=said)
    actions = ("list", "import", "use", "back", "cancel", "remove")
    embedder.add_argument("action", nargs="?", choices=actions, default="list")
    embedder.add_argument(
        "name",
        nargs="?",
        default="",
        metavar="NAME",
        help="of use and remove (own is Inhouse’s own); of import a sentence-transformers folder or a GGUF file",
    )
    embedder.add_argument("--name", dest="called", default="", metavar="TEXT", help="what to call an imported one")
    embedder.add_argument("--query", metavar="TEXT", help="what stands before a question, where the embedder needs it")
    embedder.add_argument("--passage", metavar="TEXT", help="and before a passage")
    return embedder


def command(args: argparse.Namespace, session: Session) -> int:
    """List the embedders, import, use or remove one, go back, or cancel a change."""
    if args.action in ("import", "use", "remove") and not args.name:
        raise AppError(f"“inhouse embedder {args.action}” needs a name.", "See “inhouse embedder --help”.")
    if args.action == "import":
        return _import(args, session)
    embedders = _ask(session, ShowEmbedders())
    if args.action == "use":
        return _change(
            session, ChooseEmbedder(embedder_id=chosen(args.name, "embedder", Manifest(), embedders.imported).id)
        )
    if args.action == "back":
        return _change(session, LeaveEmbedder())
    if args.action == "cancel":
        _ask(session, CancelEmbedder())
        tell(f"“{embedders.active.name}” stays in use.")
    elif args.action == "remove":
        embedder = chosen(args.name, "embedder", Manifest(), embedders.imported)
        _ask(session, RemoveEmbedder(embedder_id=embedder.id))
        tell(f"“{embedder.name}” is removed.")
    else:
        _list(args, embedders)
    return 0


def _import(args: argparse.Namespace, session: Session) -> int:
    path = str(Path(args.name).expanduser().absolute())
    call = ImportEmbedder(path=path, name=args.called, query=args.query, passage=args.passage)

    def show(data: Data) -> None:
        if isinstance(data, ImportProgress):
            session.progress.show(f"{data.step}…")

    made = session.call(call, show)
    assert isinstance(made, EmbedderImported)
    return print_embedder(args, made.embedder)


def print_embedder(args: argparse.Namespace, made: Manifest) -> int:
    """One that came in."""
    if args.json:
        say_json(_as_json(made, in_use=False))
    tell(f"“{made.name}” can be used: inhouse embedder use “{made.name}”")
    return 0


def _change(session: Session, call: Call) -> int:
    """Begin a change and wait for it; whoever does not want to wait leaves, and it goes on."""
    chosen = _ask(session, call)
    if chosen.coming is None:
        tell(f"“{chosen.active.name}” is in use.")
        return 0

    def show(data: Data) -> None:
        if isinstance(data, ReembedProgress):
            session.progress.show(f"Reading the documents… {data.done:,} of {data.total:,} passages{_left(data)}")

    try:
        used = session.call(WatchEmbedder(), show)
    except KeyboardInterrupt:
        tell("It goes on in the background; search answers as before until then. To stop it: inhouse embedder cancel")
        raise
    assert isinstance(used, Embedders)
    if used.active.id != chosen.coming.id:
        raise AppError("The embedder was not changed.", "The change was cancelled.")
    tell(f"Search is by “{used.active.name}” now. Back to the one before: inhouse embedder back")
    return 0


def _left(data: ReembedProgress) -> str:
    if data.seconds_left is None or data.seconds_left < 60:
        return ""
    return f", about {data.seconds_left / 60:.0f} min left"


def _ask(session: Session, call: Call) -> Embedders:
    said = session.call(call)
    assert isinstance(said, Embedders)
    return said


def _list(args: argparse.Namespace, embedders: Embedders) -> None:
    for embedder in (Manifest(), *embedders.imported):
        in_use = embedder.id == embedders.active.id
        if args.json:
            say_json(_as_json(embedder, in_use=in_use))
        else:
            said = about(embedder)
            if embedders.coming is not None and embedder.id == embedders.coming.id:
                said += f"; {_progress(embedders.progress)}"
            say(f"{'*' if in_use else ' '} {embedder.name}  {said}")
    if embedders.problem and not args.json:
        tell(embedders.problem)


def _progress(progress: ReembedProgress | None) -> str:
    return "being prepared" + (f", {progress.done:,} of {progress.total:,} passages" if progress is not None else "")


def _as_json(embedder: Manifest, *, in_use: bool) -> dict[str, Any]:
    identity = embedder.identity
    return {
        "id": embedder.id or OWN,
        "name": embedder.name,
        "active": in_use,
        "kind": embedder.kind,
        "bytes": embedder.bytes,
        "problem": embedder.problem,
        **(
            {
                "sha256": identity.sha256,
                "dimensions": identity.dimensions,
                "pooling": identity.pooling,
                "precision": identity.precision,
                "query": identity.query,
                "passage": identity.passage,
                "tokens": identity.tokens,
            }
            if identity is not None
            else {}
        ),
    }
