"""`inhouse summarise`: a document, or what a collection holds, in its own words; no model is needed."""

from __future__ import annotations

import argparse
from pathlib import Path

from app.assistant.summary_report import save_summary
from app.cli.ask import chosen_documents, documents_of
from app.cli.documents import collection_for
from app.cli.output import answer_json, say_answer, say_json, tell
from app.cli.session import Session
from app.core.calls.chats import Answered, Summarise, Summarised
from app.errors import AppError
from app.export.reports import REPORT_FORMATS
from app.export.saving import check_format
from app.types import Document
from app.workers.calls.documents import Add, FileEvent
from app.workers.message import Data


def command(args: argparse.Namespace, session: Session) -> int:
    """Summarise; Ctrl C keeps the parts that have come."""
    target = Path(args.export).expanduser() if args.export else None
    if target is not None:
        check_format(target, REPORT_FORMATS)
    if args.document:
        document = document_of(args, session)
        call, title = Summarise(document_id=document.id), f"Summary of {document.name}"
    else:
        listed = session.collections(args.collection)
        ids = tuple(each.id for each in listed) if args.collection else ()
        call, title = Summarise(collections=ids), ", ".join(each.name for each in listed)
    answered = session.call(call, lambda data: _show(session, data), stoppable=True)
    assert isinstance(answered, Answered)
    session.progress.clear()
    answer = answered.answer
    if target is not None:
        save_summary(target, title, answer)
        tell(f"Saved as {target}.")
    if args.json:
        say_json(answer_json(answer))
    elif target is None:
        say_answer(answer)
    return 1 if answer.stopped else 0


def _show(session: Session, data: Data) -> None:
    if isinstance(data, Summarised):
        session.progress.show(f"Summarising… {data.fraction:.0%}")


def document_of(args: argparse.Namespace, session: Session) -> Document:
    """The document of this name or path; a file that is in no collection yet is added first.

    Raises:
        AppError: there is none, several are called so, or the file cannot be read.
    """
    path = Path(args.document).expanduser().absolute()
    listed = documents_of(session, args.collection)
    if path.is_file() and not any(each.path == str(path) or each.name == args.document for each in listed):
        listed = _add(args, session, path)
    found = chosen_documents(args.document, listed)[0]
    if not found.passages:
        raise AppError(f"“{found.name}” could not be read.", found.reason)
    return found


def _add(args: argparse.Namespace, session: Session, path: Path) -> list[Document]:
    collection = collection_for(session, args.collection[0] if args.collection else "")
    failed: list[str] = []

    def show(data: Data) -> None:
        if isinstance(data, FileEvent):
            session.progress.show(f"Reading {path.name} {data.fraction:.0%}")
            if data.status == "failed":
                failed.append(data.reason)

    session.call(Add(paths=(str(path),), collection_id=collection.id), show)
    if failed:
        raise AppError(f"“{path.name}” could not be read.", failed[0])
    tell(f"Added {path.name} to “{collection.name}”.")
    return documents_of(session, [collection.name])
