"""Chat models that write for the trainer: a file on this computer, or one on a server, which the core asks for us."""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from app.llama import grammar
from app.llama.prompt import Turn
from app.llama.sequences import Ask
from trainer.errors import TrainerError
from trainer.evaluate.chat_model import ChatModel
from trainer.prepare.passages import shown_passage
from trainer.spec import ANSWERED, ASKED, Answered, Asked, Wish, read_json, write_json

LOOK_S = 0.2
SILENT_S = 15.0
"""After so long without an answer it is said what is waited for."""


class Writer(Protocol):
    """Answers wishes; `close` it."""

    def answers(self, wishes: Sequence[Wish]) -> list[str]:
        """A text for each wish, in their order."""
        ...

    def close(self) -> None:
        """Give back what it holds; twice is fine."""
        ...


class Installed:
    """A GGUF file, which answers sixteen at once."""

    def __init__(self, path: Path, threads: int) -> None:
        """Raises AppError: the file is damaged or no model, or memory is short."""
        self._model = ChatModel(path, sequences=16, threads=max(1, threads // 2))
        self._forms: dict[str, str] = {}

    def answers(self, wishes: Sequence[Wish]) -> list[str]:
        return self._model.sequences.answers([self._ask(wish) for wish in wishes])

    def close(self) -> None:
        self._model.close()

    def _ask(self, wish: Wish) -> Ask:
        turn = Turn(wish.text, system=wish.system)
        if wish.passage:
            turn = Turn(wish.text, passages=(shown_passage(wish.passage, wish.place),), grounded=True)
        if not wish.schema:
            return self._model.ask(turn, wish.limit, ("\n",))
        if wish.schema not in self._forms:
            self._forms[wish.schema] = grammar.of_schema(json.loads(wish.schema))
        return self._model.ask(turn, wish.limit, gbnf=self._forms[wish.schema])


class Served:
    """A model on a server, through the run's mailbox; it waits until somebody answers: a closed Inhouse is no error."""

    def __init__(self, mailbox: Path, host: str, wait: Callable[[str], object]) -> None:
        """`wait` is told, once a silence, what is waited for."""
        self._mailbox, self._host, self._wait = mailbox, host, wait
        shutil.rmtree(mailbox, ignore_errors=True)  # of a process that was killed: nobody wants these answers
        mailbox.mkdir(parents=True)

    def answers(self, wishes: Sequence[Wish]) -> list[str]:
        """Raises TrainerError: the server refused, or cannot be reached."""
        if not wishes:
            return []
        name = secrets.token_hex(8)
        asked, answered = self._mailbox / f"{name}{ASKED}", self._mailbox / f"{name}{ANSWERED}"
        write_json(asked, Asked(wishes=tuple(wishes)))
        began, told = time.monotonic(), False
        while not answered.exists():
            if not told and time.monotonic() - began > SILENT_S:
                told = True
                self._wait(f"Waiting for {self._host}")
            time.sleep(LOOK_S)
        said = read_json(answered, Answered)
        asked.unlink(missing_ok=True)
        answered.unlink(missing_ok=True)
        if said.problem:
            hint = f"{said.hint} What was written so far is kept. Start the run again, or let others write.".strip()
            raise TrainerError(said.problem, hint, said.detail, "author")
        if len(said.texts) != len(wishes):
            raise TrainerError(f"{self._host} answered only a part.", "Start the run again.", code="author")
        return list(said.texts)

    def close(self) -> None:
        shutil.rmtree(self._mailbox, ignore_errors=True)
