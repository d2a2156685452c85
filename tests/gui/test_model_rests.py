"""A model whose memory was freed says so in the bar, and the first key loads it again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shell_world import INFO, ShellWorld

from app.core import idle
from app.gui.chat.composer import Composer
from app.gui.models.switcher import ModelBar
from app.gui.widgets import Label
from app.settings import UNLOAD_AFTER
from app.workers.calls.engine import Load, Loaded


@pytest.fixture
def world(qtbot: QtBot) -> Iterator[ShellWorld]:
    made = ShellWorld()
    yield made
    made.close()


def said(world: ShellWorld) -> list[str]:
    bar = world.window.findChild(ModelBar)
    assert bar is not None
    return [label.text() for label in bar.findChildren(Label) if label.isVisible() and label.text()]


def test_the_bar_says_that_memory_was_freed_until_the_first_key(world: ShellWorld) -> None:
    world.core.settings.set(UNLOAD_AFTER, 5)
    engine = world.load_starter()
    assert "Memory freed" not in said(world)
    world.world.clock.pass_time(300 + 2 * idle.LOOK_S)
    assert engine.state == "stopped" and "Memory freed" in said(world)
    assert world.parts.chats.engine_state == "ready", "a question can be asked all the same"
    composer = world.window.findChild(Composer)
    assert composer is not None
    QTest.keyClick(composer.edit, Qt.Key.Key_H)
    assert engine.state == "ready" and "Loading, 0 %" in said(world)
    engine.ready.emit(None)
    engine.last(Load).finish(Loaded(info=INFO))
    assert not {"Memory freed", "Loading, 0 %"} & {*said(world)}
