"""Words of an office that stand for each other, within a language and across: "Urlaub", "leave" and "vacation".

resources/glossary/office.json is a list of concepts, each from a language's code to its words and short phrases. A word
that mostly means something else ends in "?" there, and tells less.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from msgspec import Struct

from app.paths import RESOURCES
from app.text import words
from app.text.language import DEFAULT, STOP_WORDS, language_of

PATH = RESOURCES / "glossary" / "office.json"
LONGEST = 3
"""Words of a phrase."""


UNSPACED = ("zh", "ja", "th")
"""Languages whose words are not set apart: a name may stand anywhere in a question. Their texts count as `DEFAULT`."""


class Meaning(Struct, frozen=True):
    """What a word or phrase of a question means: the words for it by language, and whether it is surely meant."""

    said: tuple[str, ...]  # the folded words of the question
    names: Mapping[str, tuple[str, ...]]  # single words, folded
    sure: bool


def meanings(question: str) -> list[Meaning]:
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
    return found + [Meaning((name,), names, True) for name, names in _runs() if name in whole]


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
def _runs() -> list[tuple[str, Mapping[str, tuple[str, ...]]]]:
    """Names of languages that set no spaces, with their concept."""
    listed = ((concept, language) for concept in _concepts() for language in UNSPACED)
    return [(name, concept) for concept, language in listed for name in concept.get(language, ())]


@cache
def _concepts() -> list[Mapping[str, tuple[str, ...]]]:
    """The single words of each concept, by the language of the passages that they are looked for in."""
    found: list[Mapping[str, tuple[str, ...]]] = []
    for concept in json.loads(PATH.read_text(encoding="utf-8")):
        names = {language: _single(listed) for language, listed in concept.items()}
        unspaced = tuple(name for language in UNSPACED for name in names.get(language, ()))
        found.append(names | {DEFAULT: (*names.get(DEFAULT, ()), *unspaced)})
    return found


@cache
def _known() -> dict[tuple[str, tuple[str, ...]], list[tuple[Mapping[str, tuple[str, ...]], bool]]]:
    """Language and stems of a word or phrase → the concepts that it may stand for."""
    known: dict[tuple[str, tuple[str, ...]], list[tuple[Mapping[str, tuple[str, ...]], bool]]] = {}
    for concept, names in zip(json.loads(PATH.read_text(encoding="utf-8")), _concepts(), strict=True):
        for language, listed in concept.items():
            for name in listed:
                key = (language, _stems(words.words_of(name), language))
                known.setdefault(key, []).append((names, not name.endswith("?")))
    return known


def _single(listed: Sequence[str]) -> tuple[str, ...]:
    """The names of one word; of a phrase nothing, since its words mean other things by themselves."""
    split = [words.words_of(name) for name in listed]
    return tuple(dict.fromkeys(name[0] for name in split if len(name) == 1))
