"""Removing a document everywhere, driven as the core does it, and killed at each line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.assistant.asking import Step
from app.assistant.forget import ForgetInChats, Outcome, finish_removals, remove, remove_collection
from app.chats.records import Forgot
from app.workers.calls.documents import DeleteCollection, Forgotten, ListTombstones, Remove, Removed, Tombstones
from app.workers.message import Done

TESTS = Path(__file__).parents[1]
EVERY = 7
"""Which lines are tried: every one of them takes two minutes, and was tried when this was written."""
GONE = Removed(documents=1, passages=3, traces=0, ids=(7,))


def test_the_chats_follow_the_index_and_then_the_tombstones_go() -> None:
    removing = remove([7])
    assert next(removing) == Step("documents", Remove(ids=(7,)))
    assert removing.send(GONE) == Step("documents", ListTombstones())
    assert removing.send(Tombstones(ids=(5, 7))) == ForgetInChats((5, 7)), "what was cut short before goes with it"
    forgot = Forgot(answers=2, speaking=(9,))
    assert removing.send(forgot) == Step("documents", Forgotten(ids=(5, 7)))
    with pytest.raises(StopIteration) as ended:
        removing.send(Done())
    assert ended.value.value == Outcome(GONE, forgot)


def test_a_collection_goes_with_its_documents() -> None:
    removing = remove_collection(3)
    assert next(removing) == Step("documents", DeleteCollection(collection_id=3))
    removing.send(Removed(documents=0, passages=0, traces=0))
    assert removing.send(Tombstones(ids=(), collections=(3,))) == ForgetInChats((), (3,))
    assert removing.send(Forgot()) == Step("documents", Forgotten(collections=(3,)))


def test_where_nothing_was_cut_short_nothing_is_done() -> None:
    finishing = finish_removals()
    assert next(finishing) == Step("documents", ListTombstones())
    with pytest.raises(StopIteration) as ended:
        finishing.send(Tombstones(ids=()))
    assert ended.value.value == Forgot()


def test_what_an_older_window_had_noted_is_finished_too() -> None:
    finishing = finish_removals((5, 6))
    next(finishing)
    assert finishing.send(Tombstones(ids=(5,))) == ForgetInChats((5, 6))
    assert finishing.send(Forgot()) == Step("documents", Forgotten(ids=(5,)))


KILLS = """
import hashlib, shutil, sys
from pathlib import Path
import numpy as np
from app.assistant import forget
from app.chats.copies import backup_daily
from app.chats.records import Forgot
from app.chats.store import ChatStore
from app.documents.store import NewDocument, Store
from app.documents.worker import DocumentsRole
from app.paths import Home
from app.text import words
from app.text.parsed import Block, Parsed
from app.text.passages import Piece
from app.types import Answer, Passage, Source
from every_line import killed_at_each_line

whole, root, every = Home(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
home = Home(root)
NEEDLES = (b"zymurgy", b"quixotic")  # of its text, its name and path
FILES = tuple("app/" + name for name in (
    "assistant/forget.py", "documents/removal.py", "documents/store.py", "documents/stores.py", "documents/database.py",
    "chats/forget.py", "chats/store.py", "chats/copies.py", "chats/connection.py",
))

def document(store, collection, name, text):
    parsed = Parsed("text", text, (Block("paragraph", 0, len(text)),), sha256=hashlib.sha256(text.encode()).hexdigest())
    piece = Piece(0, len(text), None, "", "", 10)
    vector = np.random.default_rng(len(text)).standard_normal(384)
    vectors = [(vector / np.linalg.norm(vector)).astype("<f4").tobytes()]
    return store.put(NewDocument(collection, f"/files/{name}", parsed, "recipe", (0, 0.0), [piece], vectors))

def prepare():
    store = Store(whole.documents_db, whole.backups)
    collection = store.create_collection("Plans")
    gone = document(store, collection, "quixotic.txt", "The zymurgy plan is to close in March.")
    kept = document(store, store.create_collection("Kept"), "kept.txt", "A giraffe stays here.")
    store.close()
    chats = ChatStore(whole.chats_db, whole.backups)
    chat = chats.create(collection_id=collection)
    passages = [
        Passage(id=n, document_id=n, document=name, path=f"/files/{name}", collection="c", start=0, end=9, text=text)
        for n, name, text in ((gone, "quixotic.txt", "The zymurgy plan"), (kept, "kept.txt", "Nothing"))
    ]
    turn = chats.begin_answer(chats.add_question(chat.id, "What?").id)
    sources = tuple(Source(n=n, passage=passage) for n, passage in enumerate(passages, 1))
    text = "> The zymurgy plan [1]\\n\\nIt closes [1]. Nothing [2]."
    chats.finish_answer(turn.id, Answer(text=text, sources=sources))
    backup_daily(whole, chats)
    chats.close()
    return collection, gone, turn.id

def drive(flow):
    role, chats = DocumentsRole(home), ChatStore(home.chats_db, home.backups)
    role._stores.open(alone=True)
    role._stores.purge()  # what a child does in its first quiet moment
    try:
        said = next(flow)
        while True:
            if isinstance(said, forget.ForgetInChats):
                chats.leave_collections(said.collections)
                answer = chats.forget_documents(said.ids)
            else:
                steps = role.handle(said.call)
                try:
                    while True:
                        next(steps)
                except StopIteration as stop:
                    answer = stop.value
            said = flow.send(answer)
    except StopIteration as stop:
        return stop.value
    finally:
        role.close()
        chats.close()

def holding():
    return [file.name for file in root.rglob("*") if file.is_file() and any(n in file.read_bytes() for n in NEEDLES)]

def begin():
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(whole.root, root)

def check(line):
    store, chats = Store(home.documents_db, home.backups), ChatStore(home.chats_db, home.backups)
    assert store.note() == chats.note == "", line
    assert [each.name for each in store.collections()] == ["Kept"], line
    assert store.best_words(*words.terms("zymurgy"), 5) == [] and store.best_words(*words.terms("giraffe"), 5), line
    assert store.count() == 1 and store.tombstones() == ((), ()), line
    (chat,) = chats.list_chats()
    answer = chats.turns(chat.id)[1].answer
    assert chat.collection_id == 0 and answer is not None, line
    assert [source.passage.text for source in answer.sources] == ["", "Nothing"], line
    assert chats.answers_about([gone]) == (turn,), line
    store.close(), chats.close()
    assert holding() == [], (line, holding())

collection, gone, turn = prepare()
begin()
assert sorted(holding()) == sorted(["documents.db", "chats.db", next(whole.backups.iterdir()).name])
tried = 0
for line in killed_at_each_line(FILES, lambda: drive(forget.remove_collection(collection)), every):
    tried += 1
    drive(forget.finish_removals())
    store = Store(home.documents_db, home.backups)
    there = store.document(gone) is not None
    store.close()
    if there:  # killed before anything had been done
        removed = drive(forget.remove_collection(collection)).removed
        assert removed.traces == 0, (line, removed)
    check(line)
    begin()
check("the end")
print(tried, line)
"""


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="fork is a thing of POSIX systems")
def test_a_removal_that_is_killed_at_any_line_is_finished_by_the_next_opening(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])}
    ran = subprocess.run(
        [sys.executable, "-c", KILLS, str(tmp_path / "whole"), str(tmp_path / "tried"), str(EVERY)],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    tried, lines = map(int, ran.stdout.split())
    assert lines > 150 and tried > 25, "the lines that do it were among those that were killed"
