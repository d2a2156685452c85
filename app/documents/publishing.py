"""Writes editions of a collection into a folder that colleagues read: whole under its name, or not there.

It is made in the cache folder and copied in a thread, since a network drive may stop answering in the middle. The one
file is replaced by a rename, so that nothing of an older edition stays in the folder.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from app.documents import shares
from app.documents.bundle import name_of, write
from app.documents.bundle_file import EditionMark, opened, read_about
from app.documents.looking import Beside
from app.documents.store import Store
from app.errors import AppError, BadFile, Busy, NoSpace
from app.files import cannot_write, make_folder, sync_folder
from app.formats import COLLECTION_SUFFIX
from app.workers.calls.bundles import BundleProgress
from app.workers.calls.shares import EditionPublished, PublishCollection, StopPublishing
from app.workers.message import Done

Steps = Generator[BundleProgress, None, Any]
_BLOCK = 1 << 20
PART = ".part"


class _Wanted(msgspec.Struct, frozen=True):
    """How a collection is to be published."""

    path: Path
    share: str
    by: str
    follows: bool
    keep_paths: bool
    edition: int  # the one before


def publish(store: Store, cache: Path, call: PublishCollection) -> Generator[BundleProgress, None, EditionPublished]:
    """
    Raises:
        AppError: the collection is somebody else's, or another one lies under its name in the folder.
        NoSpace: it cannot be written there; the edition before is as it was.
    """
    with store.transaction():
        pass  # an index that may only be read could not keep what is written
    wanted = _wanted(store, call)
    try:
        return (yield from _publish(store, cache, call.collection_id, wanted))
    except AppError as error:
        with store.transaction() as db:
            values = (error.message, call.collection_id)
            db.execute("UPDATE published SET problem = ? WHERE collection_id = ?", values)
        raise


def _publish(
    store: Store, cache: Path, collection_id: int, wanted: _Wanted
) -> Generator[BundleProgress, None, EditionPublished]:
    listed = [each for each in store.documents(collection_id) if each.passages]
    part = cache / f"edition-{uuid.uuid4().hex}{PART}"
    try:
        make_folder(cache)
        before = yield from beside(lambda beat: _before(wanted))
        number, at, state = max(wanted.edition, before) + 1, time.time(), shares.state_of(store, collection_id)
        mark = EditionMark(share=wanted.share, number=number, at=at, by=wanted.by)
        with part.open("xb") as out:
            yield from write(store, collection_id, listed, out, keep_paths=wanted.keep_paths, edition=mark)
        yield from beside(lambda beat: _deliver(part, wanted.path, beat))
        size = part.stat().st_size
    except OSError as error:
        raise cannot_write(wanted.path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    with store.transaction() as db:
        values = {
            "collection_id": collection_id, "share": wanted.share, "path": str(wanted.path), "by": wanted.by,
            "follows": wanted.follows, "keep_paths": wanted.keep_paths, "edition": number, "at": at, "state": state,
            "problem": "",
        }  # fmt: skip
        shares.put_row(db, "published", values)
    made = next(each for each in store.collections() if each.id == collection_id)
    return EditionPublished(collection=made, documents=len(listed), bytes=size)


def stop(store: Store, call: StopPublishing) -> Generator[BundleProgress, None, Done]:
    """
    Raises:
        AppError: it is not shared.
        NoSpace: the edition cannot be taken out of its folder; it is still shared then.
    """
    row = shares.row_of(store, "published", call.collection_id)
    if row is None:
        raise AppError("This collection is not shared.", "There is nothing to stop.")
    path, share = Path(row["path"]), row["share"]

    def take_out(_: Callable[[], None]) -> None:
        _sweep(path)
        if _share_at(path) in (share, ""):
            path.unlink(missing_ok=True)

    try:
        yield from beside(take_out)
    except OSError as error:
        raise NoSpace(
            f"“{path.name}” could not be taken out of its folder.",
            "Try again when the folder can be reached.",
            str(error),
        ) from error
    with store.transaction() as db:
        db.execute("DELETE FROM published WHERE collection_id = ?", (call.collection_id,))
    return Done()


def _wanted(store: Store, call: PublishCollection) -> _Wanted:
    store.require(call.collection_id)
    if call.collection_id in shares.shared_of(store):
        raise AppError("This collection is shared by somebody else.", "Only they publish it.")
    row = shares.row_of(store, "published", call.collection_id)
    if row is None and not call.folder:
        raise AppError("This collection is not shared yet.", "Choose a folder that your colleagues can read.")
    name = _file_name(name_of(store, call.collection_id)) + COLLECTION_SUFFIX
    path = Path(call.folder).expanduser().absolute() / name if call.folder else Path(row["path"])  # type: ignore[index]
    if row is not None and path.parent == Path(row["path"]).parent:
        path = Path(row["path"])  # colleagues know it by this name, whatever the collection is called now
    elif row is not None:
        raise AppError(f"It is shared in {row['path']} already.", "Stop sharing it there first.")
    return _Wanted(
        path=path,
        share=row["share"] if row is not None else uuid.uuid4().hex,
        by=" ".join(call.by.split())[:80] or (row["by"] if row is not None else "a colleague"),
        follows=bool(row["follows"]) if call.follows is None and row is not None else bool(call.follows),
        keep_paths=bool(row["keep_paths"]) if call.keep_paths is None and row is not None else bool(call.keep_paths),
        edition=row["edition"] if row is not None else 0,
    )


def _before(wanted: _Wanted) -> int:
    """The number of the edition that lies there; 0 where there is none.

    Raises:
        AppError: what lies there is no edition of this collection, or there is no such folder.
    """
    if not wanted.path.parent.is_dir():
        raise AppError(f"The folder {wanted.path.parent} cannot be reached.", "Try again when it can.")
    try:
        with opened(wanted.path, wanted.path) as archive:
            mark = read_about(archive, wanted.path).edition
    except BadFile as error:
        if error.code == "missing" or wanted.edition:  # ours, and damaged since: the next one heals it
            return 0
        raise
    if mark is None or mark.share != wanted.share:
        raise AppError(
            f"Another collection lies in this folder as {wanted.path.name}.", "Choose another folder, or rename yours."
        )
    return mark.number


def _share_at(path: Path) -> str:
    """Which collection an edition is of; "" of a damaged or missing one."""
    with suppress(AppError), opened(path, path) as archive:
        mark = read_about(archive, path).edition
        return mark.share if mark is not None else "none"
    return ""


def _deliver(part: Path, path: Path, beat: Callable[[], None]) -> None:
    """Copy it there under another name, then rename: a colleague sees the old edition or the new one."""
    _sweep(path)
    there = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{PART}")
    try:
        with part.open("rb") as source, there.open("xb") as out:
            while block := source.read(_BLOCK):
                out.write(block)
                beat()
            out.flush()
            os.fsync(out.fileno())
        with suppress(OSError):  # for those who may read the folder, unlike files of ours
            there.chmod((path if path.exists() else path.parent).stat().st_mode & 0o666)
        beat()
        try:
            there.replace(path)
        except PermissionError as error:  # Windows, while somebody reads it
            raise Busy(
                f"“{path.name}” is just being read by somebody, or may not be replaced.",
                "Try again in a moment.",
                str(error),
            ) from error
        with suppress(OSError):
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            there.unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """What a killed publishing left half written; one collection has one writer."""
    for left in path.parent.glob(f".{_literal(path.name)}.*{PART}"):
        with suppress(OSError):
            left.unlink()


def _literal(name: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in name)


def beside(work: Callable[[Callable[[], None]], Any]) -> Steps:
    """What comes of work with a network drive, in a thread.

    Raises:
        Busy: the drive does not answer.
    """
    left = threading.Event()

    def beaten(beat: Callable[[], None]) -> Any:
        def go_on() -> None:
            if left.is_set():
                raise AppError("It was cancelled.")
            beat()

        return work(go_on)

    running = Beside(beaten)
    try:
        while not running.wait(0.01):
            if running.stalled:
                raise Busy("The drive does not answer.", "Try again when it does.")
            yield BundleProgress(done=0, total=0)
        return running.result()
    finally:
        left.set()


def _file_name(name: str) -> str:
    """A name that every system takes."""
    return "".join(each if each.isalnum() or each in " -_." else "-" for each in name).strip(" .") or "collection"
