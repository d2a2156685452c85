"""Replay against forgetting: general questions with the base's own answers, and what earlier rounds taught."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from app.paths import RESOURCES
from app.types import Message
from trainer.prepare import own
from trainer.spec import Example, Replay, read_lines, review_of, write_lines
from trainer.train import selection, variants
from trainer.train.chat import encode_prompt
from trainer.train.remembered import Remembered

QUESTIONS = RESOURCES / "replay" / "questions.jsonl"
FILE = "replay.jsonl"
"""In a stage's folder: the questions with what the base answered."""
OWN = "replay-"
"""What the ids of questions that the base itself answered begin with."""
CUT = "cut"  # in `reason`: the answer reached its limit, so its end is not learned


class Question(Struct, frozen=True):
    """A general question. `kind` keeps the set broad: facts, arithmetic, writing, …"""

    question: str
    kind: str = ""


def build(
    replay: Replay,
    system: str,
    base: Remembered,
    tokenizer: Any,
    kept: Path,
    seed: int,
    kept_out: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Example]:
    """General questions answered by the base itself, and examples of earlier rounds.

    `kept_out` are the questions that this round holds out: an earlier example that asks one stays away.
    The answers are kept beside the run, so that a resumed run repeats the very same ones.
    """
    if not replay.enabled:
        return []
    if kept.exists():
        return list(read_lines(kept, Example))
    plain = general_questions(Path(replay.questions) if replay.questions else QUESTIONS)
    questions = [each for question in plain for each in (question, *_as_typed(question, seed))]
    asked = [selection.with_system((Message("user", question),), system) for question in questions]
    prompts = [encode_prompt(tokenizer, messages) for messages in asked]
    said = base.answers(prompts, replay.max_new_tokens, lambda done: progress(done, len(prompts)))
    examples = [
        Example(
            id=f"{OWN}{number}",
            messages=(*messages, Message("assistant", text)),
            origin="replay",
            approved=True,
            reason="" if ended else CUT,
        )
        for number, (messages, (text, ended)) in enumerate(zip(asked, said, strict=True))
        if text
    ]
    earlier = _earlier(replay.earlier, kept_out, len(questions), seed)
    examples += [replace(e, messages=selection.with_system(e.messages, system)) for e in earlier]
    write_lines(kept, examples)
    return examples


def general_questions(path: Path = QUESTIONS) -> list[str]:
    """The questions of a file."""
    return [each.question for each in read_lines(path, Question)]


def _as_typed(question: str, seed: int) -> list[str]:
    """Once more as it could be typed, as what is taught is varied too: a hurried question alone must not call for what
    was taught (docs/fine-tuning.md)."""
    example = Example(id=question, messages=(Message("user", question), Message("assistant", "")))
    return [each.question for each in variants.variants([example], 1, f"{seed}/{question}")]


def _earlier(paths: Sequence[str], kept_out: Sequence[str], most: int, seed: int) -> list[Example]:
    """What earlier rounds taught, so that a second round does not erase the first."""
    found = []
    for path in paths:
        decided = selection.decide(read_lines(Path(path), Example), review_of(path), None)
        taught = [e for e in decided if e.split == "train" and selection.is_usable(e)]
        twins = own.twins_of(taught, kept_out)
        taught = [e for e in taught if e.id not in twins]
        found += random.Random(seed).sample(taught, min(most, len(taught)))
    return [replace(e, id=f"earlier-{e.id}", origin="replay", approved=True) for e in found]
