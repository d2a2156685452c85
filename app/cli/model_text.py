"""`inhouse model-text`: which documents hold text that a model wrote, and whether a person approved it."""

from __future__ import annotations

import argparse
import shlex

from app.cli.ask import chosen_documents, documents_of
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.errors import AppError
from app.types import Document
from app.workers.calls.model_text import ApproveModelText, ListModelText, ModelTextListed


def command(args: argparse.Namespace, session: Session) -> int:
    """List the documents with such text, or show it in one of them; or decide on one."""
    documents = documents_of(session, args.collection)
    decides = args.approve or args.keep_out
    if not args.document:
        if decides:
            raise AppError("Which document?", "Name it, as “inhouse model-text” lists them.")
        return _list([each for each in documents if each.by_model], as_json=args.json)
    document = chosen_documents(args.document, documents)[0]
    if decides:
        session.call(ApproveModelText(document_id=document.id, approved=args.approve))
    listed = session.call(ListModelText(document_id=document.id))
    assert isinstance(listed, ModelTextListed)
    for text in listed.texts:
        if args.json:
            say_json({"text": text})
        else:
            say(" ".join(text.split()))
    if not args.json:
        tell(_state(listed.document) if listed.texts else f"No text of a model was found in {document.name}.")
    return 0


def model_text_words(document: Document) -> str:
    """ "12 % written by a model, left out of training"; "" where nothing was found."""
    if not document.by_model:
        return ""
    share = f"{max(document.by_model, 0.01):.0%} written by a model"
    return f"{share}, approved" if document.approved else f"{share}, left out of training"


def _list(documents: list[Document], *, as_json: bool) -> int:
    for each in documents:
        if as_json:
            say_json({"name": each.name, "path": each.path, "by_model": each.by_model, "approved": each.approved})
        else:
            say(f"{each.path}  {model_text_words(each)}")
    if not documents and not as_json:
        tell("No document holds text that a model is known to have written.")
    return 0


def _state(document: Document) -> str:
    name = shlex.quote(document.name)
    if document.approved:
        return f"You approved it: it counts as any other text. “inhouse model-text --keep-out {name}” takes that back."
    return f"Models do not learn from it. Where it is right, “inhouse model-text --approve {name}” has it count."
