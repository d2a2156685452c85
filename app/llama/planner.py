"""Decides how a model is loaded on this computer: device, context, precision of the KV cache, layers. Pure arithmetic.

Catalogue, switcher, engine and Models page ask the same function, so that what is promised is what is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from app.hub import FitKind
from app.llama.needs import Needs, Setup

MIN_CONTEXT = 1024
GOOD_CONTEXT = 4096
"""Below this an 8-bit KV cache is better than a shorter context."""
USUAL_CONTEXT = 8192
"""Where a file does not say for which context it was trained."""
SHARE = 0.9
"""Of the free memory that we take at most; the rest of the computer goes on working."""
COMFORT_SHARE = 0.6
"""Of the ordinary memory that hours of training may take."""
SYSTEM_SHARE = 0.85
"""Of all memory that a model may take before the system itself starts to swap."""
LEAST_SHARE = 0.25
"""Of the free memory that a KV cache gets even beside weights that fill it: those are read from the file again."""
LEAST_PART = 1 / 8
"""Of the layers: fewer on a graphics card are not worth the way there and back."""
SAVED_BYTES = 512 << 20
"""Of conversations that are kept beside the KV cache, at most."""
STEP = 256
"""Contexts are planned in such steps, as llama.cpp rounds them."""


@dataclass(frozen=True)
class Device:
    """Something that computes, with memory of its own, in bytes."""

    name: str
    kind: Literal["cpu", "gpu"]
    total: int
    free: int


@dataclass(frozen=True)
class Wish:
    """What a person set, or a file was made for. `gpu_layers` counts the output as one; None lets us choose."""

    context: int = 0
    """Tokens; 0 for as many as the model was trained for."""
    trained: int = 0
    gpu_layers: int | None = None
    setup: Setup = field(default_factory=Setup)

    @property
    def tokens(self) -> int:
        """The longest context that makes sense."""
        trained = self.trained if self.trained > 0 else USUAL_CONTEXT
        return min(self.context, trained) if self.context > 0 else trained


@dataclass(frozen=True)
class Plan:
    """How to load: `gpu` is the place of the graphics card among the devices of that kind, -1 for none."""

    kind: FitKind
    context: int
    kv_8bit: bool
    gpu_layers: int
    gpu: int
    device: str
    needs_bytes: int
    """Of the device that is named; of all where it is too large for any."""
    has_bytes: int
    saved_bytes: int = 0
    """Ordinary memory for conversations that are not in the cache."""


def plan(needs: Needs, devices: Sequence[Device], wish: Wish) -> Plan:
    """The best way to load the model; of kind "large" where there is none.

    Each graphics card is looked at by itself. Everything goes to one of them if a smaller context or an 8-bit KV cache
    makes it fit, since one layer left on the processor about halves the speed; only then as many layers as fit.
    """
    processor, gpus = _sorted_out(devices)
    if gpus and wish.gpu_layers != 0:
        whole = [found for at in range(len(gpus)) if (found := _whole(needs, gpus, at, processor, wish)) is not None]
        if whole and (wish.gpu_layers is None or wish.gpu_layers > len(needs.layers)):
            return max(whole, key=lambda each: (each.context, not each.kv_8bit, gpus[each.gpu].free))
        part = _part(needs, gpus, processor, wish)
        if part is not None:
            return part
    return _on_processor(needs, processor, wish)


def place_training(exact: int, small: int, devices: Sequence[Device]) -> tuple[Device, bool] | None:
    """Where a model can be taught that takes `exact` bytes with weights of 16 bits and `small` with 4; whether with 16.

    Ordinary memory is shared with all other programs for hours, so weights of 16 bits have to leave more of it.
    """
    processor, gpus = _sorted_out(devices)
    order = [*sorted(gpus, key=lambda each: -each.free), processor]
    for device in order:
        if exact < device.free * (SHARE if device.kind == "gpu" else COMFORT_SHARE):
            return device, True
    return next(((device, False) for device in order if small < device.free * SHARE), None)


def _sorted_out(devices: Sequence[Device]) -> tuple[Device, list[Device]]:
    processor = next((each for each in devices if each.kind == "cpu"), Device("", "cpu", 0, 0))
    return processor, [each for each in devices if each.kind == "gpu"]


def _whole(needs: Needs, gpus: list[Device], at: int, processor: Device, wish: Wish) -> Plan | None:
    """Everything on one graphics card."""
    gpu = gpus[at]
    weights = sum(needs.layer_bytes) + needs.output_bytes + needs.projector_bytes
    found = _context_in(needs, gpu.free * SHARE - weights, wish)
    if found is None:
        return None
    tokens, eight = found
    taken = weights + needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup)
    saved = _saved(processor.free * SHARE - needs.input_bytes)
    return Plan("gpu", tokens, eight, len(needs.layers) + 1, at, gpu.name, taken, gpu.total, saved)


def _part(needs: Needs, gpus: list[Device], processor: Device, wish: Wish) -> Plan | None:
    """As many of the last layers as the emptiest graphics card takes, with their part of the cache; None for none."""
    at = max(range(len(gpus)), key=lambda index: gpus[index].free)
    gpu, count = gpus[at], len(needs.layers)

    def taken(layers: int, tokens: int, eight: bool) -> int:
        first = count - layers
        cache = needs.cache_bytes(tokens, eight, wish.setup, first)
        return sum(needs.layer_bytes[first:]) + cache + needs.compute_bytes(tokens, wish.setup)

    layers = count if wish.gpu_layers is None else min(count, wish.gpu_layers)
    while wish.gpu_layers is None and layers and taken(layers, wish.tokens, False) > gpu.free * SHARE:
        layers -= 1
    if layers < (1 if wish.gpu_layers is not None else count * LEAST_PART):
        return None
    left = count - layers
    rest = replace(
        needs, layers=needs.layers[:left], weights=needs.weights - sum(needs.layer_bytes[left:]), projector_bytes=0
    )
    beside = _on_processor(rest, processor, wish)
    if beside.kind == "large":
        return None
    bytes_there = taken(layers, beside.context, beside.kv_8bit)
    return replace(
        beside, kind="part", gpu_layers=layers, gpu=at, device=gpu.name, needs_bytes=bytes_there, has_bytes=gpu.total
    )


def _on_processor(needs: Needs, processor: Device, wish: Wish) -> Plan:
    """In ordinary memory. Weights are mapped from the file and can be read again, so a full memory costs speed; the KV
    cache cannot."""
    held = needs.weights + needs.projector_bytes
    room = max(processor.free * SHARE - held, processor.free * LEAST_SHARE)
    tokens, eight = _context_in(needs, room, wish) or (min(wish.tokens, MIN_CONTEXT), True)
    working = needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup)
    large = held + working > processor.total * SYSTEM_SHARE
    if large:
        tokens, eight = min(wish.tokens, MIN_CONTEXT), True
        working = needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup)
        large = held + working > processor.total * SYSTEM_SHARE
    kind: FitKind = "large" if large else "cpu"
    saved = 0 if large else _saved(room - working)
    return Plan(kind, tokens, eight, 0, -1, processor.name, held + working, processor.total, saved)


def _saved(free: float) -> int:
    """Bytes for conversations beside the cache, of those that are free; the cache comes first."""
    return int(min(max(free, 0.0), SAVED_BYTES))


def _context_in(needs: Needs, room: float, wish: Wish) -> tuple[int, bool] | None:
    """The longest context whose cache and working memory fit, and whether in 8 bits; None below the least useful."""
    wanted = wish.tokens
    if _fits(needs, wanted, False, room, wish):
        return wanted, False
    good, least = min(wanted, GOOD_CONTEXT), min(wanted, MIN_CONTEXT)
    if _fits(needs, good, False, room, wish):
        return _longest(needs, good, wanted, False, room, wish), False
    if _fits(needs, least, True, room, wish):
        return _longest(needs, least, wanted, True, room, wish), True
    return None


def _fits(needs: Needs, tokens: int, eight: bool, room: float, wish: Wish) -> bool:
    return needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup) <= room


def _longest(needs: Needs, low: int, high: int, eight: bool, room: float, wish: Wish) -> int:
    """By halving: `low` fits; a step's whole context that does too."""
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        if middle <= low:
            break
        if _fits(needs, middle, eight, room, wish):
            low = middle
        else:
            high = middle
    return high if _fits(needs, high, eight, room, wish) else low
