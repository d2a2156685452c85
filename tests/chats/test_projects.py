"""Projects group chats without owning them; a branch is a chat of its own that says what it comes from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest
from chats_helpers import open_store
from damage import overwrite

from app.chats.records import Project
from app.chats.store import ChatStore
from app.errors import AppError
from app.paths import home
from app.types import Answer, Filter, Passage, Source

PASSAGE = Passage(id=1, document_id=7, document="a.pdf", path="/a.pdf", collection="HR", start=0, end=4, text="Text")


@pytest.fixture
def store() -> Iterator[ChatStore]:
    opened = open_store()
    yield opened
    opened.close()


def asked(store: ChatStore, chat_id: int, question: str, *answers: str, chosen: Filter | None = None) -> list[int]:
    """A question with versions of its answer; → the ids of all."""
    turn = store.add_question(chat_id, question, chosen=chosen or Filter())
    ids = [turn.id]
    for text in answers:
        answer = Answer(text=text, sources=(Source(n=1, passage=PASSAGE),))
        ids.append(store.finish_answer(store.begin_answer(turn.id).id, answer).id)
    return ids


def test_a_project_comes_and_goes_and_its_chats_stay(store: ChatStore) -> None:
    inside, outside = store.create("Inside"), store.create("Outside")
    made = store.create_project("  Move to   Lyon ", 3)
    assert made == Project(id=made.id, name="Move to Lyon", collection_id=3)
    store.move_to_project(inside.id, made.id)
    assert [chat.id for chat in store.list_chats(project_id=made.id)] == [inside.id]
    assert [chat.id for chat in store.list_chats(project_id=0)] == [outside.id]
    assert (store.count(), store.count(0), store.count(made.id), store.project(made.id).chats) == (2, 1, 1, 1)
    new = store.create("New", project_id=made.id)
    store.delete(new.id)
    assert store.project(made.id).chats == 1, "a deleted chat is not counted"
    with pytest.raises(AppError, match="already"):
        store.create_project("move TO lyon")
    with pytest.raises(AppError, match="name"):
        store.rename_project(made.id, " ")
    store.rename_project(made.id, "Lyon")
    store.leave_collections([3])
    assert store.projects() == [Project(id=made.id, name="Lyon", chats=1)]
    store.remove_project(made.id)
    assert store.projects() == [] and store.chat(inside.id).project_id == 0 and store.count() == 2
    with pytest.raises(AppError, match="no longer"):
        store.move_to_project(inside.id, made.id)
    assert store.create_project("Another").id > made.id, "no id is given out twice"


def test_a_branch_is_the_path_so_far_with_its_versions_and_sources(store: ChatStore) -> None:
    project = store.create_project("Leave")
    chat = store.create("Days", 5, "starter", project.id)
    only = Filter(kinds=("pdf",))
    _, old, _ = asked(store, chat.id, "How many?", "Thirty [1].", "30 [1].", chosen=only)
    store.choose_version(old, 1)
    store.set_feedback(old, "up")
    asked(store, chat.id, "And then?", "Nothing.")
    made = store.chat(store.branch(old))
    assert (made.title, made.branched_from, made.project_id) == ("Days (branch)", chat.id, project.id)
    assert (made.collection_id, made.model_id) == (5, "starter")
    question, answer = store.turns(made.id)
    assert (question.text, question.filter) == ("How many?", only)
    assert (answer.text, answer.version, answer.versions, answer.rating) == ("Thirty [1].", 1, 2, None)
    assert answer.answer is not None and answer.answer.sources[0].passage == PASSAGE
    asked(store, made.id, "Otherwise?", "Yes.")
    assert len(store.turns(made.id)) == 4 and len(store.turns(chat.id)) == 4, "they go on apart"
    assert store.forget_documents([7]).answers == 6, "a removal reaches the branch"
    assert [hit.chat.id for hit in store.search("thirty")] != [] and len(store.feedback()) == 1
    with pytest.raises(AppError, match="finished answer"):
        store.branch(question.id)
    with pytest.raises(AppError, match="finished answer"):
        store.branch(store.begin_answer(store.add_question(chat.id, "Now?").id).id)


def test_a_branch_names_its_own_copies_of_the_files_of_its_chat(store: ChatStore) -> None:
    chat = store.create("Days")
    store.attach(chat.id, 30)
    only = Filter(documents=(7, 8))
    _, answer = asked(store, chat.id, "How many?", "Thirty [1].", chosen=only)
    made = store.chat(store.branch(answer, 31, {7: 70}))
    assert (made.attached_id, store.chat(chat.id).attached_id) == (31, 30)
    question, copied = store.turns(made.id)
    assert question.filter.documents == (70, 8) and copied.answer is not None
    assert copied.answer.sources[0].passage == msgspec.structs.replace(PASSAGE, document_id=70)
    store.forget_documents([7])
    first, second = (store.turns(each)[1].answer for each in (chat.id, made.id))
    assert first is not None and not first.sources[0].passage.text, "what is removed from the one"
    assert second is not None and second.sources[0].passage.text == PASSAGE.text, "stays in the other"
    store.forget_documents([70])
    gone = store.turns(made.id)[1].answer
    assert gone is not None and not gone.sources[0].passage.text


def test_a_damaged_file_keeps_projects_and_what_lies_in_them(store: ChatStore) -> None:
    project = store.create_project("Leave", 4)
    chat = store.create("Days", project_id=project.id)
    (_, answer) = asked(store, chat.id, "How many?", "Thirty [1].")
    branch = store.branch(answer)
    store.close()
    overwrite("turns_tree")(home().chats_db)
    again = open_store()
    assert "was damaged" in again.note
    assert again.projects() == [Project(id=project.id, name="Leave", collection_id=4, chats=2)]
    assert again.chat(branch).branched_from == chat.id and len(again.turns(branch)) == 2
    assert again.create_project("Next").id > project.id
    again.close()


def test_chats_from_before_there_were_projects_open(store: ChatStore) -> None:
    chat = store.create("Old")
    store.close()
    with closing(sqlite3.connect(home().chats_db)) as db, db:
        for statement in (
            "DROP INDEX chats_imported", "DROP INDEX chats_of_project", "DROP TABLE projects", "DROP TABLE pictures",
            "DROP TABLE answered_by", "DROP TRIGGER turns_emptied", "DROP TABLE prints",
            *(f"ALTER TABLE chats DROP COLUMN {name}" for name in _ADDED), "PRAGMA user_version = 4",
        ):  # fmt: skip
            db.execute(statement)
    again = open_store()
    assert again.chat(chat.id).title == "Old" and again.chat(chat.id).project_id == 0 and again.projects() == []
    assert next(path.name for path in home().backups.glob("chats-v*.db")).startswith("chats-v4-")
    again.close()


_ADDED = ("own_model_id", "project_id", "branched_from", "imported_from", "imported_id")
