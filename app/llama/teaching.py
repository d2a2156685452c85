"""On which device a model is taught and in what form: the one sum of wizard, trainer's plan and training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.llama.memory import Shape, training_bytes
from app.llama.planner import SHARE, Device

Precision = Literal["bf16", "fp32", "nf4"]
LEAST_TOKENS = 256
"""Of an example: shorter ones would lose their answers."""


@dataclass(frozen=True)
class Teaching:
    """How to teach; `fits` is False where the device has no room for even this."""

    device: Device
    precision: Precision
    checkpointing: bool
    """Whether activations are computed a second time, which takes a third longer, and not kept."""
    longest: int
    """Tokens of an example; what is longer is cut."""
    needs_bytes: int
    fits: bool = True


def plan_teaching(
    shape: Shape,
    longest: int,
    devices: Sequence[Device],
    *,
    exact: Sequence[Precision] = ("bf16",),
    given: Precision | None = None,
    checkpointing: bool | None = None,
    spare: float = 1.0,
) -> Teaching:
    """The best way to teach a model whose longest example has `longest` tokens.

    A graphics card comes before the processor, and weights of 16 bits before those of 4: activations are rather
    computed twice, and the processor rather waited for. Only what fits nowhere else has its examples cut.

    Args:
        exact: precisions on the processor that lose nothing, the faster first; cards compute in bf16.
        given: a person's own precision. checkpointing: likewise.
        spare: share of the processor's free memory that may be taken, since other programs need it for hours.
    """
    order = sorted(devices, key=lambda each: (each.kind == "cpu", -each.free))
    tried: list[Teaching] = []
    for four_bits in (False, True):
        for device in order:
            room = device.free * (SHARE if device.kind == "gpu" else SHARE if four_bits else spare)
            for precision, twice in _forms(device, four_bits, exact, given, checkpointing):
                needs = _needs(shape, precision, longest, twice, device)
                tried.append(Teaching(device, precision, twice, longest, needs, needs <= room))
                if tried[-1].fits:
                    return tried[-1]
    return _shortened(shape, longest, order, given or "nf4", checkpointing) or min(
        tried, key=lambda each: each.needs_bytes
    )


def _needs(shape: Shape, precision: Precision, longest: int, twice: bool, device: Device) -> int:
    return training_bytes(shape, precision, longest, checkpointing=twice, on_card=device.kind == "gpu")


def _forms(
    device: Device,
    four_bits: bool,
    exact: Sequence[Precision],
    given: Precision | None,
    checkpointing: bool | None,
) -> Iterator[tuple[Precision, bool]]:
    """Precisions with activations kept, then each with them computed twice."""
    kinds: Sequence[Precision] = ("nf4",) if four_bits else ("bf16",) if device.kind == "gpu" else exact
    if given is not None:
        kinds = (given,) if four_bits == (given == "nf4") else ()
    for twice in (False, True) if checkpointing is None else (checkpointing,):
        for precision in kinds:
            yield precision, twice


def _shortened(
    shape: Shape, longest: int, order: Sequence[Device], precision: Precision, checkpointing: bool | None
) -> Teaching | None:
    """With shorter examples, in the smallest form; None where even the shortest do not fit."""
    twice = checkpointing is not False
    while longest > LEAST_TOKENS:
        longest = max(LEAST_TOKENS, longest // 2)
        for device in order:
            needs = _needs(shape, precision, longest, twice, device)
            if needs <= device.free * SHARE:
                return Teaching(device, precision, twice, longest, needs)
    return None
