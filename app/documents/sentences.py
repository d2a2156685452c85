"""Where sentences end, by rule, for the languages people's documents are in."""

from __future__ import annotations

import re

_END = re.compile(
    r"""(?:[.!?…؟۔।]+['"”’»)\]]*(?=\s|$)|[。！？｡]+[”’」』）]*|\n\s*\n)""",
    re.VERBOSE,
)
_ABBREVIATIONS = frozenset(
    [
        *["mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "vs", "etc", "inc", "ltd", "co", "corp", "dept", "approx"],
        *[
            "no",
            "nos",
            "vol",
            "fig",
            "figs",
            "al",
            "ed",
            "eds",
            "pp",
            "p",
            "cf",
            "ca",
            "e.g",
            "i.e",
            "u.s",
            "u.k",
            "a.m",
        ],
        *["p.m", "ph.d", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "gen"],
        *["col", "lt", "sgt", "capt", "rev", "hon", "mt", "art", "sec", "ch", "bzw", "usw", "z.b", "d.h", "u.a", "o.ä"],
        *["nr", "str", "tel", "abs", "bd", "hrsg", "vgl", "ggf", "evtl", "inkl", "zzgl", "mio", "mrd", "m", "mme"],
        *["mlle", "env", "av", "sig", "sig.ra", "dott", "núm", "pág", "ud", "uds"],
    ]
)
_ORDINAL = re.compile(
    r"\s+(?:Jan|Feb|Mär|Apr|Mai\b|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Jahrhundert|Jh\b|Etage|Stock|Platz|Kapitel|Auflage|Quartal)"
)
"""What makes "6." an ordinal in German: "am 6. Oktober"."""
_LAST_WORD = re.compile(r"([^\s(\[\"“„«]+)$")


def sentences(text: str) -> list[tuple[int, int]]:
    """The spans of the sentences of a text, whitespace round them left out; every visible character is in one."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and not _ends(text, start, match):
            continue
        _keep(text, start, match.end(), spans)
        start = match.end()
    _keep(text, start, len(text), spans)
    return spans


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a full stop closes a sentence: not after an abbreviation, an initial or an ordinal."""
    if len(match.group()) > 1 and match.group()[1] == ".":
        return _next_is_upper(text, match.end())
    before = _LAST_WORD.search(text, max(start, match.start() - 40), match.start())
    word = before.group(1) if before else ""
    if word.casefold() in _ABBREVIATIONS:
        return False
    if len(word) == 1 and word.isalpha() and word.isupper():
        return False
    if word.isdigit() and len(word) <= 2 and (start == match.start() - len(word) or _ORDINAL.match(text, match.end())):
        return False
    return _next_is_upper(text, match.end())


def _next_is_upper(text: str, at: int) -> bool:
    """Whether what follows can begin a sentence: anything but a small letter."""
    rest = text[at : at + 12].lstrip()
    return not rest or not rest[0].islower()


def _keep(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
