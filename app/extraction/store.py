"""The tables in SQLite: a row is there as a whole once its document was asked, whatever happens after."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

import msgspec

from app.database.errors import plain_errors
from app.database.opening import close_writer, take_note
from app.errors import AppError, Damaged
from app.extraction.records import Row, Table
from app.extraction.schema import SUBJECT, open_tables
from app.text.fields.field import Template

_table = msgspec.json.Decoder(Table)
_row = msgspec.json.Decoder(Row)
_template = msgspec.json.Decoder(Template)


class TableStore:
    """Used by one thread of the one process that owns the data folder."""

    def __init__(self, path: Path, backups: Path) -> None:
        """Open; what was being filled when the program ended is interrupted.

        Raises:
            NewerData, NoSpace, Busy: it cannot be opened.
        """
        self.path, self._backups = path, backups
        self.note = ""
        """What the user should be told about the opening, or ""."""
        self._suspect = False
        self._open()
        for table in self.tables():
            if table.phase in ("running", "paused"):
                self.keep(msgspec.structs.replace(table, phase="interrupted"))

    def _open(self) -> None:
        self._db = open_tables(self.path, self._backups)
        with plain_errors(SUBJECT, self.path):
            self.note = take_note(self._db) or self.note

    def close(self) -> None:
        """Safe to call twice."""
        close_writer(self._db, self.path, suspect=self._suspect)

    @contextlib.contextmanager
    def _use(self) -> Iterator[sqlite3.Connection]:
        """One transaction. What meets damage fails once; the next try finds what could be read in a sound file."""
        try:
            with plain_errors(SUBJECT, self.path):
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
        except Damaged as error:
            self._suspect = True
            self.close()
            self._suspect = False
            self._open()
            raise Damaged(self.note or error.message, "Please try again.", error.detail) from error

    # --- tables -------------------------------------------------------------------------------------------------------

    def tables(self, collection_id: int = 0) -> list[Table]:
        """All of them, or those of a collection; the newest first."""
        with self._use() as db:
            rows = db.execute(
                "SELECT id, body FROM tables WHERE ? IN (0, collection_id) ORDER BY id DESC", (collection_id,)
            ).fetchall()
        return [_with_id(row) for row in rows]

    def table(self, table_id: int) -> Table:
        """Raises AppError where there is none."""
        with self._use() as db:
            row = db.execute("SELECT id, body FROM tables WHERE id = ?", (table_id,)).fetchone()
        if row is None:
            raise AppError("This table is not there any more.", "Choose another one, or make it anew.")
        return _with_id(row)

    def keep(self, table: Table) -> Table:
        """Store a table, a new one where its id is 0; → as it is stored."""
        now = time.time()
        table = msgspec.structs.replace(table, created_at=table.created_at or now, updated_at=now)
        values = (table.collection_id, table.name, msgspec.json.encode(table))
        with self._use() as db:
            if table.id:
                db.execute("UPDATE tables SET collection_id = ?, name = ?, body = ? WHERE id = ?", (*values, table.id))
                return table
            made = db.execute("INSERT INTO tables (collection_id, name, body) VALUES (?, ?, ?)", values)
        return msgspec.structs.replace(table, id=cast(int, made.lastrowid))

    def delete(self, table_id: int) -> None:
        """With all its rows."""
        with self._use() as db:
            db.execute("DELETE FROM filled WHERE table_id = ?", (table_id,))
            db.execute("DELETE FROM tables WHERE id = ?", (table_id,))
        self._empty_log()

    # --- rows ---------------------------------------------------------------------------------------------------------

    def rows(self, table_id: int) -> dict[int, Row]:
        """The rows of a table by document, in the order in which they were first filled."""
        with self._use() as db:
            found = db.execute("SELECT body FROM filled WHERE table_id = ? ORDER BY id", (table_id,)).fetchall()
        return {row.document_id: row for (body,) in found for row in [_row.decode(body)]}

    def row(self, table_id: int, document_id: int) -> Row | None:
        """One of them."""
        with self._use() as db:
            found = db.execute(
                "SELECT body FROM filled WHERE table_id = ? AND document_id = ?", (table_id, document_id)
            ).fetchone()
        return _row.decode(found[0]) if found else None

    def keep_row(self, table_id: int, row: Row) -> bool:
        """Store a row; not that of a document that was removed meanwhile, nor one of a table that is gone."""
        with self._use() as db:
            cursor = db.execute(
                """INSERT INTO filled (table_id, document_id, body) SELECT ?, ?, ?
                WHERE NOT EXISTS (SELECT 1 FROM removed WHERE document_id = ?)
                AND EXISTS (SELECT 1 FROM tables WHERE id = ?)
                ON CONFLICT (table_id, document_id) DO UPDATE SET body = excluded.body""",
                (table_id, row.document_id, msgspec.json.encode(row), row.document_id, table_id),
            )
        return cursor.rowcount > 0

    def keep_only(self, table_id: int, document_ids: Sequence[int]) -> None:
        """The collection holds these: rows of others go."""
        wanted = set(document_ids)
        gone = [(table_id, document_id) for document_id in self.rows(table_id) if document_id not in wanted]
        if gone:
            with self._use() as db:
                db.executemany("DELETE FROM filled WHERE table_id = ? AND document_id = ?", gone)
            self._empty_log()

    # --- templates ----------------------------------------------------------------------------------------------------

    def templates(self) -> tuple[Template, ...]:
        """Those that were made here, by name."""
        with self._use() as db:
            found = [_template.decode(body) for (body,) in db.execute("SELECT body FROM templates")]
        return tuple(sorted(found, key=lambda each: each.name))

    def keep_template(self, template: Template, instead_of: str = "") -> None:
        """Store a template in place of the one of the same key, and of the key that it had before."""
        with self._use() as db:
            db.execute("DELETE FROM templates WHERE key = ?", (instead_of,))
            db.execute(
                "INSERT INTO templates (key, body) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body",
                (template.key, msgspec.json.encode(template)),
            )

    def delete_template(self, key: str) -> None:
        with self._use() as db:
            db.execute("DELETE FROM templates WHERE key = ?", (key,))

    # --- removal ------------------------------------------------------------------------------------------------------

    def forget(self, document_ids: Sequence[int], collection_ids: Sequence[int] = ()) -> None:
        """Documents and collections were removed: their rows and tables go, and a row that is still being read never
        comes. Safe to repeat, and to be killed."""
        with self._use() as db:
            db.executemany("INSERT OR IGNORE INTO removed VALUES (?)", [(each,) for each in document_ids])
            db.executemany("DELETE FROM filled WHERE document_id = ?", [(each,) for each in document_ids])
            tables = "SELECT id FROM tables WHERE collection_id = ?"
            db.executemany(f"DELETE FROM filled WHERE table_id IN ({tables})", [(each,) for each in collection_ids])
            db.executemany("DELETE FROM tables WHERE collection_id = ?", [(each,) for each in collection_ids])
        self._empty_log()

    def _empty_log(self) -> None:
        """Bring the write-ahead log into the file and cut it, so that it holds nothing that was removed."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _with_id(row: tuple[int, bytes]) -> Table:
    return msgspec.structs.replace(_table.decode(row[1]), id=row[0])
