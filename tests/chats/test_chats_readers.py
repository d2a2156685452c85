"""Whoever only looks at the chats sees what the writer does and changes nothing; also in a folder that is read-only."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from chats_helpers import CHATS, TURNS, open_store
from damage import read_only_copy
from old_home import unpack_old_home

from app.chats.store import ChatStore
from app.errors import NewerData, NoSpace
from app.paths import home


def test_a_reader_sees_what_the_writer_does_and_changes_nothing(said: dict[int, list[str]]) -> None:
    before = home().chats_db.read_bytes()
    reader = ChatStore.open_reader(home().chats_db)
    assert reader is not None and [turn.text for turn in reader.turns(1)] == said[1]
    assert [hit.chat.id for hit in reader.search("pumps", limit=1)]
    assert home().chats_db.read_bytes() == before and not (home().root / "chats.open").exists()
    writer = open_store()
    chat = writer.create("While it looks")
    assert reader.list_chats(limit=1) == [chat]
    with pytest.raises(NoSpace):
        reader.rename(chat.id, "Not allowed")
    assert writer.chat(chat.id).title == "While it looks"
    reader.close()
    writer.close()


def test_where_there_is_nothing_to_look_at_yet_a_reader_is_none(tmp_path: Path) -> None:
    assert ChatStore.open_reader(home().chats_db) is None
    old = unpack_old_home(tmp_path / "old")
    before = old.chats_db.read_bytes()
    assert ChatStore.open_reader(old.chats_db) is None
    assert old.chats_db.read_bytes() == before, "an older version is migrated by the writer alone"
    looking = ChatStore(old.chats_db, old.backups, read_only=True)
    assert {chat.id: len(looking.turns(chat.id)) for chat in looking.list_chats()} == {1: 4, 2: 4, 3: 2}
    assert [hit.chat.id for hit in looking.search("hamlet")] == [2]
    with pytest.raises(NoSpace):
        looking.create("Not here")
    looking.close()
    assert old.chats_db.read_bytes() == before and not old.backups.exists(), "a copy in memory was migrated"
    for content in (b"", b"no database" * 1000):
        (tmp_path / "chats.db").write_bytes(content)
        assert ChatStore.open_reader(tmp_path / "chats.db") is None
    newer = sqlite3.connect(tmp_path / "newer.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    assert ChatStore.open_reader(tmp_path / "newer.db") is None
    with pytest.raises(NewerData):
        ChatStore(tmp_path / "newer.db", tmp_path, read_only=True)


def test_a_reader_sees_what_a_killed_writer_had_committed() -> None:
    program = (
        "import os, signal; from app.chats.store import ChatStore; from app.paths import home\n"
        "store = ChatStore(home().chats_db, home().backups); store.create('Committed')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    assert (home().root / "chats.db-wal").stat().st_size
    reader = ChatStore.open_reader(home().chats_db)
    assert reader is not None and [chat.title for chat in reader.list_chats()] == ["Committed"]
    reader.close()


LOOK = """
import os, sys
from pathlib import Path
from app.chats.store import ChatStore
os.setuid(int(sys.argv[1]))
store = ChatStore.open_reader(Path(sys.argv[2]))
print(len(store.list_chats()), len(store.turns(1)), len(store.search("pumps")))
try:
    ChatStore(Path(sys.argv[2]), Path(sys.argv[2]).parent)
except Exception as error:
    print(type(error).__name__)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX systems")
def test_a_folder_that_is_read_only_can_be_read(said: dict[int, list[str]]) -> None:
    with read_only_copy(home().root) as (folder, user):
        look = subprocess.run(
            [sys.executable, "-c", LOOK, str(user), str(folder / "chats.db")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert look.stdout.split() == [str(CHATS), str(TURNS), str(CHATS), "NoSpace"], look.stderr


def test_a_first_look_at_a_thousand_chats_is_quick() -> None:
    store = open_store()
    with store.together():
        for n in range(1000):
            store.add_question(store.create().id, f"Question {n}")
    store.close()
    began = time.perf_counter()
    reader = ChatStore.open_reader(home().chats_db)
    assert reader is not None and len(reader.list_chats()) == 100
    assert time.perf_counter() - began < 0.25
    reader.close()
