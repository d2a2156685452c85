"""The record in Settings: off and empty, its newest lines, a check that finds a changed byte, and a copy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from names import nameless
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.core.calls.chats import PurgeChats
from app.core.calls.models import RenameModel
from app.gui.settings import record_section
from app.gui.settings.page import SettingsPage
from app.gui.settings.record_section import RecordSection
from app.gui.widgets import Label
from app.settings import AUDIT


@pytest.fixture
def world(qtbot: QtBot, data_folder: Path) -> Iterator[ShellWorld]:
    made = ShellWorld()
    made.load_starter()
    yield made
    made.close()


def shown(world: ShellWorld) -> RecordSection:
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section("Privacy")
    QApplication.processEvents()
    section = page.findChild(RecordSection)
    assert section is not None
    section.refresh()
    QApplication.processEvents()
    return section


def texts(section: RecordSection) -> str:
    return " | ".join(label.text() for label in section.findChildren(Label) if label.isVisibleTo(section))


def test_turned_off_it_says_so_and_offers_nothing(world: ShellWorld) -> None:
    section = shown(world)
    assert "Nothing is recorded." in texts(section)
    assert not section.check.isEnabled() and not section.save.isEnabled()


def test_what_was_done_is_listed_checked_and_saved(
    world: ShellWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.world.core.settings.set(AUDIT, "contents")
    door = world.world.door()
    door.result(door.call(PurgeChats()))
    door.call(RenameModel(model_id="starter", name="x"))
    section = shown(world)
    assert "The record begins" in texts(section) and "Removed" in texts(section)
    assert nameless(world.window) == []
    section.check.click()
    QApplication.processEvents()
    assert "each as it was written. Head: " in section.said.text()
    copy = tmp_path / "copy.jsonl"
    monkeypatch.setattr(record_section, "ask_where_to_save", lambda *_: copy)
    section.save.click()
    QApplication.processEvents()
    assert "Saved as “copy.jsonl”." in section.said.text()
    assert json.loads(copy.read_text().splitlines()[0])["what"] == "begun"
    (file,) = world.world.home.audit.glob("record-*.log")
    raw = bytearray(file.read_bytes())
    raw[100] ^= 1
    file.write_bytes(raw)
    section.check.click()
    QApplication.processEvents()
    assert section.said.text() == "The record is not as it was written. The line was changed. record-000001.log:1"
