"""How a model would run here: of a file that is here or of which the header is read, and, before that, by its size.

The one place where the planner of app/llama is plugged in: `Plan` is handed to the models process (ModelsRole).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import psutil

from app.hub import Fitted

GB = 1_000_000_000
COMPUTE_BYTES = 400 << 20
"""Of llama.cpp beside weights and context, at most."""
CONTEXT_SHARE = 0.15
"""Of the weights: the context and the working memory beside them, as far as the size alone says it."""
MEMORY_SHARE = 0.85
"""Of the memory of this computer that a model may take before the system starts to swap."""

Read = Callable[[int, int], bytes]
"""offset, length → bytes of a file, wherever it is; fewer at its end."""
Plan = Callable[[Read, int, str], Fitted]
"""A way to read a file, its size and its name → how it would run here. It reads the header and no more."""


@dataclass(frozen=True)
class Machine:
    """Bytes of memory; `gpu` is 0 where nothing says that there is one."""

    ram: int
    gpu: int = 0
    gpu_name: str = ""


def this_machine() -> Machine:
    """What this computer has, as far as it can be known without loading llama.cpp."""
    return Machine(ram=int(psutil.virtual_memory().total))


def fitted(file_bytes: int, machine: Machine) -> Fitted:
    """By the size of a file alone; sizes are in bytes, 0 is not known."""
    if file_bytes <= 0:
        return Fitted(kind="unknown", text="The hub says how large it is")
    needs = round(file_bytes * (1 + CONTEXT_SHARE)) + min(COMPUTE_BYTES, file_bytes)
    why = ("By the size of the file; the header says it exactly.",)
    if machine.gpu and needs <= machine.gpu * MEMORY_SHARE:
        return Fitted(
            kind="gpu",
            text=f"Fits your GPU: {_gb(needs)} of {_gb(machine.gpu)} GB",
            needs_bytes=needs, has_bytes=machine.gpu, device=machine.gpu_name, why=why,
        )  # fmt: skip
    if needs > machine.ram * MEMORY_SHARE:
        least = f"{_gb(needs / MEMORY_SHARE)} GB"
        return Fitted(kind="large", text=f"Too large: needs {least}", needs_bytes=needs, has_bytes=machine.ram, why=why)
    slower = ", slower" if machine.gpu else ""
    return Fitted(
        kind="cpu",
        text=f"Runs on the processor{slower}: {_gb(needs)} of {_gb(machine.ram)} GB",
        needs_bytes=needs, has_bytes=machine.ram, why=why,
    )  # fmt: skip


def by_size(read: Read, size: int, name: str) -> Fitted:
    """A `Plan` that looks at nothing but the size."""
    return fitted(size, this_machine())


def _gb(count: float) -> str:
    value = count / GB
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"
