"""A search over texts in memory, by their words: does a question find the passage that it was made from?

Okapi BM25: Robertson, Walker, Jones, Hancock-Beaulieu and Gatford, "Okapi at TREC-3", 1994; k1 and b as usual there.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from app.text.words import query_terms, terms

K1, B = 1.2, 0.75


class Index:
    """Texts by their terms, the same ones that full text search of the documents compares."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(terms(text)) for text in texts]
        self._lengths = [sum(count.values()) for count in self._counts]
        self._mean = sum(self._lengths) / max(1, len(texts)) or 1.0
        self._where: defaultdict[str, list[int]] = defaultdict(list)
        for number, count in enumerate(self._counts):
            for term in count:
                self._where[term].append(number)

    def search(self, query: str, most: int = 5) -> list[int]:
        """Numbers of the best texts, best first; equal ones in their order."""
        scores: defaultdict[int, float] = defaultdict(float)
        for term in query_terms(query):
            here = self._where.get(term, ())
            rarity = math.log(1 + (len(self._counts) - len(here) + 0.5) / (len(here) + 0.5))
            for number in here:
                times = self._counts[number][term]
                length = 1 - B + B * self._lengths[number] / self._mean
                scores[number] += rarity * times * (K1 + 1) / (times + K1 * length)
        return sorted(scores, key=lambda number: (-scores[number], number))[:most]

    def frequency(self, term: str) -> int:
        """In how many texts a term stands."""
        return len(self._where.get(term, ()))
