"""`inhouse add`, `remove`, `search` and `collections`: the documents, through the core. They work beside a window."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from app.cited import sure_text
from app.cli.ask import chosen_documents, documents_of, filter_of, read_queries
from app.cli.bundles import export_collection, import_collection
from app.cli.model_text import model_text_words
from app.cli.output import passage_json, place, say, say_json, shortened, size_text, tell
from app.cli.session import Session
from app.cli.shares import command as shared_command
from app.cli.shares import is_wanted, share_json, share_words
from app.core.calls.documents import AnswersFound, DeleteAnswers, FindAnswers
from app.errors import AppError
from app.finetune.runs import Runs
from app.finetune.use import holding, trained_on
from app.members import lies_in
from app.settings import DEFAULT_COLLECTION
from app.types import Collection, Document, SearchResult
from app.workers.calls.documents import (
    Add,
    Added,
    AddProgress,
    CollectionMade,
    CreateCollection,
    FileEvent,
    Remove,
    Removed,
    Search,
    Searched,
)
from app.workers.calls.scans import PageRecognised, Recognise
from app.workers.message import Data

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
        elif isinstance(data, AddProgress) and data.total:
            session.progress.show(f"{data.done} of {data.total} files, {data.passages_per_s:.0f} passages a second")
        elif isinstance(data, AddProgress):
            session.progress.show("Waiting until the files before these are through…")

    collection = collection_for(session, args.collection or "")
    added = session.call(Add(paths=paths, collection_id=collection.id, force=args.force), show)
    assert isinstance(added, Added)
    _wait_for_scans(session, collection.id, as_json=args.json)
    if not args.json:
        tell(f"{collection.name}: {added.indexed} indexed, {added.unchanged} unchanged, {added.failed} failed.")
    if added.indexed or added.unchanged:
        return 0
    if not added.failed:
        raise AppError("There was nothing to add.", "Name files or folders that hold documents.")
    return 1


def _wait_for_scans(session: Session, collection_id: int, *, as_json: bool) -> None:
    """Until the pages that are pictures are recognised; whoever has no time for that stops here, and loses nothing."""

    def show(data: Data) -> None:
        if isinstance(data, PageRecognised):
            session.progress.show(f"Recognising {data.document}: page {data.done} of {data.total}, {data.left} left")
            if data.failure and not as_json:
                tell(f"{data.document}: {data.failure}")

    session.call(Recognise(collection_id=collection_id), show)
    session.progress.clear()


def collection_for(session: Session, name: str) -> Collection:
    """The collection of this name, made where there is none; without a name the one that new chats ask."""
    if not name:
        default = session.settings.get(DEFAULT_COLLECTION)
        found = [each for each in session.collections() if each.id == default]
        if found:
            return found[0]
    made = session.call(CreateCollection(name=name or FIRST_COLLECTION))
    assert isinstance(made, CollectionMade)
    return made.collection


def _print_file(event: FileEvent, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "path": event.path,
                "status": event.status,
                "passages": event.passages,
                "pages": event.pages,
                "reason": event.reason,
                "hidden": event.hidden,
            }
        )
    elif event.status == "failed":
        say(f"failed     {event.path}: {event.reason}")
    else:
        pages = f", {event.pages} pages" if event.pages else ""
        say(f"{event.status:<10} {event.path} ({event.passages} passages{pages})")
        if event.hidden:
            tell(f"Hidden text found in it and left out. “inhouse hidden {shlex.quote(event.path)}” shows it.")


def search(args: argparse.Namespace, session: Session) -> int:
    """Search without a model.

    Raises:
        AppError: there is nothing to search for.
    """
    queries = read_queries(args.queries) if args.queries else [args.query]
    if not any(query.strip() for query in queries):
        raise AppError("There is nothing to search for.", "Type some words.")
    listed = session.collections(args.collection)
    ids = tuple(item.id for item in listed) if args.collection else ()
    wanted = filter_of(args, session)
    for query in queries:
        searched = session.call(Search(query=query, collections=ids, k=args.k, highlight=not args.json, filter=wanted))
        assert isinstance(searched, Searched)
        result = searched.result
        if args.json:
            passages = [passage_json(passage) for passage in result.passages]
            say_json({"passages": passages, "elapsed_ms": round(result.elapsed_ms, 2), "note": result.note})
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
    if args.bring_in:
        return import_collection(args, session)
    if args.export:
        return export_collection(args, session)
    if is_wanted(args):
        return shared_command(args, session)
    return list_collections(session, args.name, as_json=args.json)


def list_collections(session: Session, name: str, *, as_json: bool) -> int:
    """The collections, or the documents of the one of this name."""
    if name:
        return _list_documents(session, name, as_json=as_json)
    listed = session.collections()
    for item in listed:
        if as_json:
            counts = {"documents": item.documents, "failed": item.failed, "passages": item.passages}
            counts["by_model"] = item.by_model
            say_json({"name": item.name, **counts, "bytes": item.bytes, **share_json(item)})
        else:
            failed = f", {item.failed} failed" if item.failed else ""
            say(f"{item.name}  {item.documents} documents{failed}, {item.passages} passages, {size_text(item.bytes)}")
            if item.by_model:
                say(f"  {item.by_model} with text that a model wrote: “inhouse model-text” lists them.")
            if stands := share_words(item):
                say(f"  {stands}.")
    if not listed and not as_json:
        tell("There are no collections yet. Add documents with “inhouse add PATH”.")
    return 0


def _list_documents(session: Session, name: str, *, as_json: bool) -> int:
    for document in documents_of(session, [name]):
        if as_json:
            say_json(
                {
                    "name": document.name,
                    "path": document.path,
                    "status": document.status,
                    "reason": document.reason,
                    "scans": document.scans,
                    "recognised": document.recognised,
                    "sure": document.sure,
                    "by_model": document.by_model,
                    "approved": document.approved,
                }
            )
        else:
            said = "; ".join(filter(None, (_scans_text(document) or document.reason, model_text_words(document))))
            reason = f": {said}" if said else ""
            say(f"{document.status:<10} {document.path} ({document.passages} passages){reason}")
    return 0


def _scans_text(document: Document) -> str:
    """How far its pages that are pictures are recognised, and how well; "" where it has none."""
    if document.recognised < document.scans:
        return f"{document.recognised} of {document.scans} scanned pages are recognised"
    return "" if document.sure is None else f"recognised from pictures, {sure_text(document.sure)} sure"


def remove(args: argparse.Namespace, session: Session) -> int:
    """Remove documents from the index, with a proof that nothing of them can be found."""
    listed = documents_of(session, args.collection)
    chosen = [document for name in args.documents for document in chosen_documents(name, listed)]
    inside = [each for each in listed if lies_in(each.path, {document.path for document in chosen})]
    ids = tuple(dict.fromkeys(document.id for document in (*chosen, *inside)))
    _delete_answers(args, session, ids)
    removed = session.call(Remove(ids=ids))
    assert isinstance(removed, Removed)
    if args.json:
        counts = {"documents": removed.documents, "passages": removed.passages, "traces": removed.traces}
        say_json({**counts, "answers": len(removed.answers)})
    else:
        say(f"{removed.documents} documents and {removed.passages} passages were removed.")
    if removed.answers:
        tell(f"{_answers(len(removed.answers))} in the model's own words.")
    for model in trained_on(session.models().models, removed.ids):
        tell(f"“{model.name}” learned from it and still can repeat it. Remove that model too, or train it again.")
    for name in dict.fromkeys(holding(Runs(session.home.runs), removed.ids)):
        tell(f"Its text also stays in the training data of “{name}” until you delete that run's data.")
    if removed.traces:
        places = ", ".join(removed.places)
        hint = f"They are in: {places}. Delete what you do not need of it, then run “inhouse doctor”."
        raise AppError(
            f"{removed.traces} traces can still be found.", hint if places else "Please run “inhouse doctor”."
        )
    return 0


def _delete_answers(args: argparse.Namespace, session: Session, ids: tuple[int, ...]) -> None:
    """Stored answers tell of a document in the model's own words: they go where that is wanted, before the document,
    so that a removal that is cut short here can be typed once more."""
    found = session.call(FindAnswers(document_ids=ids))
    assert isinstance(found, AnswersFound)
    if not found.ids:
        return
    wanted = args.with_answers
    if not wanted and not args.json and sys.stdin.isatty() and sys.stderr.isatty():
        tell(f"{_answers(len(found.ids))} in the model's own words. Delete what they say too? [y/N]")
        wanted = sys.stdin.readline().strip().casefold() in ("y", "yes")
    if wanted:
        session.call(DeleteAnswers(ids=found.ids))


def _answers(count: int) -> str:
    return f"{count} answer{'' if count == 1 else 's'} in your chats still tell{'s' if count == 1 else ''} of it"
