"""What programs and commands were told is known again by its print, and nothing else of it is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from api_world import INFO, ApiWorld, written
from core_world import CoreWorld

from app.chats.loose_prints import MOST, LoosePrints
from app.core.calls import chats as c
from app.core.calls.models import LoadEngine
from app.documents.model_text import PrintSet
from app.text.model_text import print_of
from app.types import Answer, Budget, Message, Stats
from app.workers.calls.engine import Chat, Chatted, Complete, Load, Loaded

SAID = "Send the laptop a week ahead, together with a short letter that explains who will call, when, and about what."
LETTER = {"model": "inhouse", "messages": [{"role": "user", "content": "How do I send it?"}]}
AGAIN = "In our handbook it now says: " + SAID.replace("a short letter", "a brief note") + " Ask the desk."


@pytest.fixture
def world(data_folder: Any) -> CoreWorld:
    made = CoreWorld()
    made.door(hears=False).call(LoadEngine())
    made.engine.ready.emit(None)
    made.engine.last(Load).finish(Loaded(info=INFO))
    return made


def ask(world: CoreWorld, call: c.Ask) -> None:
    world.door().call(call)
    world.engine.last(Chat).finish(
        Chatted(
            text=SAID, thinking="", reason="end", stats=Stats(), budget=Budget(context=8, used=1), passages_used=0
        )
    )  # fmt: skip


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_a_program_was_told_is_found_again_in_a_document_and_no_word_of_it_is_kept(data_folder: Path) -> None:
    world = ApiWorld()
    world.answers[Complete] = written(*SAID.split(" "), text=SAID)
    world.post("/v1/chat/completions", LETTER)
    store = world.core.core.store
    (kept,) = store.prints()
    assert kept.id == store.last_print() and kept.hashes == print_of(SAID)
    assert PrintSet(store.prints()).spans(AGAIN), "a colleague has filed it, with words changed"
    store.close()
    assert b"laptop" not in everything(data_folder) and b"How do I send" not in everything(data_folder)


def test_what_the_program_said_itself_is_not_the_models(data_folder: Path) -> None:
    world = ApiWorld()
    world.answers[Complete] = written(SAID)
    world.post("/v1/chat/completions", {**LETTER, "messages": [{"role": "user", "content": f"Repeat: {SAID}"}]})
    assert world.core.core.store.prints() == ()


def test_a_company_can_say_no(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "values": {"keep_prints": False}}))
    monkeypatch.setenv("INHOUSE_POLICY", str(policy))
    world = ApiWorld()
    world.answers[Complete] = written(SAID)
    assert world.post("/v1/chat/completions", LETTER).json()["choices"][0]["message"]["content"] == SAID
    assert world.core.core.store.prints() == () and not list(data_folder.glob("chats-prints*"))


def test_a_command_leaves_a_print_and_a_temporary_chat_none(world: CoreWorld) -> None:
    ask(world, c.Ask(question="How?", alone=True, history=(Message("user", "Before"),)))  # as a temporary chat asks
    assert world.core.store.prints() == ()
    ask(world, c.Ask(question="How?", alone=True, print=True))
    assert [each.hashes for each in world.core.store.prints()] == [print_of(SAID)]


def test_numbers_count_up_over_chats_and_programs_and_over_a_restart(world: CoreWorld) -> None:
    store = world.core.store

    def in_chat() -> None:
        asked = store.add_question(store.create().id, "How?")
        store.finish_answer(store.begin_answer(asked.id).id, Answer(text=SAID))

    store.print_loose(SAID)
    in_chat()
    store.print_loose(SAID + " Again.")
    ids = [each.id for each in store.prints()]
    assert len(ids) == 3 and ids == sorted(set(ids)) and ids[-1] == store.last_print()
    store.close()
    again = CoreWorld().core.store
    assert [each.id for each in again.prints()] == ids
    again.print_loose(SAID + " And again.")
    assert again.prints()[-1].id > ids[-1]


def test_they_go_with_the_documents_that_they_name_and_with_all_chats(world: CoreWorld) -> None:
    store = world.core.store
    store.print_loose(SAID, documents=(7, 8))
    store.print_loose(SAID + " Again.", documents=(9,))
    store.forget_documents([8])
    assert [each.hashes for each in store.prints()] == [print_of(SAID + " Again.")]
    world.door().call(c.PurgeChats(everything=True))
    assert store.prints() == () and not list(world.home.root.glob("chats-prints*"))


def test_a_cut_line_costs_itself_and_the_file_does_not_grow_for_ever(tmp_path: Path, world: CoreWorld) -> None:
    store = world.core.store
    for n in range(3):
        store.print_loose(f"{n} {SAID}")
    path = store.loose._path  # the file of the data folder, cut as a crash would
    path.write_bytes(path.read_bytes()[:-9])
    store.loose._lines = None
    assert len(store.prints()) == 2
    store.print_loose("4 " + SAID)
    store.loose._lines = None
    assert len(store.prints()) == 3, "the next line does not lie on the cut one"
    line = path.read_bytes().split(b"\n")[1]
    many = tmp_path / "many.jsonl"
    many.write_bytes(b"".join(b"\n" + line for _ in range(2 * MOST)))
    full = LoosePrints(many)
    full._read()
    full.add(full._read()[0])
    assert len(full.prints()) == MOST == len(LoosePrints(many).prints())
