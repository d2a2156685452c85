"""Where documents mention something: read from the positions that the full text keeps, without looking at any text.

What is mentioned is a word with its forms and its compounds (in languages that write them in one word), or several
words near each other. Only what counts to the letter (a quoted phrase, a part number) is looked up in the text itself.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, partial

from app.documents.catalogue import json_list
from app.documents.contents import Contents
from app.documents.fulltext import COMPOUNDING, LONG, code_term, language_term
from app.documents.lexical import SHORTEST_PART, compounds_of, split
from app.documents.migrations import WORDS_BY_LANGUAGE
from app.text import words
from app.text.exact import count_code, count_phrase, phrases, possible_codes
from app.text.find.mention import is_exact, options
from app.text.language import DEFAULT, STOP_WORDS

NEAR = 5
"""Words of one mention stand within so many words of each other."""

ALL = -1
"""SQLite's limit for no limit."""

Places = dict[int, list[int]]
"""Passage → the positions of its terms where something stands, rising."""

Terms = tuple[str, ...]
"""Neighbouring terms; one, but for a word in a script without spaces."""


class Positions:
    """Where terms stand in the full text."""

    def __init__(self, store: Contents) -> None:
        self._store = store
        schema = "main" if store.version >= WORDS_BY_LANGUAGE else "temp"
        store.db.execute(
            f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.word_places USING fts5vocab({schema}, words, instance)"
        )

    @cached_property
    def languages(self) -> list[str]:
        """Those that passages are written in, and the one that a text is taken for whose language does not show."""
        present = self._store.term_counts([language_term(language) for language in STOP_WORDS])
        return [each for each in STOP_WORDS if each == DEFAULT or language_term(each) in present]

    def of(self, terms: Terms, column: str) -> Places:
        """Where these terms stand one after the other."""
        found = self._single(terms[0], column)
        for step, term in enumerate(terms[1:], 1):
            following = self._single(term, column)
            both = ((id_, set(following[id_]), places) for id_, places in found.items() if id_ in following)
            kept = ((id_, [at for at in places if at + step in there]) for id_, there, places in both)
            found = {id_: places for id_, places in kept if places}
        return found

    def written_in(self, language: str) -> set[int]:
        """The passages of a language."""
        if language not in self._written:
            self._written[language] = set(self._single(language_term(language), "extra"))
        return self._written[language]

    def language_of(self, passage_id: int) -> str:
        """The language that a passage's words were taken for."""
        others = (each for each in self.languages if each != DEFAULT)
        return next((each for each in others if passage_id in self.written_in(each)), DEFAULT)

    @cached_property
    def _written(self) -> dict[str, set[int]]:
        return {}

    def _single(self, term: str, column: str) -> Places:
        found: Places = {}
        rows = self._store.db.execute(
            "SELECT doc, offset FROM temp.word_places WHERE term = ? AND col = ?", (term, column)
        )
        for passage, offset in rows:
            found.setdefault(passage, []).append(offset)
        return found


class Wanted:
    """A thing that is to be mentioned, ready to be looked for: in the full text, or in a text at hand."""

    def __init__(self, store: Contents, positions: Positions, mention: str) -> None:
        self._parts = [_part(store, positions, option) for option in options(mention)]

    def places(self, column: str) -> dict[int, int]:
        """Passage → the number of mentions in a column of the full text: "body" or "context"."""
        return {id_: len(places) for id_, places in self.positions(column).items()}

    def positions(self, column: str) -> Places:
        """The same with their positions."""
        return _union(part.places(column) for part in self._parts)

    def count_in(self, text: str, language: str) -> int:
        """How often a text mentions it."""
        return sum(part.count_in(text, language) for part in self._parts)


class _Letters:
    """To the letter: full text finds candidates, their text decides."""

    def __init__(
        self, store: Contents, candidates: Callable[[str], Iterable[int]], count: Callable[[str], int]
    ) -> None:
        self._store, self._candidates, self._count = store, candidates, count

    def places(self, column: str) -> Places:
        ids = list(self._candidates(column))
        rows = self._store.db.execute(
            f"SELECT id, {'text' if column == 'body' else 'context'} FROM passages "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (json_list(ids),),
        )
        counted = ((row[0], self._count(row[1])) for row in rows)
        return {id_: list(range(count)) for id_, count in counted if count}

    def count_in(self, text: str, language: str) -> int:
        return self._count(text)


class _Words:
    """Words near each other, each in any of its forms."""

    def __init__(self, positions: Positions, forms: Sequence[Mapping[str, list[list[Terms]]]]) -> None:
        """`forms`: of each word, by language, what counts as it: groups of terms that stand near each other."""
        self._positions, self._forms = positions, forms

    def places(self, column: str) -> Places:
        found = [self._word(forms, column) for forms in self._forms]
        return _near(found)

    def count_in(self, text: str, language: str) -> int:
        terms = words.terms(text, language)
        where: dict[str, list[int]] = defaultdict(list)
        for at, term in enumerate(terms):
            where[term].append(at)
        found = []
        for forms in self._forms:
            groups = forms.get(language, ())
            found.append(_union(_near([_run(where, each) for each in group]) for group in groups))
        return len(_near(found).get(0, ()))

    def _word(self, forms: Mapping[str, list[list[Terms]]], column: str) -> Places:
        by_groups: dict[tuple[tuple[Terms, ...], ...], list[str]] = defaultdict(list)
        for language, groups in forms.items():
            by_groups[tuple(tuple(group) for group in groups)].append(language)
        found = []
        for choices, languages in by_groups.items():
            places = _union(_near([self._positions.of(each, column) for each in group]) for group in choices)
            if len(by_groups) > 1:
                here = set().union(*(self._positions.written_in(language) for language in languages))
                places = {id_: at for id_, at in places.items() if id_ in here}
            found.append(places)
        return _union(found)


def _part(store: Contents, positions: Positions, option: str) -> _Letters | _Words:
    """One of the things of which one is enough."""
    if is_exact(option):
        phrase = phrases(option)[0]
        runs = {tuple(words.terms(phrase, language)) for language in positions.languages}
        return _Letters(
            store, lambda column: _union(positions.of(run, column) for run in runs), lambda t: count_phrase(t, phrase)
        )
    codes = possible_codes(option)
    if len(codes) == 1 and " " not in option.strip() and store.term_counts([code_term(codes[0])]):
        term = (code_term(codes[0]),)
        return _Letters(store, lambda column: positions.of(term, "extra"), lambda text: count_code(text, codes[0]))
    return _Words(positions, [_forms(store, positions, word) for word in words.query_words(option)])


def _forms(store: Contents, positions: Positions, word: str) -> dict[str, list[list[Terms]]]:
    """What counts as a word in each language: its stem, its compounds, and its parts near each other.

    A long word is in any that begins or ends with it; of a short one ("Bank": "Bankett") the rest must be a word too.
    """
    found: dict[str, list[list[Terms]]] = {}
    for language in positions.languages:
        terms = words.terms_of(word, language)
        groups: list[list[Terms]] = [[terms]]
        if language in COMPOUNDING and len(terms) == 1 and len(terms[0]) >= SHORTEST_PART and terms[0].isalpha():
            find = store.long_words if len(terms[0]) >= LONG else partial(compounds_of, store)
            groups += [[(whole,)] for whole in find(terms[0], ALL)]
            parts = split(store, terms[0]) if len(terms[0]) >= LONG else ()
            groups += [[(part,) for part in parts]] if parts else []
        found[language] = groups
    return found


def _run(where: Mapping[str, list[int]], terms: Terms) -> Places:
    """Where terms follow each other in one text, as the places of passage 0."""
    found = [at for at in where.get(terms[0], ()) if all(at + n in where.get(t, ()) for n, t in enumerate(terms))]
    return {0: found} if found else {}


def _near(found: Sequence[Places]) -> Places:
    """Where all of them stand within NEAR words: the places of the rarest one."""
    if len(found) == 1:
        return found[0]
    rarest, *others = sorted(found, key=lambda places: sum(map(len, places.values())))
    near: Places = {}
    for id_, places in rarest.items():
        there = [other.get(id_, ()) for other in others]
        kept = [at for at in places if all(_any_within(each, at) for each in there)]
        if kept:
            near[id_] = kept
    return near


def _any_within(places: Sequence[int], at: int) -> bool:
    first = bisect.bisect_left(places, at - NEAR)
    return first < len(places) and places[first] <= at + NEAR


def _union(found: Iterable[Places]) -> Places:
    """The places of any of them, each once."""
    listed = [places for places in found if places]
    if len(listed) == 1:
        return listed[0]
    joined: dict[int, set[int]] = defaultdict(set)
    for places in listed:
        for id_, at in places.items():
            joined[id_].update(at)
    return {id_: sorted(at) for id_, at in joined.items()}
