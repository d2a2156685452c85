"""Chats that leave and come back keep every version; a file of something else changes nothing."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from app.chats.exchange import VERSION, Labels, export_json, export_markdown, import_json
from app.chats.report import chat_blocks
from app.chats.store import ChatStore
from app.chats.titles import title_of
from app.errors import AppError, NewerData
from app.export.reports import write_report
from app.paths import home
from app.pictures import Picture
from app.types import Answer, Passage, Source

PASSAGE = Passage(
    id=1, document_id=7, document="a.pdf", path="/a.pdf", collection="HR", page=8, start=0, end=4, text="Text"
)
LABELS = Labels({5: "HR"}, {"starter": "SmolLM2 135M"})


@pytest.fixture
def store() -> Iterator[ChatStore]:
    opened = ChatStore(home().chats_db, home().backups)
    chat = opened.create("Leave", 5, "starter")
    question = opened.add_question(chat.id, "How much?\nPlease.")
    for text in ("Thirty [1].", "30 [1]."):
        turn = opened.begin_answer(question.id)
        opened.finish_answer(turn.id, Answer(text=text, sources=(Source(n=1, passage=PASSAGE),), note="A note."))
    opened.choose_version(turn.id, 1)
    opened.set_feedback(turn.id, "down", "31")
    opened.begin_answer(opened.add_question(chat.id, "More?").id)
    yield opened
    opened.close()


def test_a_round_trip_keeps_every_version(store: ChatStore, tmp_path: Path) -> None:
    data = export_json(store, labels=LABELS)
    other = ChatStore(tmp_path / "other.db", tmp_path)
    other.create("Mine")
    assert import_json(other, data) == 1
    chat = next(item for item in other.list_chats() if item.title == "Leave")
    turns = other.turns(chat.id)
    assert [turn.text for turn in turns] == ["How much?\nPlease.", "Thirty [1].", "More?", ""]
    assert [turn.state for turn in turns] == ["done", "done", "done", "stopped"]
    assert turns[1].versions == 2
    assert turns[1].answer is not None and turns[1].answer.sources[0].passage == PASSAGE
    assert other.choose_version(turns[1].id, 2).corrected == "31"
    assert len(other.feedback()) == 1
    assert other.forget_documents([7]).answers == 2
    assert (chat.collection_id, chat.model_id) == (0, ""), "the ids of elsewhere mean nothing here"
    assert other.resolve_collections({"Other": 1, "hr": 2}) == 1 and other.resolve_models({"SmolLM2 135M": "s"}) == 1
    assert (other.chat(chat.id).collection_id, other.chat(chat.id).model_id) == (2, "s")
    assert other.search("thirty")
    other.close()


def test_markdown_is_for_people(store: ChatStore) -> None:
    text = export_markdown(store, store.list_chats()[0].id, LABELS)
    assert text.startswith("# Leave\n") and " · HR · SmolLM2 135M\n" in text
    assert "> How much?\n> Please." in text
    assert "Thirty[^1]." in text
    assert "\n[^1]: a.pdf, page 8: “Text”\n" in text, "a source is a footnote"


def test_a_broken_file_imports_nothing(store: ChatStore) -> None:
    good = json.loads(export_json(store))
    twisted = json.loads(export_json(store))
    twisted["chats"][0]["turns"][1]["parent"] = 99
    half = {**good, "chats": [*good["chats"], *twisted["chats"]]}
    for bad in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, json.dumps(half).encode(), b'{"format":"inhouse-chats"}'):
        with pytest.raises(AppError):
            import_json(store, bad)
    with pytest.raises(NewerData):
        import_json(store, json.dumps({**good, "version": VERSION + 1}).encode())
    assert store.count() == 1
    assert msgspec.json.decode(export_json(store, []))["chats"] == []


def test_a_file_of_version_one_is_read(store: ChatStore, tmp_path: Path) -> None:
    """0.1.0 wrote a chat's id beside the names, and the names were all there was."""
    old = json.loads(export_json(store, labels=LABELS))
    old["version"] = 1
    old["chats"][0]["chat"]["id"] = 77
    other = ChatStore(tmp_path / "other.db", tmp_path)
    assert import_json(other, json.dumps(old).encode()) == 1
    (chat,) = other.list_chats()
    assert other.unresolved(chat.id) == ("HR", "SmolLM2 135M")
    assert [turn.text for turn in other.turns(chat.id)] == ["How much?\nPlease.", "Thirty [1].", "More?", ""]
    other.close()


def test_a_chat_that_has_no_ids_yet_travels_by_its_names(store: ChatStore, tmp_path: Path) -> None:
    other = ChatStore(tmp_path / "other.db", tmp_path)
    import_json(other, export_json(store, labels=LABELS))
    (chat,) = other.list_chats()
    assert json.loads(export_json(other, labels=LABELS))["chats"][0]["chat"]["collection"] == "HR"
    other.set_collection(chat.id, 0)
    assert json.loads(export_json(other, labels=LABELS))["chats"][0]["chat"]["collection"] == ""
    assert other.resolve_collections({"HR": 5}) == 0, "what a person chose since is not overruled"
    other.close()


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Could you please tell me how many days of leave I get?", "How many days of leave I get"),
        ("hello, what is the hotel limit?", "What is the hotel limit"),
        ("please", "Please"),
        ("  ???  ", "New chat"),
        ("x" * 100, "X" + "x" * 46 + "…"),
        (
            "What does the travel policy say about private cars and mileage?",
            "What does the travel policy say about private…",
        ),
    ],
)
def test_a_chat_is_named_after_its_question(question: str, title: str) -> None:
    assert title_of(question) == title


def test_an_answer_of_blanks_takes_no_longer_than_its_length(store: ChatStore) -> None:
    """An imported one may hold anything; a pattern that looked again from each blank took minutes."""
    chat = store.create("Blanks")
    answer = Answer(text=" " * 200_000 + "[1] x", sources=(Source(n=1, passage=PASSAGE),))
    store.finish_answer(store.begin_answer(store.add_question(chat.id, "?").id).id, answer)
    began = time.monotonic()
    assert "[^1] x" in export_markdown(store, chat.id)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("suffix", [".md", ".docx", ".json"])
def test_the_pictures_of_a_question_are_named_in_every_file(store: ChatStore, tmp_path: Path, suffix: str) -> None:
    """Of a PDF the blocks are the same as of a DOCX."""
    chat = store.create("Seen")
    photo = Picture(name="photo.jpg", width=3, height=2, data=b"secret bytes")
    page = msgspec.structs.replace(photo, name="Plan.pdf, page 2")
    question = store.add_question(chat.id, "What is it?", pictures=(photo, page))
    store.finish_answer(store.begin_answer(question.id).id, Answer(text="A plan."))
    line = "Pictures: photo.jpg, Plan.pdf, page 2"
    if suffix == ".md":
        assert f"> What is it?\n>\n> {line}" in export_markdown(store, chat.id)
    elif suffix == ".docx":
        write_report(tmp_path / "chat.docx", chat.title, chat_blocks("", store.turns(chat.id)))
        with zipfile.ZipFile(tmp_path / "chat.docx") as file:
            assert line in file.read("word/document.xml").decode()
    else:
        data = export_json(store, [chat.id])
        assert b"secret" not in data, "what is imported was not encoded by us, so it does not travel"
        import_json(store, data)
        again = store.turns(store.list_chats()[0].id)
        assert again[0].text == f"What is it?\n\n({line})" and not again[0].pictures
