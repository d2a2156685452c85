"""How a model would run here: of a file that is here or of which the header is read, and, before that, by its size.

The one place where the planner of app/llama is plugged in: `Plan` is handed to the models process (ModelsRole).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.hub import Fitted
from app.llama.fitted import fit_by_size, fit_source
from app.llama.machine import cards_of, machine
from app.llama.planner import Device
from app.models.runtimes import Runtimes
from app.paths import Home

Read = Callable[[int, int], bytes]
"""offset, length → bytes of a file, wherever it is; fewer at its end."""
Plan = Callable[[Read, int, str], Fitted]
"""A way to read a file, its size and its name → how it would run here. It reads the header and no more."""


def this_machine(home: Home) -> list[Device]:
    """What this computer has: its memory, and the cards that chats run on as they were last seen."""
    return machine(cards_of(Runtimes(home).devices()))


def fitted(file_bytes: int, devices: Sequence[Device]) -> Fitted:
    """By the size of a file alone; 0 is not known."""
    return fit_by_size(file_bytes, devices)


def by_header(home: Home) -> Plan:
    """The plan for this computer; it raises BadFile for what is no model, or a damaged one."""
    return lambda read, size, name: fit_source(read, size, name, this_machine(home))
