"""Where a model is put: planned on what is free now, tried, and planned anew where a graphics card is full."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import TypeVar

from app.errors import AppError
from app.llama.bindings import Device, cards
from app.llama.gguf_header import GgufHeader
from app.llama.library import seen_as
from app.llama.machine import cards_of, machine
from app.llama.needs import Needs
from app.llama.planner import SYSTEM_SHARE, Plan, Share, Wish, plan, usable_cards
from app.runtimes import CardShare, Placed
from app.units import in_gb
from app.workers.calls.engine import LoadProgress

log = logging.getLogger("inhouse.engine")

FULL = ("out of memory", "outofdevicememory", "outofhostmemory", "failed to allocate", "unable to allocate")
"""How llama.cpp's backends say that a card has no room (CUDA, ROCm; Vulkan; all of them)."""
ALL_LAYERS = 999
"""Those that draft tokens among them, which a plan does not count."""
LESS = 0.75
"""Of what did not fit, that is tried next; then the processor."""

Opened = TypeVar("Opened")
Open = Callable[[Plan, Sequence[Device]], Generator[LoadProgress, None, Opened]]


def place(
    header: GgufHeader, needs: Needs | None, wish: Wish, processor: str, load: Open[Opened]
) -> Generator[LoadProgress, None, tuple[Opened, Placed]]:
    """Load by the plan, with `load(plan, cards)`; where a card turns out to be full, with less on it, and at last on
    the processor. → what was loaded, and where it lies.

    Raises:
        AppError: no memory here is large enough, or what `load` raises for another reason.
    """
    room: dict[int, int] = {}
    full: Plan | None = None
    while True:
        gpus = cards()
        found = _planned(header, needs, gpus, room, wish, processor)
        try:
            opened = yield from load(found, gpus)
        except AppError as error:
            if not found.shares or not is_full(error):
                raise
            log.warning("%s has no room for %s: %s", found.device, header.name, error.detail)
            again = full is not None
            room |= {each.card: 0 if again else int(each.needs_bytes * LESS) for each in found.shares}
            full, wish = full or found, replace(wish, gpu_layers=0 if again else None)
            continue
        return opened, _placed(found, gpus, _note(found, gpus, full, wish))


def is_full(error: AppError) -> bool:
    """Whether it is a device's memory that did not suffice."""
    said = error.detail.casefold()
    return any(words in said for words in FULL)


def layers_of(found: Plan) -> int:
    """How many of the last layers go to the cards, as llama.cpp is told."""
    return ALL_LAYERS if found.kind == "gpu" else found.gpu_layers


def split_of(found: Plan, gpus: Sequence[Device]) -> list[tuple[Device, int]]:
    """The cards of a plan, each with its layers, as llama.cpp is told."""
    return [(gpus[each.card], each.layers) for each in found.shares]


def _planned(
    header: GgufHeader, needs: Needs | None, gpus: Sequence[Device], room: dict[int, int], wish: Wish, processor: str
) -> Plan:
    """How to load it now. A model of a kind that nobody can plan is tried on the processor, or where a person wants it.

    Raises:
        AppError: no memory here is large enough.
    """
    known = cards_of(seen_as(each) for each in gpus)
    devices = machine(
        [replace(card, free=min(card.free, room.get(at, card.free))) for at, card in enumerate(known)], processor
    )
    if needs is None:
        layers = (wish.gpu_layers or 0) if known else 0
        shares = (Share(usable_cards(known)[0], layers, 0),) if layers else ()
        return Plan("unknown", wish.tokens, False, layers, devices[0].name, 0, devices[0].total, shares=shares)
    found = plan(needs, devices, wish)
    if found.kind == "large":
        need, have = in_gb(found.needs_bytes / SYSTEM_SHARE), in_gb(found.has_bytes)
        raise AppError(
            f"{header.name} needs about {need} GB of memory, and this computer has {have} GB.",
            "Choose a smaller model or a smaller quantization of this one.",
        )
    return found


def _placed(found: Plan, gpus: Sequence[Device], note: str) -> Placed:
    shares = tuple(
        CardShare(
            card=each.card,
            name=gpus[each.card].description,
            layers=each.layers,
            bytes=each.needs_bytes,
            total=gpus[each.card].total,
        )
        for each in found.shares
    )
    return Placed(shares=shares, cards=len(gpus), note=note)


def _note(found: Plan, gpus: Sequence[Device], full: Plan | None, wish: Wish) -> str:
    """Why it does not lie where it could; "" where it does, or a person wants it so."""
    if full is not None:
        if not found.shares:
            return f"{full.device} ran out of memory: the processor computes, slower. {_AGAIN}"
        if found.gpu_layers < full.gpu_layers:
            fewer = f"only {found.gpu_layers} layers are on {found.device}, slower"
            return f"{full.device} ran out of memory: {fewer}. {_AGAIN}"
        return f"{full.device} ran out of memory: the context is shorter. {_AGAIN}"
    if not gpus or found.shares or wish.gpu_layers == 0:
        return ""
    if not any(gpu.total for gpu in gpus):
        return f"{gpus[0].description} does not say how much memory it has: the processor computes."
    most = max(gpus, key=lambda gpu: gpu.free)
    free = f"{in_gb(most.free)} of {in_gb(most.total)} GB are free"
    return f"No room on {most.description}, where {free}: the processor computes, slower."


_AGAIN = "Close what else uses the card, then load the model again."
