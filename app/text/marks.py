"""Markdown's marks inside a line, once for what is shown and for what is read: links, bold, italics, code, escapes.

Each is looked for in time in proportion to the text, whoever wrote it: no mark looks past where the next one begins.
"""

from __future__ import annotations

import bisect
import re

LINK = r"!?\[(?P<link>[^\[\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+[\"'(][^)\[\n]*)?\)"
STRESSED = r"(?<![\w*])(?P<stress>[*_])(?=[^\s*_])(?P<italic>[^*_\n]+?)(?<=[^\s*_])(?P=stress)(?![\w*])"
CODE = r"`(?P<code>[^`\n]+)`"
ESCAPED = r"\\(?P<escaped>[\\`*_{}\[\]()#+.!|<>~-])"
OPENING = r"(?P<strong>\*\*|__)(?=\S)"
"""Where a bold stretch may begin; `Bold` says where it ends."""
_CLOSING = {mark: re.compile(rf"(?<=\S)(?={re.escape(mark)})|\n") for mark in ("**", "__")}
_OPENING = re.compile(OPENING)


class Bold:
    """Where the bold stretches of a text end: each is looked up, since looking on from every mark takes its square."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text = text
        self._ends = {
            mark: [each.start() for each in ends.finditer(text, start, end)] for mark, ends in _CLOSING.items()
        }

    def end(self, mark: str, begin: int) -> int:
        """Where the stretch ends that begins behind a mark, at `begin`; -1 where its line does not close it."""
        ends = self._ends[mark]
        at = bisect.bisect_right(ends, begin)
        return ends[at] if at < len(ends) and self._text[ends[at]] != "\n" else -1


def without_bold(text: str) -> str:
    """A text without the marks of its bold stretches."""
    bold, kept, at, look = Bold(text, 0, len(text)), [], 0, 0
    while opening := _OPENING.search(text, look):
        end = bold.end(opening["strong"], opening.end())
        if end < 0:
            look = opening.start() + 1
            continue
        kept += [text[at : opening.start()], text[opening.end() : end]]
        at = look = end + 2
    return "".join([*kept, text[at:]])
