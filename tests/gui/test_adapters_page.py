"""Adapters of the loaded model in the window: beside their base, switched at once, never loaded again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shell_world import ShellWorld

from app.gui.models.page import ModelsPage
from app.gui.models.row import ModelRow
from app.gui.models.switcher_list import ModelSwitcher
from app.gui.models.switcher_row import SwitcherRow
from app.gui.widgets import Button, Chip, ElidedLabel
from app.models.registry import find_starter
from app.types import InstalledModel
from app.workers.calls.engine import Load, SetAdapter
from app.workers.message import Done


@pytest.fixture
def world(qtbot: QtBot) -> ShellWorld:
    made = ShellWorld()
    qtbot.addWidget(made.window)
    made.load_starter()
    return made


def add_adapter(world: ShellWorld, name: str, path: str = "") -> InstalledModel:
    """A model that is an adapter on the starter, or on the file at `path`."""
    starter = find_starter()
    assert starter is not None
    file = world.parts.home.models / f"{name}.gguf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"GGUF" + bytes(68_000))
    made = InstalledModel(
        name=name, path=path or starter.path, file_bytes=starter.file_bytes, quantization="Q4_1", adapter=str(file),
        lineage={"base": starter.name},
    )  # fmt: skip
    return world.core.models.list.install(made)


def row_of(world: ShellWorld, name: str) -> ModelRow:
    world.window.show_page("models")
    page = world.window.page("models")
    assert isinstance(page, ModelsPage)
    QApplication.processEvents()
    return next(row for row in page._rows if row.model.name == name)


def chips(widget: object) -> list[str]:
    return [each.text() for each in widget.findChildren(Chip)]  # type: ignore[attr-defined]


def test_an_adapter_of_the_loaded_model_is_beside_it_and_switches_at_once(world: ShellWorld, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    world.core.models.list.install(InstalledModel(name="Other", path=str(other), file_bytes=4))
    add_adapter(world, "Elsewhere", str(other))
    add_adapter(world, "Tone")
    names = [model.name for model in world.parts.models.models()]
    assert names == ["SmolLM2 135M", "Tone", "Other", "Elsewhere"], "each behind the model that it changes"
    row = row_of(world, "Tone")
    assert row.chip.text() == "Switches at once" and "Adapter" in chips(row)
    assert "68 KB on top of SmolLM2 135M, Q4_1" in [each.text() for each in row.findChildren(ElidedLabel)]
    assert row_of(world, "Elsewhere").chip.text() != "Switches at once"
    engine, engines = world.last("engine"), len(world.world.children)
    next(each for each in row.findChildren(Button) if each.text() == "Use now").click()
    job = engine.last(SetAdapter)
    assert job.call.path.endswith("Tone.gguf")
    job.finish(Done())
    assert world.parts.models.active is not None and world.parts.models.active.name == "Tone"
    assert not engine.waiting(Load) and len(world.world.children) == engines, "nothing was loaded"
    assert row_of(world, "SmolLM2 135M").chip.text() == "Switches at once", "and so does the way back"


def test_the_switcher_says_it_too_and_enter_uses_it(world: ShellWorld, qtbot: QtBot) -> None:
    add_adapter(world, "Tone")
    world.window.show_page("chat")
    world.window.act("switch_model")
    switcher = world.window.findChild(ModelSwitcher)
    assert switcher is not None
    row = next(row for row in switcher.findChildren(SwitcherRow) if row.model.name == "Tone")
    assert row.accessibleName() == "Tone, Switches at once" and "Adapter" in chips(row)
    qtbot.keyClick(switcher, Qt.Key.Key_Down)
    qtbot.keyClick(switcher, Qt.Key.Key_Return)
    world.last("engine").last(SetAdapter).finish(Done())
    assert world.parts.models.active is not None and world.parts.models.active.name == "Tone"


def test_an_adapter_whose_base_is_not_loaded_or_whose_file_is_gone_does_not(world: ShellWorld) -> None:
    made = add_adapter(world, "Tone")
    Path(made.adapter).unlink()
    assert row_of(world, "Tone").chip.text() == "The file is no longer there"
    assert not world.parts.models.at_once(made)
