"""How a text that was read differs from the one that stands there, word by word."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from rapidfuzz.distance import Levenshtein


class Difference(Struct, frozen=True):
    """A stretch of words that was read, and what stands there; one of them may be empty."""

    said: tuple[str, ...]
    true: tuple[str, ...]


def word_errors(said: Sequence[str], true: Sequence[str]) -> int:
    """The fewest words that must be added, left out or replaced to come from one to the other."""
    return int(Levenshtein.distance(said, true))


def differences(said: Sequence[str], true: Sequence[str]) -> list[Difference]:
    """The stretches that differ, in order."""
    return [
        Difference(tuple(said[step.src_start : step.src_end]), tuple(true[step.dest_start : step.dest_end]))
        for step in Levenshtein.opcodes(said, true)
        if step.tag != "equal"
    ]
