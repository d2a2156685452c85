"""What a door says about the record of what was done: read it, prove it, hand it on."""

from __future__ import annotations

from app.audit.chain import Record, Verified
from app.workers.message import Call, Data


class ReadRecord(Call, frozen=True):
    """The newest records, oldest first; → RecordRead. `before` a number pages on, `what` and `since` (UTC, as records
    say it, or its beginning: "2026-12") choose."""

    limit: int = 100
    before: int = 0
    what: str = ""
    since: str = ""


class VerifyRecord(Call, frozen=True):
    """Read every byte of it; → RecordVerified. `known` is a head of before, which has to be in it."""

    known: str = ""


class ExportRecord(Call, frozen=True):
    """Save all records as JSON lines; → RecordVerified of what was saved."""

    path: str


class RecordRead(Data, frozen=True):
    """`mode` is the setting: "off", "hashes", "contents"."""

    records: tuple[Record, ...]
    mode: str
    folder: str
    problem: str = ""  # why the last record could not be written


class RecordVerified(Data, frozen=True):
    """What reading every byte of it has shown."""

    verified: Verified


Calls = ReadRecord | VerifyRecord | ExportRecord
Answers = RecordRead | RecordVerified
