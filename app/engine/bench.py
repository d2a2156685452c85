"""Measures the chat against a bare llama.cpp loop in the same process: `python -m app.engine.bench --json`."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.engine.chat import Conversations
from app.engine.load import physical_cores
from app.engine.worker import EngineRole
from app.errors import AppError
from app.figures import Figure, figure, write
from app.llama.bare import Bare
from app.packages import STARTER, package_folder
from app.paths import home
from app.types import Message, Sampling
from app.workers.calls.engine import Chat, Chatted, Load, Token
from app.workers.message import Data
from app.workers.roles import Steps

CHAT_TARGET = 0.97
SECOND_TURN_TARGET = 32
"""Tokens that a second turn may evaluate beyond its new ones."""


def figures(path: Path, rounds: int = 9, tokens: int = 96) -> Iterator[Figure]:
    """Each figure as it is measured: chat speed (median over pairs of neighbouring rounds), then the second turn."""
    role = EngineRole(home())
    try:
        finish(role.handle(Load(path=str(path), context=4096)))
        conversations = role.conversations()
        yield _chat_speed(path, role, conversations, rounds, tokens)
        yield _second_turn(role, conversations)
    finally:
        role.close()


def _chat_speed(path: Path, role: EngineRole, conversations: Conversations, rounds: int, tokens: int) -> Figure:
    sampling = Sampling(temperature=0, max_tokens=tokens)
    call = Chat(conversation="bench", question="Write a long story about a river.", sampling=sampling)
    prompt = conversations.prompt(call).tokens
    bare_loop = Bare(path, 4096, physical_cores())
    ours, bare = [], []
    for round_ in range(rounds + 1):
        conversations.reset()
        speed = tokens_per_s(role.handle(call))
        conversations.reset()
        reference = bare_loop.tokens_per_s(prompt, sampling)
        if round_:  # the first pages the weights in
            ours.append(speed)
            bare.append(reference)
    bare_loop.close()
    value, reference = statistics.median(ours), statistics.median(bare)
    ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))  # neighbours in time
    return figure("chat", value, "tokens/s", reference, ratio, CHAT_TARGET, ratio >= CHAT_TARGET)


def tokens_per_s(steps: Steps) -> float:
    """Tokens a second of the worker's generator after the first token."""
    first = 0.0
    while True:
        try:
            event = next(steps)
        except StopIteration as stop:
            result: Data = stop.value
            break
        if not first and isinstance(event, Token):
            first = time.perf_counter()
    if not isinstance(result, Chatted):
        raise AppError("The model gave no answer.", "Choose another model to measure.")
    return (result.stats.completion_tokens - 1) / (time.perf_counter() - first)


def _second_turn(role: EngineRole, conversations: Conversations) -> Figure:
    question = "Summarize: " + "The river walks under the green stone and the lamp. " * 175
    sampling = Sampling(temperature=0, max_tokens=48)
    first = finish(role.handle(Chat(conversation="second", question=question, sampling=sampling)))
    text = first.text if isinstance(first, Chatted) else ""
    history = (Message("user", question), Message("assistant", text))
    follow_up = "And in one word?"
    call = Chat(conversation="second", question=follow_up, history=history, sampling=sampling)
    second = finish(role.handle(call))
    evaluated = second.stats.evaluated_tokens if isinstance(second, Chatted) else 0
    new = len(conversations.model.tokenize(follow_up))
    ok = 0 < evaluated <= new + SECOND_TURN_TARGET
    return figure("second-turn", evaluated, "tokens", new, evaluated / new, SECOND_TURN_TARGET + new, ok)


def finish(steps: Steps) -> Data:
    """Step a request to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Data = stop.value
            return result


def starter() -> Path:
    """The starter model's file, found without importing its package.

    Raises:
        AppError: it is not installed.
    """
    folder = package_folder(STARTER)
    if folder is None:
        raise AppError("The starter model is not installed.", "Name a model file with --model.")
    return next(folder.glob("*.gguf"))


def main() -> int:
    """Print one line a figure; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m app.engine.bench")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    return write(figures(arguments.model or starter(), arguments.rounds), as_json=arguments.json)


if __name__ == "__main__":
    sys.exit(main())
