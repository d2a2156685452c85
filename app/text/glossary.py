"""Words of an office that stand for each other, within a language and across: "Urlaub", "leave" and "vacation".

resources/glossary/office.json is a list of concepts, each from a language's code to its words and short phrases. A word
that mostly means something else ends in "?" there, and tells less.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache

from msgspec import Struct

from app.paths import RESOURCES
from app.text import words
from app.text.fold import fold
from app.text.language import DEFAULT, STOP_WORDS, language_of

PATH = RESOURCES / "glossary" / "office.json"
LONGEST = 3
"""Words of a phrase."""


UNSPACED = ("zh", "ja", "th")
"""Languages whose words are not set apart: a name may stand anywhere in a question. Their texts count as `DEFAULT`."""


Names = Mapping[str, tuple[tuple[str, ...], ...]]
"""The words of each name, folded, by the language of the texts that it stands in."""


class Meaning(Struct, frozen=True):
    """What a word or phrase of a question means: the words for it by language, and whether it is surely meant."""

    said: tuple[str, ...]  # the folded words of the question
    names: Names
    sure: bool


@lru_cache(maxsize=256)
def meanings(question: str) -> tuple[Meaning, ...]:
    """What the words of a question mean, longer phrases first; English, German and the question's own language are
    looked up."""
    asked = words.words_of(question)
    languages = dict.fromkeys((language_of(asked), DEFAULT, "de"))
    found: list[Meaning] = []
    at = 0
    while at < len(asked):
        meant = next(_at(asked, at, languages), None)
        if meant is not None:
            found.append(meant)
        at += len(meant.said) if meant is not None else 1
    whole = " ".join(asked)
    return (*found, *(Meaning((name,), names, True) for name, names in _runs() if name in whole))


def glossed(question: str, text: str) -> str:
    """The question with the text's own word behind each that the text calls otherwise: "Urlaub (leave)"."""
    there = set(words.terms(text))
    for meaning in meanings(question):
        if not meaning.sure or there.issuperset(_stems(meaning.said, DEFAULT)):
            continue
        names = (name for listed in meaning.names.values() for name in listed)
        name = next((each for each in names if there.issuperset(_stems(each, DEFAULT))), None)
        typed = re.search(r"\W+".join(map(re.escape, meaning.said)), fold(question))
        if name is not None and typed is not None and len(fold(question)) == len(question):
            question = f"{question[: typed.end()]} ({' '.join(name)}){question[typed.end() :]}"
    return question


def _at(asked: Sequence[str], at: int, languages: Mapping[str, None]) -> Iterator[Meaning]:
    """The meaning of the longest phrase that begins here."""
    for length in range(min(LONGEST, len(asked) - at), 0, -1):
        said = tuple(asked[at : at + length])
        for language in languages:
            if length == 1 and said[0] in STOP_WORDS.get(language, ()):
                continue
            for concept, sure in _known().get((language, _stems(said, language)), ()):
                yield Meaning(said, concept, sure)


def _stems(said: Sequence[str], language: str) -> tuple[str, ...]:
    return tuple(term for word in said for term in words.terms_of(word, language))


@cache
def _runs() -> list[tuple[str, Names]]:
    """Names of languages that set no spaces, with their concept."""
    return [
        (name, names)
        for concept, names in zip(_read(), _concepts(), strict=True)
        for language in UNSPACED
        for name in concept.get(language, ())
        if _is_sure(name)
    ]


@cache
def _known() -> dict[tuple[str, tuple[str, ...]], list[tuple[Names, bool]]]:
    """Language and stems of a word or phrase → the concepts that it may stand for."""
    known: dict[tuple[str, tuple[str, ...]], list[tuple[Names, bool]]] = {}
    for concept, names in zip(_read(), _concepts(), strict=True):
        for language, listed in concept.items():
            for name in listed:
                key = (language, _stems(words.words_of(name), language))
                known.setdefault(key, []).append((names, _is_sure(name)))
    return known


def _is_sure(name: str) -> bool:
    """Whether it mostly means this; what has one character in Chinese or two letters elsewhere is a part of much."""
    return not name.endswith("?") and len(name) > (2 if name.isascii() else 1)


@cache
def _concepts() -> list[Names]:
    """Each concept's names; of languages without spaces also among those of texts whose language does not show."""
    found: list[Names] = []
    for concept in _read():
        names = {
            language: tuple(tuple(words.words_of(name)) for name in listed) for language, listed in concept.items()
        }
        unspaced = [name for language in UNSPACED for name in names.get(language, ())]
        found.append(names | {DEFAULT: (*names.get(DEFAULT, ()), *unspaced)})
    return found


@cache
def _read() -> list[dict[str, list[str]]]:
    concepts: list[dict[str, list[str]]] = json.loads(PATH.read_text(encoding="utf-8"))
    return concepts
