"""What of this computer's own memory a plan may count with; graphics cards are what llama.cpp's devices say."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from app.llama.planner import Device

THIS_COMPUTER = "This computer"


def machine(gpus: Sequence[Device] = (), *, given_back: int = 0) -> list[Device]:
    """The processor with its memory, and the cards. `given_back`: bytes that are free once a model has left."""
    ram = psutil.virtual_memory()
    free = min(ram.total, ram.available + given_back)
    return [Device(THIS_COMPUTER, "cpu", int(ram.total), int(free)), *gpus]
