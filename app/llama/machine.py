"""What of this computer's own memory a plan may count with; graphics cards are what llama.cpp's devices say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import psutil

from app.llama.planner import Device
from app.runtimes import Device as SeenDevice

THIS_COMPUTER = "This computer"


def cards_of(seen: Iterable[SeenDevice]) -> tuple[Device, ...]:
    """The graphics cards among the devices that a build of llama.cpp sees, in its order."""
    return tuple(Device(each.name, "gpu", each.total, each.free, each.integrated) for each in seen if each.is_gpu)


def machine(gpus: Sequence[Device] = (), name: str = THIS_COMPUTER) -> list[Device]:
    """The processor with its memory, and the cards. What is part of the processor has no more than that is free."""
    ram = psutil.virtual_memory()
    free = int(ram.available)
    cards = [replace(gpu, free=min(gpu.free, free)) if gpu.integrated else gpu for gpu in gpus]
    return [Device(name, "cpu", int(ram.total), free), *cards]
