"""A text without the marks of its markup, so that no link target or emoji is asked for or learned by heart.

What its structure is read from stays: `#` before a heading, `-` before an entry, the bars of a table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import compress

from app.text.marks import CODE, ESCAPED, LINK, STRESSED

_GONE = "\0"
"""Stands for each character that is dropped, so that places in the text hold until the end."""
_EMOJI = (
    r"[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23fa\u2b1b\u2b1c\ufe0f\u200d\u20e3]+"
    r"[ \t]?|(?<![\w:]):[a-z][a-z_+-]{1,30}:(?![\w:])"
)
_PATTERNS: tuple[re.Pattern[str], ...] = (
    re.compile(r"<!--.{0,4000}?-->", re.DOTALL),
    re.compile(r"!\[[^\[\]\n]*\]\([^()\s]*\)"),  # a picture: what it shows is in none of its words
    re.compile(LINK),
    re.compile(r"\[(?P<link>[^\[\]\n]+)\]\[[^\[\]\n]*\]|\[\^\w+\]:?"),
    re.compile(r"</?[A-Za-z][^<>\n]{0,300}>"),
    re.compile(r"[ \t]*\{[#:.][^{}\n]{0,80}\}|\{\{[^{}\n]{0,80}\}\}|\[\[[_a-zA-Z]+\]\]"),
    re.compile(r"(?m)^[ \t]*>[ \t]?"),
    re.compile(CODE),
    re.compile(r"(?P<mark>\*\*|__)(?=\S)(?P<strong>[^\n]{1,600}?)(?<=\S)(?P=mark)"),
    re.compile(STRESSED),
    re.compile(r"~~(?P<struck>[^~\n]{1,300})~~"),
    re.compile(ESCAPED),
    re.compile(_EMOJI),
    re.compile(r"[ \t]*¶"),  # beside a heading of documentation on the web: a link to itself
)
_KEPT = ("link", "code", "strong", "italic", "escaped")
_FENCED = re.compile(r"(?ms)^[ \t]*(?P<fence>```+|~~~+)[^\n]*\n.{0,20000}?^[ \t]*(?P=fence)[ \t]*$")
_LEFT = re.compile(r"\]\(|https?://|www\.|\*\*|__|~~|`|</?[a-z]+[ >/]|&[a-z]+;|\{[#:{]|\[\[|\]\[|\\[_*]|" + _EMOJI)


def stripped(text: str) -> str:
    """The text without marks, link targets, tags and emoji."""
    return _blanked(text).replace(_GONE, "")


def places(text: str) -> list[int]:
    """Where each character of `stripped(text)` stands in the text, and its length at the end."""
    blanked = _blanked(text)
    return [*compress(range(len(blanked)), (c != _GONE for c in blanked)), len(text)]


def without_code(text: str) -> str:
    """The text without its fenced code: commands and their output are not asked for."""
    return _FENCED.sub("", text)


def is_marked(text: str) -> bool:
    """Whether marks, a link's target or an emoji stand in a text."""
    return bool(_LEFT.search(text))


_NAMED = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": " ", "&quot;": '"', "&#39;": "'"}
_ENTITY = re.compile("|".join(_NAMED))


def _blanked(text: str) -> str:
    text = _ENTITY.sub(lambda match: _NAMED[match[0]].ljust(len(match[0]), _GONE), text)
    for pattern in _PATTERNS:
        text = pattern.sub(_dropping(pattern), text)
    return text


def _dropping(pattern: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
    groups = [name for name in _KEPT if name in pattern.groupindex]

    def drop(match: re.Match[str]) -> str:
        kept = next((name for name in groups if match[name] is not None), None)
        if kept is None:
            return _GONE * len(match[0])
        start, end = match.span(kept)
        return _GONE * (start - match.start()) + match[kept] + _GONE * (match.end() - end)

    return drop
