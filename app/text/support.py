"""Whether a passage says what a sentence says, by its words: nearness of meaning overlooks a wrong number or name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.types import Passage, Support

ENOUGH = 0.5
"""The share of a sentence's own words that its passage must hold."""
STRICT = 0.75
"""The same for a small model."""
CLEAR = 0.7
"""The share that will do without the embedder's word for it."""
FEWEST = 2
"""Words of its own that a sentence needs for that."""
STEM = 5
"""Letters that must agree; endings differ. Held against Snowball's stemmers on sentences of real answers and their
passages, English is the same within 1 %, and German, whose words are long, finds 2 % fewer there: so no library."""

_NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f'’]\d+)*")
_GROUPED = re.compile(r"(?!0)\d{1,3}([.,\u00a0\u202f'’])\d{3}(?:\1\d{3})*(?!\d)")
"""Digits in groups of three, as in 1,500 or 1.500."""
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_NAME = re.compile(r"(?<![.!?:“\"'*_(-])(?<=[^\s*_]\s)[A-Z][^\W\d_]+")

_COMMON_WORDS = {
    "en": "the and of is are was were to for with you your that not it this be can will from by on at or an has have",
    "de": "der die das und ist sind nicht mit für von den dem auf ein eine einen wird werden bei zu im sie oder auch",
    "fr": "le la les des et est sont pas avec pour du une dans sur au aux que qui vous par ce cette",
    "es": "el los las y es son con para por una del al que se su como más no lo",
    "it": "il gli e è sono non con per una della di che nel alla dei si ha da",
    "nl": "het een van en is zijn niet met voor op dat aan bij ook te wordt u",
}
_COMMON = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}
_ALL_COMMON = frozenset(word for words in _COMMON.values() for word in words)


def holds(sentence: str, passage: Passage, enough: float = ENOUGH) -> bool:
    """Whether the passage can be the source of the sentence: its numbers and names, and enough of its words.

    Words are compared only within one language, so that a German answer can cite an English passage. A name that only
    the question holds does not do: “the limit in Norway is 160 EUR” needs a passage about Norway.
    """
    known = f"{passage.document} {passage.heading} {passage.text}"
    if not numbers_of(sentence) <= numbers_of(known):
        return False
    language = language_of(sentence)
    if not language or language != language_of(passage.text):
        return True
    there = {stem(word) for word in _WORD.findall(known)}
    own = {stem(word) for word in words_of(sentence)}
    if language == "en" and any(stem(name) not in there for name in _NAME.findall(sentence)):
        return False
    return not own or len(own & there) >= enough * len(own)


def by_words(sentence: str, passages: Sequence[Passage]) -> Support:
    """The passage that clearly says this, found by words alone: for an answer that was stopped, or when the documents
    process is gone."""
    own = {stem(word) for word in words_of(sentence)}
    best = Support(n=None, score=CLEAR)
    for n, passage in enumerate(passages, 1):
        there = {stem(word) for word in _WORD.findall(passage.text)}
        share = len(own & there) / len(own) if len(own) >= FEWEST else 0.0
        if share >= best.score and (best.n is None or share > best.score) and holds(sentence, passage):
            best = Support(n=n, score=share)
    return best


def language_of(text: str) -> str:
    """The language whose common words it holds most of; "" where none or several do."""
    words = [word.casefold() for word in _WORD.findall(text)]
    counts = {language: sum(word in common for word in words) for language, common in _COMMON.items()}
    best = max(counts.values())
    leading = [language for language, count in counts.items() if count == best]
    return leading[0] if best and len(leading) == 1 else ""


def is_common(word: str) -> bool:
    """Whether every text of a language holds the word."""
    return word.casefold() in _ALL_COMMON


def words_of(text: str) -> list[str]:
    """Its words without the commonest, which every text holds."""
    return [word for word in _WORD.findall(text) if word.casefold() not in _ALL_COMMON and len(word) > 1]


def numbers_of(text: str) -> set[str]:
    """Numbers in one spelling: 1,500 and 1.500 and 1500 are one, and so are 1,5 and 1.5, but not 1.5 and 15."""
    return {_one_spelling(number) for number in _NUMBER.findall(text)}


def stem(word: str) -> str:
    """Its first letters, in lower case."""
    return word.casefold()[:STEM]


def _one_spelling(number: str) -> str:
    """Marks that group digits go; those that split a number stay, as points."""
    grouped = _GROUPED.match(number)
    end = grouped.end() if grouped else 0
    return re.sub(r"\D", "", number[:end]) + re.sub(r"\D", ".", number[end:])
