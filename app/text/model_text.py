"""Text that a model wrote: the line that marks it in a file, and the print by which it is known again without one.

A print is the hashes of an answer's runs of words, but for those that its sources or its question hold: what an answer
quotes of a document does not make that document a model's. docs/model-text.md has what it finds and what it misses.
"""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Iterable, Iterator
from zlib import crc32

from msgspec import Struct

from app.cited import MARK

RULE = 1
"""Counts up with every change of what a print is made of: prints of before are made again."""
LEAST = 8
"""Runs of one answer that a stretch of a document must hold: twelve words as they stand, of which fewer are chance."""
LEAST_BYTES = LEAST * 4
"""A print of fewer finds nothing."""
RUN = 10
"""How much a run of words weighs: five words, or ten characters of a script without spaces."""

_WIDE = "\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f"
_WORD = re.compile(rf"[{_WIDE}]|(?:(?![{_WIDE}])[^\W_])+")
_CITATION = re.compile(r"\[\^?\d{1,3}(?:\s*,\s*\d{1,3})*\]")
_MARK = re.compile(r"\s+".join(map(re.escape, MARK.split())))

Span = tuple[int, int]


class Print(Struct, frozen=True, array_like=True):
    """What one answer is known by. `hashes` are unsigned numbers of 32 bits, little endian, each once."""

    id: int  # counts up
    at: float  # when the answer was begun, seconds since the epoch
    hashes: bytes


class Run(Struct, frozen=True, array_like=True):
    """A run of words in a text."""

    hash: int
    start: int
    end: int
    word: int  # the number of its first word


def runs_of(text: str) -> Iterator[Run]:
    """Every run of words of a text, in order; case, punctuation, markup and citations do not count."""
    bare = _CITATION.sub(lambda found: " " * len(found.group()), text)
    words = [(found.group().casefold(), found.start(), found.end()) for found in _WORD.finditer(bare)]
    weights = [1 if len(word) == 1 and _is_wide(word) else 2 for word, _, _ in words]
    last, weight = 0, 0
    for first in range(len(words)):
        while weight < RUN and last < len(words):
            weight += weights[last]
            last += 1
        if weight < RUN:
            return
        said = "\x1f".join(word for word, _, _ in words[first:last])
        yield Run(crc32(said.encode("utf-8", "replace")), words[first][1], words[last - 1][2], first)
        weight -= weights[first]


def print_of(text: str, not_its_own: Iterable[str] = ()) -> bytes:
    """The print of an answer: its runs that none of the texts `not_its_own` holds (sources, questions)."""
    own = {run.hash for run in runs_of(text)}
    for other in not_its_own:
        if not own:
            break
        own -= {run.hash for run in runs_of(other)}
    hashes = array("I", sorted(own))
    if sys.byteorder == "big":
        hashes.byteswap()
    return hashes.tobytes()


def marked_from(text: str) -> int | None:
    """Where the first mark stands in a text; what follows it counts as a model's. None where there is none."""
    found = _MARK.search(text)
    return found.start() if found else None


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same spans in order, those that touch made one."""
    whole: list[Span] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], end))
        else:
            whole.append((start, end))
    return tuple(whole)


def within(spans: Iterable[Span], start: int, end: int) -> tuple[Span, ...]:
    """The parts of spans that lie from `start` to `end`, counted from `start`."""
    return tuple((max(a, start) - start, min(b, end) - start) for a, b in spans if a < end and start < b)


def without(text: str, spans: Iterable[Span]) -> str:
    """The text without these spans (in order, apart)."""
    kept, at = [], 0
    for start, end in spans:
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


def _is_wide(word: str) -> bool:
    return re.match(f"[{_WIDE}]", word) is not None
