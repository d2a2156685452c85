"""Puts the same questions to both models at the same time, keeps what was said, and scores it while others answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from trainer.errors import TrainerError
from trainer.evaluate.exams import Case
from trainer.evaluate.prompting import Prompter
from trainer.parallel import Ask, Parallel

T = TypeVar("T")
BOTH = ("base", "tuned")


class Said(Struct, frozen=True):
    """One answer that was given: kept, so that a killed comparison does not ask again."""

    model: str
    case: str
    text: str


class Pair:
    """Both models side by side. On a CPU each has its own cores: waiting for each other after every layer of a small
    model costs more than a second core gives. `close` it, or use it in a `with`."""

    def __init__(self, base: Path, tuned: Path, adapter: Path | None, threads: int, kept: Path) -> None:
        each = max(1, threads // 2)
        self._kept, self._lock = kept, threading.Lock()
        self._said = {(s.model, s.case): s.text for s in _whole_lines(kept)}
        self.models = {"base": Parallel(base, threads=each)}
        try:
            self.models["tuned"] = Parallel(tuned, adapter, threads=each)
            self.prompters = {name: Prompter(model) for name, model in self.models.items()}
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back."""
        for model in self.models.values():
            model.close()

    def both(self, work: Callable[[str, Parallel], T]) -> tuple[T, T]:
        """Run something on both models at the same time; → what came of base and tuned."""
        with ThreadPoolExecutor(2, "model") as pool:
            base, tuned = (pool.submit(work, name, self.models[name]) for name in BOTH)
            return base.result(), tuned.result()

    def answers(
        self,
        cases: Sequence[Case],
        gbnf: str = "",
        told: Callable[[str, Case, str], None] = lambda _name, _case, _text: None,
    ) -> tuple[list[str], list[str]]:
        """Both models' answers in the order of the cases; `told` is called from the models' threads with each."""

        def work(name: str, model: Parallel) -> list[str]:
            prompter, found = self.prompters[name], {}
            for case in cases:
                if (name, case.id) in self._said:
                    found[case.id] = self._said[name, case.id]
                    told(name, case, found[case.id])
            rest = [case for case in cases if case.id not in found]
            asks = [Ask(prompter.tokens(case.turns), case.limit, case.stops, gbnf) for case in rest]
            for index, text in model.stream(asks):
                self._keep(Said(name, rest[index].id, text))
                found[rest[index].id] = text
                told(name, rest[index], text)
            return [found[case.id] for case in cases]

        return self.both(work)

    @property
    def room(self) -> int:
        """Tokens that a prompt and its answer must stay below."""
        return min(min(model.cells, model.trained_context) for model in self.models.values())

    def fits(self, case: Case) -> bool:
        """Whether a question fits the context of both models, and their template takes it."""
        try:
            return len(self.prompters["base"].tokens(case.turns)) + case.limit < self.room
        except TrainerError:
            return False

    def _keep(self, said: Said) -> None:
        line = msgspec.json.encode(said) + b"\n"
        with self._lock, self._kept.open("ab") as out:
            out.write(line)


def _whole_lines(path: Path) -> list[Said]:
    """What an earlier start was told; a torn last line is cut off."""
    if not path.exists():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("rb+") as out:
            out.truncate(len(whole))
    return [msgspec.json.decode(line, type=Said) for line in whole.splitlines()]
