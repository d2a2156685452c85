"""A base answers a general question once: what it said stays in the cache, for a later run and one that was killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from trainer.train.answer import BATCH, answer

Answer = tuple[str, bool]
"""What was said, and whether it came to its end."""


class Said(Struct, frozen=True):
    """One line of the file."""

    prompt: str  # digest of its ids
    text: str
    ended: bool


class Remembered:
    """The untaught base with a memory of what it said."""

    def __init__(self, model: Any, tokenizer: Any, file: Path | None = None) -> None:
        """Prepare.

        Args:
            model: a Hugging Face causal language model, adapters off.
            tokenizer: its tokenizer.
            file: JSON lines of this very base in this precision; None remembers nothing.
        """
        self._model, self._tokenizer, self._file = model, tokenizer, file

    def answers(
        self, prompts: Sequence[Sequence[int]], limit: int, progress: Callable[[int], None] = lambda _: None
    ) -> list[Answer]:
        """Greedy answers of at most `limit` tokens, in the order of the prompts (ids); `progress` is told how many are
        there."""
        names = [_digest(prompt, limit) for prompt in prompts]
        known = self._known()
        missing = {name: prompt for name, prompt in zip(names, prompts, strict=True) if name not in known}
        order = sorted(missing, key=lambda name: len(missing[name]))  # batches of like lengths
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            said = answer(self._model, self._tokenizer, [missing[name] for name in part], limit)
            new = dict(zip(part, said, strict=True))
            self._keep(new)
            known |= new
            progress(len(prompts) - len(order) + start + len(part))
        return [known[name] for name in names]

    def _known(self) -> dict[str, Answer]:
        if self._file is None or not self._file.exists():
            return {}
        found = {}
        decoder = msgspec.json.Decoder(Said)
        for line in self._file.read_bytes().splitlines():
            try:
                said = decoder.decode(line)
            except msgspec.DecodeError:  # empty, or cut by a kill: asked again
                continue
            found[said.prompt] = (said.text, said.ended)
        return found

    def _keep(self, new: dict[str, Answer]) -> None:
        if self._file is None:
            return
        lines = [msgspec.json.encode(Said(name, text, ended)) for name, (text, ended) in new.items()]
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("ab") as out:
            out.write(b"\n" + b"\n".join(lines) + b"\n")  # what a kill cut stays on a line of its own


def _digest(prompt: Sequence[int], limit: int) -> str:
    return hashlib.sha256(msgspec.json.encode([limit, list(prompt)])).hexdigest()[:32]
