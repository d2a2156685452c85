"""The question whose answer a person wants to see while the model learns; it is used for nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from app.errors import AppError
from app.finetune.review import ReviewList
from app.finetune.wizard import OwnQuestion

LONGEST = 500
"""Characters: more would not fit a small model, nor its box."""
Known = Literal["", "taught", "asked"]


def sample_question(text: str) -> str:
    """What a person typed, in one line; "" takes the question back.

    Raises:
        AppError: it is too long.
    """
    question = " ".join(text.split())
    if len(question) > LONGEST:
        raise AppError("This question is too long to be shown.", f"Shorten it to {LONGEST} characters.")
    return question


def known_as(question: str, review: ReviewList | None, own: Iterable[OwnQuestion]) -> Known:
    """Whether the run has the very same question elsewhere: among what is taught, or in the exam ("asked")."""
    plain = _plain(question)
    if any(_plain(each.question) == plain for each in own):
        return "asked"
    same = [entry for entry in (review.entries if review else ()) if _plain(entry.example.question) == plain]
    if any(entry.example.held_out for entry in same):
        return "asked"
    return "taught" if any(entry.example.split == "train" and entry.state == "approved" for entry in same) else ""


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
