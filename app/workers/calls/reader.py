"""What the documents process is told about the reader, which weighs the sentences that search finds."""

from __future__ import annotations

from app.workers.message import Call, Data


class UseReader(Call, frozen=True):
    """Read with the reader that is chosen in the data folder now; → Warming…, ReaderUsed.

    It fails where that cannot be loaded; the one before goes on reading then.
    """


class ReaderUsed(Data, frozen=True):
    """What the reader is called that reads from now on."""

    name: str
