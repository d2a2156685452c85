"""Keeps what sequences held in ordinary memory, beside the context, so that its cells are those of who writes now."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from app.llama.context import Context, State


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens at the start are the same."""
    size = min(len(a), len(b))
    if a[:size] == b[:size]:
        return size
    return next(i for i in range(size) if a[i] != b[i])


@dataclass(frozen=True)
class Saved:
    """The tokens that a sequence held, and their keys and values."""

    key: str
    tokens: list[int]
    state: State


class SavedStates:
    """States by conversation, of one context with one adapter: at most `limit` bytes, the oldest is dropped first."""

    def __init__(self, context: Context, limit: int) -> None:
        self._context, self.limit = context, limit
        self._states: OrderedDict[str, Saved] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What they take now."""
        return sum(saved.state.nbytes for saved in self._states.values())

    def save(self, key: str, sequence: int, tokens: list[int]) -> bool:
        """Keep a copy of a sequence in place of the conversation's last; False where it alone is over the limit."""
        size = self._context.state_bytes(sequence)
        if not 0 < size <= self.limit:
            return False
        state = self._context.save(sequence)
        return state is not None and self.put(Saved(key, list(tokens), state))

    def put(self, saved: Saved) -> bool:
        """Take a state in place of the conversation's last; False where it alone is over the limit."""
        size = saved.state.nbytes
        if not 0 < size <= self.limit:
            return False
        self.forget(saved.key)
        while self.bytes + size > self.limit:
            self._states.popitem(last=False)
        self._states[saved.key] = saved
        return True

    def get(self, key: str) -> Saved | None:
        """A conversation's state, which stays here."""
        return self._states.get(key)

    def held(self, key: str) -> list[int]:
        """The tokens of a conversation; none where it is not here."""
        saved = self._states.get(key)
        return list(saved.tokens) if saved is not None else []

    def nearest(self, prompt: list[int]) -> Saved | None:
        """The state with the longest beginning of a prompt."""
        return max(self._states.values(), key=lambda saved: common_prefix(saved.tokens, prompt), default=None)

    def take(self, key: str) -> Saved | None:
        """A conversation's state, which is then no longer here."""
        return self._states.pop(key, None)

    def forget(self, key: str) -> None:
        self._states.pop(key, None)

    def clear(self) -> None:
        self._states.clear()
