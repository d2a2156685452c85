"""Room for another model: on the graphics card that it would lie on, as the engine sees it when it matters."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from arch_gguf import Sizes, write_model
from core_world import CoreWorld, TestDoor
from fakes import FakeChild

from app.core import fits
from app.core.calls import chats
from app.core.calls import models as c
from app.llama import planner
from app.runtimes import CardShare, Device, Placed
from app.settings import CONTEXT_LENGTH, Settings
from app.types import InstalledModel, ModelInfo
from app.workers.calls.engine import Complete, DevicesSeen, Load, Loaded, LoadProgress, LookAtDevices
from app.workers.message import WorkerRole

GIB = 1 << 30
SHAPE = Sizes(layers=32, hidden=4096, heads=32, kv_heads=8, head=128, wide=14336, context=131072)
INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CUDA", device="One", gpu_layers=31, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=6 * GIB,
    placed=Placed(shares=(CardShare(card=0, name="One", layers=31, bytes=6 * GIB, total=24 * GIB),), cards=2),
)  # fmt: skip


def card(name: str, free: float, total: float = 24) -> Device:
    return Device(kind="CUDA", name=name, is_gpu=True, free=int(free * GIB), total=int(total * GIB))


class World(CoreWorld):
    """The starter lies on the first of two cards; another model is installed that takes 14 GiB."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ram: int = 64) -> None:
        super().__init__()
        self.home.models.mkdir(parents=True, exist_ok=True)
        path = write_model(self.home.models / "large.gguf", "llama", SHAPE, hollow=True)
        large = InstalledModel(name="Large", path=str(path), file_bytes=path.stat().st_size)
        self.large = self.core.registry.install(large)
        Settings(self.home).set(CONTEXT_LENGTH, 4096)
        ordinary = planner.Device("This computer", "cpu", 64 * GIB, ram * GIB)
        monkeypatch.setattr(fits, "machine", lambda gpus: [ordinary, *gpus])
        self.told = self.door()

    def _child(self, role: WorkerRole) -> FakeChild:
        child = super()._child(role)
        child.set_state("stopped")
        return child

    def load(self, *devices: Device) -> FakeChild:
        """The starter is loaded, and its process says what is free now."""
        self.told.result(self.told.call(c.LoadEngine()))
        engine = self.engine
        engine.set_state("ready")
        engine.ready.emit(None)
        engine.last(Load).finish(Loaded(info=INFO, devices=devices))
        return engine


def switching(door: TestDoor) -> c.Switching:
    return [event for event in door.events() if isinstance(event, c.Switching)][-1]


def test_room_is_looked_for_on_the_card_when_a_switch_begins(
    data_folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(monkeypatch)
    old = world.load(card("One", 2), card("Two", 20))
    assert [each.free // GIB for each in world.core.models.list.fits.gpus] == [8, 20], "once the starter has left"
    world.told.call(c.UseModel(model_id=world.large.id))
    assert world.engine.state == "stopped", "nothing is loaded before it is known where"
    old.last(LookAtDevices).finish(DevicesSeen(devices=(card("One", 2), card("Two", 20))))
    said = switching(world.told)
    assert said.beside and said.free_bytes == 20 * GIB and 14 * GIB < said.need_bytes < 17 * GIB


def test_a_card_that_has_filled_up_since_makes_the_old_model_leave_first(
    data_folder: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(monkeypatch)
    old = world.load(card("One", 18), card("Two", 20))
    world.told.call(c.UseModel(model_id=world.large.id))
    old.last(LookAtDevices).finish(DevicesSeen(devices=(card("One", 13), card("Two", 1))))
    said = switching(world.told)
    assert not said.beside and said.free_bytes == 13 * GIB, "the ordinary memory's 64 GiB do not count"
    new = world.engine
    new.set_state("ready")
    new.ready.emit(None)
    new.last(Load).say(LoadProgress(fraction=0.0))
    assert new.last(Load).controls == ["cancel"], "it waits until the other one has left"


def test_a_look_that_fails_holds_no_switch_up(data_folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    old = world.load(card("One", 18), card("Two", 20))
    key = world.told.call(c.UseModel(model_id=world.large.id))
    old.last(LookAtDevices).fail(fits.AppError("The engine cannot do this."))
    new = world.engine
    new.set_state("ready")
    new.ready.emit(None)
    new.last(Load).finish(Loaded(info=msgspec.structs.replace(INFO, name="Large")))
    (trial,) = new.waiting(Complete)
    assert trial and world.told.end(key) is None


def test_a_model_beside_the_one_in_use_needs_room_too(data_folder: object, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, ram=8)
    world.load(card("One", 2), card("Two", 3))
    key = world.told.call(chats.Ask(question="Well?", alone=True, model_id=world.large.id))
    end = world.told.end(key)
    assert end is not None and end.error is not None
    assert "no room for “Large” beside the model in use" in end.error.message and "8.6 GB are free" in end.error.message
    assert "make it the model in use" in end.error.hint
    roomy = World(monkeypatch, ram=8)
    roomy.load(card("One", 2), card("Two", 20))
    key = roomy.told.call(chats.Ask(question="Well?", alone=True, model_id=roomy.large.id))
    assert (roomy.told.end(key) is None and roomy.engine.state != "stopped") or roomy.engine.waiting(Load) is not None


def test_what_a_model_takes_is_counted_on_its_own_cards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del tmp_path
    shares = (
        CardShare(card=0, name="One", layers=20, bytes=5 * GIB, total=24 * GIB),
        CardShare(card=1, name="Two", layers=11, bytes=3 * GIB, total=24 * GIB),
    )
    split = msgspec.structs.replace(INFO, memory_bytes=9 * GIB, placed=Placed(shares=shares, cards=2))
    world = World(monkeypatch)
    found = world.core.models.list.fits
    cards = tuple(planner.Device(name, "gpu", 24 * GIB, 10 * GIB) for name in ("One", "Two"))
    found.see(cards, split)
    assert [each.free // GIB for each in found.gpus] == [15, 13]
    assert [each.free // GIB for each in found.devices_without(split)] == [64, 15, 13]
