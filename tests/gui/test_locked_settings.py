"""What a company's policy sets: greyed out wherever a control for it stands, with who has set it and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from names import nameless
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.core.calls.runtimes import ChooseRuntime, RemoveRuntime
from app.gui.models.page import ModelsPage
from app.gui.settings.page import SettingsPage
from app.gui.settings.row import SettingRow
from app.gui.settings.runtime_section import RuntimeSection
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label
from app.gui.widgets.choices import Switch
from app.gui.widgets.lock_note import LockNote
from app.runtimes import BUILT_IN, LIBRARIES, MANIFEST, Runtime
from app.settings import FIRST_RUN_DONE, Settings
from app.workers.calls.runtimes import AddRuntime

ROOT = Path(__file__).resolve().parents[2]
REASON = "Models come from the software centre."
LIST = str(ROOT / "resources" / "models.json")
VALUES = {"offline": True, "catalogue": LIST, "add_runtimes": False, "text_size": 120, "temperature": 0.5}


@pytest.fixture
def world(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> Iterator[ShellWorld]:
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "values": VALUES, "reasons": {"offline": REASON, "theme": 3}}))
    monkeypatch.setenv("INHOUSE_POLICY", str(policy))
    made = ShellWorld()
    made.load_starter()
    yield made
    made.close()


def section(world: ShellWorld, name: str) -> SettingsPage:
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section(name)
    QApplication.processEvents()
    return page


def row(page: SettingsPage, key: str) -> SettingRow:
    return next(each for each in page.findChildren(SettingRow) if each.setting.key == key)


def texts(widget: QWidget) -> str:
    return " | ".join(each.text() for each in widget.findChildren(Label) if each.isVisibleTo(widget))


def test_a_locked_setting_shows_its_value_who_set_it_and_why(world: ShellWorld, qtbot: QtBot) -> None:
    page = section(world, "Models and hardware")
    offline = row(page, "offline")
    switch = offline.findChild(Switch)
    assert switch is not None and switch.isChecked() and not switch.isEnabled()
    assert f"Set by your company. {REASON}" in texts(offline)
    assert switch.toolTip() == switch.accessibleDescription() == f"Set by your company. {REASON}"
    assert "Models can still be imported from a file" in texts(offline), "how to bring one instead"
    note = offline.findChild(LockNote)
    assert note is not None and note.accessibleName() == f"Work without the internet. Set by your company. {REASON}"
    assert note.focusPolicy() & Qt.FocusPolicy.TabFocus, "the keyboard hears of it, since the switch is passed over"
    threads = row(page, "threads")
    assert threads.lock is None and threads.editor.isEnabled()
    line = row(page, "catalogue").findChild(QLineEdit)
    assert line is not None and line.text() == LIST and not line.isEnabled()
    assert nameless(world.window) == []
    page = section(world, "Answers")
    temperature = row(page, "temperature")
    assert not temperature.editor.isEnabled() and "Set by your company." in texts(temperature)
    assert not temperature._revert.isVisible()


def test_locked_text_keeps_its_size_and_what_the_window_remembers_is_no_error(world: ShellWorld, qtbot: QtBot) -> None:
    before = theme().scale
    assert before == 1.2
    qtbot.keyClick(world.window, Qt.Key.Key_Plus, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(world.window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert theme().scale == before
    assert Settings(world.parts.home).get(FIRST_RUN_DONE)


def test_runtimes_that_a_company_brings_can_be_seen_and_tried_only(world: ShellWorld) -> None:
    runtime = Runtime(id="v-1", name="Vulkan 1", backends=("Vulkan", "CPU"), version="1", bytes=50_000_000)
    folder = world.world.home.runtimes / "v-1"
    (folder / LIBRARIES).mkdir(parents=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(runtime))
    part = section(world, "Models and hardware").findChild(RuntimeSection)
    assert part is not None and "Set by your company." in texts(part)
    buttons = {each.accessibleName() or each.text(): each for each in part.findChildren(Button)}
    for name in ("Add a file", "Add a folder", "Remove Vulkan 1"):
        assert not buttons[name].isEnabled() and buttons[name].toolTip() == "Set by your company.", name
    assert buttons["Test Vulkan 1"].isEnabled()
    assert not part.boxes["engine"].isEnabled() and part.boxes["engine"].currentData() == BUILT_IN
    door = world.world.door()
    for call in (AddRuntime(path="/x.zip"), ChooseRuntime(role="engine", id="v-1"), RemoveRuntime(id="v-1")):
        end = door.end(door.call(call))
        assert end is not None and end.error is not None and "set by your company" in end.error.message
    assert folder.is_dir()


def test_the_models_page_says_who_turned_downloads_off_and_how_to_bring_a_file(world: ShellWorld) -> None:
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    QApplication.processEvents()
    (banner,) = [each for each in page.catalogue.findChildren(Banner) if each.isVisible()]
    assert banner.accessibleName().startswith("Your company has turned downloads off on this computer.")
    assert "bring it here on a stick, and import it below" in banner.accessibleName()
    assert not page.catalogue.search.isEnabled()


def test_a_variable_of_the_system_locks_too(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, data_folder: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("INHOUSE_CATALOGUE", "https://models.example/list.json")
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    made = ShellWorld()
    try:
        page = section(made, "Models and hardware")
        offline, listed = row(page, "offline"), row(page, "catalogue")
        switch = offline.findChild(Switch)
        assert switch is not None and switch.isChecked() and not switch.isEnabled()
        assert "Downloads are turned off on this computer (HF_HUB_OFFLINE)." in texts(offline)
        assert "Set on this computer by INHOUSE_CATALOGUE." in texts(listed)
        assert "mirror.example, set by HF_ENDPOINT" in texts(page)
    finally:
        made.close()
