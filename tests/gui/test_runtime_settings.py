"""Graphics card and runtimes in Settings: what is used and why not more, another one chosen, and a fall back said."""

from __future__ import annotations

from unittest.mock import ANY

import msgspec
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.settings.page import SettingsPage
from app.gui.settings.runtime_section import RuntimeSection
from app.gui.widgets import Button
from app.runtimes import BUILT_IN, LIBRARIES, MANIFEST, Device, Runtime, read_chosen
from app.workers.calls.runtimes import RuntimeTried, TryRuntime

CPU = RuntimeTried(
    version="1",
    backends=("CPU",),
    devices=(Device(kind="CPU", name="A processor", is_gpu=False, free=8, total=16_000_000_000),),
)
CARD = Device(kind="Vulkan", name="Radeon RX 7600", is_gpu=True, free=6_000_000_000, total=8_000_000_000)
VULKAN = RuntimeTried(version="1", backends=("Vulkan", "CPU"), devices=(CARD,), text="Paris", gpu=True, token_ms=5)


def test_a_runtime_is_chosen_tested_and_left_where_it_fails(qtbot: QtBot, expected_warnings: list[str]) -> None:
    expected_warnings.append("does not run on")
    world = ShellWorld()
    qtbot.addWidget(world.window)
    runtime = Runtime(id="v-1", name="Vulkan 1", backends=("Vulkan", "CPU"), version="1", bytes=50_000_000)
    folder = world.world.home.runtimes / "v-1"
    (folder / LIBRARIES).mkdir(parents=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(runtime))
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section("Models and hardware")
    section = page.findChild(RuntimeSection)
    assert section is not None and section.boxes["engine"].currentData() == BUILT_IN
    child = world.world.last("models")
    assert child.last(TryRuntime).call == TryRuntime(id=BUILT_IN)
    child.last(TryRuntime).finish(CPU)
    assert (
        section.why.text().startswith(("No graphics card was found", "This build"))
        or "GPU backend" in section.why.text()
    )
    assert section.problem.isHidden()
    box = section.boxes["engine"]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    box.activated.emit(box.currentIndex())
    trial = world.world.last("models").last(TryRuntime)
    assert trial.call == TryRuntime(id="v-1", model=ANY) and trial.call.model
    trial.finish(VULKAN)
    assert read_chosen(world.world.home)["engine"].id == "v-1"
    assert "Radeon RX 7600 (Vulkan)" in section.why.text()
    buttons = {button.accessibleName(): button for button in section.findChildren(Button)}
    assert not buttons["Remove Vulkan 1"].isEnabled()
    buttons["Test Vulkan 1"].click()
    world.world.last("models").last(TryRuntime).finish(VULKAN)
    assert section.doing.text() == ""
    assert world.world.core.runtimes.fall_back("engine", False, 0, "libvulkan.so.1: cannot open shared object file")
    assert not section.problem.isHidden()
    assert "Vulkan loader" in section.problem.accessibleName()
