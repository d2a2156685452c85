"""Rows read without SQLite are the rows that SQLite reads, and damage costs what it overwrites and no more."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from app.database.carve import Value, rows

Table = dict[int, tuple[Value, ...]]


def make(path: Path, *, page_size: int = 4096, wal: bool = False) -> sqlite3.Connection:
    """A table of every kind of value, with texts of up to 20,000 bytes."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA page_size = {page_size}")
    db.execute("PRAGMA secure_delete = ON")
    if wal:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, text TEXT, blob BLOB, number INTEGER, real REAL, none)")
    rng = random.Random(7)
    db.execute("BEGIN")
    for n in range(250):
        size = rng.choice((0, 3, 60, 300, 900, 1500, 4060, 8000))
        text = "".join(rng.choices("aé€𝄞 ", k=size))
        number = rng.choice((0, 1, -1, 127, -32768, 2**23, -(2**31), 2**47 - 1, 2**63 - 1, -(2**63)))
        values = (n * n + 1, text, rng.randbytes(size), number, rng.choice((0.0, 1.5, -2e300)), None)
        db.execute("INSERT INTO things VALUES (?,?,?,?,?,?)", values)
    db.execute("DELETE FROM things WHERE id % 7 = 3")
    db.execute("COMMIT")
    return db


def stored(db: sqlite3.Connection) -> Table:
    return {row[0]: (None, *row[1:]) for row in db.execute("SELECT * FROM things")}


def carved(path: Path) -> Table:
    return {rowid: values for rowid, values in rows(path) if len(values) == 6}


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_what_is_read_is_what_sqlite_reads(tmp_path: Path, page_size: int) -> None:
    db = make(tmp_path / "a.db", page_size=page_size)
    wanted = stored(db)
    db.close()
    assert len(wanted) > 150
    assert carved(tmp_path / "a.db") == wanted


def test_a_log_is_read_as_far_as_it_was_committed(tmp_path: Path) -> None:
    db = make(tmp_path / "a.db", wal=True)
    before = stored(db)
    db.execute("UPDATE things SET text = 'changed' WHERE id < 100")
    wanted = stored(db)
    db.execute("PRAGMA cache_size = 1")  # so that what is not committed reaches the log
    db.execute("BEGIN")
    db.execute("UPDATE things SET text = 'never', blob = zeroblob(9000)")
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"a.db{suffix}", tmp_path / f"b.db{suffix}")
    db.execute("ROLLBACK")
    db.close()
    assert carved(tmp_path / "b.db") == wanted
    torn = (tmp_path / "b.db-wal").read_bytes()
    (tmp_path / "b.db-wal").write_bytes(torn[: len(torn) // 2] + os.urandom(5000) + torn[len(torn) // 2 + 5000 :])
    found = carved(tmp_path / "b.db")
    assert all(values in (before[rowid], wanted[rowid]) for rowid, values in found.items())


@pytest.mark.parametrize("at", [0, 1, 2, 9, 40])
def test_an_overwritten_page_costs_the_rows_on_it(tmp_path: Path, at: int) -> None:
    """The header and the root of the table are pages like any other."""
    path = tmp_path / "a.db"
    db = make(path)
    wanted = stored(db)
    db.close()
    data = bytearray(path.read_bytes())
    data[at * 4096 : (at + 1) * 4096] = random.Random(at).randbytes(4096)
    path.write_bytes(data)
    found = carved(path)
    wrong = [rowid for rowid in found if found[rowid] != wanted[rowid]]
    assert len(wrong) <= 1, "a blob that ran over the page"
    assert len(wanted) - len(found) <= 4096 // 20
    if at < 2:
        assert found == wanted, "neither the header nor what leads to the rows is needed"


def test_what_was_deleted_is_not_found_again(tmp_path: Path) -> None:
    db = make(tmp_path / "a.db")
    db.execute("UPDATE things SET text = 'short' WHERE id < 5000")
    db.execute("DELETE FROM things WHERE id > 100")
    wanted = stored(db)
    db.close()
    assert carved(tmp_path / "a.db") == wanted


@pytest.mark.parametrize("seed", range(20))
def test_any_bytes_at_all_are_survived(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "a.db"
    make(path).close()
    rng = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(200):
        at = rng.randrange(len(data))
        data[at : at + 8] = rng.randbytes(8)
    path.write_bytes(data[: rng.randrange(len(data))])
    assert all(isinstance(rowid, int) for rowid, _ in rows(path))


@pytest.mark.parametrize("content", [b"", b"x", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_database_holds_no_rows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    assert list(rows(tmp_path / "a.db")) == []
