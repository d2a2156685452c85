"""Assistants and prompts: kept through crashes, handed on as files, refused in words where a file is hostile."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.assistant.asking import ask_of
from app.assistant.style import exact_sampling, sampling
from app.errors import AppError, NewerData
from app.library.exchange import Names, read, read_file, write
from app.library.gone import what_is_gone
from app.library.records import MOST, Assistant, Library, Prompt, checked_assistant
from app.library.store import LibraryStore
from app.library.variables import asked, fill, variables
from app.paths import Home
from app.setting import PRESETS
from app.settings import ANSWER_STYLE, INSTRUCTIONS, SEED, STYLE_IN_DOCUMENTS, TEMPERATURE, Settings

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


def test_what_was_removed_comes_back_as_it_was(tmp_path: Path) -> None:
    store = LibraryStore(tmp_path / "assistants.json")
    made = store.keep_assistant(Assistant(name="Letters", instructions="Short."))
    asks = store.keep_prompt(Prompt(name="Reply", text="To {customer}"))
    for each in (made, asks):
        store.remove(each.id)
    other = store.keep_assistant(Assistant(name="LETTERS"))
    for each in (made, asks):
        store.restore(each.id)
    back = store.assistant(made.id)
    assert back is not None and (back.name, back.instructions) == ("Letters 2", "Short."), "the name is another's now"
    assert store.library().prompts == (asks,) and store.assistant(other.id) == other
    with pytest.raises(AppError, match="cannot be brought back"):
        store.restore(made.id)
    assert LibraryStore(tmp_path / "assistants.json").library() == store.library()


def test_two_doors_do_not_write_over_each_other_unseen(tmp_path: Path) -> None:
    store = LibraryStore(tmp_path / "assistants.json")
    seen = store.keep_assistant(Assistant(name="Letters", instructions="Short."))
    longer = store.keep_assistant(msgspec.structs.replace(seen, instructions="Long."), seen)
    mine = msgspec.structs.replace(seen, instructions="Mine.")
    with pytest.raises(AppError, match="changed elsewhere"):
        store.keep_assistant(mine, seen)
    assert store.assistant(seen.id) == longer
    assert store.keep_assistant(mine, longer) == mine, "whoever has seen the other one may go over it"


def test_a_file_written_by_hand_is_held_to_the_rules_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "assistants.json"
    rows = [
        {"id": "a", "name": "Good", "instructions": "Fine."},
        {"id": "b", "name": "Long", "instructions": "x" * 10_000_000},
        {"id": "c", "name": "Hot", "temperature": 99.0},
        {"id": "", "name": "Nameless id"},
    ]
    path.write_text(json.dumps({"version": 1, "assistants": rows, "prompts": [{"id": "p", "name": "No", "text": ""}]}))
    before = path.read_bytes()
    store = LibraryStore(path)
    assert [each.name for each in store.library().assistants] == ["Good"] and store.library().prompts == ()
    assert store.note.startswith("4 of your assistants")
    (aside,) = tmp_path.glob("assistants.broken-*")
    assert aside.read_bytes() == before and len(path.read_bytes()) < 500
    assert LibraryStore(path).note == ""


def test_names_and_texts_lose_what_hides_or_turns_text_but_not_what_words_need() -> None:
    turned = "\u202eevil\u2066\u200f\ufeff name\nnext\u0007"
    assert checked_assistant(Assistant(name=turned)).name == "evil name next"
    with pytest.raises(AppError, match="name is missing"):
        checked_assistant(Assistant(name="\u202e\u200b\u200d"))
    persian, family = "می\u200cخواهم", "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    kept = checked_assistant(Assistant(name=f"{persian} {family}", instructions=f"{persian}\u202e\n{family}"))
    assert (kept.name, kept.instructions) == (f"{persian} {family}", f"{persian}\n{family}")


def test_all_that_can_be_kept_can_be_handed_on(tmp_path: Path) -> None:
    long = tuple(Assistant(id=str(n), name=f"A{n}", instructions="ß" * 8000) for n in range(MOST))
    path = tmp_path / "all.json"
    path.write_bytes(write(Library(assistants=long), NAMES))
    assert len(read(read_file(path), NAMES)[0].assistants) == MOST


def test_a_kill_while_it_is_written_leaves_one_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "assistants.json"
    store = LibraryStore(path)
    made = store.keep_assistant(Assistant(name="Letters", instructions="0"))
    code = (
        "import sys, msgspec\nfrom pathlib import Path\nfrom app.library.store import LibraryStore\n"
        f"store = LibraryStore(Path(sys.argv[1]))\none = store.assistant({made.id!r})\nprint('on', flush=True)\n"
        "for n in range(10**6):\n"
        "    store.keep_assistant(msgspec.structs.replace(one, instructions=str(n % 10) * 8000))\n"
    )
    for wait in (0.01, 0.03, 0.05):
        child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None and child.stdout.readline() == b"on\n"
        time.sleep(wait)
        child.kill()
        child.communicate()
        again = LibraryStore(path)
        kept = again.assistant(made.id)
        assert again.note == "" and kept is not None and len(set(kept.instructions)) == 1
        assert [each.name for each in tmp_path.iterdir()] == ["assistants.json"], "nothing half written is left"


def test_a_full_disk_leaves_what_was_kept(tmp_path: Path) -> None:
    """The system's own refusal: a file may not grow beyond some bytes, as on a disk that is full."""
    path = tmp_path / "assistants.json"
    LibraryStore(path).keep_assistant(Assistant(name="Letters", instructions="Short."))
    before = path.read_bytes()
    code = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom app.library.store import LibraryStore\n"
        "from app.library.records import Assistant\nfrom app.errors import NoSpace\n"
        "store = LibraryStore(Path(sys.argv[1]))\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    store.keep_assistant(Assistant(name='Long', instructions='x' * 8000))\n"
        "except NoSpace as error:\n    print(error, [each.name for each in store.library().assistants])\n"
    )
    said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    assert "could not be saved" in said and "['Letters']" in said
    assert path.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == ["assistants.json"]


def test_what_is_gone_is_said() -> None:
    both = Assistant(name="x", model_id="m1", collection_id=4)
    assert what_is_gone(both, {"m1"}, {4}) == ""
    assert "model was removed" in what_is_gone(both, (), {4}) and "collection was" in what_is_gone(both, {"m1"}, ())
    assert "and its collection were" in what_is_gone(both, (), ())
    assert what_is_gone(Assistant(name="x", collection_id=0), (), ()) == "", "the model alone is always there"
