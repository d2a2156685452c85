"""Reads a request to compare two documents, in English or German: "what changed between A and B"."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 400
"""Characters: a longer text names no two documents and nothing else."""
_POLITE = r"(?:please |can you |could you |would you |bitte |kannst du |können sie |i (?:want|need|would like) to )*"
_HEADS = (
    rf"{_POLITE}(?:compare|diff|contrast)",
    r"(?:(?:what|which)(?:['’]s| is| are| were)? )?(?:the )?(?:differences?|changes?)(?: there)?(?: is| are)? between",
    r"(?:what|which \w+)(?: is| are| was| were| has| have|['’]s)? (?:changed|different|new|differs?) (?:between|from)",
    r"how (?:does|do)(?= .+ differ)",
    rf"{_POLITE}vergleichen?(?: sie)?(?: mir)?",
    r"(?:(?:was|welche)(?: ist| sind| gibt es)? )?(?:der |die |für )?unterschiede?(?: gibt es)? zwischen",
    r"was (?:hat|haben) sich (?:zwischen|von)",
    r"was (?:ist|wurde) (?:anders|neu|geändert) (?:zwischen|von)",
    r"(?:wie|worin|wodurch) unterscheide(?:n|t) sich",
)
_HEAD = re.compile(rf"^(?:{'|'.join(_HEADS)})\s+(?P<rest>.+)$", re.IGNORECASE)
_TAIL = re.compile(
    r"[\s,]+(?:side by side|with each other|please|for me|differ|miteinander|geändert|verändert|bitte)$", re.IGNORECASE
)
_VERSUS = re.compile(r"^(?P<one>.+?)\s+(?:vs\.?|versus)\s+(?P<other>.+)$", re.IGNORECASE)
_JOINT = re.compile(
    r"\s+(?:and|with|to|against|vs\.?|versus|differ from|from|und|mit|gegen|zu|bis|von)\s+", re.IGNORECASE
)
_BOTH = re.compile(
    r"^(?:them|both|these|those|(?:the|these|both|my)(?: two)?(?: attached)? (?:files?|documents?|versions?|pdfs?)"
    r"|the two|sie|beide|die beiden|(?:die|beide|diese)(?: beiden| zwei)? (?:dateien|dokumente|versionen|fassungen))$",
    re.IGNORECASE,
)
_MOST = 8
"""Ways to part a text in two that are tried."""


def asks_both(text: str) -> bool:
    """Whether a text asks to compare the two files that are meant without being named: "compare them"."""
    rest = _rest(text)
    return bool(rest and _BOTH.match(rest))


def pairs_in(text: str) -> Iterator[tuple[str, str]]:
    """The names that a text may want compared, in each way it can be parted; nothing of any other text."""
    rest = _rest(text)
    versus = None if rest else _VERSUS.match(_plain(text))
    if versus is not None:
        yield versus["one"], versus["other"]
    for n, joint in enumerate(_JOINT.finditer(rest)):
        if n < _MOST:
            yield rest[: joint.start()], rest[joint.end() :]


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(" .?!") if len(text) <= LONGEST else ""


def _rest(text: str) -> str:
    """What stands behind the words that ask for a comparison."""
    match = _HEAD.match(_plain(text))
    return _TAIL.sub("", match["rest"]) if match else ""
