"""`inhouse ask --shares`: how sure the model was of each word that it wrote, and what it weighed beside it."""

from __future__ import annotations

import math
from typing import Any

from app.workers.calls.engine import Token, TokenLogprob
from app.workers.message import Data

UNSURE = 0.5
"""A word that had less than half of the chance is worth a look."""
NAMED = 20
"""Unsure words that are listed."""


class Shares:
    """Collects what comes with the words of an answer; thinking does not count."""

    def __init__(self) -> None:
        self._tokens: list[TokenLogprob] = []

    def take(self, data: Data) -> None:
        if isinstance(data, Token) and not data.thinking:
            self._tokens += data.logprobs

    def as_json(self) -> list[dict[str, Any]]:
        """Each piece of a word with its share and the likeliest ones at its place."""
        return [
            {
                "text": each.token,
                "share": _share(each.logprob),
                "likeliest": [{"text": top.token, "share": _share(top.logprob)} for top in each.top],
            }
            for each in self._tokens
        ]

    def report(self) -> str:
        """The words that it was least sure of, for people."""
        if not self._tokens:
            return "No model wrote this answer, so there are no shares: these are the documents' own words."
        unsure = sorted((each for each in self._tokens if _share(each.logprob) < UNSURE), key=lambda each: each.logprob)
        if not unsure:
            return f"The model was sure of every word: at least {UNSURE:.0%} each."
        lines = [f"Of {len(self._tokens)} pieces of words {len(unsure)} had less than {UNSURE:.0%}:"]
        for each in unsure[:NAMED]:
            rivals = [f"“{top.token}” {_share(top.logprob):.0%}" for top in each.top if top.token != each.token]
            lines.append(f"  “{each.token}” {_share(each.logprob):.0%}; else " + ", ".join(rivals))
        return "\n".join(lines)


def _share(logprob: float) -> float:
    return round(min(math.exp(logprob), 1.0), 4)
