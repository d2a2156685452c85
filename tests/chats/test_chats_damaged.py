"""A damaged file of chats costs what was damaged, is said once, and stops nobody for good."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from chats_helpers import CHATS, TURNS, open_store
from damage import overwrite, truncate

from app.errors import Damaged
from app.paths import home

TESTS = Path(__file__).parents[1]

DAMAGES = {
    "header": (overwrite(1), 1.0),
    "root of turns": (overwrite("turns"), 1.0),
    "root of chats": (overwrite("chats"), 1.0),
    "index": (overwrite("turns_tree"), 1.0),
    "page 20": (overwrite(20), 0.7),
    "page 60": (overwrite(60), 0.7),
    "half": (truncate(0.5), 0.2),
    "end": (truncate(0.97), 0.7),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_can_be_read_of_a_damaged_file_is_kept(said: dict[int, list[str]], name: str) -> None:
    damage, least = DAMAGES[name]
    damage(home().chats_db)
    broken = home().chats_db.read_bytes()
    store = open_store()
    (kept,) = home().root.glob("chats.broken-*.db")
    assert kept.read_bytes() == broken and kept.name in store.note and "was damaged" in store.note
    whole = [chat_id for chat_id in said if [turn.text for turn in store.turns(chat_id)] == said[chat_id]]
    assert len(whole) >= least * CHATS
    for chat in store.list_chats(limit=-1):
        turns = store.turns(chat.id)
        assert [turn.role for turn in turns] == (["question", "answer"] * TURNS)[: len(turns)]
        assert len(turns) == len(store.tree(chat.id)), "every message that was saved is shown"
    assert len(store.search("pumps", limit=1000)) >= least * CHATS
    assert store.forget_documents([1]).answers >= least * CHATS // 5
    new = store.add_question(store.create().id, "Does it go on?")
    assert new.id > CHATS * TURNS and new.chat_id > CHATS, "no id is given out twice"
    store.close()
    again = open_store()
    assert again.note == "" and again.turn(new.id).text == "Does it go on?"
    again.close()


def test_a_file_of_no_bytes_is_not_taken_for_a_new_one(said: dict[int, list[str]]) -> None:
    home().chats_db.write_bytes(b"")
    store = open_store()
    assert "None of it could be read" in store.note
    assert store.create().id > CHATS
    store.close()


def test_a_log_without_its_file_is_read_too() -> None:
    """The file was lost while its process had been killed: what it had written last is in the log."""
    store = open_store()
    chat = store.create("Only in the log")
    shutil.copy(home().root / "chats.db-wal", home().root / "kept")
    store.close()
    home().chats_db.unlink()
    (home().root / "kept").rename(home().root / "chats.db-wal")
    again = open_store()
    assert [each.title for each in again.list_chats()] == ["Only in the log"]
    assert again.chat(chat.id) and "was damaged" in again.note
    again.close()


def test_damage_that_a_request_meets_stops_it_once(said: dict[int, list[str]]) -> None:
    """New questions failed for good, whatever one did."""
    store = open_store()
    overwrite("turns_tree")(home().chats_db)
    store._db.execute("PRAGMA shrink_memory")
    with pytest.raises(Damaged, match=r"was damaged.*kept as “chats\.broken-") as told:
        store.turns(1)
    assert "try again" in told.value.hint.lower()
    assert [turn.text for turn in store.turns(1)] == said[1]
    store.add_question(1, "Goes on")
    store._empty_log()
    overwrite("turns_tree")(home().chats_db)
    store._db.execute("PRAGMA shrink_memory")
    with pytest.raises(Damaged), store.together():
        store.rename(2, "Not kept")
        store.turns(2)
    assert store.chat(2).title != "Not kept" and store.turns(1)[-1].text == "Goes on"
    store.close()


def test_a_killed_writer_has_the_next_one_look_at_everything(
    said: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file is not read through at each start, but it is after a kill."""
    monkeypatch.setattr("app.database.opening.SMALL_BYTES", 0)
    damaged_words = "UPDATE turns_text_data SET block = randomblob(length(block)) WHERE id > 10"
    with sqlite3.connect(home().chats_db) as db:
        db.execute(damaged_words)
    db.close()
    store = open_store()
    assert store.note == "" and (home().root / "chats.open").exists()
    store.close()
    assert not (home().root / "chats.open").exists()
    (home().root / "chats.open").touch()  # as a killed one leaves it
    store = open_store()
    assert f"{CHATS} chats with {CHATS * TURNS} messages" in store.note
    assert len(store.search("pumps", limit=1000)) == CHATS
    store.close()


KILLS = """
import shutil, sys
from pathlib import Path
from app.chats.store import ChatStore
from every_line import killed_at_each_line

root, damaged, messages = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
path = root / "chats.db"

def begin():
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(damaged, root)

begin()
for line in killed_at_each_line(("app/database/salvage.py",), lambda: ChatStore(path, root).close(), 2):
    store = ChatStore(path, root)
    held = sum(len(store.tree(chat.id)) for chat in store.list_chats(limit=-1))
    assert held == messages, (line, held)
    assert len(list(root.glob("chats.broken-*.db"))) == 1, line
    assert not [*root.glob("*salvage*"), *root.glob("*.tmp")], line
    assert "was damaged" in store.note, (line, store.note)
    assert (next(root.glob("chats.broken-*.db"))).read_bytes() == (damaged / "chats.db").read_bytes()
    store.close()
    begin()
print(line)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="fork is a thing of POSIX systems")
def test_a_kill_at_any_line_of_the_salvage_loses_nothing(said: dict[int, list[str]], tmp_path: Path) -> None:
    overwrite(1)(home().chats_db)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    ran = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path / "tried"), str(home().root), str(CHATS * TURNS)],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 25, "the lines that do it were among those that were killed"
