"""Two models without llama.cpp for a comparison: what is too long for them is told, and never cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from app.llama.prompt import Prompt
from app.llama.prompt import Turn as Asked
from app.llama.sequences import Ask, Sequences
from app.types import Budget
from trainer.evaluate.asking import SideBySide
from trainer.evaluate.chat_model import ChatModel
from trainer.evaluate.exams import Case

ROOM = 2000


class Tokens:
    """A model whose tokens are characters, and which is the surer of the next one the larger `sure` is."""

    end = 0

    class model:  # noqa: N801  (as a loaded model has it)
        """What tells vocabularies apart."""

        vocabulary = "characters"

    def __init__(self, sure: float) -> None:
        self._sure = sure

    def tokenize(self, text: str) -> list[int]:
        return [ord(c) % 128 for c in text]

    def detokenize(self, tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))

    def logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        rows = np.zeros((len(tokens), 128), np.float32)
        rows[np.arange(len(tokens) - 1), tokens[1:]] = self._sure
        return rows

    def answers(self, asks: Sequence[Ask]) -> list[str]:
        assert all(len(ask.tokens) + ask.limit <= ROOM for ask in asks), "A question is too long for the model."
        return ["I do not know." for _ in asks]

    def last_logits(self, prompts: Sequence[Sequence[int]]) -> list[NDArray[np.float32]]:
        assert all(len(prompt) <= ROOM for prompt in prompts), "A question is too long for the model."
        return [np.zeros(128, np.float32) for _ in prompts]


class Model(ChatModel):
    """It is asked in characters, and what is too long is not cut but told by the tokens above."""

    room = ROOM  # type: ignore[assignment]

    def __init__(self, sure: float) -> None:
        self.sequences = cast(Sequences, Tokens(sure))

    def prompt(self, turn: Asked, limit: int) -> Prompt:
        parts = [turn.system, *(message.content for message in turn.history), turn.question]
        tokens = self.sequences.tokenize("".join([*parts, *(passage.text for passage in turn.passages)]))
        return Prompt(tokens, Budget(context=ROOM, used=len(tokens)), len(turn.passages), False, (), "", limit)

    def fits(self, turn: Asked, limit: int) -> bool:
        return len(self.prompt(turn, limit).tokens) + limit <= ROOM


class TwoModels(SideBySide):
    """Both without llama.cpp."""

    def __init__(self, base: float = 1.0, tuned: float = 1.0) -> None:
        self.models = {"base": Model(base), "tuned": Model(tuned)}
        self._said = {}

    def answers(
        self,
        cases: Sequence[Case],
        gbnf: str = "",
        on_answer: Callable[[str, Case, str], None] = lambda _name, _case, _text: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[str, str], dict[str, str]]:
        assert all(self.fits(case) for case in cases), "A question is too long for the model."
        for case in cases:
            for name in ("base", "tuned"):
                on_answer(name, case, "Not so.")
        said = {case.id: "Not so." for case in cases}
        return said, said
