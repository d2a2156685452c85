"""Decides how a model is loaded on this computer: device, context, precision of the KV cache, layers. Pure arithmetic.

Catalogue, switcher, engine and Models page ask the same function, so that what is promised is what is loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
    """Something that computes, with memory of its own, in bytes. `total` 0: its driver does not say."""

    name: str
    kind: Literal["cpu", "gpu"]
    total: int
    free: int
    integrated: bool = False
    """Part of the processor, whose memory it shares."""


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
class Share:
    """What one graphics card takes of a model: layers in a row, of which the output counts as one."""

    card: int
    """Its place among the devices of that kind."""
    layers: int
    needs_bytes: int


@dataclass(frozen=True)
class Plan:
    """How to load: `shares` says which graphics cards take what, in the order of the layers; none for the processor."""

    kind: FitKind
    context: int
    kv_8bit: bool
    gpu_layers: int
    device: str
    needs_bytes: int
    """Of what is named as device; of all where it is too large for any."""
    has_bytes: int
    saved_bytes: int = 0
    """Ordinary memory for conversations that are not in the cache."""
    shares: tuple[Share, ...] = ()


def plan(needs: Needs, devices: Sequence[Device], wish: Wish) -> Plan:
    """The best way to load the model; of kind "large" where there is none.

    Each graphics card is looked at by itself. Everything goes to one of them if a smaller context or an 8-bit KV cache
    makes it fit, since one layer left on the processor about halves the speed; then to several together; only then as
    many layers as fit. A card that shares the processor's memory counts where there is no other (as in llama.cpp).
    """
    processor, gpus = _sorted_out(devices)
    used = usable_cards(gpus)
    everything = len(needs.layers) + 1
    if used and wish.gpu_layers != 0:
        if wish.gpu_layers is None or wish.gpu_layers >= everything:
            found = _whole(needs, gpus, used, processor, wish)
            if found is not None:
                return found
        part = _part(needs, gpus, used, processor, wish)
        if part is not None:
            return part
    return _on_processor(needs, processor, wish)


def usable_cards(gpus: Sequence[Device]) -> list[int]:
    """The places of the cards that models are put on, the one with the most free memory first."""
    own = [at for at, each in enumerate(gpus) if not each.integrated]
    return sorted(own or range(len(gpus)), key=lambda at: -gpus[at].free)


def _sorted_out(devices: Sequence[Device]) -> tuple[Device, list[Device]]:
    processor = next((each for each in devices if each.kind == "cpu"), Device("", "cpu", 0, 0))
    return processor, [each for each in devices if each.kind == "gpu"]


def _whole(needs: Needs, gpus: Sequence[Device], used: list[int], processor: Device, wish: Wish) -> Plan | None:
    """Everything on one graphics card, with a useful context; else on as few together as give the longest one."""
    alone = [found for at in used if (found := _all_on(needs, gpus, [at], processor, wish)) is not None]
    best = max(alone, key=lambda each: (each.context, not each.kv_8bit), default=None)
    if best is not None and best.context >= min(wish.tokens, GOOD_CONTEXT):
        return best
    together = [_all_on(needs, gpus, sorted(used[:count]), processor, wish) for count in range(2, len(used) + 1)]
    return max((each for each in (best, *together) if each is not None), key=lambda each: each.context, default=None)


def _all_on(needs: Needs, gpus: Sequence[Device], cards: list[int], processor: Device, wish: Wish) -> Plan | None:
    everything = len(needs.layers) + 1

    def shares(tokens: int, eight: bool) -> tuple[Share, ...]:
        return _shares(needs, gpus, cards, everything, tokens, eight, wish.setup)

    found = _context_in(lambda tokens, eight: bool(shares(tokens, eight)), wish)
    if found is None:
        return None
    saved = _saved(processor.free * SHARE - needs.input_bytes)
    plain = Plan("gpu", found[0], found[1], everything, "", 0, 0, saved)
    return _placed(plain, gpus, shares(*found))


def _part(needs: Needs, gpus: Sequence[Device], used: list[int], processor: Device, wish: Wish) -> Plan | None:
    """As many of the last layers as the emptiest graphics card takes, or all together, with their part of the cache;
    None for none. Where a person says how many, they are put there."""
    most = len(needs.layers)
    sizes = range(most, max(1, math.ceil(most * LEAST_PART)) - 1, -1)
    if wish.gpu_layers is not None:
        sizes = range(min(most, wish.gpu_layers), min(most, wish.gpu_layers) - 1, -1)
    groups = [used[:1], *([sorted(used)] if len(used) > 1 else [])]
    for layers in sizes:
        for cards in groups:
            if _shares(needs, gpus, cards, layers, wish.tokens, False, wish.setup):
                return _beside_processor(needs, gpus, cards, layers, processor, wish)
    return None if wish.gpu_layers is None else _beside_processor(needs, gpus, used[:1], sizes[0], processor, wish)


def _beside_processor(
    needs: Needs, gpus: Sequence[Device], cards: list[int], layers: int, processor: Device, wish: Wish
) -> Plan | None:
    """So many layers on these cards, and the others on the processor."""
    left = len(needs.layers) + 1 - layers
    moved = needs.weights - sum(needs.layer_bytes[left:])
    rest = replace(needs, layers=needs.layers[:left], weights=moved, projector_bytes=0)
    beside = _on_processor(rest, processor, wish)
    if beside.kind == "large":
        return None
    tokens, eight = beside.context, beside.kv_8bit
    shares = _shares(needs, gpus, cards, layers, tokens, eight, wish.setup) or (
        Share(cards[0], layers, _taken(needs, layers, tokens, eight, wish.setup)),
    )
    return _placed(replace(beside, kind="part", gpu_layers=layers), gpus, shares)


def _placed(found: Plan, gpus: Sequence[Device], shares: tuple[Share, ...]) -> Plan:
    """The plan with the cards that it puts layers on."""
    cards = [gpus[each.card] for each in shares]
    taken, total = sum(each.needs_bytes for each in shares), sum(card.total for card in cards)
    names = " and ".join(card.name for card in cards)
    return replace(found, device=names, needs_bytes=taken, has_bytes=total, shares=shares)


def _shares(
    needs: Needs, gpus: Sequence[Device], cards: Sequence[int], layers: int, tokens: int, eight: bool, setup: Setup
) -> tuple[Share, ...]:
    """The last layers spread over these cards by what each has free; none where they do not fit.

    The output counts as a layer, and is the last (llama.cpp's `load_tensors`). Each card computes in a buffer of its
    own; the first one also holds the projector.
    """
    pieces = _pieces(needs, layers, tokens, eight, setup)
    own = needs.compute_bytes(tokens, setup)
    if len(cards) > 1 and layers > len(needs.layers):
        own += needs.pipeline_bytes(tokens, setup)
    beside = [own] * len(cards)
    beside[0] += needs.projector_bytes
    rooms = [max(0.0, gpus[card].free * SHARE - own) for card, own in zip(cards, beside, strict=True)]
    if not sum(pieces) <= sum(rooms):
        return ()
    counts = _filled(pieces, rooms, sum(pieces) / max(sum(rooms), 1.0)) or _filled(pieces, rooms, 1.0)
    found, at = [], 0
    for card, count, own in zip(cards, counts, beside, strict=False):
        if count:
            found.append(Share(card, count, int(sum(pieces[at : at + count])) + own))
        at += count
    return tuple(found)


def _filled(pieces: Sequence[float], rooms: Sequence[float], share: float) -> list[int]:
    """How many of the pieces each room takes, in their order, up to a share of it to the nearest; [] where some are
    left over."""
    counts, at = [], 0
    for room in rooms:
        first, taken = at, 0.0
        while at < len(pieces) and taken + pieces[at] <= room and taken + pieces[at] / 2 <= room * share:
            taken, at = taken + pieces[at], at + 1
        counts.append(at - first)
    return counts if at == len(pieces) else []


def _pieces(needs: Needs, layers: int, tokens: int, eight: bool, setup: Setup) -> list[float]:
    """Bytes of each of the last layers with its part of the cache, and of the output."""
    first = len(needs.layers) + 1 - layers
    cache = needs.layer_caches(tokens, eight, setup)[first:]
    return [*(own + kept for own, kept in zip(needs.layer_bytes[first:], cache, strict=True)), needs.output_bytes]


def _taken(needs: Needs, layers: int, tokens: int, eight: bool, setup: Setup) -> int:
    """All that so many layers take of one card."""
    own = sum(_pieces(needs, layers, tokens, eight, setup))
    return int(own) + needs.compute_bytes(tokens, setup) + needs.projector_bytes


def _on_processor(needs: Needs, processor: Device, wish: Wish) -> Plan:
    """In ordinary memory. Weights are mapped from the file and can be read again, so a full memory costs speed; the KV
    cache cannot."""
    held = needs.weights + needs.projector_bytes
    room = max(processor.free * SHARE - held, processor.free * LEAST_SHARE)

    def fits(tokens: int, eight: bool) -> bool:
        return needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup) <= room

    tokens, eight = _context_in(fits, wish) or (min(wish.tokens, MIN_CONTEXT), True)
    working = needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup)
    large = held + working > processor.total * SYSTEM_SHARE
    if large:
        tokens, eight = min(wish.tokens, MIN_CONTEXT), True
        working = needs.cache_bytes(tokens, eight, wish.setup) + needs.compute_bytes(tokens, wish.setup)
        large = held + working > processor.total * SYSTEM_SHARE
    kind: FitKind = "large" if large else "cpu"
    saved = 0 if large else _saved(room - working)
    return Plan(kind, tokens, eight, 0, processor.name, held + working, processor.total, saved)


def _saved(free: float) -> int:
    """Bytes for conversations beside the cache, of those that are free; the cache comes first."""
    return int(min(max(free, 0.0), SAVED_BYTES))


def _context_in(fits: Callable[[int, bool], bool], wish: Wish) -> tuple[int, bool] | None:
    """The longest context that fits (tokens, 8 bits), and whether in 8 bits; None below the least useful."""
    wanted = wish.tokens
    if fits(wanted, False):
        return wanted, False
    good, least = min(wanted, GOOD_CONTEXT), min(wanted, MIN_CONTEXT)
    if fits(good, False):
        return _longest(good, wanted, lambda tokens: fits(tokens, False)), False
    if fits(least, True):
        return _longest(least, wanted, lambda tokens: fits(tokens, True)), True
    return None


def _longest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """By halving: `low` fits; a step's whole context that does too."""
    while high - low > STEP:
        middle = (low + high) // 2 // STEP * STEP
        if middle <= low:
            break
        if fits(middle):
            low = middle
        else:
            high = middle
    return high if fits(high) else low
