"""What a door says about one archive with everything that a person owns here."""

from __future__ import annotations

from app.workers.message import Call, Data


class TakeOut(Call, frozen=True):
    """Save chats, words, choices, votes, tables, trainings' data, and lists of documents and models as a ZIP of plain
    files; → TakingOut…, TakenOut. It ends with its door."""

    path: str


class TakingOut(Data, frozen=True):
    """So many files of the archive are written."""

    done: int
    total: int


class TakenOut(Data, frozen=True):
    """`parts` counts by kind: "chats", "tables", …; `left_out` names what could not be read."""

    path: str
    bytes: int
    parts: dict[str, int]
    left_out: tuple[str, ...] = ()


Calls = TakeOut
Answers = TakingOut | TakenOut
