"""On which device a run trains, with made-up cards, and what is said where its memory runs out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest
import torch

from app.llama.memory import Shape, training_bytes
from app.llama.planner import SHARE, Device
from trainer import pipeline
from trainer.context import Context
from trainer.errors import TrainerError, out_of_memory
from trainer.events import Event, Failed
from trainer.spec import BaseModel, Data, Example, Hyper, Limits, RunSpec, Turn, write_json, write_lines
from trainer.stages import Stage
from trainer.train import amounts, device, plan, shapes

GB = 10**9


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, int, int]]]:
    """What torch says of its cards: name, free and total bytes."""
    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(told))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(told))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda at: told[at][1:])
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda at: told[at][0])
    yield told


@pytest.fixture
def context(starter: Path, tmp_path: Path) -> Context:
    """Twenty short examples for the starter."""
    asked = (Turn("user", "How long is the warranty?"), Turn("assistant", "12 months."))
    made = [Example(id=f"e{n}", messages=asked, origin="person", quality=1.0) for n in range(20)]
    write_lines(tmp_path / "examples.jsonl", made)
    data = Data(examples=str(tmp_path / "examples.jsonl"))
    return Context(RunSpec(id="r", base=BaseModel(path=str(starter)), data=data), tmp_path, lambda _: None)


def with_limits(context: Context, hyper: Hyper | None = None, **limits: object) -> Context:
    spec = msgspec.structs.replace(context.spec, limits=Limits(**limits), hyper=hyper or Hyper())  # type: ignore[arg-type]
    return Context(spec, context.run, context.emit)


def test_the_card_with_free_memory_trains_and_is_named(cards: list[tuple[str, int, int]], context: Context) -> None:
    cards += [("RTX 3060", GB // 2, 12 * GB), ("RTX 4090", 20 * GB, 24 * GB)]
    found = plan.make(context)
    assert found.fits and (found.device, found.on_card) == ("RTX 4090", True)
    assert (found.memory_available, found.precision, found.checkpointing) == (20 * GB, "bf16", False)
    here = device.devices(context.spec.limits)
    assert device.torch_device(here[1], here) == torch.device("cuda", 1)
    processor = plan.make(with_limits(context, device="cpu"))
    assert (processor.device, processor.on_card) == (device.PROCESSOR, False)
    assert processor.memory_available == pytest.approx(psutil.virtual_memory().available, rel=0.2)


def test_precision_and_activations_follow_the_cards_memory(
    cards: list[tuple[str, int, int]], context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape, longest = shapes.shape_of(context.spec.base), amounts.of_run(context).longest
    needs = {
        (precision, twice): training_bytes(shape, precision, longest, checkpointing=twice, on_card=True)
        for precision in ("bf16", "nf4")
        for twice in (False, True)
    }
    for key in (("bf16", True), ("nf4", True)):
        cards[:] = [("Small", int(needs[key] / SHARE) + 1, 4 * GB)]
        found = plan.make(with_limits(context, device="cuda"))
        assert (found.precision, found.checkpointing, found.fits) == (*key, True) and found.memory_bytes == needs[key]
    cards[:] = [("Small", 100_000_000, 4 * GB)]
    refused = plan.make(with_limits(context, device="cuda"))
    assert not refused.fits and refused.reason == "There is too little memory on Small."
    assert refused.instead.startswith("Close what else uses the card")
    beside = plan.make(context)
    assert beside.fits and beside.device == device.PROCESSOR, "the processor waits for less"
    ram = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: ram._replace(available=100_000_000))
    cards[:] = [("Large", 20 * GB, 24 * GB)]
    unchecked = plan.make(context)
    assert not unchecked.fits and "ordinary memory to check the model" in unchecked.reason


def test_a_card_that_is_wanted_and_not_there(cards: list[tuple[str, int, int]], context: Context) -> None:
    with pytest.raises(TrainerError, match="no graphics card") as refused:
        plan.make(with_limits(context, device="cuda"))
    assert "driver" in refused.value.hint and not cards


def test_a_limit_of_memory_counts_for_cards_too(cards: list[tuple[str, int, int]]) -> None:
    cards += [("RTX 4090", 20 * GB, 24 * GB)]
    assert [each.free for each in device.devices(Limits(memory_bytes=4 * GB))] == [4 * GB, 4 * GB]


def test_examples_are_cut_only_where_nothing_else_helps() -> None:
    here = [Device("Card", "gpu", 2 * GB, 2 * GB)]
    found = msgspec.structs.replace(Hyper(), max_length=None)
    spec = RunSpec(id="r", base=BaseModel(path="x"), data=Data(examples="x"), hyper=found)
    shape = Shape(300_000_000, 30, 900, 50_000, 8192)
    decided = device.decide(spec, shape, 8192, here)
    assert decided.fits and decided.longest < 8192
    assert device.with_teaching(found, decided, 8192).max_length == decided.longest
    whole = device.decide(spec, shape, 8192, [Device("Card", "gpu", 99 * GB, 99 * GB)])
    assert device.with_teaching(found, whole, 8192).max_length is None


def test_a_card_that_runs_out_of_memory_is_a_sentence(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """In torch's own class, as it is raised in the middle of a step."""
    said = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 11.76 GiB"

    def full(_: Context) -> dict[str, str | int | float | bool]:
        raise torch.cuda.OutOfMemoryError(said)

    told: list[Event] = []
    write_json(context.run / "run.json", context.spec)
    monkeypatch.setattr(pipeline, "stages_of", lambda _spec: [Stage("train", lambda: full)])
    assert pipeline.run(context.run, told.append) == 1
    failed = told[-1]
    assert isinstance(failed, Failed) and failed.message == "The graphics card ran out of memory."
    assert "start the run again" in failed.hint and failed.code == "memory" and said in failed.detail
    processor = out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 9 bytes"))
    assert processor is not None and processor.message == "There is too little memory."
    assert out_of_memory(RuntimeError("shapes do not match")) is None
