"""Guesses what an answer writes next by looking it up in what stands before, so that one batch writes several tokens.

Prompt lookup: where the last tokens stood before, in a passage or in the question, what followed them there is likely
to follow again. The guess is evaluated behind the token that is due, and what the model itself draws at each place
decides, so that the words are those that it would have written one by one. It is made only where the times measured on
this computer and the share of right guesses in this answer say that it pays, and where a batch gives the numbers that a
token alone gives, which is looked at once an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from app.llama.context import Logits

NGRAM = 3
"""Tokens that must have stood before."""
SIZES = (3, 5, 8)
"""Tokens of a batch, the one that is due included; with the one that is looked at again there are nine, as many as a
batch has rows of logits for."""
PRIOR, WEIGHT = 0.5, 0.15
"""The share of right guesses before any was made, and how much the last one counts."""
SMOOTH = 0.2
CLOSE = 1e-4
"""How far the logits of a token in a batch may be from those that it has alone: rounding. Quantized weights on the
processor give the same to the last bit."""
GAIN = 1.1
"""It must be so many times faster."""


@dataclass(eq=False)
class Lookup:
    """Where each three tokens of one answer and its prompt stood last, and how well guessing goes."""

    right: float = PRIOR
    checked: bool = False
    """Whether a batch was held against a token alone."""
    alone: Logits | None = None
    """Logits of the token before the one that is due, evaluated alone, until then."""
    drafted: int = 0
    accepted: int = 0
    _last: dict[tuple[int, ...], int] = field(default_factory=dict)
    _seen: int = 0
    _next: int = -1
    """The first token of the last guess, whether it was tried or not."""

    def guess(self, tokens: list[int], most: int) -> list[int]:
        """What followed where the last tokens stood before; nothing where they are new."""
        for end in range(max(NGRAM, self._seen), len(tokens)):
            self._last[tuple(tokens[end - NGRAM : end])] = end
        self._seen = len(tokens)
        at = self._last.get(tuple(tokens[-NGRAM:]))
        found = tokens[at : at + most] if at is not None else []
        if (seen := next((n for n, token in enumerate(found) if token < 0), None)) is not None:
            found = found[:seen]  # what is seen in a picture nobody writes
        while found and len(found) < most:  # it has stood there just now: what repeats itself goes on so
            found = [*found, *found][:most]
        self._next = found[0] if found else -1
        return found

    def came(self, token: int) -> None:
        """This was drawn behind the tokens that were last asked for."""
        if self._next >= 0:
            self.right += WEIGHT * ((token == self._next) - self.right)
            self._next = -1

    def kept(self, guesses: int, right: int) -> None:
        """So many of the guesses of a batch were right."""
        self.drafted, self.accepted = self.drafted + guesses, self.accepted + right
        for n in range(min(right + 1, guesses)):
            self.right += WEIGHT * ((n < right) - self.right)


class Speculation:
    """What batches of one model take on this computer, and so how many tokens to guess."""

    def __init__(self, *, usable: bool) -> None:
        """`usable`: the model's memory takes tokens back."""
        self.usable = usable
        self._seconds: dict[int, float] = {}

    def guess(self, lookup: Lookup, tokens: list[int]) -> list[int]:
        """Tokens to evaluate behind the last; none where it would not pay, or before a token alone was measured."""
        found = lookup.guess(tokens, SIZES[-1] - 1)
        if not self.usable or len(found) < SIZES[0] - 1 or 1 not in self._seconds:
            return []
        sizes = [size for size in SIZES if size <= len(found) + 1]
        best = max(sizes, key=lambda size: self._speed(size, lookup.right))
        pays = self._speed(best, lookup.right) > GAIN / self._seconds[1]
        if not pays:
            return []
        lookup._next = -1  # `kept` counts it
        return found[: best - 1]

    def took(self, size: int, seconds: float) -> None:
        """A batch of so many tokens of one answer took so long."""
        before = self._seconds.get(size, seconds)
        self._seconds[size] = before + SMOOTH * (seconds - before)

    def same(self, lookup: Lookup, logits: Logits) -> bool:
        """Whether a batch gave the token before the numbers that it had alone; where not, no answer tries it again."""
        lookup.checked = True
        self.usable = lookup.alone is not None and bool(np.allclose(lookup.alone, logits, rtol=0, atol=CLOSE))
        lookup.alone = None
        return self.usable

    def _speed(self, size: int, right: float) -> float:
        """Tokens a second to expect; a size that was never tried is taken to cost half a token a guess."""
        seconds = self._seconds.get(size, self._seconds[1] * (1 + (size - 1) / 2))
        return sum(right**n for n in range(size)) / seconds
