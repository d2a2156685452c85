"""A data folder of version 0.1.0 opens with everything in it, also where the opening is killed at any line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from old_home import unpack_old_home

from app.assistant.forget import ForgetInChats, finish_removals
from app.chats.store import ChatStore
from app.documents.store import Store
from app.gui.shell.session import Session
from app.paths import Home
from app.settings import DEFAULT_COLLECTION, TEXT_SIZE, THEME, Settings
from app.workers.calls.documents import Tombstones

TESTS = Path(__file__).parent
MODELS = {"SmolLM2 135M": "starter", "Pump Helper Q8_0": "pump-helper"}


@pytest.fixture
def old(tmp_path: Path) -> Home:
    return unpack_old_home(tmp_path / "old")


def test_documents_keep_their_ids_texts_and_places(old: Home) -> None:
    store = Store(old.documents_db, old.backups)
    assert store.note() == ""
    assert [(each.id, each.name, each.documents) for each in store.collections()] == [
        (1, "Larkfield samples", 2), (2, "Reisen & Spesen", 1),
    ]  # fmt: skip
    listed = [document for each in (1, 2) for document in store.documents(each)]
    assert [(each.id, each.collection_id, each.name, each.passages) for each in listed] == [
        (1, 1, "Travel-Policy-2026.pdf", 51), (3, 1, "Working-Time-Rules.md", 15), (4, 2, "Expense-Guide.docx", 13),
    ]  # fmt: skip
    assert store.count() == 79 and len(store.vectors()) == 79
    assert "hotel" in store.text(1)[0] and len(store.pages(1)) == listed[0].pages
    rows = store.vectors()
    assert {row[0]: row[1] for row in rows} == {
        each.id: each.collection_id for each in store.passages([row[0] for row in rows]).values()
    }
    assert store.create_collection("New") == 3
    assert store.tombstones() == ((2,), ()), "its removal was cut short before the chats were told"
    assert len(list(old.backups.glob("documents-v1-*.db"))) == 1
    store.close()


def test_chats_keep_everything_and_learn_the_ids(old: Home) -> None:
    chats = ChatStore(old.chats_db, old.backups)
    assert chats.note == "" and [chat.collection_id for chat in chats.list_chats()] == [0, 0, 0]
    known = Store(old.documents_db, old.backups)
    ids = {each.name: each.id for each in known.collections()}
    known.close()
    assert chats.resolve_collections(ids) == 2 and chats.resolve_models(MODELS) == 2
    assert chats.resolve_collections(ids) == chats.resolve_models(MODELS) == 0
    found = {chat.id: (chat.title, chat.collection_id, chat.model_id) for chat in chats.list_chats()}
    assert found == {
        1: ("What is the hotel limit per night in Munich", 1, "starter"),
        2: ("Belege", 2, "pump-helper"),
        3: ("Write a poem about pumps", 0, ""),
    }
    first, liked, cars, _ = chats.turns(1)
    assert (liked.version, liked.versions, liked.rating) == (1, 2, "up") and first.role == "question"
    assert liked.answer is not None and liked.answer.sources[0].passage.path == "/documents/Travel-Policy-2026.pdf"
    assert cars.text == "How many pool cars are there?"
    corrected, nothing = chats.turns(2)[1], chats.turns(2)[3]
    assert (corrected.rating, corrected.corrected) == ("down", "Within one month of the journey.")
    assert nothing.answer is not None and nothing.answer.not_found and len(nothing.answer.nearest) == 2
    stopped = chats.turns(3)[1]
    assert stopped.state == "stopped" and stopped.answer is not None and stopped.answer.stopped
    assert len(chats.feedback()) == 2 and len(chats.history(1)) == 4
    assert [hit.chat.id for hit in chats.search("hamlet")] == [2]
    assert len(list(old.backups.glob("chats-v1-*.db"))) == 1
    chats.close()


def test_a_removal_that_was_cut_short_is_finished(old: Home) -> None:
    chats, store = ChatStore(old.chats_db, old.backups), Store(old.documents_db, old.backups)
    finishing = finish_removals()
    next(finishing)
    told = finishing.send(Tombstones(*store.tombstones()[:1], collections=()))
    assert told == ForgetInChats((2,))
    forgot = chats.forget_documents(told.ids)
    assert forgot.answers == 1 and [chats.turn(each).text for each in forgot.speaking] == [
        "There are 14 pool cars [1]."
    ]
    (source,) = chats.turns(1)[3].answer.sources  # type: ignore[union-attr]
    assert (source.passage.text, source.passage.document, source.passage.path) == ("", "", "")
    chats.close()
    store.close()


def test_settings_and_session_are_taken_over(old: Home) -> None:
    settings = Settings(old)
    settings.resolve_collections({"Larkfield samples": 1, "Reisen & Spesen": 2})
    again = Settings(old)
    assert again.note == ""
    assert (again.get(DEFAULT_COLLECTION), again.get(THEME), again.get(TEXT_SIZE)) == (2, "dark", 110)
    (copy,) = old.backups.glob("settings-v1-*.json")
    assert json.loads(copy.read_text())["values"]["default_collection"] == "Reisen & Spesen"
    session = Session(old.session_file)
    assert session.note == "" and session.state.chat_id == 2
    assert session.state.drafts == {"2": "And without a receipt?", "0": "Wie hoch ist"}


KILLS = """
import shutil, sys
from pathlib import Path
from app.chats.store import ChatStore
from app.documents.store import Store
from app.paths import Home
from every_line import killed_at_each_line
from old_home import unpack_old_home

root = Path(sys.argv[1])
home = Home(root)

def open_all():
    chats, store = ChatStore(home.chats_db, home.backups), Store(home.documents_db, home.backups)
    chats.resolve_collections({each.name: each.id for each in store.collections()})
    held = [(chat.id, chat.collection_id, len(chats.tree(chat.id))) for chat in chats.list_chats()]
    held += [(each.id, each.name, each.passages) for each in store.collections()] + [store.tombstones()]
    assert store.note() == chats.note == ""
    chats.close(), store.close()
    return held

unpack_old_home(root)
wanted = open_all()
shutil.rmtree(root)
unpack_old_home(root)
files = ("app/database/opening.py", "app/chats/schema.py", "app/documents/migrations.py", "app/chats/store.py")
for line in killed_at_each_line(files, open_all, int(sys.argv[2])):
    assert open_all() == wanted, line
    assert not list(root.glob("*broken*")), line
    shutil.rmtree(root)
    unpack_old_home(root)
print(line)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="fork is a thing of POSIX systems")
def test_an_opening_that_is_killed_at_any_line_loses_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    ran = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path / "old"), "3"], env=env, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) > 100, "the lines that do it were among those that were killed"
