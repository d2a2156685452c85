"""A model that nobody asks is unloaded where that is wanted, and comes back when somebody does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from core_world import CoreWorld
from test_core_chats import chatted, load, of

from app.core import ahead, idle
from app.core.ahead import read_ahead
from app.core.calls import chats as c
from app.core.calls.models import EngineMoved, LoadEngine
from app.core.protocol import SettingsChanged
from app.settings import UNLOAD_AFTER, Settings
from app.workers.calls.engine import Chat, Load


def test_after_the_minutes_without_a_question_and_back_with_the_first_key(data_folder: object) -> None:
    world = CoreWorld()
    load(world)
    door = world.door()
    world.clock.pass_time(3600)
    assert world.engine.state == "ready"  # nobody wanted it
    Settings(world.home).set(UNLOAD_AFTER, 5)
    door.call(SettingsChanged())
    door.call(c.AskInChat(text="What?"))
    world.clock.pass_time(600)
    assert world.engine.state == "ready"  # it is still answering
    world.engine.last(Chat).finish(chatted("Yes."))
    door.call(c.AskInChat(text="And now?"))
    world.engine.last(Chat).finish(chatted("No."))
    world.clock.pass_time(299)
    assert world.engine.state == "ready"
    for job in world.engine.jobs:
        job.active = False  # the chats are kept by now
    world.clock.pass_time(310 + idle.LOOK_S)
    assert world.engine.state == "stopped" and of(door, EngineMoved)[-1].state == "stopped"
    door.call(LoadEngine())
    assert world.engine.state == "ready" and of(door, EngineMoved)[-1].state == "loading"
    world.engine.ready.emit(None)
    assert world.engine.waiting(Load)


def test_a_file_is_read_ahead_and_one_that_is_gone_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"x" * 300_000)
    asked: list[tuple[int, int, int]] = []
    if hasattr(os, "posix_fadvise"):
        monkeypatch.setattr(os, "posix_fadvise", lambda _, *rest: asked.append(rest))
        read_ahead(str(path))
        wish = (ahead.STEP, os.POSIX_FADV_WILLNEED)
        assert asked == [(0, *wish), (ahead.STEP, *wish), (2 * ahead.STEP, *wish)], "of a longer wish not all is read"
        monkeypatch.delattr(os, "posix_fadvise")
    read_ahead(str(path))
    read_ahead(str(tmp_path / "gone.gguf"))
