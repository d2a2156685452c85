"""Where sentences end in running text, by rule and without a library: shared by what reads and what writes answers."""

from __future__ import annotations

import re

_STOP = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s|$)|[。！？]+[”’」』）]*|\n\s*\n")
_SHORT_WORDS = """
    mr mrs ms dr prof st vs etc inc ltd co corp dept approx no nos vol fig figs ed eds pp p cf ca e.g i.e u.s u.k
    a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec art sec para bzw usw z.b d.h u.a nr str tel abs ggf evtl
    inkl zzgl mind"""
_SHORT = frozenset(_SHORT_WORDS.split())


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of its sentences, without the whitespace round them; every visible character is in one."""
    spans: list[tuple[int, int]] = []
    start = 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and not _closes(text, start, stop):
            continue
        _add(spans, text, start, stop.end())
        start = stop.end()
    _add(spans, text, start, len(text))
    return spans


def _closes(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether this full stop ends a sentence: not after an abbreviation, an initial, an ordinal or a list number."""
    following = text[stop.end() :].lstrip()[:1]
    if following.islower():
        return False
    words = text[start : stop.start()].split()
    last = words[-1].lstrip("(\"'“„«") if words else ""
    if last.casefold() in _SHORT or (len(last) == 1 and last.isupper()):
        return not following
    return not (last.isdigit() and len(last) <= 2 and len(words) == 1)


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        spans.append((left, right))
