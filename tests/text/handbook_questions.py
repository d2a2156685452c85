"""Twenty questions over the tables of a public handbook, which is not part of this project.

What a table says is read from the file: a question names its rows by their places, and so do the cells that answer it.
The first half was looked at while rules were fitted; the second was only counted.
"""

from __future__ import annotations

from pathlib import Path

from app.text.tables import Row, rows_of

HANDBOOK = Path("handbook") / "content"
_TEAM = Path("departments") / "technical-success"
_CREDIT = Path("departments") / "finance" / "process" / "payables.md"
_HOURS = _TEAM / "support" / "process" / "support-schedule.md"
_OWNERS = Path("departments") / "finance" / "index.md"
_TRIPS = Path("benefits-pay-perks") / "benefits-perks" / "travel" / "index.md"
_VERSIONS = Path("company-info-and-process") / "policies" / "secure-development-policy.md"
_BLOCKS = _TEAM / "support" / "process" / "support-time-off-guidelines.md"
FILES = (_CREDIT, _HOURS, _OWNERS, _TRIPS, _VERSIONS, _BLOCKS)

Question = tuple[str, Path, int, tuple[int, ...]]
"""What is asked, with {0} for the first cell of the row and {1} for that of the next; the file; the row; the columns
that answer, () where no cell does."""

LOOKED_AT: tuple[Question, ...] = (
    ("What is the monthly credit limit for {0}?", _CREDIT, 1, (1,)),
    ("What is the monthly credit limit for interns?", _CREDIT, 0, ()),
    ("What is the weekly credit limit for {0}?", _CREDIT, 1, ()),
    ("What are the local hours of {0}?", _HOURS, 0, (1,)),
    ("What are the UTC hours of {0}?", _HOURS, 3, (2,)),
    ("When does {0} work in Pacific hours?", _HOURS, 4, (3,)),
    ("What are the Tokyo hours of {0}?", _HOURS, 4, ()),
    ("What are the local hours of {0} and {1}?", _HOURS, 2, ()),
    ("Who owns the budget of {0}?", _OWNERS, 2, (1,)),
    ("Can {0} work from Japan?", _HOURS, 6, ()),
)

COUNTED: tuple[Question, ...] = (
    ("Which budget owner does {0} have?", _OWNERS, 3, (1,)),
    ("Who is the budget owner of the legal department?", _OWNERS, 0, ()),
    ("What is the spend limit for a {0} trip?", _TRIPS, 1, (1,)),
    ("What is the spend limit for an {0} trip per night?", _TRIPS, 3, ()),
    ("How much may a trip for recruiting cost?", _TRIPS, 0, ()),
    ("Who approved version {0} of the secure development policy?", _VERSIONS, 1, (4,)),
    ("What is the date of version {0}, secure development policy?", _VERSIONS, 2, (1,)),
    ("Who approved version 7.4 of the secure development policy?", _VERSIONS, 0, ()),
    ("Which SEs cover the block {0}?", _BLOCKS, 3, (1,)),
    ("Who covers the Australian block?", _BLOCKS, 0, ()),
)


def asked_of(folder: Path, question: Question) -> tuple[str, str, tuple[tuple[str, ...], ...]]:
    """The question as it is put, its file's name, and the cells that answer it."""
    template, path, at, columns = question
    rows: list[Row] = rows_of((folder / path).read_text(encoding="utf-8"))
    asked = template.format(*(row.label for row in rows[at:]), "")
    cells = tuple(rows[at].cells[column].text for column in columns)
    return asked, path.name, ((cells,) if cells else ())
