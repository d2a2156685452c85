"""The print of an answer is made once, leaves out what is not the model's, and is gone with the answer everywhere."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from chats_helpers import open_store

from app.chats.copies import backup_daily
from app.chats.exchange import export_json, export_markdown, import_json
from app.chats.store import ChatStore
from app.cited import MARK
from app.paths import home
from app.text.model_text import print_of
from app.types import Answer, AnswerSettings, Passage, Source, Trace

SAID = "Send the laptop a week ahead, together with a short letter that explains who will call, when, and about what."
QUOTED = "The daily allowance for trips within the country is 28 euros for a whole day and 14 euros for part of a day."
PASSAGE = Passage(id=1, document_id=7, document="a.pdf", path="/a.pdf", collection="c", start=0, end=9, text=QUOTED)


@pytest.fixture
def store() -> Iterator[ChatStore]:
    opened = open_store()
    yield opened
    opened.close()


def answered(store: ChatStore, answer: Answer, question: str = "How?") -> tuple[int, int]:
    """→ the ids of the chat and of the answer."""
    chat = store.create()
    asked = store.add_question(chat.id, question)
    return chat.id, store.finish_answer(store.begin_answer(asked.id).id, answer).id


def test_a_print_leaves_out_sources_and_question(store: ChatStore) -> None:
    answered(store, Answer(text=f"{SAID} {QUOTED} [1]", sources=(Source(n=1, passage=PASSAGE),)), "Mine: " + SAID)
    (kept,) = store.prints()
    assert kept.hashes == print_of(f"{SAID} {QUOTED}", [SAID, QUOTED]) and kept.at > 0


def test_words_of_documents_have_none(store: ChatStore) -> None:
    settings = AnswerSettings(only_from_documents=True, passages=5, temperature=0.0, seed=None)
    trace = Trace(asked="", searched_as="", documents=1, passages=1, wording="documents", settings=settings)
    chat_id, _ = answered(store, Answer(text=QUOTED, trace=trace))
    answered(store, Answer(text="Not found in your documents.", not_found=True))
    assert store.prints() == () and store.print_some(9) == 0
    assert MARK not in export_markdown(store, chat_id)


def test_it_goes_with_its_chat_and_with_an_answer_that_is_emptied_in_the_copies_too(store: ChatStore) -> None:
    chat_id, _ = answered(store, Answer(text=SAID))
    _, emptied = answered(store, Answer(text=f"{SAID} Again."))
    copy = backup_daily(home(), store)
    assert copy is not None and len(store.prints()) == 2
    store.delete_answers([emptied])
    store.delete(chat_id)
    store.purge()
    assert store.prints() == ()
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("SELECT count(*) FROM prints").fetchone() == (0,)


def test_chats_of_before_get_theirs_once_and_a_kill_between_costs_nothing(store: ChatStore) -> None:
    for n in range(5):
        answered(store, Answer(text=f"{n} {SAID}"))
    store.close()
    with closing(sqlite3.connect(home().chats_db)) as db, db:
        db.execute("DELETE FROM prints WHERE turn_id > 4")
    again = open_store()
    assert again.print_some(2) == 2
    again.close()  # as after a kill
    last = open_store()
    left = [last.print_some(2) for _ in range(2)]
    assert left[-1] < 2 and last.print_some(2) == 0 and len(last.prints()) == 5
    ids = [each.id for each in last.prints()]
    assert ids == sorted(ids) and last.last_print() == ids[-1]
    last.close()


def test_numbers_of_prints_are_never_given_out_again(store: ChatStore) -> None:
    chat_id, _ = answered(store, Answer(text=SAID))
    before = store.last_print()
    store.delete(chat_id)
    store.purge()
    answered(store, Answer(text=SAID))
    assert store.prints()[0].id > before, "documents that were looked at up to there would not be looked at again"


def test_files_of_chats_say_that_a_model_wrote_and_come_back_as_ever(store: ChatStore) -> None:
    chat_id, _ = answered(store, Answer(text=SAID))
    assert MARK in export_markdown(store, chat_id)
    data = export_json(store)
    assert json.loads(data)["mark"] == MARK and import_json(store, data) == 1
    assert store.print_some(9) == 1, "an imported answer is known too"
