"""`inhouse hidden`: what readers of a document do not see, and whether it is read all the same."""

from __future__ import annotations

import argparse

from app.cli.anew import read_anew
from app.cli.ask import chosen_documents, documents_of
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.errors import AppError
from app.text.hidden import REASONS, HiddenText
from app.types import Document
from app.workers.calls.documents import HiddenTextListed, ListHiddenText


def command(args: argparse.Namespace, session: Session) -> int:
    """List the documents with hidden text, or what it says in one of them; or decide on one."""
    documents = documents_of(session, args.collection)
    if not args.document:
        if args.read or args.keep_out:
            raise AppError("Which document?", "Name it, as “inhouse hidden” lists them.")
        return _list([each for each in documents if each.hidden], as_json=args.json)
    document = chosen_documents(args.document, documents)[0]
    if args.read or args.keep_out:
        read_anew(session, document, read_hidden=args.read)
    listed = session.call(ListHiddenText(document_id=document.id))
    assert isinstance(listed, HiddenTextListed)
    for each in listed.found:
        _print(each, as_json=args.json)
    if not args.json:
        tell(_state(listed.document) if listed.found else f"No hidden text was found in {document.name}.")
    return 0


def _list(documents: list[Document], *, as_json: bool) -> int:
    for each in documents:
        if as_json:
            say_json({"name": each.name, "path": each.path, "hidden": each.hidden, "read": each.read_hidden})
        else:
            say(f"{each.path}  {each.hidden} hidden, {'read too' if each.read_hidden else 'kept out'}")
    if not documents and not as_json:
        tell("No document holds hidden text.")
    return 0


def _print(each: HiddenText, *, as_json: bool) -> None:
    if as_json:
        say_json({"kind": each.kind, "page": each.page, "count": each.count, "text": each.text})
        return
    where = f", page {each.page}" if each.page else ""
    say(f"{REASONS[each.kind]}{where}: {each.text}")


def _state(document: Document) -> str:
    if document.read_hidden:
        return f"You decided to read it too. “inhouse hidden --keep-out {document.name}” leaves it out again."
    return f"It is kept out of search and answers. “inhouse hidden --read {document.name}” reads it too."
