"""How a model would run here: of a file that is here or of which the header is read, and, before that, by its size.

The one place where the planner of app/llama is plugged in.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.hub import Fitted
from app.llama.fitted import fit_by_size, fit_model
from app.llama.gguf_header import GgufHeader
from app.llama.machine import cards_of, machine
from app.llama.planner import Device
from app.models.runtimes import Runtimes
from app.paths import Home


def this_machine(home: Home) -> list[Device]:
    """What this computer has: its memory, and the cards that chats run on as they were last seen."""
    return machine(cards_of(Runtimes(home).devices()))


def fitted(file_bytes: int, devices: Sequence[Device]) -> Fitted:
    """By the size of a file alone; 0 is not known."""
    return fit_by_size(file_bytes, devices)


def fitted_by_header(home: Home, header: GgufHeader, projector: GgufHeader | None) -> Fitted:
    """By what its header says, and that of its projector where it sees."""
    return fit_model(header, this_machine(home), projector=projector)
