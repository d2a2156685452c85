"""On which device a run trains: what is free there at this moment, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import psutil
import torch

from app.llama.memory import Shape
from app.llama.planner import Device
from app.llama.teaching import Teaching, plan_teaching
from trainer.errors import TrainerError
from trainer.spec import Hyper, Limits, RunSpec
from trainer.train import choose

PROCESSOR = "the processor"


def devices(limits: Limits) -> list[Device]:
    """The cards that torch computes on, with what is free there, and the processor with the ordinary memory; only what
    the run may use.

    Raises:
        TrainerError: it wants a graphics card, and there is none.
    """
    most = limits.memory_bytes
    found = [] if limits.device == "cpu" else _cards()
    if limits.device == "cuda" and not found:
        hint = "Let the processor train, or install the card's driver and a build of PyTorch for it."
        raise TrainerError("There is no graphics card here that can train.", hint, code="device")
    if limits.device != "cuda":
        ram = psutil.virtual_memory()
        found.append(Device(PROCESSOR, "cpu", int(ram.total), int(ram.available)))
    return [each if most is None else _limited(each, most) for each in found]


def decide(spec: RunSpec, shape: Shape, longest: int, here: Sequence[Device]) -> Teaching:
    """Device, precision and the rest for a model of this shape; `longest` is the longest example, in tokens."""
    hyper = spec.hyper
    given = None if hyper.precision == "auto" else hyper.precision
    probe = given is None and any(each.kind == "cpu" for each in here)
    longest = min(hyper.max_length or longest, longest)
    return plan_teaching(
        shape,
        longest,
        here,
        exact=choose.exact_precisions() if probe else ("bf16",),
        given=given,
        checkpointing=hyper.checkpointing,
    )


def with_teaching(hyper: Hyper, found: Teaching, longest: int) -> Hyper:
    """The hyper-parameters as decided: examples are cut where they have to be."""
    cut = found.longest if found.longest < longest else hyper.max_length
    return msgspec.structs.replace(hyper, precision=found.precision, checkpointing=found.checkpointing, max_length=cut)


def torch_device(device: Device, here: Sequence[Device]) -> torch.device:
    """As torch calls it; cards stand in `here` in torch's own order."""
    return torch.device("cpu") if device.kind == "cpu" else torch.device("cuda", here.index(device))


def _cards() -> list[Device]:
    if not torch.cuda.is_available():
        return []
    found = []
    for at in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(at)
        found.append(Device(torch.cuda.get_device_name(at), "gpu", int(total), int(free)))
    return found


def _limited(device: Device, most: int) -> Device:
    """A limit is what the run may use, and counts as free."""
    free = most if device.kind == "cpu" else min(most, device.free)
    return Device(device.name, device.kind, device.total, free)
