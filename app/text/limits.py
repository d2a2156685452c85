"""Which side of a number a text speaks of: "above 400 €" is not answered by what holds "up to 400 €"."""

from __future__ import annotations

import re
from collections import defaultdict

from app.text.support import numbers_of

_UP = (
    r"above|over|more than|greater than|exceed(?:s|ing)?|beyond|at least|upwards of|from|minimum of"
    r"|über|mehr als|höher als|mindestens|ab|oberhalb von"
)
_DOWN = (
    r"below|under|less than|fewer than|up to|at most|no more than|not more than|not exceeding|maximum of"
    r"|unter|weniger als|bis(?: zu)?|höchstens|maximal|unterhalb von"
)
_LIMIT = re.compile(
    rf"\b(?:(?P<down>{_DOWN})|(?P<up>{_UP}))\s+(?:[€$£¥]|EUR|USD|GBP|CHF)?\s*(?P<number>\d[\d.,]*)", re.IGNORECASE
)
_AFTER = re.compile(
    r"(?<![\d.,])(?P<number>\d[\d.,]*)\s*(?:[€$£¥%]|\w{1,12})?\s+(?:(?P<up>or (?:more|above|over)|und mehr|oder mehr)"
    r"|(?P<down>or (?:less|below|under|fewer)|oder weniger|und weniger))\b",
    re.IGNORECASE,
)


def limits(text: str) -> dict[str, set[str]]:
    """The numbers that are a limit, in one spelling, each with "up", "down" or both."""
    found: dict[str, set[str]] = defaultdict(set)
    for match in (*_LIMIT.finditer(text), *_AFTER.finditer(text)):
        side = "down" if match["down"] else "up"
        for number in numbers_of(match["number"]):
            found[number].add(side)
    return dict(found)


def on_the_other_side(question: str, sentence: str) -> bool:
    """Whether the sentence speaks of the same limit as the question, and only of its other side."""
    asked, said = limits(question), limits(sentence)
    return any(number in said and not sides & said[number] for number, sides in asked.items())
