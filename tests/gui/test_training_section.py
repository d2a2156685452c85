"""Training in Settings: its size is said before it is fetched, how far it is, and what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld
from training_bundle import TrainingBundle, make_bundle

from app.core.calls.component import ComponentMoved, ComponentShown, ComponentSize
from app.gui.settings.page import SettingsPage
from app.gui.settings.training_section import TrainingSection


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingBundle:
    made = make_bundle(tmp_path)
    monkeypatch.delenv("INHOUSE_TRAINER", raising=False)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


def opened(world: ShellWorld) -> TrainingSection:
    world.window.show_page("settings")
    page = world.window.page("settings")
    assert isinstance(page, SettingsPage)
    page.open_section("Models and hardware")
    section = page.findChild(TrainingSection)
    assert section is not None
    return section


def test_from_source_there_is_nothing_to_see(qtbot: QtBot) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    assert opened(world).isHidden()


def test_it_is_installed_repaired_and_removed_by_clicks(
    qtbot: QtBot, bundle: TrainingBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    section = opened(world)
    assert not section.isHidden() and "to fetch" in section.text.text() and section.repair.isHidden()
    monkeypatch.setattr("app.gui.settings.training_section.ask_for_folder", lambda *_: str(bundle.wheels))
    section.from_folder.click()
    assert "Training is installed. It takes" in section.text.text()
    assert section.install.isHidden() and not section.repair.isHidden()
    section.repair.click()
    assert section.text.text().startswith("Everything is whole.")
    monkeypatch.setattr(section, "_confirm", lambda *_: True)
    section.remove.click()
    assert not section.install.isHidden() and "to fetch" in section.text.text()


def test_progress_and_trouble_show(qtbot: QtBot, bundle: TrainingBundle) -> None:
    world = ShellWorld()
    qtbot.addWidget(world.window)
    section = opened(world)
    size = ComponentSize(backend="cpu", fetched=448_000_000, on_disk=1_500_000_000, packages=76)
    shown = ComponentShown(
        state="none",
        offered=(size,),
        doing="fetching",
        source="the package index",
        done=112_000_000,
        total=448_000_000,
        seconds_left=90,
    )
    world.world.core.tell(ComponentMoved(shown=shown))
    assert "112 MB of 448 MB, 2 min left" in section.text.text() and not section.cancel.isHidden()
    assert section.bar.value() == section.bar.maximum() // 4 and section.install.isHidden()
    full = ComponentShown(state="unfinished", offered=(size,), problem="The disk is full.", advice="Free it.")
    world.world.core.tell(ComponentMoved(shown=full))
    assert not section.problem.isHidden() and section.install.text() == "Continue" and not section.remove.isHidden()
