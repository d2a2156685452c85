"""The words that full text search compares: one rule for documents and queries, in every script.

SQLite's own tokenizers know neither Chinese nor stems, so the text is cut here and FTS5 is handed the finished terms.
Scripts without spaces become overlapping pairs of characters (bigrams), as in Lucene's CJKBigramFilter; on Chinese they
find more than the words of ICU's dictionary do (docs/retrieval.md).
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from app.text.fold import fold
from app.text.language import DEFAULT, language_of, without_stop_words
from app.text.stems import stem

VERSION = 2
"""Counts up when the terms change: the full text is then built anew from the stored passages. A test holds the terms of
each version, so that it cannot be forgotten."""

_LETTER = (  # vowel signs are no \\w
    "(?:[^\\W_]|[\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u0f71-\u0fbc\u1000-\u109f\u1780-\u17d3])"
)
_WORD = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)*(?:[.,]\d+)*")
_UNSPACED = re.compile(
    "[\u0e00-\u0e7f\u0e80-\u0eff\u0f40-\u0fbc\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003134f]+"
)
_CHARACTER = re.compile(
    ".[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u0f71-\u0fbc"
    "\u102b-\u103e\u1056-\u1060\u17b4-\u17d3\u3099\u309a]*"
)
"""A letter with the marks above and below it."""


def words_of(text: str) -> list[str]:
    """The folded words of a text in their order, a run without spaces being one."""
    return _WORD.findall(fold(text))


def terms(text: str, language: str = DEFAULT) -> list[str]:
    """The terms of a text in their order, stop words included. Terms of one `language` compare with each other."""
    return [term for word in words_of(text) for term in terms_of(word, language)]


def query_terms(text: str, language: str = DEFAULT) -> list[str]:
    """The distinct terms worth looking for, in their order; all of them where only stop words were typed."""
    return list(dict.fromkeys(term for word in query_words(text) for term in terms_of(word, language)))


def query_words(text: str) -> list[str]:
    """The folded words of a question that tell something; all of them where none does."""
    asked = words_of(text)
    return without_stop_words(asked) or asked


def analysed(context: str, text: str) -> tuple[str, list[str], list[str]]:
    """A passage as it is indexed: its language, and the terms of its headings and of its text."""
    above, body = words_of(context), words_of(text)
    language = language_of([*above, *body])
    return (
        language,
        [term for word in above for term in terms_of(word, language)],
        [term for word in body for term in terms_of(word, language)],
    )


@lru_cache(maxsize=200_000)
def terms_of(word: str, language: str) -> tuple[str, ...]:
    """The terms of a folded word: its stem; runs of a script without spaces become pairs of characters."""
    if word.isascii():
        return (stem(word, language),)
    found: list[str] = []
    at = 0
    for run in _UNSPACED.finditer(word):
        if run.start() > at:
            found.append(stem(word[at : run.start()], language))
        letters = _CHARACTER.findall(run.group())
        found.extend([a + b for a, b in pairwise(letters)] or letters)
        at = run.end()
    if at < len(word):
        found.append(stem(word[at:], language))
    return tuple(found)
