"""What models have read of chats: written when nobody waits, and gone with the chat and with a document's removal."""

from __future__ import annotations

import pytest
from core_world import CoreWorld
from test_core_chats import chatted, load

from app.core import kept_chats
from app.core.calls import chats as c
from app.workers.calls.documents import Forgotten, ListTombstones, Remove, Removed, Tombstones
from app.workers.calls.engine import Chat, KeepStates
from app.workers.message import Done


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    load(made)
    return made


def answer(world: CoreWorld, text: str = "What?", chat_id: int = 0) -> int:
    """Ask in a chat and answer; → the chat."""
    door = world.door()
    asked = door.result(door.call(c.AskInChat(text=text, chat_id=chat_id)))
    assert world.engine.last(Chat).call.keep
    world.engine.last(Chat).finish(chatted("Yes."))
    chat_id = asked.chat.id
    assert isinstance(chat_id, int)
    return chat_id


def put(world: CoreWorld, *names: str) -> None:
    folder = world.home.conversations
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


def files(world: CoreWorld) -> list[str]:
    return sorted(path.name for path in world.home.conversations.iterdir())


def test_chats_are_written_once_nobody_asks_any_more(world: CoreWorld) -> None:
    first = answer(world)
    world.clock.pass_time(kept_chats.IDLE_S - 1)
    second = answer(world)
    world.clock.pass_time(kept_chats.IDLE_S - 1)
    assert not world.engine.waiting(KeepStates)
    world.clock.pass_time(1)
    assert world.engine.last(KeepStates).call.conversations == (str(first), str(second))
    world.engine.last(KeepStates).finish(Done())
    world.clock.pass_time(60)
    assert not world.engine.waiting(KeepStates)


def test_a_deleted_chat_goes_and_so_does_what_is_being_written_of_it(world: CoreWorld) -> None:
    chat = answer(world)
    other = answer(world)
    world.clock.pass_time(kept_chats.IDLE_S)
    put(world, f"{chat}.chat", f"{other}.chat")
    world.door().call(c.DeleteChat(chat_id=chat))
    assert files(world) == [f"{other}.chat"]
    put(world, f"{chat}.chat")  # the engine was just at it
    world.engine.last(KeepStates).confirm_cancel()
    assert files(world) == [f"{other}.chat"]
    world.door().call(c.PurgeChats(everything=True))
    assert files(world) == []


def test_a_removal_waits_until_nothing_of_the_document_is_kept(world: CoreWorld) -> None:
    chat = answer(world)
    world.clock.pass_time(kept_chats.IDLE_S)
    put(world, f"{chat}.chat")
    door = world.door()
    under_way = door.result(door.call(c.AskInChat(text="And now?", chat_id=chat)))
    key = door.call(Remove(ids=(5,)))
    world.documents.last(Remove).finish(Removed(documents=1, passages=1, traces=0))
    world.documents.last(ListTombstones).finish(Tombstones(ids=(5,), collections=()))
    put(world, f"{chat}.chat")
    assert door.end(key) is None and not world.documents.waiting(Forgotten)
    world.engine.last(KeepStates).confirm_cancel()
    assert files(world) == []
    world.documents.last(Forgotten).finish(Done())
    assert door.result(key)
    world.engine.last(Chat).finish(chatted("Its prompt held the document."))
    world.clock.pass_time(60)
    assert not world.engine.waiting(KeepStates) and under_way.chat.id == chat


def test_what_a_kill_left_is_swept(data_folder: object) -> None:
    world = CoreWorld()
    load(world)
    chat = answer(world)
    put(world, f"{chat}.chat", f"{chat}.part", "99.chat", "x.chat")
    world.clock.pass_time(kept_chats.SWEEP_S)
    assert files(world) == [f"{chat}.chat"]
