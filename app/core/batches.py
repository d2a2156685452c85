"""An add as the queue holds it, and the list of unfinished adds on disk, so that a crash costs no file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from app.core.calls.documents import FileMoved
from app.core.reply import Reply
from app.errors import NoSpace
from app.files import set_aside, write_atomic
from app.formats import SUPPORTED_SUFFIXES
from app.workers.calls.documents import AddProgress, FileEvent

log = logging.getLogger(__name__)

LAST_WORDS = ("indexed", "unchanged", "failed")
VERSION = 2


@dataclass(eq=False)
class Batch:
    """One add: what was asked for and how far it is."""

    paths: tuple[str, ...]
    collection_id: int = 0
    name: str = ""
    """Of the collection, where its id is not known yet."""
    passwords: dict[str, str] = field(default_factory=dict)
    force: bool = False
    replaces: int = 0
    read_hidden: bool | None = None
    exempt: bool | None = None
    reply: Reply | None = None
    """The command that waits for its end; None for what the window queued."""
    asked: Reply | None = None
    """Who is told the id of the collection once it is made."""
    unwanted: bool = False
    """Cancelled by who asked for it, or its collection is gone: nothing of it is kept."""
    finished: set[str] = field(default_factory=set)
    moved: dict[str, FileEvent] = field(default_factory=dict)
    """The last word on each file that is not through, or failed without a row in the index."""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LAST_WORDS, 0))
    progress: AddProgress = field(default_factory=lambda: AddProgress(done=0, total=0))

    def take(self, event: FileEvent) -> None:
        """Remember where a file stands."""
        through = event.status in LAST_WORDS
        if through and event.path not in self.finished:
            self.finished.add(event.path)
            self.counts[event.status] += 1
        if through and event.document_id is not None:
            self.moved.pop(event.path, None)
        else:
            self.moved[event.path] = event

    def end_cancelled(self) -> None:
        """A command that waits for it is told that it was stopped."""
        if self.reply is not None:
            self.reply.cancelled()

    def left(self) -> Batch:
        """What is still to do. A folder is asked for as a whole again: what it has already is passed over quickly."""
        paths = tuple(path for path in self.paths if path not in self.finished)
        force = self.force and len(self.paths) == 1
        return Batch(
            *(paths, self.collection_id, self.name, self.passwords, force, self.replaces),
            read_hidden=self.read_hidden,
            exempt=self.exempt,
        )

    def waiting(self) -> list[FileMoved]:
        """The files that were named one by one and of which nothing is known yet; folders are looked into later."""
        return [
            FileMoved(collection_id=self.collection_id, file=FileEvent(path=path, status="waiting"))
            for path in self.paths
            if path not in self.finished and path not in self.moved and Path(path).suffix.lower() in SUPPORTED_SUFFIXES
        ]

    def files(self) -> list[FileMoved]:
        """Every file that is known of and not through."""
        moved = [FileMoved(collection_id=self.collection_id, file=event) for event in self.moved.values()]
        return [*moved, *self.waiting()]


class _Kept(msgspec.Struct, frozen=True):
    """An add as it is kept on disk. Passwords never are."""

    paths: tuple[str, ...]
    collection_id: int = 0
    name: str = ""
    force: bool = False
    replaces: int = 0
    read_hidden: bool | None = None
    exempt: bool | None = None


class _File(msgspec.Struct, frozen=True):
    adds: tuple[_Kept, ...]
    version: int = VERSION


class _First(msgspec.Struct, frozen=True):
    """Version 1 knew a collection by its name; the file was a list of these."""

    paths: tuple[str, ...]
    collection: str
    force: bool = False


def save(path: Path, batches: Sequence[Batch]) -> None:
    """Keep what is not through. A full disk must not stop the adding itself, so it is only logged."""
    try:
        if batches:
            kept = tuple(
                _Kept(
                    *(each.paths, each.collection_id, each.name, each.force, each.replaces),
                    read_hidden=each.read_hidden,
                    exempt=each.exempt,
                )
                for each in batches
            )
            write_atomic(path, msgspec.json.encode(_File(kept)))
        else:
            path.unlink(missing_ok=True)
    except (NoSpace, OSError) as error:
        log.warning("The list of files to add could not be kept: %s", error)


def restore(path: Path) -> list[Batch]:
    """What was not through when the program ended; a file that cannot be read is set aside."""
    try:
        data = path.read_bytes()
        if data.startswith(b"["):
            first = msgspec.json.decode(data, type=list[_First])
            return [Batch(each.paths, name=each.collection, force=each.force) for each in first if each.paths]
        kept = msgspec.json.decode(data, type=_File).adds
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("The list of files to add could not be read: %s", error)
        if path.is_file():
            set_aside(path)
        return []
    return [
        Batch(
            *(each.paths, each.collection_id, each.name, {}, each.force, each.replaces),
            read_hidden=each.read_hidden,
            exempt=each.exempt,
        )
        for each in kept
        if each.paths
    ]
