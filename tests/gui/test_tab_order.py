"""Tab goes down the pages as the eye does, also through what was built anew."""

from __future__ import annotations

import msgspec
import pytest
from catalogue_world import PlayedCatalogue
from names import tabbed
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.models.page import ModelsPage
from app.gui.settings.page import SettingsPage
from app.gui.settings.runtime_section import RuntimeSection
from app.hub import FoundFile
from app.runtimes import LIBRARIES, MANIFEST, Runtime
from app.types import InstalledModel


@pytest.fixture
def world(qtbot: QtBot) -> ShellWorld:
    made = ShellWorld()
    qtbot.addWidget(made.window)
    made.load_starter()
    return made


def going_up(part: QWidget) -> list[tuple[str, str]]:
    """Where Tab goes up the page though something below it stands in the same scrolled column; (from, to)."""
    area = part if isinstance(part, QScrollArea) else part.findChild(QScrollArea)
    assert area is not None and area.widget() is not None
    inside = [each for each in tabbed(part) if area.widget().isAncestorOf(each)]
    tops = [each.mapTo(area.widget(), QPoint(0, each.height() // 2)).y() for each in inside]
    pairs = zip(inside, inside[1:], tops, tops[1:], strict=False)
    return [(a.accessibleName(), b.accessibleName()) for a, b, one, other in pairs if other < one - 24]


def test_rows_cards_and_messages_of_the_models_page_are_reached_from_above(world: ShellWorld) -> None:
    PlayedCatalogue(world)
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    world.parts.models.found._show((FoundFile(name="q", path="/q", bytes=1, store="Ollama"),))
    for name in ("One", "Two"):
        world.core.models.list.install(InstalledModel(name=name, path=f"/{name}", file_bytes=4))
    page._remove("SmolLM2 135M")  # a message: it is in use
    QApplication.processEvents()
    names = [each.accessibleName() for each in tabbed(page)]
    order = ("Close this message", "More for One", "Search hub.example", "Download Qwen3 8B", "Choose models")
    places = [next(i for i, name in enumerate(names) if name.startswith(start)) for start in order]
    assert places == sorted(places) and going_up(page) == []


def test_runtimes_are_reached_before_the_buttons_that_add_one(world: ShellWorld) -> None:
    runtime = Runtime(id="v-1", name="Vulkan 1", backends=("Vulkan",), version="1", bytes=5)
    folder = world.world.home.runtimes / "v-1"
    (folder / LIBRARIES).mkdir(parents=True)
    (folder / MANIFEST).write_bytes(msgspec.json.encode(runtime))
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section("Models and hardware")
    part = page.findChild(RuntimeSection)
    assert part is not None
    part._runtimes.cancel()
    QApplication.processEvents()
    names = [each.accessibleName() or each.property("text") for each in tabbed(part)]
    assert "Test Vulkan 1" in names
    assert going_up(page._stack.currentWidget()) == []
