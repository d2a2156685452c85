"""Removes what a reader cannot see: control, zero-width, direction and tag characters are how text is smuggled in."""

from __future__ import annotations

import re
import unicodedata

_SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_BREAKS = "\u2028\u2029\u0085\x0b\x0c"
_DROPPED = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls but tab, line feed, carriage return and the breaks above
    "\u00ad\u034f\u061c\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffc"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\U000e0000-\U000e0fff"  # tags and variation selectors: whole sentences fit in them unseen
)
_SUSPECT = re.compile(f"[\r{_SPACES}{_BREAKS}{_DROPPED}\u200c\u200d]")
_NEWLINE = re.compile("\r\n?")
_SPACE = re.compile(f"[{_SPACES}]")
_BREAK = re.compile(f"[{_BREAKS}]")
_GONE = re.compile(f"[{_DROPPED}]")
_LONE_JOINER = re.compile("(?<![^\x00-\u05ff])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\u05ff])")


def clean(text: str) -> str:
    """The text in NFC with plain spaces and line feeds, and without anything invisible.

    Zero-width joiners stay only between letters of scripts that spell with them (Persian, Indic scripts, emoji).
    """
    if _SUSPECT.search(text):
        text = _NEWLINE.sub("\n", text)
        text = _SPACE.sub(" ", text)
        text = _BREAK.sub("\n", text)
        text = _GONE.sub("", text)
        text = _LONE_JOINER.sub("", text)
    return unicodedata.normalize("NFC", text)


_RUN_OF_SPACE = re.compile(r"\s+")


def squeeze(text: str) -> str:
    """`clean`, on one line, with single spaces: for a cell or a heading."""
    return _RUN_OF_SPACE.sub(" ", clean(text)).strip()
