"""What lies in which document, and how the files on the disk looked when they were read."""

from __future__ import annotations

import sqlite3

from app.documents.database import Database
from app.documents.migrations import FOLDERS

UNSEEN = (-1, 0.0)
"""Of a file whose size and date are not known."""


class Members(Database):
    """What of a store is about the files of documents, and about those that lie in other files (app/members.py)."""

    def members(self, document_id: int) -> list[tuple[int, str]]:
        """Id and path of each document that lies in this one, on all levels; see app/members.py."""
        rows = self.db.execute(
            """SELECT m.id, m.path FROM documents d JOIN documents m ON m.collection_id = d.collection_id
                AND m.path > d.path || '//' AND m.path < d.path || '/0' WHERE d.id = ? ORDER BY m.id""",
            (document_id,),
        )
        return [(row[0], row[1]) for row in rows]

    def seen(self, document_id: int) -> tuple[int, float]:
        """Size and date of a document's file as it was read; `UNSEEN` where that is not known."""
        if self.version < FOLDERS:
            return UNSEEN
        row = self.db.execute("SELECT bytes, modified FROM seen WHERE document_id = ?", (document_id,)).fetchone()
        return (row[0], row[1]) if row else UNSEEN

    def see(self, db: sqlite3.Connection, document_id: int, seen: tuple[int, float]) -> None:
        """Inside a transaction: how the file looked when it was read or failed; `UNSEEN` where that is not known."""
        db.execute("INSERT OR REPLACE INTO seen (document_id, bytes, modified) VALUES (?, ?, ?)", (document_id, *seen))

    def see_all(self, db: sqlite3.Connection, document_id: int, seen: tuple[int, float]) -> None:
        """The same of a file with all that lies in it, whose content is known to be what was read."""
        for id_ in [document_id, *(each for each, _ in self.members(document_id))]:
            self.see(db, id_, seen)

    def is_orphan(self, collection_id: int, holder: str) -> bool:
        """Whether the container of what is to be stored was removed meanwhile."""
        row = self.db.execute("SELECT 1 FROM documents WHERE collection_id = ? AND path = ?", (collection_id, holder))
        return bool(holder) and row.fetchone() is None
