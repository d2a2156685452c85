"""The window and a real core: it starts one, waits for it, hears of its end and has the next one at once."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from core_world import CoreWorld, MemoryLink
from pytestqt.qtbot import QtBot

from app.core.calls.models import ListModels, Models
from app.core.protocol import Welcome
from app.errors import AppError
from app.gui.core_client import CoreClient, SocketLink
from app.paths import Home
from app.workers.calls.documents import ListCollections

SOON_MS = 60_000
"""For an event, however slow the computer is."""


@pytest.fixture
def client(data_folder: Path, qtbot: QtBot) -> Iterator[CoreClient]:
    made = CoreClient(SocketLink(Home(data_folder)))
    yield made
    made.leave()


def test_what_is_asked_before_there_is_a_core_is_answered(client: CoreClient, qtbot: QtBot) -> None:
    listed: list[object] = []
    client.request(ListModels(), done=listed.append)
    with qtbot.waitSignal(client.welcomed, timeout=SOON_MS):
        client.connect_core()
    qtbot.waitUntil(lambda: bool(listed), timeout=SOON_MS)
    assert isinstance(listed[0], Models) and client.state == "connected"


def test_a_core_that_dies_is_said_once_and_replaced(client: CoreClient, qtbot: QtBot) -> None:
    welcomes: list[Welcome] = []
    client.welcomed.connect(welcomes.append)
    client.connect_core()
    qtbot.waitUntil(lambda: bool(welcomes), timeout=SOON_MS)
    with qtbot.waitSignal(client.lost, timeout=SOON_MS) as lost:
        os.kill(welcomes[0].pid, signal.SIGKILL)
    assert "starts again" in str(lost.args[0])
    qtbot.waitUntil(lambda: len(welcomes) == 2, timeout=SOON_MS)
    assert welcomes[1].pid != welcomes[0].pid
    listed: list[object] = []
    client.request(ListModels(), done=listed.append)
    qtbot.waitUntil(lambda: bool(listed), timeout=SOON_MS)


def test_data_that_cannot_be_opened_is_said_and_not_tried_again(
    client: CoreClient, qtbot: QtBot, data_folder: Path
) -> None:
    data_folder.mkdir(parents=True)
    with sqlite3.connect(data_folder / "chats.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with qtbot.waitSignal(client.refused, timeout=SOON_MS) as refused:
        client.connect_core()
    assert isinstance(refused.args[0], AppError) and "newer" in str(refused.args[0])


def test_requests_under_way_are_told_when_the_core_ends(qtbot: QtBot, data_folder: Path) -> None:
    world = CoreWorld()
    link = MemoryLink(world.core)
    client = CoreClient(link)
    client.connect_core()
    ends: list[object] = []
    client.request(ListCollections(), done=ends.append, failed=ends.append)
    stopped = client.request(
        ListCollections(), done=ends.append, failed=ends.append, cancelled=lambda: ends.append("stopped")
    )
    stopped.cancel()
    link.lose(CoreWorld(world.home).core)
    assert len(ends) == 2 and isinstance(ends[0], AppError) and ends[1] == "stopped"
    assert client.state == "connected", "and the next core is there"


def test_a_window_that_leaves_hears_nothing_more(qtbot: QtBot, data_folder: Path) -> None:
    world = CoreWorld()
    client = CoreClient(MemoryLink(world.core))
    client.connect_core()
    ends: list[object] = []
    client.request(ListCollections(), done=ends.append, failed=ends.append)
    client.leave()
    assert not ends and not world.core.doors
