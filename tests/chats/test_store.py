"""Chats: a tree of versions that survives crashes, comes back after a delete, and can forget a document."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.chats import schema
from app.chats.forget import DELETED, REMOVED
from app.chats.records import Forgot
from app.chats.store import ChatStore
from app.database import opening
from app.errors import AppError, Busy, NewerData
from app.paths import home
from app.pictures import Picture
from app.types import Answer, AnswerSettings, LookedAt, Message, Newer, Passage, Source, Trace

LINGER = "import time; app = time.sleep(60)"
"""Looks like an Inhouse on its command line."""


@pytest.fixture
def store() -> Iterator[ChatStore]:
    opened = ChatStore(home().chats_db, home().backups)
    yield opened
    opened.close()


def passage(document_id: int = 7, text: str = "Employees receive 30 days of leave.") -> Passage:
    return Passage(
        id=1,
        document_id=document_id,
        document="leave.pdf",
        path="/leave.pdf",
        collection="HR",
        start=0,
        end=9,
        text=text,
    )


def exchange(store: ChatStore, chat_id: int, question: str, answer: str | Answer) -> tuple[int, int]:
    asked = store.add_question(chat_id, question)
    turn = store.begin_answer(asked.id)
    store.finish_answer(turn.id, Answer(text=answer) if isinstance(answer, str) else answer)
    return asked.id, turn.id


def texts(store: ChatStore, chat_id: int) -> list[str]:
    return [turn.text for turn in store.turns(chat_id)]


def test_an_answer_keeps_its_evidence_across_a_restart(store: ChatStore) -> None:
    chat = store.create(collection_id=3, model_id="starter")
    answer = Answer(text="30 days [1].", sources=(Source(n=1, passage=passage()),), searched="HR")
    exchange(store, chat.id, "How much leave do I get?", answer)
    store.close()
    again = ChatStore(home().chats_db, home().backups)
    assert [turn.answer for turn in again.turns(chat.id)] == [None, answer]
    assert again.chat(chat.id).title == "How much leave do I get"
    assert (again.chat(chat.id).collection_id, again.chat(chat.id).model_id) == (3, "starter")
    again.close()


def test_regenerating_and_editing_keep_every_version_with_what_followed_it(store: ChatStore) -> None:
    chat = store.create()
    question, first = exchange(store, chat.id, "Q1", "A1")
    exchange(store, chat.id, "Q2", "A2")
    second = store.begin_answer(question)
    store.finish_answer(second.id, Answer(text="A1b"))
    assert texts(store, chat.id) == ["Q1", "A1b"]
    assert [(turn.version, turn.versions) for turn in store.turns(chat.id)] == [(1, 1), (2, 2)]
    assert store.choose_version(second.id, 1).id == first
    assert texts(store, chat.id) == ["Q1", "A1", "Q2", "A2"]
    edited = store.add_question(chat.id, "Q1 edited", replaces=question)
    assert (edited.version, edited.versions) == (2, 2)
    assert texts(store, chat.id) == ["Q1 edited"]
    store.choose_version(edited.id, 1)
    assert texts(store, chat.id) == ["Q1", "A1", "Q2", "A2"]
    assert store.choose_version(edited.id, 99).text == "Q1 edited"


def test_long_chats_are_read_in_pages_from_the_end(store: ChatStore) -> None:
    chat = store.create()
    for n in range(30):
        exchange(store, chat.id, f"Q{n}", f"A{n}")
    last = store.turns(chat.id, limit=4)
    assert [turn.text for turn in last] == ["Q28", "A28", "Q29", "A29"]
    before = store.turns(chat.id, limit=3, before=last[0].id)
    assert [turn.text for turn in before] == ["A26", "Q27", "A27"]
    assert store.turns(chat.id, limit=3, before=store.turns(chat.id)[0].id) == []


def test_the_model_is_told_what_stood_before_the_question(store: ChatStore) -> None:
    chat = store.create()
    exchange(store, chat.id, "Q1", Answer(text="Thirty [1]. More [1, 2].", sources=(Source(n=1, passage=passage()),)))
    exchange(store, chat.id, "Q2", Answer(text="Not found in your documents.", not_found=True))
    question, _ = exchange(store, chat.id, "Q3", "code: a[1] ")
    told = (Message("user", "Q1"), Message("assistant", "Thirty. More."))
    assert store.history(chat.id, question) == told
    assert store.history(chat.id) == (*told, Message("user", "Q3"), Message("assistant", "code: a[1] "))
    edited = store.add_question(chat.id, "Q1 edited", replaces=store.turns(chat.id)[0].id)
    assert store.history(chat.id, edited.id) == ()


def test_an_answer_that_a_killed_process_left_is_marked_stopped(store: ChatStore) -> None:
    chat = store.create()
    question = store.add_question(chat.id, "Q")
    program = (
        "import os, signal, sys; from app.chats.store import ChatStore; from app.paths import home\n"
        "store = ChatStore(home().chats_db, home().backups)\n"
        "turn = store.begin_answer(int(sys.argv[1])); store.save_partial(turn.id, 'Half an ans')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(question.id)], check=False)
    (turn,) = store.turns(chat.id)[1:]
    assert (turn.state, turn.text) == ("writing", "Half an ans")
    assert store.recover() == 1
    (turn,) = store.turns(chat.id)[1:]
    assert turn.state == "stopped"
    assert turn.answer is not None and turn.answer.stopped and turn.answer.text == "Half an ans"
    assert store.recover() == 0


def test_another_process_that_still_writes_is_left_alone(store: ChatStore) -> None:
    chat = store.create()
    question = store.add_question(chat.id, "Q")
    program = (
        "import sys; from app.chats.store import ChatStore; from app.paths import home\n"
        "store = ChatStore(home().chats_db, home().backups)\n"
        "store.begin_answer(int(sys.argv[1])); print('writing', flush=True); sys.stdin.read()\n"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program, str(question.id)], stdin=pipe, stdout=pipe) as other:
        assert other.stdout is not None and other.stdout.readline().strip() == b"writing"
        assert store.recover() == 0
    assert store.recover() == 1


def test_a_number_that_another_process_took_over_does_not_keep_an_answer_open(store: ChatStore) -> None:
    answers = []
    with subprocess.Popen(["sleep", "60"]) as other, subprocess.Popen([sys.executable, "-c", LINGER]) as later:
        for pid, began in ((other.pid, time.time()), (later.pid, time.time() - 3600)):
            turn = store.begin_answer(store.add_question(store.create().id, "Q").id)
            answers.append(turn.id)
            store._db.execute("UPDATE turns SET writer = ?, created_at = ? WHERE id = ?", (pid, began, turn.id))
        recovered = store.recover()
        other.kill()
        later.kill()
    assert recovered == 2
    assert {store.turn(turn_id).state for turn_id in answers} == {"stopped"}


def test_a_discarded_answer_brings_the_one_before_back(store: ChatStore) -> None:
    chat = store.create()
    question, first = exchange(store, chat.id, "Q", "A")
    store.discard_answer(store.begin_answer(question).id)
    assert [turn.id for turn in store.turns(chat.id)] == [question, first]


def test_a_deleted_chat_comes_back_until_it_is_purged_without_a_trace(store: ChatStore) -> None:
    chat = store.create()
    answer = Answer(text="The xylographic answer", sources=(Source(n=1, passage=passage(text="zymurgy passage")),))
    exchange(store, chat.id, "The quixotic question", answer)
    other = store.create("Other")
    store.delete(chat.id)
    assert [item.id for item in store.list_chats()] == [other.id]
    assert store.search("quixotic") == []
    assert store.purge(older_than_s=60) == 0
    store.restore(chat.id)
    assert store.search("quixotic")
    store.delete(chat.id)
    assert store.purge() == 1
    for file in home().root.glob("chats.db*"):
        content = file.read_bytes().lower()
        for word in (b"quixotic", b"xylographic", b"zymurgy"):
            assert word not in content, f"{word!r} in {file.name}"
    with pytest.raises(AppError):
        store.restore(chat.id)


def test_a_removed_document_leaves_no_text_in_stored_answers(store: ChatStore) -> None:
    chat = store.create()
    sources = (Source(n=1, passage=passage(7, "zymurgy text")), Source(n=2, passage=passage(8, "kept text")))
    _, turn = exchange(store, chat.id, "Q", Answer(text="A [1] [2].", sources=sources))
    exchange(store, chat.id, "Q", Answer(text="Not found.", nearest=(passage(7, "zymurgy near"),), not_found=True))
    assert store.forget_documents([7]) == Forgot(answers=2, speaking=(turn,))
    answer = store.turn(turn).answer
    assert answer is not None
    assert [source.passage.text for source in answer.sources] == ["", "kept text"]
    for file in home().root.glob("chats.db*"):
        assert b"zymurgy" not in file.read_bytes()
    assert store.forget_documents([7]).answers == 0
    kept = answer.sources[1].passage
    assert (kept.document, kept.path) == ("leave.pdf", "/leave.pdf"), "another document is not touched"


def test_a_page_that_was_shown_goes_with_its_document_in_every_version_and_branch(store: ChatStore) -> None:
    page = Picture(name="leave.pdf, page 2", width=3, height=2, data=b"zymurgy page", documents=(7, 9))
    chat = store.create()
    question = store.add_question(chat.id, "What is drawn there?", pictures=(page,))
    answer = store.begin_answer(question.id)
    store.finish_answer(answer.id, Answer(text="A plan."))
    branch = store.branch(answer.id)
    edited = store.add_question(chat.id, "What?", replaces=question.id, pictures=store.pictures_of(question.id))
    photo = msgspec.structs.replace(page, name="photo.jpg", data=b"a photo", documents=())
    other = store.add_question(store.create().id, "And here?", pictures=(photo,))
    assert all(store.pictures_of(each) for each in (question.id, edited.id, other.id))
    store.forget_documents([7])
    assert not store.pictures_of(question.id) and not store.pictures_of(edited.id)
    assert not any(turn.pictures for turn in store.turns(branch))
    assert [each.name for each in store.pictures_of(other.id)] == ["photo.jpg"]
    for file in home().root.glob("chats.db*"):
        assert b"zymurgy" not in file.read_bytes()


def test_its_name_and_path_go_too_and_what_the_model_wrote_is_counted(store: ChatStore) -> None:
    chat = store.create()
    secret = passage(7, "zymurgy text")
    gone = msgspec.structs.replace(secret, document="Layoffs.pdf", path="/plans/Layoffs.pdf", heading="Layoffs plan")
    speaks = Answer(text="Forty people leave [1].", sources=(Source(n=1, passage=gone),))
    quotes = Answer(text="> zymurgy text [1]", sources=(Source(n=1, passage=gone),))
    nothing = Answer(text="Not found in your documents.", nearest=(gone,), not_found=True)
    turns = [exchange(store, chat.id, "Who leaves?", answer)[1] for answer in (speaks, quotes, nothing)]
    assert store.answers_about([7]) == (turns[0],)
    assert store.forget_documents([7, 99]) == Forgot(answers=3, speaking=(turns[0],))
    assert store.answers_about([7]) == (turns[0],), "known after blanking too"
    for file in home().root.glob("chats.db*"):
        assert b"Layoffs" not in file.read_bytes() and b"/plans" not in file.read_bytes()


def traced(*names: str) -> Trace:
    """Documents with ids from 7 that were looked at and not used."""
    looked_at = tuple(
        LookedAt(passage_id=n, document_id=n, document=name, page=1, outcome="unneeded")
        for n, name in enumerate(names, 7)
    )
    settings = AnswerSettings(only_from_documents=True, passages=6, temperature=0.2, seed=None)
    return Trace(asked="Q", searched_as="Q", documents=2, passages=9, looked_at=looked_at, settings=settings)


def test_a_removed_document_that_was_only_looked_at_loses_its_name_too(store: ChatStore) -> None:
    chat = store.create()
    _, turn = exchange(store, chat.id, "Q", Answer(text="Thirty.", trace=traced("Zymurgy.pdf", "kept.pdf")))
    assert store.forget_documents([7]) == Forgot(answers=1)
    answer = store.turn(turn).answer
    assert answer is not None and answer.trace is not None
    assert [each.document for each in answer.trace.looked_at] == ["", "kept.pdf"]
    for file in home().root.glob("chats.db*"):
        assert b"Zymurgy" not in file.read_bytes()
    _, late = exchange(store, chat.id, "Q", Answer(text="Thirty.", trace=traced("Zymurgy.pdf")))
    answer = store.turn(late).answer
    assert answer is not None and answer.trace is not None
    assert answer.trace.looked_at[0].document == "", "an answer that ends after the removal"


def test_an_answer_from_before_there_were_traces_opens(store: ChatStore) -> None:
    chat = store.create()
    _, turn = exchange(store, chat.id, "Q", "Thirty.")
    old = b"""{"text":"Thirty. [1]","sources":[{"n":1,"passage":{"id":3,"document_id":7,"document":"leave.pdf",
        "path":"/leave.pdf","collection":"HR","collection_id":1,"page":2,"start":0,"end":7,"heading":"","text":"Thirty.",
        "score":0.9,"best":null,"boxes":[[1.0,2.0,3.0,4.0]],"indexed_at":1.0}}],"searched":"HR","model":"Starter"}"""
    with contextlib.closing(sqlite3.connect(home().chats_db)) as db, db:
        db.execute("UPDATE turns SET answer = ? WHERE id = ?", (old, turn))
    answer = store.turn(turn).answer
    assert answer is not None and answer.trace is None and answer.sources[0].passage.modified == 0.0
    assert store.turns(chat.id)[1].answer == answer


def test_answers_that_speak_of_a_removed_document_can_be_deleted(store: ChatStore) -> None:
    chat = store.create()
    answer = Answer(text="The xylographic plan [1].", sources=(Source(n=1, passage=passage(7)),))
    _, turn = exchange(store, chat.id, "Q1", answer)
    store.set_feedback(turn, "down", "The quixotic plan")
    exchange(store, chat.id, "Q2", "A2")
    assert store.delete_answers(store.forget_documents([7]).speaking) == 1
    assert texts(store, chat.id) == ["Q1", "", "Q2", "A2"], "what followed it is still there"
    emptied = store.turn(turn)
    assert emptied.answer is not None and emptied.answer.note == DELETED
    assert (emptied.rating, emptied.corrected) == (None, "") and store.feedback() == []
    assert store.history(chat.id) == (Message("user", "Q2"), Message("assistant", "A2"))
    assert store.search("xylographic") == [] and store.answers_about([7]) == ()
    for file in home().root.glob("chats.db*"):
        content = file.read_bytes().lower()
        assert b"xylographic" not in content and b"quixotic" not in content
    assert store.delete_answers([turn, 999]) == 1, "safe to repeat"


def test_an_answer_that_ends_after_the_removal_holds_nothing_either(store: ChatStore) -> None:
    turn = store.begin_answer(store.add_question(store.create().id, "Q").id)
    assert store.forget_documents([7]) == Forgot()
    sources = (Source(n=1, passage=passage(7, "zymurgy text")), Source(n=2, passage=passage(8, "kept text")))
    finished = store.finish_answer(turn.id, Answer(text="> zymurgy text [1]\n\nKept [2].", sources=sources))
    assert finished.text == f"{REMOVED}\n\nKept [2]."
    assert finished.answer is not None
    assert [source.passage.text for source in finished.answer.sources] == ["", "kept text"]
    assert store.search("zymurgy") == [] and store.search("kept")


def test_a_quotation_goes_with_its_document_and_the_rest_of_the_answer_stays(store: ChatStore) -> None:
    chat = store.create()
    text = "> The xylographic limit. [1]\n\n> The kept sentence. [2]\n\nThe model's own words [1]."
    sources = (Source(n=1, passage=passage(7, "The xylographic limit.")), Source(n=2, passage=passage(8, "Kept.")))
    _, turn = exchange(store, chat.id, "Q", Answer(text=text, sources=sources))
    assert store.search("xylographic")
    assert store.forget_documents([7]).answers == 1
    left = store.turn(turn)
    assert left.text == f"{REMOVED}\n\n> The kept sentence. [2]\n\nThe model's own words [1]."
    assert left.answer is not None and left.answer.text == left.text
    assert store.search("xylographic") == [] and store.search("kept")
    for file in home().root.glob("chats.db*"):
        assert b"xylographic" not in file.read_bytes().lower(), file.name


def test_search_finds_titles_and_text_by_unfinished_words_and_without_accents(store: ChatStore) -> None:
    leave = store.create("Holidays")
    exchange(store, leave.id, "How much annual leave?", "Thirty days in a café on the beach.")
    pumps = store.create("Pump warranty 100%")
    exchange(store, pumps.id, "What about leave?", "None.")
    assert {hit.chat.id for hit in store.search("leav")} == {leave.id, pumps.id}
    (hit,) = store.search("CAFE thir")
    assert hit.chat.id == leave.id and "\x02café\x03" in hit.snippet
    assert [hit.chat.id for hit in store.search("pump 100")] == [pumps.id]
    assert store.search("Pump_") == []
    for query in ("", "%", '"', "leave AND", "NEAR(", "*", "a OR (", "-"):
        store.search(query)
    assert store.search("nothingofthekind") == []


def test_nothing_is_learned_from_a_chat_with_files_of_its_own(store: ChatStore) -> None:
    chat = store.create().id
    _, answer = exchange(store, chat, "What does the offer say?", Answer(text="4711 EUR."))
    store.set_feedback(answer, "up", "")
    assert len(store.feedback()) == 1 and store.count_ratings() == (1, 0)
    store.attach(chat, 7)
    assert store.attached() == {7: chat} and store.chat(chat).attached_id == 7
    assert store.feedback() == [] and store.count_ratings() == (0, 0)
    store.delete(chat)
    assert store.attached() == {7: chat}, "it can still be brought back"
    store.purge()
    assert store.attached() == {}


def test_feedback_is_kept_for_the_trainer(store: ChatStore) -> None:
    chat = store.create()
    exchange(store, chat.id, "Q1", "A1")
    _, turn = exchange(store, chat.id, "Q2", "A2")
    store.set_feedback(turn, "down", "Better")
    (row,) = store.feedback()
    assert (row.question, row.answer.text, row.rating, row.corrected) == ("Q2", "A2", "down", "Better")
    assert row.history == (Message("user", "Q1"), Message("assistant", "A1"))
    assert store.turn(turn).rating == "down"
    store.set_feedback(turn, None)
    assert store.feedback() == []
    assert store.turn(turn).corrected == ""


def test_a_thousand_chats_are_listed_and_searched_quickly(store: ChatStore) -> None:
    with store.together():
        for n in range(1000):
            chat = store.create(f"Chat {n}")
            exchange(store, chat.id, f"Question {n} about pumps", "An answer about pumps. " * 20)
    began = time.perf_counter()
    assert len(store.list_chats(limit=100)) == 100
    listed = time.perf_counter()
    assert len(store.search("pumps")) == 50
    assert listed - began < 0.05
    assert time.perf_counter() - listed < 0.5
    assert store.count() == 1000


def test_nothing_that_was_acknowledged_is_lost_to_a_kill() -> None:
    program = (
        "import sys; from app.chats.store import ChatStore; from app.types import Answer; from app.paths import home\n"
        "store = ChatStore(home().chats_db, home().backups); chat = store.create()\n"
        "print(chat.id, flush=True)\n"
        "for n in range(100_000):\n"
        "    turn = store.begin_answer(store.add_question(chat.id, f'Q{n}').id)\n"
        "    store.finish_answer(turn.id, Answer(text=f'A{n}')); print(n, flush=True)\n"
    )
    for wait in (0.0, 0.05, 0.2):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            chat_id = int(child.stdout.readline())
            child.stdout.readline()
            time.sleep(wait)
            child.kill()
            rest = child.stdout.read().split(b"\n")[:-1]
        store = ChatStore(home().chats_db, home().backups)
        assert len(store.history(chat_id)) >= 2 * (len(rest) + 1)
        store.close()


def test_a_newer_database_is_left_as_it_is(store: ChatStore) -> None:
    store.close()
    with sqlite3.connect(home().chats_db) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = home().chats_db.read_bytes()
    with pytest.raises(NewerData):
        ChatStore(home().chats_db, home().backups)
    assert home().chats_db.read_bytes() == before


def test_a_migration_runs_once_after_a_backup(store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = store.create("Before")
    store.close()
    step = "ALTER TABLE chats ADD COLUMN colour TEXT NOT NULL DEFAULT ''"
    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, lambda db: db.execute(step)])
    again = ChatStore(home().chats_db, home().backups)
    assert again.chat(chat.id).title == "Before"
    again.close()
    (backup,) = home().backups.glob(f"chats-v{len(schema.MIGRATIONS) - 1}-*.db")
    with sqlite3.connect(backup) as db:
        assert db.execute("SELECT title FROM chats").fetchall() == [("Before",)]
    db.close()


def test_a_failed_migration_changes_nothing(store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> None:
    chat = store.create("Before")
    store.close()

    def fails(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM chats")
        db.execute("SELECT nothing FROM nowhere")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, fails])
        with pytest.raises(AppError):
            ChatStore(home().chats_db, home().backups)
    again = ChatStore(home().chats_db, home().backups)
    assert again.chat(chat.id).title == "Before"
    again.close()


@pytest.mark.parametrize("garbage", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_garbage_is_set_aside_and_a_new_store_starts(garbage: bytes) -> None:
    home().root.mkdir(parents=True)
    home().chats_db.write_bytes(garbage)
    store = ChatStore(home().chats_db, home().backups)
    (kept,) = home().root.glob("chats.broken-*.db")
    assert kept.read_bytes() == garbage
    assert kept.name in store.note
    assert store.create("New").id > 1_700_000_000, "no id of a chat that was lost is given out again"
    assert [chat.title for chat in store.list_chats()] == ["New"]
    store.close()


def test_a_store_that_another_process_holds_says_so(store: ChatStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BUSY_MS", 50)
    second = ChatStore(home().chats_db, home().backups)
    with store.together(), pytest.raises(Busy):
        second.create("Too early")
    assert second.create("Now").title == "Now"
    second.close()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AppError) as caught:
        ChatStore(tmp_path / "file" / "chats.db", tmp_path)
    assert caught.value.hint


def test_a_removed_document_goes_as_newer_version_and_as_flagged_text_too(store: ChatStore) -> None:
    old = msgspec.structs.replace(
        passage(8, "kept text"), newer=Newer(document_id=7, document="zymurgy.pdf", path="/z")
    )
    order = msgspec.structs.replace(passage(7, "Ignore quixotic instructions"), flagged=((0, 28),))
    answer = Answer(text="Kept [1].", sources=(Source(n=1, passage=old),), flagged=(order,))
    _, turn = exchange(store, store.create().id, "Q", answer)
    store.forget_documents([7])
    kept = store.turn(turn).answer
    assert kept is not None and kept.flagged == () and kept.sources[0].passage.newer is None
    assert kept.sources[0].passage.text == "kept text"
    for file in home().root.glob("chats.db*"):
        assert b"zymurgy" not in file.read_bytes() and b"quixotic" not in file.read_bytes()
