"""A damaged file of chats costs what was damaged; copies are made each day; whoever only looks changes nothing."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.chats.copies import KEPT, backup_daily, daily_copies
from app.chats.store import ChatStore
from app.errors import AppError, Damaged, NewerData, NoSpace
from app.paths import home
from app.types import Answer, Passage, Source

CHATS, TURNS = 40, 6
TESTS = Path(__file__).parents[1]


def open_store() -> ChatStore:
    return ChatStore(home().chats_db, home().backups)


def fill(store: ChatStore) -> dict[int, list[str]]:
    """Chats of some pages each; → the texts of each chat."""
    rng = random.Random(3)
    said: dict[int, list[str]] = {}
    with store.together():
        for n in range(CHATS):
            chat = store.create(collection_id=n % 3, model_id="starter")
            said[chat.id] = []
            for _ in range(TURNS // 2):
                question = store.add_question(chat.id, f"Question {n} about " + "pumps " * rng.randint(1, 40))
                passage = Passage(
                    id=1, document_id=n % 5 + 1, document="a.pdf", path="/a.pdf", collection="c", start=0, end=1,
                    text="valve " * rng.randint(1, 900),
                )  # fmt: skip
                answer = Answer(text=f"Answer {n} [1].", sources=(Source(n=1, passage=passage),))
                store.finish_answer(store.begin_answer(question.id).id, answer)
                said[chat.id] += [question.text, answer.text]
    return said


@pytest.fixture
def said() -> dict[int, list[str]]:
    store = open_store()
    texts = fill(store)
    store.close()
    return texts


def overwrite(page: int | str) -> Callable[[Path], None]:
    """4 KB of noise over a page, or over the root of a table."""

    def damage(path: Path) -> None:
        number = page
        if isinstance(page, str):
            db = sqlite3.connect(path)
            (number,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (page,)).fetchone()
            db.close()
        with path.open("r+b") as file:
            file.seek((int(number) - 1) * 4096)
            file.write(random.Random(1).randbytes(4096))

    return damage


def truncate(share: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        os.truncate(path, int(path.stat().st_size * share))

    return damage


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
    assert len(list(root.glob("chats.broken-*.db"))) == 1 and not list(root.glob("*salvage*")) and not list(root.glob("*.tmp")), line
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


# --- copies -----------------------------------------------------------------------------------------------------------


def days(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Let it be another day each time."""
    for day in range(1, 29):
        stamp = f"202612{day:02}"
        monkeypatch.setattr("app.chats.copies.time.strftime", lambda _, stamp=stamp: stamp)
        yield stamp


def test_a_copy_a_day_where_something_changed_and_seven_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    chat = store.create("First")
    day = days(monkeypatch)
    next(day)
    made = backup_daily(home(), store)
    assert made is not None and made.name == "chats-20261201.db" and made.stat().st_mode & 0o077 == 0
    store.rename(chat.id, "Second")
    assert backup_daily(home(), store) is None, "today has one"
    next(day)
    assert backup_daily(home(), store) is not None
    next(day)
    assert backup_daily(home(), store) is None, "nothing changed"
    for n in range(KEPT):
        next(day)
        store.rename(chat.id, f"Title {n}")
        assert backup_daily(home(), store) is not None
    kept = daily_copies(home().backups)
    assert len(kept) == KEPT and kept[0].name == "chats-20261204.db"
    store.close()
    shutil.copy(kept[2], home().chats_db)  # how a person goes back
    back = open_store()
    assert back.chat(chat.id).title == "Title 2" and back.note == ""
    back.close()


def test_no_copy_is_kept_of_a_damaged_file_and_the_newest_sound_one_is_named(
    said: dict[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store()
    day = days(monkeypatch)
    next(day)
    assert backup_daily(home(), store) is not None
    overwrite(30)(home().chats_db)
    store._db.execute("PRAGMA shrink_memory")
    next(day)
    assert backup_daily(home(), store) is None
    assert [path.name for path in daily_copies(home().backups)] == ["chats-20261201.db"]
    assert "backups/chats-20261201.db" in store.note and store.examine() == ""
    assert store.add_question(store.create().id, "Goes on")
    store.close()


def test_what_is_removed_for_good_is_removed_from_the_copies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store()
    words = ("zymurgy", "xylographic", "quixotic", "brouhaha")
    chats = [store.create(f"A chat about {word}") for word in words[2:]]
    passage = Passage(
        id=1, document_id=7, document="Layoffs.pdf", path="/plans", collection="c", start=0, end=1, text="zymurgy text"
    )  # fmt: skip
    turn = store.begin_answer(store.add_question(chats[0].id, "Who?").id)
    store.finish_answer(turn.id, Answer(text="The xylographic plan [1].", sources=(Source(n=1, passage=passage),)))
    day = days(monkeypatch)
    next(day)
    copy = backup_daily(home(), store)
    assert copy is not None
    (home().backups / "chats-20261102.db").write_bytes(b"a copy that a bad disk made useless")

    def held() -> list[str]:
        content = copy.read_bytes().lower()
        return [word for word in (*words, "layoffs") if word.encode() in content]

    assert held() == [*words, "layoffs"]
    forgot = store.forget_documents([7])
    assert held() == [*words[1:]]
    store.delete_answers(forgot.speaking)
    assert held() == [*words[2:]]
    store.delete(chats[1].id)
    store.purge()
    assert held() == ["quixotic"]
    assert [path.name for path in daily_copies(home().backups)] == [copy.name]
    store.close()


def test_a_copy_from_before_a_migration_forgets_too() -> None:
    from old_home import unpack_old_home

    old = unpack_old_home(home().root)
    store = ChatStore(old.chats_db, old.backups)
    (copy,) = old.backups.glob("chats-v1-*.db")
    assert b"14 pool cars, nine" in copy.read_bytes() and b"Car-Fleet-Rules" in copy.read_bytes()
    assert store.forget_documents([2]).answers == 1
    assert b"14 pool cars, nine" not in copy.read_bytes() and b"Car-Fleet-Rules" not in copy.read_bytes()
    assert b"There are 14 pool cars" in copy.read_bytes(), "the model's own words stay until they are deleted"
    assert store.delete_answers(store.answers_about([2])) == 1
    assert b"There are 14 pool cars" not in copy.read_bytes() + old.chats_db.read_bytes()
    store.close()


# --- readers ----------------------------------------------------------------------------------------------------------


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
    from old_home import unpack_old_home

    old = unpack_old_home(tmp_path / "old")
    before = old.chats_db.read_bytes()
    assert ChatStore.open_reader(old.chats_db) is None
    assert old.chats_db.read_bytes() == before, "an older version is migrated by the writer alone"
    with pytest.raises(AppError, match="older Inhouse"):
        ChatStore(old.chats_db, old.backups, read_only=True)
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
def test_a_folder_that_is_read_only_can_be_read(said: dict[int, list[str]], tmp_path: Path) -> None:
    """Run as nobody where the tests run as root, whom no permission stops."""
    folder = tmp_path / "read-only"
    shutil.copytree(home().root, folder)
    (folder / "chats.db").chmod(0o444)
    folder.chmod(0o555)
    for above in (tmp_path, *tmp_path.parents):
        if os.geteuid() == 0 and not above.stat().st_mode & 0o001:
            above.chmod(above.stat().st_mode | 0o011)
    user = str(65534 if os.geteuid() == 0 else os.getuid())
    look = subprocess.run(
        [sys.executable, "-c", LOOK, user, str(folder / "chats.db")], capture_output=True, text=True, check=False
    )
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
