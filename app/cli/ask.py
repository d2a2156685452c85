"""`inhouse ask`: a question, or a file of them, answered from the documents."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path, PurePath

from app.assistant import why
from app.cli.assistant_options import LIKELY
from app.cli.assistants import library, named, tell_what_is_gone
from app.cli.chat_files import existing_file
from app.cli.output import Draft, answer_json, say, say_answer, say_json, tell
from app.cli.session import Session
from app.cli.shares_of_words import Shares
from app.core.calls.chats import Answered, Ask
from app.errors import AppError
from app.formats import BY_SUFFIX, IMAGE, suffix_of
from app.members import is_member, lies_in
from app.pictures import PictureFile
from app.text.saved_text import decode
from app.types import Answer, Document, Filter, InstalledModel
from app.workers.calls.documents import Documents, FileEvent, ListDocuments
from app.workers.message import Data


def command(args: argparse.Namespace, session: Session) -> int:
    """Answer; 0 also where nothing was found, since that is an answer too."""
    model = session.model(args.model)
    if not args.queries:
        answer = _answer(args, session, model, args.question, shares := Shares(), draft=not args.json)
        _print(args, answer, shares)
        return 1 if answer.stopped else 0
    status = 0
    for question in read_queries(args.queries):
        try:
            answer = _answer(args, session, model, question, shares := Shares(), draft=False)
            _print(args, answer, shares)
            if answer.stopped:
                return 1
        except AppError as error:
            status = 1
            tell(f"{question}: {error}")
            if args.json:
                failed = Answer(text="", model=model.name)
                say_json({**answer_json(failed), "error": str(error)})
    return status


def read_queries(path: str) -> list[str]:
    """The lines of a file that are not empty.

    Raises:
        AppError: it cannot be read.
    """
    try:
        lines = decode(Path(path).read_bytes()).splitlines()
    except (OSError, ValueError) as error:
        raise AppError(
            f"“{path}” cannot be read.", "It should be a text file with one question a line.", str(error)
        ) from error
    return [line.strip() for line in lines if line.strip()]


def filter_of(args: argparse.Namespace, session: Session) -> Filter:
    """Which documents may answer, as the options say.

    Raises:
        AppError: there is no such document.
    """
    listed = documents_of(session, args.collection) if args.document else []
    chosen = {document.path for name in args.document for document in chosen_documents(name, listed)}
    named = tuple(each.id for each in listed if each.path in chosen or lies_in(each.path, chosen))
    return Filter(documents=named, folder=args.folder, kinds=tuple(args.kind), since=args.since)


def documents_of(session: Session, names: Sequence[str]) -> list[Document]:
    """The documents of these collections, or of all.

    Raises:
        AppError: there is no such collection.
    """
    found: list[Document] = []
    for item in session.collections(names):
        documents = session.call(ListDocuments(collection_id=item.id))
        assert isinstance(documents, Documents)
        found += documents.documents
    return found


def is_path_of(typed: str, document: Document) -> bool:
    """Whether this is its path, or the end of it where it lies in another file: "offers.zip/contract.docx"."""
    path, parts = PurePath(document.path), PurePath(typed).parts
    if path == Path(typed).expanduser().absolute():
        return True
    return is_member(document.path) and len(parts) > 1 and path.parts[-len(parts) :] == parts


def chosen_documents(name: str, documents: list[Document]) -> list[Document]:
    """The document of a name or path.

    Raises:
        AppError: there is none, or there are several of this name.
    """
    found = [item for item in documents if is_path_of(name, item)] or [item for item in documents if item.name == name]
    if not found:
        raise AppError(f"There is no document “{name}”.", "“inhouse collections NAME” lists those of a collection.")
    if len(found) > 1:
        places = "; ".join(f"{item.path} in “{item.collection}”" for item in found)
        raise AppError(f"Several documents are called “{name}”.", f"Give the path, or --collection. They are: {places}")
    return found


def _answer(
    args: argparse.Namespace, session: Session, model: InstalledModel, question: str, shares: Shares, *, draft: bool
) -> Answer:
    """Ctrl C stops the answer and keeps what has come."""
    shown = Draft()
    names = () if args.no_documents else tuple(args.collection)
    assistant = named(library(session).assistants, args.assistant) if args.assistant else None
    if assistant is not None:
        tell_what_is_gone(assistant, session)
    call = Ask(
        question=question,
        collections=tuple(item.id for item in session.collections(names)) if names else (),
        alone=args.no_documents,
        model_id=model.id if args.model else "",
        priority=1,
        filter=Filter() if args.no_documents else filter_of(args, session),
        attach=tuple(existing_file(name) for name in args.attach),
        pictures=_pictures(args),
        assistant_id=assistant.id if assistant else "",
        shares=LIKELY if args.shares else None,
        print=True,
    )
    session.progress.show("Reading your files…" if call.attach or call.pictures else "Searching your documents…")
    on_token = shown.add if draft else lambda _: None

    def show(data: Data) -> None:
        if isinstance(data, FileEvent):
            tell(f"{Path(data.path).name}: {data.reason}")
        shares.take(data)
        session.show_answer(data, on_token)

    answered = session.call(call, show, stoppable=True)
    assert isinstance(answered, Answered)
    shown.take_back()
    return answered.answer


def _pictures(args: argparse.Namespace) -> tuple[PictureFile, ...]:
    """Picture files, or pages of the one document that is named. Raises AppError."""
    paths = [existing_file(name) for name in args.picture]
    if not args.page:
        for path in paths:
            if suffix_of(path) in BY_SUFFIX and suffix_of(path) not in IMAGE.suffixes:
                message = f"{Path(path).name} is a document, not a picture."
                raise AppError(message, "Say which of its pages is meant: --page 1.")
        return tuple(PictureFile(path) for path in paths)
    if len(paths) != 1:
        raise AppError("It is not clear which document's pages are meant.", "Name it with one --picture.")
    return tuple(PictureFile(paths[0], page) for page in args.page)


def _print(args: argparse.Namespace, answer: Answer, shares: Shares) -> None:
    if args.json:
        how = {"why": why.as_json(answer.trace) if answer.trace else None} if args.why else {}
        sure = {"shares": shares.as_json()} if args.shares else {}
        say_json({**answer_json(answer), **how, **sure})
        return
    say_answer(answer)
    if args.shares:
        say("\n" + shares.report())
    if args.why:
        say("\n" + (why.report(answer) or "The model answered alone: no documents were searched."))
