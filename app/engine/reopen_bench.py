"""How soon a long chat answers after a restart, beside reading it again: `python -m app.engine.reopen_bench`."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from app.engine.bench import finish, starter
from app.engine.worker import EngineRole
from app.errors import AppError
from app.figures import Figure, figure, write
from app.paths import Home
from app.types import Message, Sampling
from app.workers.calls.engine import Chat, Chatted, KeepStates, Load

TOKENS = 4000
TARGET = 10.0
"""Times sooner."""
CHAT = "1"
SAID = "The river walks under the green stone and the lamp, and nobody knows how old the bridge is. "


def figures(path: Path, rounds: int) -> Iterator[Figure]:
    """The first word of a chat of 4,000 tokens in a process that has just loaded the model, from the disk and without:
    the medians of some rounds, one after the other in turn."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        history = _long_chat(path, home)
        kept, anew = [], []
        for _ in range(rounds):
            kept.append(_first_token_ms(path, home, history, keep=True))
            anew.append(_first_token_ms(path, home, history, keep=False))
    value, reference = statistics.median(kept), statistics.median(anew)
    ratio = statistics.median(one / other for one, other in zip(anew, kept, strict=True))
    yield figure("reopen", value, "ms", reference, ratio, TARGET, ratio >= TARGET)


def _long_chat(path: Path, home: Home) -> tuple[Message, ...]:
    """A chat that was written and left, as it is on the disk then."""
    role = EngineRole(home)
    try:
        finish(role.handle(Load(path=str(path), context=8192)))
        count = len(role.conversations().model.tokenize(SAID))
        question = SAID * (TOKENS // count)
        chatted = finish(role.handle(_call(question, (), keep=True)))
        text = chatted.text if isinstance(chatted, Chatted) else ""
        finish(role.handle(KeepStates(conversations=(CHAT,))))
        return Message("user", question), Message("assistant", text)
    finally:
        role.close()


def _first_token_ms(path: Path, home: Home, history: tuple[Message, ...], *, keep: bool) -> float:
    role = EngineRole(home)
    try:
        finish(role.handle(Load(path=str(path), context=8192)))
        for _ in role.background():
            pass
        chatted = finish(role.handle(_call("And in one word?", history, keep=keep)))
        if not isinstance(chatted, Chatted):
            raise AppError("The model gave no answer.", "Choose another model to measure.")
        return chatted.stats.first_token_ms
    finally:
        role.close()


def _call(question: str, history: tuple[Message, ...], *, keep: bool) -> Chat:
    sampling = Sampling(temperature=0, max_tokens=16)
    return Chat(conversation=CHAT, question=question, history=history, sampling=sampling, keep=keep, priority=1)


def main() -> int:
    """Print the figure; 1 where the target is missed."""
    parser = argparse.ArgumentParser(prog="python -m app.engine.reopen_bench")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    return write(figures(arguments.model or starter(), arguments.rounds), as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
