"""`inhouse add`, `remove`, `search` and `collections`: the documents, through the documents process."""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from app.assistant.forget import forget_missing, remove_documents
from app.chats.store import ChatStore
from app.cli.ask import read_queries
from app.cli.output import passage_json, place, say, say_json, shortened, size_text, tell
from app.cli.session import Session
from app.errors import AppError
from app.finetune.runs import Runs
from app.finetune.use import holding, trained_on
from app.settings import DEFAULT_COLLECTION
from app.types import Document, SearchResult
from app.workers.protocol import (
    Add,
    Added,
    AddProgress,
    Data,
    Documents,
    FileEvent,
    ListDocuments,
    Search,
    Searched,
)

FIRST_COLLECTION = "Documents"


def _is_text(path: str) -> bool:
    """Whether a name can be written as UTF-8; one in an old encoding cannot, and no message could carry it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unreadable_name(path: str) -> FileEvent:
    readable = path.encode(errors="replace").decode()
    return FileEvent(path=readable, status="failed", code="name", reason="Its name is not valid text. Rename it.")


def add(args: argparse.Namespace, session: Session) -> int:
    """Index files and folders; 1 only where not one of them could be used."""
    collection = args.collection or session.settings.get(DEFAULT_COLLECTION) or FIRST_COLLECTION
    named = [str(Path(path).expanduser().absolute()) for path in args.paths]
    paths = tuple(path for path in named if _is_text(path))
    for path in named:
        if path not in paths:
            _print_file(_unreadable_name(path), as_json=args.json)
    if not paths:
        return 1

    def show(data: Data) -> None:
        if isinstance(data, FileEvent) and data.status in ("indexed", "unchanged", "failed"):
            session.progress.clear()
            _print_file(data, as_json=args.json)
        elif isinstance(data, FileEvent):
            session.progress.show(f"{data.status.capitalize()} {Path(data.path).name} {data.fraction:.0%}")
        elif isinstance(data, AddProgress):
            session.progress.show(f"{data.done} of {data.total} files, {data.passages_per_s:.0f} passages a second")

    added = session.call("documents", Add(paths=paths, collection=collection, force=args.force), show)
    assert isinstance(added, Added)
    if not args.json:
        tell(f"{collection}: {added.indexed} indexed, {added.unchanged} unchanged, {added.failed} failed.")
    if added.indexed or added.unchanged:
        return 0
    if not added.failed:
        raise AppError("There was nothing to add.", "Name files or folders that hold documents.")
    return 1


def _print_file(event: FileEvent, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "path": event.path,
                "status": event.status,
                "passages": event.passages,
                "pages": event.pages,
                "reason": event.reason,
            }
        )
    elif event.status == "failed":
        say(f"failed     {event.path}: {event.reason}")
    else:
        pages = f", {event.pages} pages" if event.pages else ""
        say(f"{event.status:<10} {event.path} ({event.passages} passages{pages})")


def search(args: argparse.Namespace, session: Session) -> int:
    """Search without a model."""
    queries = read_queries(args.queries) if args.queries else [args.query]
    names = tuple(item.name for item in session.collections(args.collection)) if args.collection else ()
    for query in queries:
        call = Search(query=query, collections=names, k=args.k, highlight=not args.json)
        searched = session.call("documents", call)
        assert isinstance(searched, Searched)
        result = searched.result
        if args.json:
            passages = [passage_json(passage) for passage in result.passages]
            say_json({"passages": passages, "elapsed_ms": round(result.elapsed_ms, 2)})
        else:
            _print_result(result)
    return 0


def _print_result(result: SearchResult) -> None:
    if not result.passages:
        say("Nothing was found.")
    for passage in result.passages:
        say(f"{passage.score:.2f}  {place(passage)}\n      {shortened(passage)}")
    if result.passages and not result.found:
        tell("None of these is near enough to answer from.")
    if result.note:
        tell(result.note)


def collections(args: argparse.Namespace, session: Session) -> int:
    """List the collections, or the documents of one."""
    if args.name:
        return _list_documents(args, session)
    listed = session.collections()
    for item in listed:
        if args.json:
            say_json({"name": item.name, "documents": item.documents, "passages": item.passages, "bytes": item.bytes})
        else:
            say(f"{item.name}  {item.documents} documents, {item.passages} passages, {size_text(item.bytes)}")
    if not listed and not args.json:
        tell("There are no collections yet. Add documents with “inhouse add PATH”.")
    return 0


def _list_documents(args: argparse.Namespace, session: Session) -> int:
    for document in documents_of(session, [args.name]):
        if args.json:
            say_json(
                {"name": document.name, "path": document.path, "status": document.status, "reason": document.reason}
            )
        else:
            reason = f": {document.reason}" if document.reason else ""
            say(f"{document.status:<10} {document.path} ({document.passages} passages){reason}")
    return 0


def documents_of(session: Session, names: list[str]) -> list[Document]:
    """The documents of these collections, or of all.

    Raises:
        AppError: there is no such collection.
    """
    found: list[Document] = []
    for item in session.collections(names):
        documents = session.call("documents", ListDocuments(collection=item.name))
        assert isinstance(documents, Documents)
        found += documents.documents
    return found


def remove(args: argparse.Namespace, session: Session) -> int:
    """Remove documents from the index, with a proof that nothing of them can be found."""
    listed = documents_of(session, list(args.collection))
    if not args.collection:
        _finish_removals(session, listed)
    chosen = [document for name in args.documents for document in _chosen(name, listed)]
    removed = remove_documents(
        session.home, [document.id for document in chosen], lambda call: session.call("documents", call)
    )
    if args.json:
        say_json({"documents": removed.documents, "passages": removed.passages, "traces": removed.traces})
    else:
        say(f"{removed.documents} documents and {removed.passages} passages were removed.")
    for model in trained_on(session.registry.models(), removed.ids):
        tell(f"“{model.name}” learned from it and still can repeat it. Remove that model too, or train it again.")
    for name in dict.fromkeys(holding(Runs(session.home.runs), removed.ids)):
        tell(f"Its text also stays in the training data of “{name}” until you delete that run's data.")
    if removed.traces:
        raise AppError(f"{removed.traces} traces can still be found.", "Please run “inhouse doctor”.")
    return 0


def _finish_removals(session: Session, listed: list[Document]) -> None:
    """What a removal that was cut short left in the chats goes before the next one."""
    if session.home.chats_db.exists():
        with contextlib.closing(ChatStore(session.home.chats_db, session.home.backups)) as store:
            forget_missing(session.home, store, [document.id for document in listed])


def _chosen(name: str, documents: list[Document]) -> list[Document]:
    path = str(Path(name).expanduser().absolute())
    found = [item for item in documents if item.path in (name, path)] or [
        item for item in documents if item.name == name
    ]
    if not found:
        raise AppError(f"There is no document “{name}”.", "“inhouse collections NAME” lists those of a collection.")
    if len({item.collection for item in found}) > 1 or len(found) > 1:
        places = "; ".join(f"{item.path} in “{item.collection}”" for item in found)
        raise AppError(f"Several documents are called “{name}”.", f"Give the path, or --collection. They are: {places}")
    return found
