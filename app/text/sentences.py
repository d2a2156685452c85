"""Where sentences end in running text, by rule and without a library: shared by what reads and what writes answers."""

from __future__ import annotations

import re

_END = re.compile(
    r"(?:(?<![.!?…؟۔।])[.!?…؟۔।]+[\"'”’»)\]*_]*(?=\s|$)"  # tried once a run: a long row of dots would take minutes
    r"|[。！？｡]+[”’」』）]*|\n\s*\n)"
)
_SHORT_WORDS = """
    mr mrs ms dr prof sr jr st vs etc inc ltd co corp dept approx no nos vol fig figs al ed eds pp p cf ca e.g i.e u.s
    u.k a.m p.m ph.d jan feb mar apr jun jul aug sep sept oct nov dec gen col lt sgt capt rev hon mt art sec para ch bzw
    usw z.b d.h u.a o.ä nr str tel abs bd hrsg vgl ggf evtl inkl zzgl mind mio mrd m mme mlle env av sig sig.ra dott
    núm pág ud uds"""
_SHORT = frozenset(_SHORT_WORDS.split())
_ORDINAL = re.compile(
    r"\s+(?:Jan|Feb|Mär|Apr|Mai\b|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jahrhundert|Jh\b|Etage|Stock|Platz|Kapitel|Auflage|Quartal)"
)
"""What makes "6." an ordinal in German: "am 6. Oktober"."""
_VISIBLE = re.compile(r"\S")
_LAST_WORD = re.compile(r"([^\s(\[\"'“„«]+)$")


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of its sentences, without the whitespace round them; every visible character is in one."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if match.group()[0] == "." and not _closes(text, start, match):
            continue
        _add(spans, text, start, match.end())
        start = match.end()
    _add(spans, text, start, len(text))
    return spans


def sentence_texts(text: str) -> list[str]:
    """Its sentences, each on one line."""
    return [" ".join(text[start:end].split()) for start, end in sentences(text)]


def _closes(text: str, start: int, stop: re.Match[str]) -> bool:
    """Whether a full stop ends a sentence: not after an abbreviation, an initial, an ordinal or a list number."""
    if stop.group()[1:2] != ".":
        before = _LAST_WORD.search(text, max(start, stop.start() - 40), stop.start())
        word = before.group(1) if before else ""
        if word.casefold() in _SHORT or (len(word) == 1 and word.isupper()):
            return _VISIBLE.search(text, stop.end()) is None
        if word.isdigit() and len(word) <= 2:
            alone = _VISIBLE.search(text, start, stop.start() - len(word)) is None
            if alone or _ORDINAL.match(text, stop.end()):
                return False
    following = text[stop.end() : stop.end() + 12].lstrip()[:1]
    return not following.islower()


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = start + len(piece) - len(piece.lstrip())
    right = start + len(piece.rstrip())
    if left < right:
        spans.append((left, right))
