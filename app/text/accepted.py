"""Whether an answer says one of the accepted ones, word by word: what an exact match counts as right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from app.text.spelled import NUMBERS


def plain(text: str) -> list[str]:
    """Words without case, accents' form, articles and commas in numbers; number words as digits."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"(?<=\d),(?=\d{3}\b)", "", folded)
    words = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+", folded)
    return [str(NUMBERS.get(word, word)) for word in words if word not in ("the", "a", "an")]


def accepted(answer: str, answers: Sequence[str]) -> bool:
    """Whether one of the accepted answers stands in what was said, word by word."""
    said = plain(answer)
    return any(_holds(said, plain(one)) for one in answers)


def _holds(said: Sequence[str], wanted: Sequence[str]) -> bool:
    size = len(wanted)
    return size > 0 and any(list(said[i : i + size]) == list(wanted) for i in range(len(said) - size + 1))
