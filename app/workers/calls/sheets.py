"""What the documents process is asked about sheets, and what it answers."""

from __future__ import annotations

from app.text.sheets.plan import Plan, Sheet
from app.types import Passage
from app.workers.message import Call, Data


class ReadSheets(Call, frozen=True):
    """The tables of sheet files, without their rows; → SheetsRead. A document, or else collections (none: all).

    Of the texts of columns only those that the question can mention: the others may be thousands.
    """

    question: str
    collections: tuple[int, ...] = ()
    document_id: int = 0


class RunPlan(Call, frozen=True):
    """Calculate over a table (`Sheet.number` of its document); → Calculated."""

    document_id: int
    number: int
    plan: Plan


class SheetsRead(Data, frozen=True):
    sheets: tuple[Sheet, ...]


class Calculated(Data, frozen=True):
    """A query's rows, `app.text.sheets.sql.sql_of` says what is in them; numbers and dates are plain."""

    rows: tuple[tuple[str | None, ...], ...]
    sql: str
    used: int  # rows of the sheet that went in
    passages: tuple[Passage, ...]  # the first of them, each marked as `best`


Calls = ReadSheets | RunPlan
Answers = SheetsRead | Calculated
