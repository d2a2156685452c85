"""Readers that were taught in this company, beside the one that comes along: their files, which one reads, and the one
before.

    readers/ID/reader.safetensors   the adapter      readers/ID/reader.json   what it belongs to
    readers/ID/taught.json          TaughtReader     readers/readers.json     Chosen

The core writes, one process at a time; the documents process reads.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct, field

from app.embedder.choice import Choice, Chosen
from app.errors import AppError
from app.files import cannot_write, make_folder, write_atomic
from app.paths import RESOURCES

VERSION = 1
ADAPTER, CARD = "reader.safetensors", "reader.json"
READER = RESOURCES / "reader"
"""The adapter that comes along and makes a reader of the embedder (`trainer/reader` trains it)."""
CHOSEN, TAUGHT = "readers.json", "taught.json"
TEACHING_BYTES, TEACHING_DISK_BYTES = 2_200_000_000, 400_000_000
"""What teaching takes: memory (a small run took 1.6 GB), and the network as torch reads it with its checkpoints."""
SHIPPED = "Inhouse’s own reader"
OLD = "It was taught from an earlier version of Inhouse’s reader and does not fit this one. Teach it again."


class TaughtReader(Struct, frozen=True, kw_only=True):
    """A reader of this company: who it is and where it comes from. `id` "" is the one that comes along."""

    version: int = VERSION
    id: str = ""  # the run that taught it
    name: str = SHIPPED
    parent: str = ""  # the id of the reader that it went on from
    shipped: str = ""  # which reader that came along its scores are held to
    lineage: dict[str, str] = field(default_factory=dict)  # base, data, run, scores; documents: ids, for programs
    made_at: float = 0.0
    problem: str = ""  # why it cannot read now; never written


@cache
def shipped() -> str:
    """Which reader comes along with this version: the sum of its weights."""
    return hashlib.sha256((READER / ADAPTER).read_bytes()).hexdigest()


class Readers:
    """The folder of a data folder's readers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._choice = Choice(folder / CHOSEN)

    def all(self) -> list[TaughtReader]:
        """Those that were taught here, newest first; what cannot be read is left out."""
        found = [self.get(path.parent.name) for path in self._folder.glob(f"*/{TAUGHT}")]
        return sorted((each for each in found if each is not None), key=lambda each: -each.made_at)

    def get(self, reader_id: str) -> TaughtReader | None:
        """The reader of this id, with what keeps it from reading; None where it is not there."""
        if not reader_id:
            return TaughtReader(shipped=shipped())
        try:
            found = msgspec.json.decode((self._folder / reader_id / TAUGHT).read_bytes(), type=TaughtReader)
        except (OSError, msgspec.MsgspecError):
            return None
        if found.version > VERSION:
            return msgspec.structs.replace(found, problem="A newer version of Inhouse taught it.")
        return msgspec.structs.replace(found, problem="" if found.shipped == shipped() else OLD)

    def active(self) -> TaughtReader:
        """The reader that reads: the chosen one, or the one that comes along where that is gone or does not fit."""
        found = self.get(self.chosen().active)
        return found if found is not None and not found.problem else TaughtReader(shipped=shipped())

    def previous(self) -> TaughtReader | None:
        """The one that *back* brings back, where there is one that can read."""
        before = self.chosen().previous
        found = self.get(before) if before is not None else None
        return found if found is not None and not found.problem else None

    def folder(self, reader_id: str) -> Path:
        """Where a reader's adapter is."""
        return self._folder / reader_id if reader_id else READER

    def chosen(self) -> Chosen:
        """What is written down; where that is missing or damaged, the reader that comes along reads."""
        return self._choice.read()

    def install(self, reader: TaughtReader, adapter: Path) -> TaughtReader:
        """Copy the adapter out of its run: deleting the run keeps the reader.

        Raises:
            NoSpace: it cannot be written.
        """
        target = self._folder / reader.id
        try:
            make_folder(target)
            for name in (ADAPTER, CARD):
                write_atomic(target / name, (adapter / name).read_bytes())
        except OSError as error:
            raise cannot_write(target, error) from error
        write_atomic(target / TAUGHT, msgspec.json.format(msgspec.json.encode(reader), indent=2) + b"\n")
        return reader

    def rename(self, reader_id: str, name: str) -> None:
        """Another name; raises NoSpace."""
        found = self.get(reader_id)
        if found is not None and reader_id:
            renamed = msgspec.structs.replace(found, name=name, problem="")
            write_atomic(self._folder / reader_id / TAUGHT, msgspec.json.format(msgspec.json.encode(renamed), indent=2))

    def use(self, reader_id: str) -> TaughtReader:
        """This one reads from now on.

        Raises:
            AppError: it is gone, or does not fit this version.
            NoSpace: it could not be written down.
        """
        found = self.get(reader_id)
        if found is None:
            raise AppError("This reader is no longer there.", "Teach the search again.", reader_id)
        if found.problem:
            raise AppError(f"“{found.name}” cannot be used.", found.problem, reader_id)
        now = self.chosen()
        if reader_id != now.active:
            self.choose(Chosen(active=reader_id, previous=now.active))
        return found

    def before(self) -> TaughtReader:
        """The one that *back* brings back; from there it goes forth again.

        Raises:
            AppError: there is none.
        """
        found = self.previous()
        if found is None:
            raise AppError("There is no earlier reader to go back to.", f"{self.active().name} reads.")
        return found

    def remove(self, reader_id: str) -> None:
        """Delete a reader that does not read; raises AppError where it does."""
        now = self.chosen()
        if reader_id == now.active or not reader_id:
            raise AppError("This reader is in use.", "Use another one first.", reader_id)
        shutil.rmtree(self._folder / reader_id, ignore_errors=True)
        if now.previous == reader_id:
            self.choose(Chosen(active=now.active))

    def choose(self, chosen: Chosen) -> None:
        """Write down which one reads; raises NoSpace."""
        self._choice.write(chosen)


def lineage_text(lineage: Mapping[str, str]) -> str:
    """ "From 84 reviewed questions; 68% first sentence right"."""
    return "; ".join(lineage[key] for key in ("data", "scores") if lineage.get(key))
