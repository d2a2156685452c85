"""What tests that kill the core share: wait, kill, and look into the index without it."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable

import psutil

from app.core.door import CoreDoor
from app.paths import Home

HALF = """SELECT id FROM documents d WHERE status = 'indexed'
    AND passages <> (SELECT count(*) FROM passages p WHERE p.document_id = d.id)"""
TWICE = "SELECT path FROM documents GROUP BY collection_id, path HAVING count(*) > 1"


def until(condition: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)


def kill(door: CoreDoor) -> None:
    """The core and its documents process, at once."""
    core = psutil.Process(door.connect().pid)
    for process in [*core.children(recursive=True), core]:
        os.kill(process.pid, signal.SIGKILL)
    core.wait(20)


def rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(home.documents_db)
    try:
        return db.execute(sql).fetchall()
    finally:
        db.close()


def count(home: Home) -> int:
    return len(rows(home, "SELECT 1 FROM documents WHERE status = 'indexed'")) if home.documents_db.exists() else 0


def assert_whole(home: Home) -> None:
    """The index is sound, with no half document and none twice."""
    assert rows(home, "PRAGMA integrity_check") == [("ok",)]
    assert rows(home, TWICE) == rows(home, HALF) == []
