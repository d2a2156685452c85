"""Holds a model to the thinking that it is given: when it is spent the block is closed, and the answer begins."""

from __future__ import annotations

from collections.abc import Sequence

from app.engine.generation import Drawn
from app.llama.detokenize import THINK_CLOSE, AnswerStream

CLOSING = f"\n{THINK_CLOSE}\n\n"
"""As models end a block themselves, so that what follows reads like an answer of theirs."""
ANSWER_SHARE = 4
"""At least 1/4 of the room behind the prompt stays for the answer, however long a model may think."""


class ThinkingBudget:
    """The tokens that one answer may think; they do not count as its own. A model that does not think has none."""

    def __init__(self, stream: AnswerStream, most: int | None, closing: Sequence[int], free: int, answer: int) -> None:
        """`most`: tokens, None as many as there is room for; `closing`: what ends the block; `free`: cells behind the
        prompt; `answer`: how long the answer itself may be."""
        room = max(free - min(answer, max(free // ANSWER_SHARE, 1)), 0)
        self._most = room if most is None else min(most, room)
        self._stream, self._closing, self._free, self._answer = stream, tuple(closing), free, answer
        self._left: list[int] = []
        self.spent = 0
        """Tokens inside the block, its end included."""

    @property
    def room(self) -> int:
        """How many tokens the answer may have by now, its thinking included."""
        return min(self._answer + self.spent, self._free)

    @property
    def is_over(self) -> bool:
        """Whether the answer has begun: from here on each token is the one that was drawn."""
        return bool(self._stream.answer) and not self._left

    def next(self, drawn: Drawn) -> Drawn:
        """The token that is written: the one that was drawn, or one that closes the block."""
        thinks = self._stream.is_thinking
        if thinks and not self._left and self.spent >= self._most:
            self._left = list(self._closing)
        if thinks or self._left:
            self.spent += 1
        return Drawn(self._left.pop(0)) if self._left else drawn
