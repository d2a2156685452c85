"""A copy of the chats a day, seven kept, and nothing in them that was removed for good."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from chats_helpers import open_store
from damage import overwrite
from old_home import unpack_old_home

from app.chats.copies import KEPT, backup_daily, daily_copies
from app.chats.store import ChatStore
from app.paths import home
from app.types import Answer, Passage, Source


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
