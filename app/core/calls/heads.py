"""What a door says about heads, which sort texts into labels: those that were kept, one from a run, and one less."""

from __future__ import annotations

from app.embedder.heads import Head
from app.workers.message import Call, Data


class ListHeads(Call, frozen=True):
    """→ Heads."""


class KeepHead(Call, frozen=True):
    """Copy the head that a run made, under this name or the run's; → Heads. One kept from it before is replaced."""

    run_id: str
    name: str = ""


class RemoveHead(Call, frozen=True):
    """Delete a head that was kept; its run keeps its own; → Heads."""

    head_id: str


class Heads(Data, frozen=True):
    """Newest first; without their weights."""

    heads: tuple[Head, ...] = ()


class HeadsChanged(Data, frozen=True):
    """Told to every door."""

    heads: tuple[Head, ...] = ()


Calls = ListHeads | KeepHead | RemoveHead
Answers = Heads
Events = HeadsChanged
