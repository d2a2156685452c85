"""Knows which tokens the KV cache holds and uses the longest prefix again; one chat never sees another's."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from app.errors import AppError
from app.llama import bindings as llama
from app.llama.bindings import Context

WORTH_SAVING = 128
"""Tokens; evaluating fewer again is quicker than it is worth the memory."""


@dataclass(frozen=True)
class _Saved:
    tokens: list[int]
    state: bytes


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens at the start are the same."""
    size = min(len(a), len(b))
    if a[:size] == b[:size]:
        return size
    return next(i for i in range(size) if a[i] != b[i])


class PrefixCache:
    """The one live sequence, and the states of other conversations while they fit in `limit` bytes.

    A prefix is used again only where every token id is the same, so the cache cannot carry anything from one
    conversation into another: equal tokens give equal keys and values.
    """

    def __init__(self, context: Context, limit: int) -> None:
        self._context = context
        self._limit = limit
        self._key = ""
        self._tokens: list[int] = []
        self._saved: OrderedDict[str, _Saved] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def tokens(self) -> list[int]:
        """A copy of what the cache holds."""
        return list(self._tokens)

    def begin(self, key: str, prompt: list[int]) -> int:
        """Make the cache hold a prefix of `prompt`; returns its length, less than the prompt's, since the last
        token must be evaluated for its logits."""
        if key != self._key:
            self._switch(key, prompt)
        keep = min(common_prefix(self._tokens, prompt), len(prompt) - 1)
        if keep < len(self._tokens):
            if self._context.keep(keep):
                del self._tokens[keep:]
            else:
                self._tokens.clear()
        return len(self._tokens)

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Decode the next tokens; False when the context is full.

        Raises:
            AppError: llama.cpp failed; the cache is empty then.
        """
        if len(self._tokens) + len(tokens) > self._context.size:
            return False
        result = self._context.decode(tokens)
        if result == 0:
            self._tokens.extend(tokens)
        return self._settle(result)

    def evaluate_one(self, token: int) -> bool:
        """As `evaluate`, for the token just drawn."""
        if len(self._tokens) >= self._context.size:
            return False
        result = self._context.decode_one(token)
        if result == 0:
            self._tokens.append(token)
        return self._settle(result)

    def _settle(self, result: int) -> bool:
        if result < 0 or result > 1:
            self.clear()
            message = "The model stopped because of an error inside it."
            raise AppError(message, "Ask again, or restart the model.", f"llama_decode {result}\n{llama.last_errors()}")
        return result == 0

    def clear(self) -> None:
        """Forget everything, the saved conversations too."""
        self._context.clear()
        self._tokens.clear()
        self._saved.clear()
        self._key = ""

    def _switch(self, key: str, prompt: list[int]) -> None:
        self._save_current()
        self._key = key
        saved = self._saved.pop(key, None)
        if saved is None or common_prefix(saved.tokens, prompt) <= common_prefix(self._tokens, prompt):
            return  # what is live (the same instructions, say) serves as well
        self._tokens = saved.tokens if self._context.restore(saved.state) else []

    def _save_current(self) -> None:
        if not self._key or len(self._tokens) < WORTH_SAVING:
            return
        state = self._context.save(self._limit)
        if state is None:
            return
        self._saved[self._key] = _Saved(list(self._tokens), state)
        self._saved.move_to_end(self._key)
        while sum(len(saved.state) for saved in self._saved.values()) > self._limit:
            self._saved.popitem(last=False)
