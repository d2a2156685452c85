"""Puts the same questions to both models at the same time, keeps every answer, and scores it while others are asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from trainer.evaluate.chat_model import ChatModel
from trainer.evaluate.exams import Case

T = TypeVar("T")
BOTH = ("base", "tuned")
BLOCK = 64
"""Questions that are asked together, and again together after a kill: in another company the same prompt gives slightly
other numbers, and so, where two tokens are close, another answer."""


class GivenAnswer(Struct, frozen=True):
    """One answer that was given: kept, so that a killed comparison does not ask again."""

    model: str
    case: str
    text: str


class SideBySide:
    """The base and the tuned model, each with its own cores: on a CPU waiting for each other after every layer of a
    small model costs more than a second core gives. `close` it, or use it in a `with`."""

    def __init__(self, base: Path, tuned: Path, adapter: Path | None, threads: int, kept: Path) -> None:
        """Load both.

        Args:
            base: the GGUF before training.
            tuned: the GGUF after it, or the base again where `adapter` is what was trained.
            adapter: a LoRA GGUF for `tuned`.
            threads: cores of both together.
            kept: where answers are kept, a `GivenAnswer` a line.
        """
        each = max(1, threads // 2)
        self._kept, self._lock = kept, threading.Lock()
        self._said = {(s.model, s.case): s.text for s in _whole_lines(kept)}
        self.models = {"base": ChatModel(base, threads=each)}
        try:
            self.models["tuned"] = ChatModel(tuned, adapter, threads=each)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> SideBySide:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back."""
        for model in self.models.values():
            model.close()

    def both(self, work: Callable[[str, ChatModel], T]) -> tuple[T, T]:
        """Run something on both models at the same time; returns (what came of the base, what came of the tuned)."""
        with ThreadPoolExecutor(2, "model") as pool:
            base, tuned = (pool.submit(work, name, self.models[name]) for name in BOTH)
            return base.result(), tuned.result()

    def answers(
        self,
        cases: Sequence[Case],
        gbnf: str = "",
        on_answer: Callable[[str, Case, str], None] = lambda _name, _case, _text: None,
        enough: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Both models' answers, (base's, tuned's), each by the case's id.

        Args:
            cases: what to ask.
            gbnf: a grammar that every answer must follow; "" for none.
            on_answer: called from the models' threads with the model's name, the case and the answer.
            enough: asked after each answer; once it is true no further one is waited for.
        """

        def work(name: str, model: ChatModel) -> dict[str, str]:
            found: dict[str, str] = {}
            for start in range(0, len(cases), BLOCK):
                for case, text in self._block(name, model, cases[start : start + BLOCK], gbnf):
                    found[case.id] = text
                    on_answer(name, case, text)
                    if enough():
                        return found
            return found

        return self.both(work)

    def _block(self, name: str, model: ChatModel, cases: Sequence[Case], gbnf: str) -> Iterator[tuple[Case, str]]:
        """The answers to one block, asked anew unless all of them are kept."""
        if all((name, case.id) in self._said for case in cases):
            yield from ((case, self._said[name, case.id]) for case in cases)
            return
        asks = [model.ask(case.turn, case.limit, case.cut, gbnf) for case in cases]
        for index, text in model.sequences.stream(asks):
            self._keep(GivenAnswer(name, cases[index].id, text))
            yield cases[index], text

    def answered(self, cases: Sequence[Case]) -> bool:
        """Whether an earlier start has kept an answer to any of them."""
        return any((name, case.id) in self._said for case in cases for name in BOTH)

    def fits(self, case: Case) -> bool:
        """Whether a question fits both models whole."""
        return all(model.fits(case.turn, case.limit) for model in self.models.values())

    def _keep(self, said: GivenAnswer) -> None:
        line = msgspec.json.encode(said) + b"\n"
        with self._lock, self._kept.open("ab") as out:
            out.write(line)


def _whole_lines(path: Path) -> list[GivenAnswer]:
    """What an earlier start was told; a torn last line is cut off."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("rb+") as out:
            out.truncate(len(whole))
    return [msgspec.json.decode(line, type=GivenAnswer) for line in whole.splitlines()]
