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

_STOP_LISTS = {
    "en": """a about above after again all also am an and any are as at be because been before being below between both
        but by can could did do does doing down during each few for from further had has have having he
        her here hers him his how i if in into is it its itself just let me more most my no nor not now of
        off on once only or other our ours out over own please s same she should so some such t tell than
        that the their theirs them then there these they this those through to too under until up very was
        we were what when where which while who whom whose why will with would you your yours""",
    "de": """aber als am an auch auf aus bei bin bis da dann das dass dem den der des die dies diese dieser dieses doch
        du durch ein eine einem einen einer eines er es für hat hatte hatten ich ihr im in ist ja kann man
        mit nach nicht noch nur ob oder sein seine sich sie sind so über um und uns unter viel viele vom
        von vor wann war waren warum was wegen welche welchem welchen welcher welches wenn wer werden wie
        wieviel wir wird wo wurde wurden zu zum zur""",
    "fr": """à au aux avec ce ces cette combien comment d dans de des du elle en est et eux il ils je l la le les leur
        lui mais ne nous ou où par pas pour pourquoi qu quand que quel quelle quelles quels qui sa se ses
        son sont sur un une vous""",
    "es": """a al como cómo con cual cuál cuando cuándo cuánto cuántos de del donde dónde el ella en es esta este fue
        la las lo los no o para pero por qué que quien quién se sin son su sus un una y""",
    "it": """a al alla che chi come con da dei del della di dove e è gli i il in la le nel non per perché quale quali
        quando quanto quanti si sono su un una""",
    "ar": """في من على إلى عن ما هو هي ماذا متى أين كيف كم التي الذي هل أن كان كانت مع هذا هذه و أو لا""",
}
"""Words that tell nothing apart, by language. They are left out of queries, not of the index."""


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
    """The distinct terms worth looking for, in their order; all of them where only stop words were typed.

    Only one language's stop words are left out, the one with most of them in the query: "war" is one in German.
    """
    found: dict[str, None] = {}
    query = [match.group() for match in _WORD.finditer(fold(text))]
    stop = max(_STOP_SETS, key=lambda words: sum(word in words for word in query))
    for word in query:
        if word not in stop:
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


_STOP_SETS = [frozenset(fold(word) for word in listed.split()) for listed in _STOP_LISTS.values()]
