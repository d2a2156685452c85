"""`inhouse watch`: folders that a collection follows, what changed in them, and the trash."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.cli.documents import collection_for
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.folders import ConfirmDeletion, EmptyTrash, FoldersChanged, FolderStatus, WatchState
from app.errors import AppError
from app.workers.calls.documents import Removed
from app.workers.calls.folders import (
    Change,
    ChangeFolder,
    Changes,
    FolderKept,
    FollowFolder,
    ListChanges,
    ListTrash,
    Restored,
    RestoreDocuments,
    Rules,
    Trash,
    UnfollowFolder,
)

LOOK_S = 0.3
DAY_S = 24 * 3600.0


def command(args: argparse.Namespace, session: Session) -> int:
    """Run one of the actions."""
    return ACTIONS[args.action](args, session)


def _add(args: argparse.Namespace, session: Session) -> int:
    """Follow a folder, and wait until what it holds is read."""
    collection = collection_for(session, args.collection or "")
    path = str(Path(args.folder).expanduser().absolute())
    rules = Rules(ignore=tuple(args.ignore), largest_mb=args.largest)
    kept = session.call(FollowFolder(path=path, collection_id=collection.id, rules=rules))
    assert isinstance(kept, FolderKept)
    status = _status(session, kept.folder.id)
    while not args.no_wait and not status.settled and status.phase in ("watching", "scanning", "reading"):
        session.progress.show(status.words())
        time.sleep(LOOK_S)
        status = _status(session, kept.folder.id)
    session.progress.clear()
    _print(status, session, as_json=args.json)
    return 0


def _list(args: argparse.Namespace, session: Session) -> int:
    statuses = _all(session)
    for status in statuses:
        _print(status, session, as_json=args.json)
    if not statuses and not args.json:
        tell("No folder is followed. Follow one with “inhouse watch add FOLDER”.")
    return 0


def _change(args: argparse.Namespace, session: Session) -> int:
    """Pause, go on, other rules, or say that what is gone was deleted."""
    for status in _named(args, session):
        id_ = status.folder.id
        if args.action == "confirm":
            session.call(ConfirmDeletion(folder_id=id_))
        elif args.action == "rules":
            rules = Rules(ignore=tuple(args.ignore), largest_mb=args.largest)
            session.call(ChangeFolder(folder_id=id_, rules=rules))
        else:
            session.call(ChangeFolder(folder_id=id_, paused=args.action == "pause"))
        _print(_status(session, id_), session, as_json=args.json)
    return 0


def _remove(args: argparse.Namespace, session: Session) -> int:
    for status in _named(args, session):
        session.call(UnfollowFolder(folder_id=status.folder.id))
        if not args.json:
            say(f"{status.folder.path} is not followed any more. Its documents stay.")
    return 0


def _changes(args: argparse.Namespace, session: Session) -> int:
    """What changed since yesterday, or for so many days."""
    midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    found = session.call(ListChanges(since=midnight - args.days * DAY_S, collection_id=_collection_id(args, session)))
    assert isinstance(found, Changes)
    for change in found.changes:
        if args.json:
            say_json({
                "kind": change.kind, "at": change.at, "path": change.path, "before": change.before,
                "collection": change.collection, "reason": change.reason,
            })  # fmt: skip
        else:
            say(_change_line(change))
    if not found.changes and not args.json:
        tell("Nothing changed.")
    return 0


def _trash(args: argparse.Namespace, session: Session) -> int:
    """What lies in the trash; with --empty it is removed for good."""
    if args.empty:
        removed = session.call(EmptyTrash(collection_id=_collection_id(args, session)))
        assert isinstance(removed, Removed)
        if args.json:
            say_json({"documents": removed.documents, "passages": removed.passages, "traces": removed.traces})
        else:
            say(f"{removed.documents} documents and {removed.passages} passages were removed.")
        if removed.traces:
            raise AppError(f"{removed.traces} traces can still be found.", "Please run “inhouse doctor”.")
        return 0
    for each in _trashed(args, session).documents:
        if args.json:
            say_json({"path": each.document.path, "since": each.since, "collection": each.collection})
        else:
            say(f"{_moment(each.since)}  {each.document.path} ({each.collection})")
    return 0


def _restore(args: argparse.Namespace, session: Session) -> int:
    trashed = _trashed(args, session).documents
    chosen = [
        each.document.id
        for each in trashed
        if not args.folders or each.document.name in args.folders or each.document.path in args.folders
    ]
    if not chosen:
        raise AppError("No such document is in the trash.", "“inhouse watch trash” lists what is.")
    restored = session.call(RestoreDocuments(ids=tuple(chosen)))
    assert isinstance(restored, Restored)
    if args.json:
        say_json({"restored": len(restored.ids)})
    else:
        say(f"{len(restored.ids)} of {len(chosen)} documents can be found again.")
    return 0 if restored.ids else 1


ACTIONS: dict[str, Callable[[argparse.Namespace, Session], int]] = {
    "add": _add,
    "list": _list,
    "pause": _change,
    "resume": _change,
    "rules": _change,
    "confirm": _change,
    "remove": _remove,
    "changes": _changes,
    "trash": _trash,
    "restore": _restore,
}


def _all(session: Session) -> tuple[FolderStatus, ...]:
    found = session.call(WatchState())
    assert isinstance(found, FoldersChanged)
    return found.folders


def _status(session: Session, folder_id: int) -> FolderStatus:
    found = next((each for each in _all(session) if each.folder.id == folder_id), None)
    if found is None:
        raise AppError("This folder is not followed any more.", "Follow it again.")
    return found


def _named(args: argparse.Namespace, session: Session) -> list[FolderStatus]:
    """The followed folders that are meant."""
    wanted = {str(Path(each).expanduser().absolute()) for each in args.folders}
    found = [each for each in _all(session) if each.folder.path in wanted]
    if len({each.folder.path for each in found}) < len(wanted) or not found:
        shown = ", ".join(dict.fromkeys(each.folder.path for each in _all(session))) or "none"
        raise AppError("One of these folders is not followed.", f"Followed are: {shown}.")
    return found


def _trashed(args: argparse.Namespace, session: Session) -> Trash:
    found = session.call(ListTrash(collection_id=_collection_id(args, session)))
    assert isinstance(found, Trash)
    return found


def _collection_id(args: argparse.Namespace, session: Session) -> int:
    return session.collections([args.collection])[0].id if args.collection else 0


def _print(status: FolderStatus, session: Session, *, as_json: bool) -> None:
    folder = status.folder
    names = {each.id: each.name for each in session.collections()}
    if as_json:
        say_json({
            "path": folder.path, "collection": names.get(folder.collection_id, ""), "phase": status.phase,
            "documents": folder.documents, "absence": folder.absence, "since": folder.since,
            "ignore": list(folder.rules.ignore), "skipped": status.skipped,
        })  # fmt: skip
        return
    say(f"{folder.path}  →  {names.get(folder.collection_id, '')}  {folder.documents} documents")
    say(f"    {status.words()}")
    if status.problem:
        tell(status.problem)


def _change_line(change: Change) -> str:
    extra = f"  (was {change.before})" if change.before else f": {change.reason}" if change.reason else ""
    return f"{_moment(change.at)}  {change.kind:<8} {change.path}{extra}"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")
