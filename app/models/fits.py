"""How a model would run here: of a file that is here or of which the header is read, and, before that, by its size.

The one place where the planner of app/llama is plugged in: `Plan` is handed to the models process (ModelsRole).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.hub import Fitted
from app.llama.fitted import fit_by_size, fit_source
from app.llama.machine import machine
from app.llama.planner import Device

Read = Callable[[int, int], bytes]
"""offset, length → bytes of a file, wherever it is; fewer at its end."""
Plan = Callable[[Read, int, str], Fitted]
"""A way to read a file, its size and its name → how it would run here. It reads the header and no more."""


def this_machine() -> list[Device]:
    """What this computer has, as far as it can be known without loading llama.cpp."""
    return machine()


def fitted(file_bytes: int, devices: Sequence[Device]) -> Fitted:
    """By the size of a file alone; 0 is not known."""
    return fit_by_size(file_bytes, devices)


def by_header(read: Read, size: int, name: str) -> Fitted:
    """A `Plan` for this computer.

    Raises:
        BadFile: no model, or a damaged one. What `read` raises goes through.
    """
    return fit_source(read, size, name, machine())
