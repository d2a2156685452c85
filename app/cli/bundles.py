"""`inhouse collections NAME --export FILE` and `--import FILE`: a collection to one file and back."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.errors import AppError
from app.formats import COLLECTION_SUFFIX
from app.workers.calls.bundles import BundleProgress, ExportCollection, Exported, ImportCollection, Imported
from app.workers.message import Data


def export_collection(args: argparse.Namespace, session: Session) -> int:
    """
    Raises:
        AppError: no collection is named, or it cannot be written.
    """
    if not args.name:
        raise AppError("Which collection?", "Name it: inhouse collections NAME --export FILE")
    (collection,) = session.collections([args.name])
    path = Path(args.export).expanduser().absolute()
    path = path if path.suffix == COLLECTION_SUFFIX else path.with_name(path.name + COLLECTION_SUFFIX)
    call = ExportCollection(collection_id=collection.id, path=str(path), keep_paths=args.keep_paths)
    made = session.call(call, shower(session))
    assert isinstance(made, Exported)
    if args.json:
        say_json({"path": made.path, "documents": made.documents, "bytes": made.bytes})
    else:
        say(f"{made.path}  {made.documents} documents, {size_text(made.bytes)}")
        tell("Who has this file can read all of its text.")
    return 0


def import_collection(args: argparse.Namespace, session: Session) -> int:
    """
    Raises:
        AppError: the file is damaged, or none of ours.
    """
    path = str(Path(args.bring_in).expanduser().absolute())
    made = session.call(ImportCollection(path=path, name=args.name), shower(session))
    assert isinstance(made, Imported)
    found = made.collection
    if args.json:
        say_json(
            {"name": found.name, "documents": found.documents, "passages": found.passages, "renewed": made.renewed}
        )
    else:
        say(f"{found.name}  {found.documents} documents, {found.passages} passages")
    if made.renewed:
        tell("It is read anew for search by meaning; until then it is found by its words.")
    return 0


def shower(session: Session) -> Callable[[Data], None]:
    """Shows how far it is on the line of progress."""

    def show(data: Data) -> None:
        if isinstance(data, BundleProgress) and data.total:
            session.progress.show(f"{data.done} of {data.total} documents")

    return show
