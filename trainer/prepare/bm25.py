"""A search over a run's own passages: does a question find the passage it was made from?

Okapi BM25: Robertson, Walker, Jones, Hancock-Beaulieu and Gatford, "Okapi at TREC-3", 1994; k1 and b as usual there.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence

K1, B = 1.2, 0.75


def terms(text: str) -> list[str]:
    """Words without case, accents and English plural; CJK by pairs of signs."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    found = []
    for word in re.findall(r"\w+", folded):
        if re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", word):
            found += [word[i : i + 2] for i in range(max(1, len(word) - 1))]
        else:
            found.append(_stem(word))
    return found


def _stem(word: str) -> str:
    """Enough for "claims" and "claim", "submitted" and "submit" to meet; numbers and short words stay."""
    if len(word) <= 3 or any(c.isdigit() for c in word):
        return word
    for ending in ("ies", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + ("y" if ending == "ies" else "")
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


class Index:
    """Passages by their words."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._counts = [Counter(terms(text)) for text in texts]
        self._lengths = [sum(count.values()) for count in self._counts]
        self._mean = sum(self._lengths) / max(1, len(texts)) or 1.0
        self._where: defaultdict[str, list[int]] = defaultdict(list)
        for number, count in enumerate(self._counts):
            for term in count:
                self._where[term].append(number)

    def rarity(self, term: str) -> float:
        """Inverse document frequency of a term as `terms` gives it."""
        here = len(self._where.get(term, ()))
        return math.log(1 + (len(self._counts) - here + 0.5) / (here + 0.5))

    def search(self, query: str, most: int = 5) -> list[int]:
        """Numbers of the best passages, best first; equal ones in their order."""
        scores: defaultdict[int, float] = defaultdict(float)
        for term in set(terms(query)):
            rarity = self.rarity(term)
            for number in self._where.get(term, ()):
                times = self._counts[number][term]
                length = 1 - B + B * self._lengths[number] / self._mean
                scores[number] += rarity * times * (K1 + 1) / (times + K1 * length)
        return sorted(scores, key=lambda number: (-scores[number], number))[:most]
