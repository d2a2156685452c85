"""Several processes train what one trains: real ones, over gloo on the processor, with a tiny model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from tiny import write_tiny

from trainer.spec import (
    BaseModel,
    Data,
    Example,
    Export,
    Hyper,
    Lessons,
    Limits,
    Replay,
    RunSpec,
    TrainResult,
    Turn,
    read_json,
    write_json,
    write_lines,
)
from trainer.train import lora

ROOT = Path(__file__).resolve().parents[2]
SPEC = RunSpec(
    id="one",
    base=BaseModel(path=""),
    data=Data(system=""),
    hyper=Hyper(epochs=2, batch_tokens=256, rank=4, precision="fp32", evaluations=2, learning_rate=2e-3),
    replay=Replay(enabled=False),
    lessons=Lessons(variants=0),
    export=Export(quantizations=()),
    limits=Limits(threads=1, device="cpu"),
    compare=False,
)


def made(folder: Path, spec: RunSpec = SPEC) -> Path:
    """A run of 23 examples of mixed length, which no number of processes divides."""
    folder.mkdir(parents=True)
    write_tiny(folder.parent / "tiny.gguf")
    examples = [
        Example(
            id=f"e{n}",
            messages=(Turn("user", f"What is {n}?"), Turn("assistant", "It is " + "so " * (1 + n % 5) + str(n))),
            origin="person",
            quality=1.0,
        )
        for n in range(23)
    ]
    write_lines(folder / "examples.jsonl", examples)
    data = Data(examples=str(folder / "examples.jsonl"), system="")
    base = BaseModel(path=str(folder.parent / "tiny.gguf"))
    write_json(folder / "run.json", msgspec.structs.replace(spec, data=data, base=base))
    return folder


Trained = tuple[TrainResult, dict[str, torch.Tensor]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    """The same run alone, in two processes, and in two that share the weights; with whole and with 4-bit weights."""
    home = tmp_path_factory.mktemp("together")
    four_bits = msgspec.structs.replace(SPEC, hyper=msgspec.structs.replace(SPEC.hyper, precision="nf4"))
    kinds = {"alone": ("alone", SPEC), "two": ("two", SPEC), "split": ("split", SPEC)}
    kinds |= {"alone in 4 bits": ("alone", four_bits), "split in 4 bits": ("split", four_bits)}
    folders = {name: made(home / name.replace(" ", "-") / "run", spec) for name, (_, spec) in kinds.items()}
    named = [f"{kinds[name][0]}={folder}" for name, folder in folders.items()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(Path(__file__).with_name("together.py")), *named]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    said = "".join((folder / "events.jsonl").read_text()[-3000:] for folder in folders.values())
    assert "failed" not in ended.stdout and ended.returncode == 0, ended.stdout + ended.stderr[-3000:] + said
    return {
        name: (read_json(folder / "train" / "result.json", TrainResult), lora.read_adapter(folder / "train/adapter")[0])
        for name, folder in folders.items()
    }


def same(mine: dict[str, torch.Tensor], other: dict[str, torch.Tensor], within: float) -> None:
    assert mine.keys() == other.keys()
    assert any(tensor.abs().max() > 1e-3 for name, tensor in mine.items() if "lora_B" in name), "it learned something"
    for name, tensor in mine.items():
        assert torch.allclose(tensor, other[name], atol=within), name


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("one", "other", "within"),
    [("alone", "two", 2e-4), ("alone", "split", 2e-4), ("alone in 4 bits", "split in 4 bits", 2e-2)],
)
def test_two_processes_train_what_one_trains(trained: dict[str, Trained], one: str, other: str, within: float) -> None:
    """The last in bfloat16, which rounds sums in another order to other values."""
    (alone, adapter), (two, together) = trained[one], trained[other]
    assert (two.steps, two.tokens, two.examples) == (alone.steps, alone.tokens, alone.examples)
    losses = [[point.heldout for point in result.curve] for result in (alone, two)]
    assert losses[1] == pytest.approx(losses[0], rel=max(1e-4, within))
    assert (alone.device, two.device) == ("the processor", "2 × the processor")
    same(adapter, together, within)
