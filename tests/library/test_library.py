"""Assistants and prompts: kept through crashes, handed on as files, refused in words where a file is hostile."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.assistant.asking import ask_of
from app.assistant.style import exact_sampling, sampling
from app.errors import AppError, NewerData
from app.library.exchange import Names, read, read_file, write
from app.library.records import MOST, Assistant, Library, Prompt
from app.library.store import LibraryStore
from app.library.variables import asked, fill, variables
from app.paths import Home
from app.settings import ANSWER_STYLE, INSTRUCTIONS, PRESETS, SEED, STYLE_IN_DOCUMENTS, TEMPERATURE, Settings

NAMES = Names(models={"m1": "Large"}, collections={4: "Contracts"})


def test_what_is_kept_is_there_again_and_a_name_is_given_once(tmp_path: Path) -> None:
    path = tmp_path / "assistants.json"
    store = LibraryStore(path)
    made = store.keep_assistant(Assistant(name="  Plain\nletters ", instructions="Short.", temperature=0.5))
    assert made.id and made.name == "Plain letters"
    store.keep_prompt(Prompt(name="Reply", text="To {customer}"))
    with pytest.raises(AppError, match="there already"):
        store.keep_assistant(Assistant(name="PLAIN letters"))
    with pytest.raises(AppError, match="too large"):
        store.keep_assistant(Assistant(name="Wild", temperature=99))
    with pytest.raises(AppError, match="no longer there"):
        store.keep_assistant(Assistant(id="gone", name="Gone"))
    again = LibraryStore(path)
    assert again.library() == store.library() and again.assistant(made.id) == made
    again.remove(made.id)
    assert LibraryStore(path).library().assistants == ()


@pytest.mark.parametrize("damage", [b"", b"{", b'{"version": 1, "assistants": 3}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "assistants.json"
    path.write_bytes(damage)
    store = LibraryStore(path)
    assert "damaged" in store.note and store.library() == Library()
    store.keep_prompt(Prompt(name="New", text="works"))
    assert any(each.read_bytes() == damage for each in tmp_path.glob("assistants.broken-*"))


def test_what_a_newer_version_wrote_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "assistants.json"
    path.write_text('{"version": 2, "people": []}')
    store = LibraryStore(path)
    with pytest.raises(NewerData):
        store.keep_prompt(Prompt(name="New", text="x"))
    assert path.read_text() == '{"version": 2, "people": []}'


def test_a_file_travels_by_names_and_comes_in_once(tmp_path: Path) -> None:
    library = Library(
        assistants=(
            Assistant(id="a", name="Reader", model_id="m1", collection_id=4),
            Assistant(id="b", name="Alone", collection_id=0),
        ),
        prompts=(Prompt(id="c", name="Reply", text="To {customer}"),),
    )
    data = write(library, NAMES)
    assert b'"a"' not in data and b"m1" not in data
    found, missing = read(data, Names(models={"m9": "large"}, collections={}))
    assert [(each.model_id, each.collection_id) for each in found.assistants] == [("m9", None), ("", 0)]
    assert missing == ("Contracts",)
    store = LibraryStore(tmp_path / "assistants.json")
    store.keep_prompt(Prompt(name="reply", text="Another one"))
    assert len(store.add(found).assistants) == 2
    assert [each.name for each in store.library().prompts] == ["reply", "Reply 2"]
    assert store.add(found) == Library(), "what is here already is not added twice"


def _file(**more: object) -> bytes:
    return json.dumps({"format": "inhouse-assistants", "version": 1, **more}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"[" * 200_000,
        b'{"format": "inhouse-chats", "version": 1}',
        _file(assistants=[{"assistant": {"name": "x", "temperature": "hot"}}]),
        _file(assistants=[{"assistant": {"name": "x", "top_k": -1}}]),
        _file(assistants=[{"assistant": {"name": "\n\x00 "}}]),
        _file(prompts=[{"name": "x", "text": "y" * 8001}]),
        _file(prompts=[{"name": f"p{n}", "text": "y"} for n in range(MOST + 1)]),
        _file(assistants=[{"assistant": {"name": "x", "style": "wild"}}]),
    ],
)
def test_a_hostile_file_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(AppError) as refused:
        read(data, NAMES)
    assert refused.value.message and refused.value.hint


def test_only_ordinary_files_are_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(AppError):
            read_file(path)
    with pytest.raises(NewerData):
        read(b'{"format": "inhouse-assistants", "version": 2}', NAMES)


def test_words_in_braces_are_filled_and_asked_for() -> None:
    text = 'For {Customer} on {date}, {customer}: {"a": {b c}} {1} {}'
    assert variables(text) == ("Customer", "date", "b c") and asked(text) == ("Customer", "b c")
    filled = fill(text, {"customer": "{date}", "Date": "today"})
    assert filled == 'For {date} on today, {date}: {"a": {b c}} {1} {}', "what is filled in is not looked through again"
    assert fill("{" * 100_000, {"a": "b"}) == "{" * 100_000


def test_answers_from_documents_stay_precise_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    settings = Settings(Home(tmp_path))
    rhymes = Assistant(name="Rhymes", style="creative", top_k=7)
    assert sampling(settings, rhymes).temperature == PRESETS["creative"]["temperature"]
    assert exact_sampling(settings, rhymes).temperature == PRESETS["precise"]["temperature"]
    assert exact_sampling(settings, rhymes).top_k == 7, "a value of its own counts everywhere"
    bold = Assistant(name="Bold", style="creative", in_documents=True)
    assert exact_sampling(settings, bold) == sampling(settings, bold)
    settings.set(ANSWER_STYLE, "creative")
    settings.set(SEED, 5)
    assert sampling(settings).temperature == 1.0 and exact_sampling(settings).temperature == 0.2
    assert exact_sampling(settings).seed == 5
    settings.set(TEMPERATURE, 0.9)
    assert exact_sampling(settings).temperature == 0.9
    settings.set(STYLE_IN_DOCUMENTS, True)
    assert exact_sampling(settings) == sampling(settings)


def test_an_assistants_instructions_come_after_the_persons_own(tmp_path: Path) -> None:
    settings = Settings(Home(tmp_path))
    settings.set(INSTRUCTIONS, "Use metric units.")
    assistant = Assistant(name="A", instructions="Write for readers of {collection} with {model}.", thinking="off")
    ask = ask_of(settings, "Hi?", assistant=assistant, searched="Contracts", model="Large")
    assert ask.instructions == "Use metric units.\nWrite for readers of Contracts with Large."
    assert ask.sampling.thinking == 0
