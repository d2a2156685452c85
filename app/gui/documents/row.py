"""A row of the Documents page: one file, its state, and both in words."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import QDateTime, QLocale

from app.cited import sure_text
from app.members import origin
from app.types import Document, FileStatus

FAILURES = {
    "password": "password protected",
    "damaged": "file is damaged",
    "empty": "file is empty",
    "no_text": "no text in it",
    "not_a_file": "not a file",
    "changed": "changed while read",
    "stopped": "reading was stopped",
    "too_slow": "took too long",
    "unsupported": "type not supported",
    "missing": "file not found",
    "permission": "may not be opened",
    "too_large": "too large",
}
"""The loaders' stable codes in two or three words; the whole sentence is the row's reason."""


MOSTLY = 0.7
"""The share of a document's text from which it counts as a model's as a whole."""


@dataclass(slots=True)
class Row:
    """One file. `id` is None until the documents process has stored something of it."""

    path: str
    name: str
    id: int | None = None
    status: FileStatus = "waiting"
    fraction: float = 0.0
    pages: int | None = None
    passages: int = 0
    indexed_at: float | None = None
    reason: str = ""
    code: str = ""
    hidden: int = 0
    """Pieces of text that its readers do not see."""
    read_hidden: bool = False
    by_model: float = 0.0
    """The share of its text that a model wrote, and no person approved."""
    approved: bool = False
    """Whether one approved it."""
    masked: int | None = None
    """How much personal data was masked in it; None where it is as it was read."""
    scans: int = 0
    recognised: int = 0
    sure: float | None = None
    reads_scans: bool = True
    """Whether the pages that are pictures are being recognised."""
    live: bool = False
    """Whether only an add under way knows of this state."""
    folder: str = ""
    """What tells it from others of its name, or what it lies in."""

    def __post_init__(self) -> None:
        within = origin(self.path)
        self.folder = self.folder or (f"in {within}" if within else "")

    def status_text(self) -> str:
        """The status in words, as shown and as spoken."""
        if self.status == "failed":
            why = FAILURES.get(self.code, "")
            return f"Failed: {why}" if why else "Failed"
        if self.status == "indexing":
            return f"Indexing {round(self.fraction * 100)}%"
        if self.is_recognising():
            return f"Recognising page {self.recognised + 1} of {self.scans}"
        if self.status in ("indexed", "unchanged"):
            if self.hidden:
                return "Hidden text is read" if self.read_hidden else "Hidden text found"
            if self.by_model:
                return "Written by a model" if self.by_model >= MOSTLY else "Holds a model’s text"
            recognised = "" if self.sure is None else f"Recognised, {sure_text(self.sure)} sure"
            masked = f"Indexed, {self.masked} masked" if self.masked else ""
            return self.reason or recognised or masked or "Indexed"
        return {"changed": "Updated on disk", "reading": "Reading", "waiting": "Waiting"}[self.status]

    def is_recognising(self) -> bool:
        """Whether pages of it are pictures whose text is still to come."""
        return self.status == "indexed" and self.reads_scans and self.recognised < self.scans

    def progress(self) -> tuple[str, str, float]:
        """What goes on with the file, how far in words, and as a share."""
        if self.is_recognising():
            return "Recognising", f"page {self.recognised + 1} of {self.scans}", self.recognised / self.scans
        return "Indexing", f"{round(self.fraction * 100)}%", self.fraction

    def action_text(self) -> str:
        """The next step that the row offers, or nothing."""
        if self.status == "changed":
            return "Index again"
        if self.status in ("indexed", "unchanged") and (self.hidden or self.by_model):
            return "Show it"
        if self.status != "failed":
            return ""
        if self.code == "password":
            return "Enter password"
        if self.is_hopeless():
            return ""
        return "Choose a copy" if self.needs_copy() else "Try again"

    def is_hopeless(self) -> bool:
        """Whether nothing can be done but to leave the file out: its kind is not read."""
        return self.status == "failed" and self.code == "unsupported"

    def needs_copy(self) -> bool:
        """Whether trying the same file again is not likely to help."""
        return self.status == "failed" and self.code in ("damaged", "missing", "empty", "no_text", "not_a_file")


def row_of(document: Document) -> Row:
    """A stored document as a row."""
    return Row(
        path=document.path,
        name=document.name,
        id=document.id,
        status=document.status,
        pages=document.pages,
        passages=document.passages,
        indexed_at=document.indexed_at,
        reason=document.reason,
        code=document.code,
        hidden=document.hidden,
        read_hidden=document.read_hidden,
        by_model=0.0 if document.approved else document.by_model,
        approved=document.approved and document.by_model > 0,
        masked=None if document.masked is None else sum(document.masked.values()),
        scans=document.scans,
        recognised=document.recognised,
        sure=document.sure,
    )


def day_and_time(seconds: float, now: float | None = None) -> str:
    """ "Today, 09:12", "Yesterday, 16:40" or "12 Mar 2026", from seconds since the epoch."""
    moment = QDateTime.fromSecsSinceEpoch(int(seconds))
    today = QDateTime.fromSecsSinceEpoch(int(time.time() if now is None else now)).date()
    days = moment.date().daysTo(today)
    if days in (0, 1):
        return f"{'Yesterday' if days else 'Today'}, {moment.toString('HH:mm')}"
    return QLocale().toString(moment.date(), "d MMM yyyy")
