"""The training component as every door asks for it: what it costs, one piece of work at a time, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from core_world import CoreWorld, TestDoor
from training_bundle import TrainingBundle, make_bundle

from app.core.calls.component import (
    ComponentMoved,
    ComponentShown,
    InstallComponent,
    RemoveComponent,
    RepairComponent,
    ShowComponent,
)
from app.finetune.component import Component, Source, Unfinished
from app.settings import OFFLINE
from app.workers.message import Call


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrainingBundle]:
    made = make_bundle(tmp_path)
    monkeypatch.delenv("INHOUSE_TRAINER", raising=False)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    yield made


def folder(bundle: TrainingBundle) -> Source:
    return Source(kind="folder", place=str(bundle.wheels))


def asked(door: TestDoor, call: Call) -> ComponentShown:
    shown = door.result(door.call(call))
    assert isinstance(shown, ComponentShown)
    return shown


def refused(door: TestDoor, call: Call) -> str:
    end = door.end(door.call(call))
    assert end is not None and end.error is not None
    return f"{end.error.message} {end.error.hint}"


def test_every_door_is_told(bundle: TrainingBundle) -> None:
    world = CoreWorld()
    window, terminal = world.door(), world.door(hears=False)
    shown = asked(terminal, ShowComponent())
    assert shown.state == "none"
    assert (shown.offered[0].fetched, shown.offered[0].on_disk) == (bundle.lock().bytes, bundle.lock().unpacked)
    done = asked(terminal, InstallComponent(source=folder(bundle)))
    assert (done.state, done.said, done.backend) == ("installed", "Training is installed.", "cpu")
    assert any(isinstance(each, ComponentMoved) and each.shown.state == "installed" for each in window.events())
    assert asked(terminal, RepairComponent(source=folder(bundle))).said == "Everything is whole."
    bundle.write(version="2.0")
    assert asked(terminal, ShowComponent()).state == "outdated"
    assert asked(terminal, RemoveComponent()).state == "none"


def test_from_source_there_is_nothing_to_fetch() -> None:
    door = CoreWorld().door()
    assert asked(door, ShowComponent()).state in ("built-in", "absent")
    assert "runs from source" in refused(door, InstallComponent())


def test_what_was_begun_goes_on_from_where_it_came(bundle: TrainingBundle) -> None:
    world = CoreWorld()
    Component(world.home).begin(Unfinished(source=folder(bundle), backend="cpu"))
    door = world.door()
    shown = asked(door, ShowComponent())
    assert shown.state == "unfinished" and str(bundle.wheels) in shown.source
    assert asked(door, InstallComponent()).state == "installed"


def test_what_may_not_be_is_said(bundle: TrainingBundle, expected_warnings: list[str]) -> None:
    world = CoreWorld()
    door = world.door()
    world.core.settings.set(OFFLINE, True)
    said = refused(door, InstallComponent())
    assert "Downloads are turned off" in said and "folder of wheels" in said
    assert asked(door, ShowComponent()).blocked
    world.core.settings.set(OFFLINE, False)
    assert "no address" in refused(door, InstallComponent(source=Source(kind="mirror", place="mirror")))
    assert "There is no folder" in refused(door, InstallComponent(source=Source(kind="folder", place="/no/such")))
    assert "no training on cuda" in refused(door, InstallComponent(source=folder(bundle), backend="cuda"))
    assert "nothing to repair" in refused(door, RepairComponent())
    (bundle.wheels / "torch-1.0-py3-none-any.whl").unlink()
    expected_warnings.append("lacks 1 of 5 wheels")
    assert "torch-1.0" in refused(door, InstallComponent(source=folder(bundle)))
    assert "torch-1.0" in asked(door, ShowComponent()).problem


def test_it_does_not_change_under_a_training(bundle: TrainingBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    world = CoreWorld()
    door = world.door()
    asked(door, InstallComponent(source=folder(bundle)))
    monkeypatch.setattr("app.core.training.TrainingDesk.trains", True)
    for call in (RemoveComponent(), RepairComponent(), InstallComponent(source=folder(bundle))):
        assert "A training is at work" in refused(door, call)
