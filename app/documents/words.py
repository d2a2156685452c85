"""The words that full text search compares: one rule for documents and queries, in every script.

SQLite's own tokenizers know neither Chinese nor stop words, so the text is cut here and FTS5 is handed the finished
terms. Scripts without spaces become overlapping pairs of characters (bigrams), as in Lucene's CJKBigramFilter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

VERSION = 1
"""Counts up when the terms change: the full text is then built anew from the stored passages."""

_LETTER = "(?:[^\\W_]|[\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u1000-\u109f\u1780-\u17d3])"  # vowel signs are no \\w
_WORD = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)*(?:[.,]\d+)*")
_CJK = re.compile("[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0e7f]+")

STOP = frozenset(
    """a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further had has have having he her here hers him his how i
    if in into is it its itself just let me more most my no nor not now of off on once only or other our ours out over
    own please s same she should so some such t tell than that the their theirs them then there these they this those
    through to too under until up very was we were what when where which while who whom whose why will with would you
    your yours
    aber als am an auch auf aus bei bin bis da dann das dass dem den der des die dies diese dieser dieses doch du durch
    ein eine einem einen einer eines er es für hat hatte ich ihr im in ist ja kann man mit nach nicht noch nur ob oder
    sein seine sich sie sind so über um und uns unter vom von vor wann war waren warum was wegen welche welchem welchen
    welcher welches wenn wer werden wie wieviel viele wir wird wo wurde wurden zu zum zur
    à au aux avec ce ces cette comment dans de des du elle en est et eux il ils je la le les leur lui mais ne nous ou où
    par pas pour pourquoi quand que quel quelle quelles quels qui sa se ses son sont sur un une vous
    al como con cual cuál cuando cuándo cuánto de del donde dónde el ella en es esta este la las lo los no o para pero
    por qué que quien quién se sin su sus un una y
    che chi come da dei del della di dove e gli il in le nel non per perché quale quando quanto sono un una
    في من على إلى عن ما هو هي ماذا متى أين كيف كم التي الذي هل أن كان كانت مع هذا هذه و أو لا من""".split()
)
"""Words that tell nothing apart; they are left out of queries, not of the index, so that phrases stay whole."""


def fold(text: str) -> str:
    """Case and accents off, widths and ligatures unified: "Ｃafé" → "cafe"."""
    text = text.casefold()
    if text.isascii():
        return text
    letters = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", "".join(letters))  # Hangul comes apart above


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A light English stemmer that leaves other languages nearly alone: endings go only from words long enough."""
    word = word.replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    word = word.replace("'", "")
    if len(word) < 4 or not word.isascii() or word[-1].isdigit():
        return word
    return _verb(_plural(word))


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


_ENDINGS = (
    ("ization", "iz"), ("isation", "iz"), ("ational", "at"), ("fulness", "ful"), ("ousness", "ous"),
    ("iveness", "iv"), ("ation", "at"), ("ition", "it"), ("ment", ""), ("ness", ""), ("able", ""), ("ible", ""),
    ("ance", ""), ("ence", ""), ("ing", ""), ("ion", ""), ("ity", ""), ("ive", ""), ("ate", "at"), ("ize", "iz"),
    ("ise", "iz"), ("ed", ""), ("er", ""), ("or", ""), ("al", ""), ("ly", ""), ("e", ""), ("y", "i"),
)  # fmt: skip


def _verb(word: str) -> str:
    for _ in range(2):
        for ending, left in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                word = word[: -len(ending)] + left
                break
        else:
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word


def terms(text: str) -> list[str]:
    """The terms of a text in their order, stop words included."""
    found: list[str] = []
    for match in _WORD.finditer(fold(text)):
        word = match.group()
        if word.isascii():
            found.append(stem(word))
        else:
            found.extend(_mixed(word))
    return found


def query_terms(text: str) -> list[str]:
    """The distinct terms worth looking for, in their order; all of them where only stop words were typed."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(fold(text)):
        word = match.group()
        if word not in _STOP_FOLDED:
            found.update(dict.fromkeys([stem(word)] if word.isascii() else _mixed(word)))
    return list(found) or list(dict.fromkeys(terms(text)))


def _mixed(word: str) -> list[str]:
    """A word that may hold a script without spaces: its runs of such characters become pairs."""
    found: list[str] = []
    at = 0
    for run in _CJK.finditer(word):
        if run.start() > at:
            found.append(stem(word[at : run.start()]))
        pairs = run.group()
        found.extend([pairs[i : i + 2] for i in range(len(pairs) - 1)] or [pairs])
        at = run.end()
    if at < len(word):
        found.append(stem(word[at:]))
    return found


_STOP_FOLDED = frozenset(fold(word) for word in STOP)
