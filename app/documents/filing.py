"""Where stored documents are filed: moved to another collection or another path, with text and vectors as they are."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from app.documents import rewording
from app.documents.contents import Contents
from app.documents.fulltext import INDEXED, Indexed, add_words, drop_words

_COLUMNS = 'document_id, start, "end", page, heading, context, header, text, vector, boxes, place, sure, unsure'

_PLACE = ("id", "collection_id")
OF_DOCUMENT = "SELECT id FROM passages WHERE document_id = ?"


class Filing(Contents):
    """Changes where a document is, and takes passages out; inside the transactions of its callers where it says so."""

    _erased: list[int]

    def take_erased(self) -> list[int]:
        """Ids of passages that went since the last call: what a copy in memory has to forget."""
        erased, self._erased = self._erased, []
        return erased

    def move(self, document_id: int, collection_id: int) -> None:
        """File a document elsewhere: its id, text and vectors stay.

        Raises:
            AppError: there is no such collection.
        """
        with self.transaction() as db:
            self.require(collection_id)
            self.refile(db, document_id, collection_id)

    def refile(self, db: sqlite3.Connection, document_id: int, collection_id: int) -> None:
        """Inside a transaction, with what lies in it. Passages get new ids, so that each cache takes them for others
        and drops the old ones."""
        for id_ in [document_id, *(each for each, _ in self.members(document_id))]:
            self._refile(db, id_, collection_id)

    def _refile(self, db: sqlite3.Connection, document_id: int, collection_id: int) -> None:
        kept = db.execute(f"SELECT {_COLUMNS} FROM passages WHERE document_id = ? ORDER BY id", (document_id,))
        rows = kept.fetchall()
        self._erase_passages(document_id)
        db.execute("UPDATE documents SET collection_id = ? WHERE id = ?", (collection_id, document_id))
        marks = ", ".join("?" * 13)
        for row in rows:
            db.execute(f"INSERT INTO passages ({_COLUMNS}) VALUES ({marks})", tuple(row))
        fresh = db.execute(f"{INDEXED} WHERE d.id = ?", (document_id,)).fetchall()
        self._count(len(fresh), sum(add_words(db, Indexed(*row)) for row in fresh))
        self._changed()

    def adopt(self, db: sqlite3.Connection, document_id: int, other: int) -> None:
        """Inside a transaction: a document becomes what another one is, which goes without a trace; its id and its
        collection stay, and whoever cites it finds the new text."""
        passages = db.execute(f"SELECT {_COLUMNS} FROM passages WHERE document_id = ? ORDER BY id", (other,)).fetchall()
        for each in (document_id, other):
            self._erase_passages(each)
        for table in ("texts", "hidden_texts", "scans", "seen"):
            db.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))
            db.execute(f"UPDATE {table} SET document_id = ? WHERE document_id = ?", (document_id, other))
        names = [row[1] for row in db.execute("PRAGMA table_info(documents)") if row[1] not in _PLACE]
        row = db.execute(f"SELECT {', '.join(names)} FROM documents WHERE id = ?", (other,)).fetchone()
        db.execute("DELETE FROM documents WHERE id = ?", (other,))
        marks = ", ".join(f"{name} = ?" for name in names)
        db.execute(f"UPDATE documents SET {marks} WHERE id = ?", (*row, document_id))
        for each in passages:
            values = (document_id, *tuple(each)[1:])
            db.execute(f"INSERT INTO passages ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)
        fresh = db.execute(f"{INDEXED} WHERE d.id = ?", (document_id,)).fetchall()
        self._count(len(fresh), sum(add_words(db, Indexed(*row)) for row in fresh))
        self._changed()

    def copy(self, db: sqlite3.Connection, document_id: int, collection_id: int) -> int:
        """Inside a transaction: the same document in another collection too, with all that was read of it; → its id."""
        names = ", ".join(row[1] for row in db.execute("PRAGMA table_info(documents)") if row[1] not in _PLACE)
        made = db.execute(
            f"INSERT INTO documents (collection_id, {names}) SELECT ?, {names} FROM documents WHERE id = ?",
            (collection_id, document_id),
        ).lastrowid
        assert made is not None
        for table in ("texts", "hidden_texts", "scans", "seen", "personal_data"):
            rest = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "document_id")
            sql = f"INSERT INTO {table} (document_id, {rest}) SELECT ?, {rest} FROM {table} WHERE document_id = ?"
            db.execute(sql, (made, document_id))
        same = f"SELECT ?, {_COLUMNS.partition(', ')[2]} FROM passages WHERE document_id = ? ORDER BY id"
        db.execute(f"INSERT INTO passages ({_COLUMNS}) {same}", (made, document_id))
        fresh = db.execute(f"{INDEXED} WHERE d.id = ?", (made,)).fetchall()
        self._count(len(fresh), sum(add_words(db, Indexed(*row)) for row in fresh))
        self._changed()
        return made

    def rename(self, db: sqlite3.Connection, document_id: int, path: str) -> None:
        """Inside a transaction: the file lies elsewhere now, and what lies in it with it. Passages keep their ids; the
        full text learns the name."""
        row = db.execute("SELECT path FROM documents WHERE id = ?", (document_id,)).fetchone()
        old = row[0] if row else ""
        inside = self.members(document_id)
        for id_, at in [(document_id, old), *inside]:
            self._rename(db, id_, path + at[len(old) :])

    def _rename(self, db: sqlite3.Connection, document_id: int, path: str) -> None:
        rows = db.execute(f"{INDEXED} WHERE d.id = ?", (document_id,)).fetchall()
        name = Path(path).name
        known = [Indexed(*row) for row in rows if row["name"] != name and not rewording.waits(self, row["id"])]
        for passage in known:
            drop_words(db, passage)
        db.execute("UPDATE documents SET path = ?, name = ? WHERE id = ?", (path, name, document_id))
        for passage in known:
            add_words(db, Indexed(passage.id, passage.collection_id, name, passage.context, passage.text))
        self._changed()

    def _erase_passages(self, document_id: int) -> int:
        """Take a document's passages out of the table and the full text; → how many."""
        rows = self.db.execute(f"{INDEXED} WHERE d.id = ?", (document_id,)).fetchall()
        terms = sum(drop_words(self.db, Indexed(*row)) for row in rows if not rewording.waits(self, row["id"]))
        self._count(-len(rows), -terms)
        self.db.execute(f"DELETE FROM next_vectors WHERE passage_id IN ({OF_DOCUMENT})", (document_id,))
        self.db.execute("DELETE FROM passages WHERE document_id = ?", (document_id,))
        self._erased += [row["id"] for row in rows]
        if rows:
            self._broke()
            self.set_meta("purge", "1")
        return len(rows)

    def _count(self, passages: int, terms: int) -> None:
        self.set_meta("passages", str(self.count() + passages))
        self.set_meta("terms", str(int(self.meta("terms", "0")) + terms))
