"""What a door says about the reader, which weighs the sentences that search finds: which one reads, and back."""

from __future__ import annotations

from app.embedder.readers import TaughtReader
from app.workers.message import Call, Data


class ShowReaders(Call, frozen=True):
    """→ Readers."""


class ChooseReader(Call, frozen=True):
    """This one reads from now on, "" for the one that comes along; → Readers.

    Where it cannot be loaded the old one stays.
    """

    reader_id: str


class LeaveReader(Call, frozen=True):
    """Back to the reader before, at once; → Readers."""


class RemoveReader(Call, frozen=True):
    """Delete a taught reader that does not read; → Readers."""

    reader_id: str


class Readers(Data, frozen=True):
    """Which reader reads, which one did before, and those that were taught here, newest first."""

    active: TaughtReader
    previous: TaughtReader | None = None
    taught: tuple[TaughtReader, ...] = ()


class ReadersChanged(Data, frozen=True):
    """Told to every door: another one reads, or there are others."""

    readers: Readers


Calls = ShowReaders | ChooseReader | LeaveReader | RemoveReader
Answers = Readers
Events = ReadersChanged
