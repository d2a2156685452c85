"""`inhouse personal`: which personal data a collection keeps, what stands in its documents, and redacted copies."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TypeVar

from app.cli.anew import read_anew
from app.cli.ask import chosen_documents, documents_of
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.personal import SetMasking
from app.errors import AppError
from app.text.personal.kinds import KINDS, LABELS, NOT_FOUND, USUAL, PersonalKind, counts_text
from app.types import Collection, Document
from app.workers.calls.documents import Added, AddProgress, FileEvent
from app.workers.calls.personal import (
    ExportRedacted,
    FindPersonal,
    ListPersonal,
    PersonalCounted,
    PersonalFound,
    PersonalListed,
    RedactedExported,
)
from app.workers.message import Data

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_personal_command(commands: argparse._SubParsersAction[P]) -> None:
    """Its options."""
    personal = commands.add_parser(
        "personal",
        help="find personal data in a collection, mask it before it is indexed, export redacted copies",
        description=f"Without an option: what is found in each document. {NOT_FOUND}",
    )
    personal.add_argument("name", nargs="?", default="", metavar="COLLECTION")
    decision = personal.add_mutually_exclusive_group()
    decision.add_argument(
        "--mask",
        nargs="?",
        const="usual",
        metavar="KINDS",
        help=f"keep none of it, and read the documents anew: {', '.join(KINDS)}, or all; by commas",
    )
    decision.add_argument("--leave", action="store_true", help="mask nothing, as is usual, and read them anew")
    personal.add_argument("--document", default="", metavar="NAME", help="show where it stands in this one")
    personal.add_argument("--exempt", action="store_true", help="of --document: mask nothing in it")
    personal.add_argument("--include", action="store_true", help="of --document: take --exempt back")
    personal.add_argument("--export", default="", metavar="FILE", help="of --document: a redacted .txt, .md or .docx")
    personal.add_argument("--kinds", default="", metavar="KINDS", help="of --export: only these are masked")
    personal.add_argument("--replace", action="store_true", help="of --export: a file that is there")
    personal.add_argument("--json", action="store_true", help="print JSON lines")


def command(args: argparse.Namespace, session: Session) -> int:
    """Decide, look, or export."""
    if args.document:
        return _document(args, session)
    if args.export or args.exempt or args.include:
        raise AppError("Which document?", "Name it with --document NAME.")
    if args.mask is not None or args.leave:
        return _set(args, session)
    (collection,) = session.collections([args.name]) if args.name else (None,)
    call = FindPersonal(collection_id=collection.id if collection else 0)
    found = session.call(call, lambda data: _progress(session, data))
    session.progress.clear()
    assert isinstance(found, PersonalFound)
    for each in found.documents:
        if args.json:
            say_json(_json(each.document, each.counts, each.reason))
        else:
            say(f"{each.document.path}  {each.reason or counts_text(each.counts)}{_state(each.document)}")
    if not args.json:
        tell(f"{found.looked} documents were looked at, something was found in {len(found.documents)}. {NOT_FOUND}")
        for known in session.collections([args.name] if args.name else []):
            tell(_setting(known))
    return 0


def kinds_of(text: str) -> tuple[PersonalKind, ...]:
    """Kinds by their names or how these begin: "e-mail, card".

    Raises:
        AppError: there is none of that name.
    """
    wanted = [part.strip().casefold() for part in text.split(",") if part.strip()]
    if wanted == ["usual"] or not wanted:
        return USUAL
    if wanted == ["all"]:
        return KINDS
    for each in wanted:
        if not any(kind.casefold().startswith(each) for kind in KINDS):
            raise AppError(f"There is no kind of personal data called “{each}”.", f"There are: {', '.join(KINDS)}.")
    return tuple(kind for kind in KINDS if any(kind.casefold().startswith(each) for each in wanted))


def _set(args: argparse.Namespace, session: Session) -> int:
    if not args.name:
        raise AppError("Which collection?", "Name it: inhouse personal NAME --mask")
    (collection,) = session.collections([args.name])
    kinds = () if args.leave else kinds_of(args.mask)
    failed: list[FileEvent] = []

    def watch(data: Data) -> None:
        _progress(session, data)
        if isinstance(data, FileEvent) and data.status == "failed":
            failed.append(data)

    added = session.call(SetMasking(collection_id=collection.id, kinds=kinds, wait=True), watch)
    session.progress.clear()
    assert isinstance(added, Added)
    (collection,) = session.collections([args.name])
    if args.json:
        say_json({"name": collection.name, "masks": list(collection.masks), "unmasked": collection.unmasked})
    else:
        say(f"{added.indexed} documents of {collection.name} were read anew.")
        for each in failed:
            tell(f"{each.path} could not be read anew, so what is stored of it is as it was: {each.reason}")
        tell(_setting(collection))
        if kinds:
            tell("The files themselves are as they were, and so are chats that have quoted them before.")
    return 1 if failed else 0


def _document(args: argparse.Namespace, session: Session) -> int:
    documents = documents_of(session, [args.name] if args.name else [])
    document = chosen_documents(args.document, documents)[0]
    if args.exempt or args.include:
        read_anew(session, document, exempt=args.exempt)
    if args.export:
        path = str(Path(args.export).expanduser().absolute())
        kinds = kinds_of(args.kinds)
        made = session.call(ExportRedacted(document_id=document.id, path=path, kinds=kinds, replace=args.replace))
        assert isinstance(made, RedactedExported)
        if args.json:
            say_json({"path": made.path, "counts": made.counts})
        else:
            say(f"{made.path}  masked: {counts_text(made.counts) or 'nothing'}")
            tell(f"{NOT_FOUND} Read the copy before you pass it on.")
        return 0
    listed = session.call(ListPersonal(document_id=document.id))
    assert isinstance(listed, PersonalListed)
    for each in listed.pieces:
        if args.json:
            about = {"kind": each.kind, "where": each.where, "masked": each.masked}
            say_json({**about, "before": each.before, "text": each.text, "after": each.after})
        else:
            where = f", {each.where}" if each.where else ""
            say(f"{LABELS[each.kind]}{where}: {each.before}{each.text}{each.after}")
    if not args.json:
        tell(f"{document.name}: {counts_text(listed.counts) or 'nothing was found'}{_state(listed.document)}")
    return 0


def _progress(session: Session, data: Data) -> None:
    if isinstance(data, AddProgress) and data.total:
        session.progress.show(f"{data.done} of {data.total} files")
    elif isinstance(data, PersonalCounted):
        session.progress.show(f"{data.done} of {data.total} documents")


def _json(document: Document, counts: dict[str, int], reason: str) -> dict[str, object]:
    about = {"name": document.name, "path": document.path, "counts": counts, "reason": reason}
    return {**about, "masked": document.masked is not None, "exempt": document.exempt}


def _state(document: Document) -> str:
    if document.exempt:
        return ", left by your decision"
    return ", masked" if document.masked is not None else ""


def _setting(collection: Collection) -> str:
    name = shlex.quote(collection.name)
    if not collection.masks:
        said = f"{collection.name} keeps personal data. “inhouse personal {name} --mask” has none of it kept."
    else:
        said = f"{collection.name} keeps none of: {', '.join(collection.masks)}."
    if collection.unmasked:
        said += f" {collection.unmasked} documents do not follow that yet: their files could not be read."
    return said
