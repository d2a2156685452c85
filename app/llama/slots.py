"""Knows which tokens each sequence of a context holds, and begins a prompt with the longest prefix that is there.

A prefix is used again only where every token id is the same, so nothing can get from one conversation into another:
equal tokens give equal keys and values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from app.llama.context import Context
from app.llama.positions import standing
from app.llama.saved import Saved, SavedStates, common_prefix

LITTLE = 128
"""Tokens; losing fewer than these is better than taking another sequence."""
WORTH_RESTORING = 32
"""Tokens; evaluating fewer again is as quick."""
GATHERED = "gathered"
"""The key of a state that is only moved to other cells."""


@dataclass(eq=False)
class Slot:
    """One sequence of the context: what it holds, and for which conversation."""

    number: int
    key: str = ""
    tokens: list[int] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)
    """A name for the cell of each token; sequences that share a prefix share its cells."""
    standing: int = 0
    """Tokens that take no position of their own."""
    busy: bool = False
    used: int = 0
    """When it was last taken; the smallest is the oldest."""

    @property
    def position(self) -> int:
        """Where its next token stands."""
        return len(self.tokens) - self.standing

    def cut(self, tokens: int) -> None:
        """It holds only its first `tokens` now."""
        del self.tokens[tokens:], self.cells[tokens:]
        self.standing = standing(self.tokens) if self.standing else 0

    @property
    def name(self) -> str:
        """What its state is saved under: its conversation, else itself, so that those of nobody stay few."""
        return self.key or f"sequence {self.number}"


class Slots:
    """The sequences of one context, and the states of others while they fit in `limit` bytes of ordinary memory."""

    def __init__(self, context: Context, limit: int, *, parks: bool = False) -> None:
        """`parks`: whoever begins sends idle sequences there first, so that attention need not pass their cells."""
        self._context, self._parks = context, parks
        self._slots = [Slot(number) for number in range(context.sequences)]
        self.saved = SavedStates(context, limit)
        self._names = count()
        self._clock = count(1)
        self._scattered = False
        """Whether cells before or between those in use may be empty."""

    @property
    def size(self) -> int:
        """Cells of all sequences together, which is also the most that one can hold."""
        return self._context.size

    @property
    def busy(self) -> list[Slot]:
        return [slot for slot in self._slots if slot.busy]

    @property
    def idle(self) -> list[Slot]:
        """Those that no answer needs now, the one that was used longest ago first."""
        return sorted((slot for slot in self._slots if not slot.busy), key=lambda slot: slot.used)

    def cells(self, slots: Iterable[Slot]) -> int:
        """How many cells some sequences take together."""
        return len(set[int]().union(*(slot.cells for slot in slots)))

    def held(self, key: str) -> list[int]:
        """A copy of the tokens of a conversation, in the cache or saved."""
        return next((list(slot.tokens) for slot in self._slots if slot.key == key), self.saved.held(key))

    def snapshot(self, key: str) -> Saved | None:
        """A copy of what a conversation holds; None where nothing is here of it, or while it is at work."""
        slot = next((slot for slot in self._slots if slot.key == key), None)
        if slot is None:
            return self.saved.get(key)
        if slot.busy or not 0 < self._context.state_bytes(slot.number) <= self.saved.limit:
            return None
        state = self._context.save(slot.number)
        return Saved(key, list(slot.tokens), state) if state is not None else None

    def longest(self, prompt: list[int]) -> int:
        """How many tokens of a prompt would not have to be evaluated if it began now."""
        held = max(common_prefix(slot.tokens, prompt) for slot in self._slots)
        saved = self.saved.nearest(prompt)
        return held if saved is None else max(held, common_prefix(saved.tokens, prompt))

    def begin(self, key: str, prompt: list[int], reusable: int | None = None) -> Slot | None:
        """Take a sequence for a prompt; its tokens are then a prefix of it of at most `reusable` tokens, or of all but
        the last, which must be evaluated for its logits. None where all are busy."""
        slot = self._choose(key, prompt)
        if slot is None:
            return None
        self._fill(slot, key, prompt)
        slot.key, slot.busy, slot.used = key, True, next(self._clock)
        most = len(prompt) - 1 if reusable is None else reusable
        self._cut(slot, min(common_prefix(slot.tokens, prompt), most))
        if self._parks:
            self._park()
            if self._scattered and self.busy == [slot]:
                self._gather(slot)
        return slot

    def add(self, slot: Slot, tokens: Sequence[int]) -> None:
        """These were evaluated behind what the sequence held."""
        slot.tokens.extend(tokens)
        slot.cells.extend(next(self._names) for _ in tokens)
        slot.standing += standing(tokens)

    def take_back(self, slot: Slot, tokens: int) -> None:
        """Forget what the sequence holds behind its first `tokens`; the memory may hold more than it says itself."""
        positions = tokens - standing(slot.tokens[:tokens]) if slot.standing else tokens
        slot.cut(tokens if self._context.keep(slot.number, positions) else 0)

    def settle(self, slots: Iterable[Slot]) -> None:
        """A batch was cut short: a sequence whose memory is not as it was before is emptied."""
        for slot in slots:
            if not self._context.holds(slot.number, slot.position):
                self._empty(slot)

    def restart(self, slot: Slot) -> None:
        """A batch of it failed half way: it begins anew."""
        self._empty(slot)

    def end(self, slot: Slot) -> None:
        """The answer is over; what the sequence holds stays for the next that begins so."""
        slot.busy = False
        slot.used = next(self._clock)

    def set_aside(self, slot: Slot, key: str) -> None:
        """Free the sequence and its cells; its state is kept under `key` while there is room."""
        self.saved.save(key, slot.number, slot.tokens)
        self._vacate(slot)
        slot.busy = False

    def free_idle(self) -> bool:
        """Free the cells of the idle sequence that was used longest ago; False where there is none."""
        for slot in self.idle:
            if slot.tokens:
                self.saved.save(slot.name, slot.number, slot.tokens)
                self._vacate(slot)
                return True
        return False

    def forget(self, key: str) -> None:
        """Nobody will come back for what was set aside under `key`."""
        self.saved.forget(key)

    def clear(self) -> None:
        """Forget everything, the saved conversations too."""
        self._context.clear()
        self.saved.clear()
        self._scattered = False
        for slot in self._slots:
            slot.key = ""
            slot.cut(0)

    # --- choosing and filling -----------------------------------------------------------------------------------------

    def _choose(self, key: str, prompt: list[int]) -> Slot | None:
        """The conversation's own sequence, else one that loses little by being cut to the prompt, else an empty one,
        else the one that was used longest ago."""
        idle = self.idle
        own = next((slot for slot in idle if key and slot.key == key), None)
        if own is not None or not idle:
            return own
        nearest = max(idle, key=lambda slot: common_prefix(slot.tokens, prompt))
        shared = common_prefix(nearest.tokens, prompt)
        if shared and len(nearest.tokens) - shared < LITTLE:
            return nearest
        return next((slot for slot in idle if not slot.tokens), idle[0])

    def _fill(self, slot: Slot, key: str, prompt: list[int]) -> None:
        """Give the sequence the longest prefix that any other, or a saved state, has for it."""
        have = common_prefix(slot.tokens, prompt)
        if slot.key != key and slot.key:
            self.saved.save(slot.key, slot.number, slot.tokens)
        source = max(self._slots, key=lambda other: common_prefix(other.tokens, prompt))
        shared = min(common_prefix(source.tokens, prompt), len(prompt) - 1)
        saved = self.saved.nearest(prompt)
        self.saved.forget(key)
        if saved is not None and common_prefix(saved.tokens, prompt) >= max(have, shared) + WORTH_RESTORING:
            self._restore(slot, saved)
        elif source is not slot and shared > have:
            self._copy(source, slot, shared)

    def _restore(self, slot: Slot, saved: Saved) -> None:
        """Put a saved state into the sequence; what does not come back is read again."""
        self._empty(slot)
        if self._parks:
            self._park()  # first, so that the lowest cells are free
        while self.size - self.cells(self._slots) < len(saved.tokens) and self.free_idle():
            pass
        if self._context.restore(slot.number, saved.state, len(saved.tokens) - standing(saved.tokens)):
            self.add(slot, saved.tokens)

    def _copy(self, source: Slot, slot: Slot, tokens: int) -> None:
        self._empty(slot)
        still = standing(source.tokens[:tokens]) if source.standing else 0
        whole = tokens == len(source.tokens)
        if self._context.copy(source.number, slot.number, tokens - still, whole=whole):
            slot.tokens, slot.cells, slot.standing = source.tokens[:tokens], source.cells[:tokens], still

    def _cut(self, slot: Slot, tokens: int) -> None:
        if tokens != len(slot.tokens):
            self.take_back(slot, tokens)

    def _empty(self, slot: Slot) -> None:
        scattered = self._scattered or bool(slot.tokens)
        slot.cut(0)
        if any(other.tokens for other in self._slots):
            self._context.drop(slot.number)
            self._scattered = scattered
        else:  # llama.cpp begins at the first cell again
            self._context.clear()
            self._scattered = False

    def _vacate(self, slot: Slot) -> None:
        slot.key = ""
        self._empty(slot)

    # --- making way ---------------------------------------------------------------------------------------------------

    def _park(self) -> None:
        """Send idle sequences to ordinary memory; one that would not fit there keeps its cells."""
        for slot in self.idle:
            if slot.tokens and self.saved.save(slot.name, slot.number, slot.tokens):
                self._vacate(slot)

    def _gather(self, slot: Slot) -> None:
        """Move the only sequence that is left to the first cells: attention goes through all up to the last in use."""
        if self.saved.save(GATHERED, slot.number, slot.tokens):
            self._empty(slot)
            saved = self.saved.take(GATHERED)
            assert saved is not None
            self._restore(slot, saved)
