"""How likely the tokens of a text are, noted while it is read: nothing is drawn and nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.errors import AppError
from app.llama.context import Context, Part
from app.llama.draw import broken, is_finite, log_probabilities


@dataclass(frozen=True)
class Score:
    """The natural logarithm of a token's probability, and the likeliest tokens at its place."""

    token: int
    logprob: float
    top: tuple[tuple[int, float], ...]

    @property
    def greedy(self) -> bool:
        """Whether no token was likelier. Needs at least one in `top`."""
        return self.logprob >= self.top[0][1]


@dataclass(eq=False)
class Scores:
    """The tokens of a text from `start` on, each weighed by the logits of the one before it."""

    tokens: Sequence[int]
    start: int
    """At least 1: what stands before the first token says how likely it is."""
    top: int
    found: list[Score] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The first token that is not weighed yet."""
        return self.start + len(self.found)

    @property
    def done(self) -> bool:
        return self.next >= len(self.tokens)

    def slice(self, held: int, size: int, rows: int) -> tuple[int, bool]:
        """How many tokens to evaluate behind `held`, `size` at most, and whether the logits of each are wanted.
        `rows`: of logits that there is room for, at least 1."""
        before = self.next - 1 - held
        return (min(size, before), False) if before > 0 else (min(size, max(rows, 1)), True)

    def take(self, context: Context, part: Part, row: int, held: int) -> AppError | None:
        """Weigh what follows each token of a part that was evaluated behind `held` others; `row`: of its last token.
        → what is wrong where the logits are no numbers."""
        first = row - len(part.tokens) + 1
        for at in range(len(part.tokens) if part.every else 0):
            target = held + at + 1
            if target != self.next:
                continue  # it was weighed before its sequence had to be read again
            logits = context.logits(first + at)
            if not is_finite(logits):
                return broken()
            own, top = log_probabilities(logits, self.tokens[target], self.top)
            self.found.append(Score(self.tokens[target], own, tuple(top)))
        return None
