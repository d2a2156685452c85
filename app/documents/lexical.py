"""A question as the full text reads it: what to look for in each language, and what must stand there to the letter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from app.documents.contents import COMPOUNDS, Contents
from app.documents.fulltext import COMPOUNDING, LONG, code_term, language_term, scope_term
from app.text import words
from app.text.exact import codes, codes_among, holds_phrase, phrases, possible_codes
from app.text.glossary import Meaning, meanings
from app.text.language import DEFAULT, STOP_WORDS, language_of

K1, B, HEADINGS = 1.2, 0.75, 0.5
"""Robertson and Zaragoza, The Probabilistic Relevance Framework (2009): the usual constants, which are not critical."""

SYNONYM, PERHAPS = 0.5, 0.25
"""What another word for the same thing is worth (app/text/glossary.py), and for what is only perhaps meant. In another
language it is worth as much as the word that was typed: that cannot stand there."""

PART, COMPOUND = 0.5, 0.3
"""What a part of a compound of the question is worth, and a compound that one of its words is a part of."""

SHORTEST_PART = 4
_LINKS = ("", "s", "es", "n", "en", "e", "er", "ens")
"""Letters that German and Dutch put between the parts of a compound."""

MATCHES = 5_000
"""Passages that full text may have to weigh for one query: about 10 ms."""

MORE = 12
"""Candidates that only compounds find."""

RARE, RARE_SHARE = 20, 0.02
"""A code that stands in at most so many passages, or in this share of them, tells which passages are meant."""


class Clue(Struct, frozen=True):
    """One thing to look for: by the language of a passage, the terms that count as it."""

    terms: dict[str, tuple[str, ...]]
    weight: float
    count: int  # passages that hold one of them

    @property
    def typed(self) -> set[str]:
        """Its first term in each language: the word as it was typed."""
        return {listed[0] for listed in self.terms.values() if listed}

    def all_terms(self) -> set[str]:
        """In every language."""
        return {term for listed in self.terms.values() for term in listed}


class Weighed(Struct, frozen=True):
    """How well the words of a passage fit."""

    bm25: float
    share: float  # of the BM25 that a passage with every term of the query, once, would have
    pairs: float
    exact: int  # rare codes and quoted phrases that it holds


class Question:
    """Weighs passages by words: BM25 over body and headings, neighbouring words, and what was wanted to the letter.

    `known` is how much of the question any document has a word of, as it was typed, by rarity, 0 to 1.
    """

    def __init__(self, store: Contents, text: str) -> None:
        self._store = store
        self._passages = store.count()
        self._mean = store.mean_terms()
        self._whole = words.words_of(text)
        present = store.term_counts([language_term(language) for language in STOP_WORDS])
        self.languages = [each for each in STOP_WORDS if each == DEFAULT or language_term(each) in present]
        self.clues = self._read(text)
        self._idf = [clue.weight * self._rarity(clue.count) for clue in self.clues]
        own = [(clue, idf) for clue, idf in zip(self.clues, self._idf, strict=True) if clue.weight == 1.0]
        self._all = sum(idf for _, idf in own) or 1.0
        typed = self._store.term_counts(sorted({term for clue, _ in own for term in clue.typed}))
        self.known = sum(idf for clue, idf in own if not typed.keys().isdisjoint(clue.typed)) / self._all
        self._neighbours: dict[str, dict[tuple[str, str], float]] = {}
        self.codes, self.phrases, self.missing = self._wanted(text)

    @property
    def exact(self) -> int:
        """How many rare codes and quoted phrases a passage can hold."""
        return len(self.codes) + len(self.phrases)

    def candidates(self, limit: int, collections: Sequence[int], documents: Sequence[int] | None) -> list[int]:
        """Passages by full text, best first. Words in every other passage only cost time, so rare ones stand for the
        query."""
        found: dict[int, None] = {}
        for match in [f"extra : {_quoted(code_term(code))}" for code in self.codes]:
            found.update(dict.fromkeys(self._best(match, limit, collections, documents)))
        for phrase in self.phrases:
            found.update(dict.fromkeys(self._holding(phrase, limit, collections, documents)))
        for own, most in ((True, limit), (False, MORE)):
            terms = {t for clue in self.clues if (clue.weight == 1.0) == own for t in clue.all_terms()}
            if chosen := self._rare(sorted(terms)):
                match = "{name context body} : (" + " OR ".join(map(_quoted, chosen)) + ")"
                found.update(dict.fromkeys(self._best(match, most, collections, documents)))
        return list(found)

    def weigh(self, name: str, context: str, text: str) -> Weighed:
        """Weigh one passage; `name` holds the words of its file's name."""
        language, above, body = words.analysed(context, text)
        above += set(words.terms(name, language)).difference(above)
        counts, over = Counter(body), Counter(above)
        length = K1 * (1 - B + B * (len(body) + HEADINGS * len(above)) / self._mean)
        bm25 = 0.0
        for clue, idf in zip(self.clues, self._idf, strict=True):
            often = sum(counts[term] + HEADINGS * over[term] for term in clue.terms.get(language, ()))
            if often:
                bm25 += idf * often * (K1 + 1) / (often + length)
        together = set(pairwise(body))
        neighbours = self._pairs(language)
        pairs = sum(weight for pair, weight in neighbours.items() if pair in together) / self._all
        return Weighed(bm25, bm25 / self._all, pairs, self._exact(f"{name}\n{context}\n{text}"))

    # --- reading the question ----------------------------------------------------------------------------------------

    def _read(self, text: str) -> list[Clue]:
        spoken = language_of(self._whole)
        meant = meanings(text)
        own: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}
        for word in words.query_words(text):
            means = [meaning for meaning in meant if meaning.said[-1] == word]
            for variant in zip(*(words.terms_of(word, language) for language in self.languages), strict=True):
                own[variant] = {
                    each: (term, *(_named(means, each) if each != spoken else ()))
                    for each, term in zip(self.languages, variant, strict=True)
                }
        asked = list(own.values())
        return [self._clue(terms, 1.0) for terms in asked] + self._synonyms(meant, asked) + self._compounds(asked)

    def _synonyms(self, meant: Sequence[Meaning], own: Sequence[dict[str, tuple[str, ...]]]) -> list[Clue]:
        """Other words for what is asked, in the question's own language too."""
        asked = {(language, term) for terms in own for language, listed in terms.items() for term in listed}
        found: list[Clue] = []
        for meaning in meant:
            terms = {
                language: tuple(term for term in _named([meaning], language) if (language, term) not in asked)
                for language in self.languages
            }
            if any(terms.values()):
                found.append(self._clue(terms, SYNONYM if meaning.sure else PERHAPS))
        return found

    def _clue(self, terms: dict[str, tuple[str, ...]], weight: float) -> Clue:
        counts = self._store.term_counts(sorted({term for listed in terms.values() for term in listed}))
        return Clue(terms, weight, min(self._passages, sum(counts.values())))

    def _compounds(self, own: Sequence[dict[str, tuple[str, ...]]]) -> list[Clue]:
        """The parts of the question's compounds, and compounds of its words, as far as the index knows them."""
        found: list[Clue] = []
        for language in [each for each in self.languages if each in COMPOUNDING]:
            asked = {terms[language][0] for terms in own}
            for term in sorted(asked):
                if len(term) < SHORTEST_PART or not term.isalpha():
                    continue
                parts = split(self._store, term) if len(term) >= LONG else ()
                found += [self._clue({language: (part,)}, PART) for part in parts if part not in asked]
                longer = tuple(each for each in compounds_of(self._store, term) if each not in asked)
                if longer:
                    found.append(self._clue({language: longer}, COMPOUND))
        return found

    def _wanted(self, text: str) -> tuple[list[str], list[str], list[str]]:
        """Rare codes and quoted phrases that stand somewhere; and those that stand nowhere."""
        typed = dict.fromkeys([*codes(text), *possible_codes(text)])
        known = self._store.term_counts([code_term(code) for code in typed])
        rare = max(RARE, RARE_SHARE * self._passages)
        wanted = [code for code in typed if 0 < known.get(code_term(code), 0) <= rare]
        quoted = phrases(text)
        there = [phrase for phrase in quoted if self._holding(phrase, 1, (), None)]
        return wanted, there, [phrase for phrase in quoted if phrase not in there]

    def _exact(self, text: str) -> int:
        if not self.exact:
            return 0
        return codes_among(text, self.codes) + sum(holds_phrase(text, phrase) for phrase in self.phrases)

    def _pairs(self, language: str) -> dict[tuple[str, str], float]:
        """The question's neighbouring terms in a language, with their weight."""
        if language not in self._neighbours:
            idf = {
                term: weight
                for clue, weight in zip(self.clues, self._idf, strict=True)
                if clue.weight == 1.0
                for term in clue.terms.get(language, ())
            }
            whole = [term for word in self._whole for term in words.terms_of(word, language)]
            self._neighbours[language] = {(a, b): idf.get(a, 0.0) + idf.get(b, 0.0) for a, b in pairwise(whole)}
        return self._neighbours[language]

    def _rarity(self, count: int) -> float:
        return math.log(1 + (self._passages - count + 0.5) / (count + 0.5))

    # --- asking the full text ----------------------------------------------------------------------------------------

    def _rare(self, terms: Sequence[str]) -> list[str]:
        counts = self._store.term_counts(terms)
        chosen: list[str] = []
        seen = 0
        for term in sorted(counts, key=lambda term: counts[term]):
            if chosen and seen + counts[term] > MATCHES:
                break
            chosen.append(term)
            seen += counts[term]
        return chosen

    def _holding(
        self, phrase: str, limit: int, collections: Sequence[int], documents: Sequence[int] | None
    ) -> list[int]:
        """Passages that hold a phrase word by word, or have it as a heading or a file's name."""
        forms = {" ".join(words.terms(phrase, language)) for language in self.languages}
        match = "{name context body} : (" + " OR ".join(map(_quoted, sorted(forms))) + ")"
        near = self._best(match, max(limit, RARE), collections, documents)
        bodies = self._store.bodies(near)
        return [id_ for id_ in near if holds_phrase("\n".join(bodies[id_]), phrase)]

    def _best(self, match: str, limit: int, collections: Sequence[int], documents: Sequence[int] | None) -> list[int]:
        if collections:
            match = f"({match}) AND scope : ({' OR '.join(scope_term(c) for c in collections)})"
        return self._store.best_words(match, limit, documents)


def _named(meant: Sequence[Meaning], language: str) -> tuple[str, ...]:
    """The terms of what is meant in a language; the words of a phrase mean other things by themselves."""
    named = (
        [term for word in name for term in words.terms_of(word, language)]
        for meaning in meant
        for name in meaning.names.get(language, ())
    )
    return tuple(dict.fromkeys(made[0] for made in named if len(made) == 1))


def split(store: Contents, compound: str) -> tuple[str, ...]:
    """The two terms of the index that a compound is made of, their lengths as even as may be; none: ()."""
    cuts: list[tuple[str, str]] = []
    for at in range(SHORTEST_PART, len(compound) - SHORTEST_PART + 1):
        head, tail = compound[:at], compound[at:]
        bare = [head.removesuffix(link) for link in _LINKS if head.endswith(link)]
        cuts += [(each, tail) for each in bare if len(each) >= SHORTEST_PART]
    known = store.term_counts(sorted({part for cut in cuts for part in cut}))
    sound = [cut for cut in cuts if cut[0] in known and cut[1] in known]
    return max(sound, key=lambda cut: min(map(len, cut)), default=())


def compounds_of(store: Contents, part: str, most: int = COMPOUNDS) -> list[str]:
    """The compounds of the index that begin or end with a term, the rest of them being a term too.

    Of the words that may be some, the `most` commonest on each side are looked at; -1: all of them.
    """
    rests: dict[str, list[str]] = {}
    for whole in store.long_words(part, most):
        if whole.startswith(part):
            rest = whole.removeprefix(part)
            bare = [rest.removeprefix(link) for link in _LINKS if rest.startswith(link)]
        else:
            rest = whole.removesuffix(part)
            bare = [rest.removesuffix(link) for link in _LINKS if rest.endswith(link)]
        rests[whole] = [each for each in bare if len(each) >= SHORTEST_PART]
    known = store.term_counts(sorted({each for bare in rests.values() for each in bare}))
    return [whole for whole, bare in rests.items() if any(each in known for each in bare)]


def _quoted(term: str) -> str:
    return f'"{term}"'
