"""What is asked about builds of llama.cpp: one is brought in or tried, in processes that may die of it."""

from __future__ import annotations

from app.runtimes import Device, Runtime
from app.workers.message import Call, Data


class AddRuntime(Call, frozen=True):
    """Take the libraries out of an archive or a folder, try them, and keep them; → CopyProgress…, RuntimeAdded."""

    path: str
    name: str = ""


class TryRuntime(Call, frozen=True):
    """Load a runtime ("built-in", or an id) in a process of its own, look at its devices and, with `model`, write one
    token with that file; → RuntimeTried."""

    id: str
    model: str = ""


class RuntimeAdded(Data, frozen=True):
    runtime: Runtime


class RuntimeTried(Data, frozen=True):
    """What a build says of itself. `text`: the token, "" where none was wanted; `gpu`: it came from a device that is no
    processor."""

    version: str
    backends: tuple[str, ...]
    devices: tuple[Device, ...]
    misfit: str = ""  # which structure the binding has otherwise
    text: str = ""
    gpu: bool = False
    load_ms: float = 0.0
    token_ms: float = 0.0


Calls = AddRuntime | TryRuntime

Answers = RuntimeAdded | RuntimeTried
