"""`inhouse doctor` on data folders that are not well: it says what is wrong, names files, and changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest
from old_home import unpack_old_home

from app.chats import schema
from app.chats.copies import backup_daily
from app.chats.store import ChatStore
from app.cli.main import main
from app.database import versions
from app.documents import migrations
from app.documents.store import Store
from app.paths import Home, home

Captured = pytest.CaptureFixture[str]


def checks(capsys: Captured, status: int) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["doctor", "--quick", "--json"]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)["checks"]
    return found


def bad(found: dict[str, Any]) -> set[str]:
    return {name for name, check in found.items() if not check["ok"]}


@pytest.fixture
def filled(data_folder: Path) -> Home:
    """A data folder of today's version, closed to others."""
    place = unpack_old_home(data_folder)
    data_folder.chmod(0o700)
    ChatStore(place.chats_db, place.backups).close()
    Store(place.documents_db, place.backups).close()
    return place


def test_the_versions_that_doctor_knows_are_those_of_the_stores() -> None:
    assert (len(schema.MIGRATIONS), len(migrations.MIGRATIONS)) == (versions.CHATS, versions.DOCUMENTS)


def test_an_older_folder_is_well(data_folder: Path, capsys: Captured) -> None:
    place = unpack_old_home(data_folder)
    data_folder.chmod(0o700)
    before = {path: path.read_bytes() for path in place.root.rglob("*.db")}
    found = checks(capsys, 0)
    assert f"version 1, becomes version {versions.CHATS}" in found["chats"]["state"]
    assert f"version 1, becomes version {versions.DOCUMENTS}" in found["documents"]["state"]
    assert {path: path.read_bytes() for path in place.root.rglob("*.db")} == before


@pytest.mark.parametrize("name", ["chats", "documents"])
def test_a_newer_store_is_not_called_well(filled: Home, capsys: Captured, name: str) -> None:
    with sqlite3.connect(filled.root / f"{name}.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    found = checks(capsys, 1)
    assert bad(found) == {name} and "newer Inhouse" in found[name]["state"]


@pytest.mark.parametrize("name", ["chats", "documents"])
def test_damage_is_found_wherever_it_is(filled: Home, capsys: Captured, name: str) -> None:
    path, words = filled.root / f"{name}.db", {"chats": "turns_text", "documents": "words"}[name]
    whole = path.read_bytes()
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE {words}_data SET block = randomblob(length(block)) WHERE id > 10")
    db.close()
    assert bad(checks(capsys, 1)) == {name}, "in the full text too"
    for broken in (b"", whole[:5000], b"\xff" * 4096 + whole[4096:], whole[:8192] + b"\xff" * 4096 + whole[12288:]):
        path.write_bytes(broken)
        found = checks(capsys, 1)
        assert bad(found) == {name} and path.read_bytes() == broken
    path.write_bytes(whole)
    assert bad(checks(capsys, 0)) == set()


def test_a_file_that_was_set_aside_is_named_until_it_is_deleted(filled: Home, capsys: Captured) -> None:
    raw = filled.documents_db.read_bytes()
    filled.documents_db.write_bytes(b"\xff" * 4096 + raw[4096:])
    Store(filled.documents_db, filled.backups).close()
    found = checks(capsys, 1)
    assert bad(found) == {"set aside"} and "--discard FILE" in found["set aside"]["state"]
    (kept,) = filled.root.glob("documents.broken-*.db")
    assert kept.name in found["set aside"]["state"]
    assert main(["doctor", "--discard", "documents.db"]) == 1 and kept.name in capsys.readouterr().err
    assert main(["doctor", "--discard", kept.name]) == 0 and kept.name in capsys.readouterr().out
    assert not kept.exists() and filled.documents_db.exists()
    assert checks(capsys, 0)["set aside"]["state"] == "none"


def test_the_newest_copy_of_the_chats_is_named(filled: Home, capsys: Captured) -> None:
    store = ChatStore(filled.chats_db, filled.backups)
    copy = backup_daily(filled, store)
    store.close()
    assert copy is not None and f"backups/{copy.name}" in checks(capsys, 0)["chats"]["state"]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX systems")
def test_a_folder_that_others_can_open_is_named(filled: Home, capsys: Captured) -> None:
    home().root.chmod(0o755)
    assert bad(checks(capsys, 1)) == {"data folder"}
    assert os.access(home().root, os.R_OK)
