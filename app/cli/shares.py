"""`inhouse collections … --share, --publish, --unshare, --open, --close`: a collection shared in a folder."""

from __future__ import annotations

import argparse
import getpass
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from app.cli.bundles import shower
from app.cli.output import say, say_json, size_text, tell
from app.cli.session import Session
from app.errors import AppError
from app.types import Collection
from app.workers.calls.bundles import Imported
from app.workers.calls.documents import DeleteCollection
from app.workers.calls.shares import EditionPublished, OpenShared, PublishCollection, StopPublishing


def is_wanted(args: argparse.Namespace) -> bool:
    """Whether one of these is asked for."""
    return bool(args.share or args.publish or args.unshare or args.open or args.close)


def command(args: argparse.Namespace, session: Session) -> int:
    """
    Raises:
        AppError: no collection is named, or the folder cannot be used.
    """
    if args.open:
        return _open(args, session)
    if not args.name:
        raise AppError("Which collection?", "Name it: inhouse collections NAME --share FOLDER")
    (collection,) = session.collections([args.name])
    if args.close:
        return _close(collection, session)
    if args.unshare:
        session.call(StopPublishing(collection_id=collection.id))
        tell("It is shared no more. Colleagues keep the edition that they have until they close it.")
        return 0
    return _publish(args, collection, session)


def share_words(collection: Collection) -> str:
    """How it is shared, in a sentence; "" where it is not."""
    stands = collection.shared or collection.published
    return stands.words() if stands is not None else ""


def share_json(collection: Collection) -> dict[str, Any]:
    """How it is shared, for a line of JSON."""
    return {
        "shared": msgspec.to_builtins(collection.shared) if collection.shared else None,
        "published": msgspec.to_builtins(collection.published) if collection.published else None,
    }


def _publish(args: argparse.Namespace, collection: Collection, session: Session) -> int:
    follows = True if args.auto else False if args.by_hand else None
    folder = str(Path(args.share).expanduser().absolute()) if args.share else ""
    call = PublishCollection(
        collection_id=collection.id, folder=folder, by=args.by or (_me() if collection.published is None else ""),
        follows=follows, keep_paths=True if args.keep_paths else None,
    )  # fmt: skip
    made = session.call(call, shower(session))
    assert isinstance(made, EditionPublished) and made.collection.published is not None
    published = made.collection.published
    if args.json:
        say_json({"name": made.collection.name, "documents": made.documents, "bytes": made.bytes,
                  **share_json(made.collection)})  # fmt: skip
        return 0
    size = size_text(made.bytes)
    say(f"{published.path}  edition {published.edition}, {made.documents} documents, {size}")
    tell("Who can read this folder can read all of its text.")
    if not published.follows:
        tell("Changes go along with the next --publish.")
    return 0


def _open(args: argparse.Namespace, session: Session) -> int:
    made = session.call(OpenShared(path=str(Path(args.open).expanduser().absolute())), shower(session))
    assert isinstance(made, Imported)
    found = made.collection
    if args.json:
        counts = {"documents": found.documents, "passages": found.passages}
        say_json({"name": found.name, **counts, "renewed": made.renewed, **share_json(found)})
        return 0
    say(f"{found.name}  {found.documents} documents, {found.passages} passages")
    tell(f"{share_words(found)}.")
    if made.renewed:
        tell("It is read anew for search by meaning; until then it is found by its words.")
    return 0


def _close(collection: Collection, session: Session) -> int:
    if collection.shared is None:
        raise AppError(f"“{collection.name}” is not shared by somebody else.", "Nothing was removed.")
    session.call(DeleteCollection(collection_id=collection.id))
    tell("Its copy is gone from this computer. The shared one is as it was.")
    return 0


def _me() -> str:
    """Who is logged in, as colleagues may know them."""
    with suppress(Exception):  # a system without a name for its user says so in many ways
        return getpass.getuser()
    return ""
