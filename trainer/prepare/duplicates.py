"""Finds texts that are the same, or nearly: MinHash signatures in LSH bands, then the true overlap of their shingles.

Broder, "On the resemblance and containment of documents", 1997. Used for cleaning and for leaks into held-out sets.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from datasketch import MinHash, MinHashLSH

PERMUTATIONS = 128
NEAR = 0.7
"""Overlap (Jaccard) of shingles from which two texts count as one. LSH looks lower; the true value decides."""
_LSH_MARGIN = 0.25
SHINGLE = 3
"""Words a shingle; short texts use letters instead."""


@dataclass(frozen=True)
class NearDuplicate:
    """Two places that hold nearly the same text; `overlap` is the Jaccard index of their shingles, 1 for the same."""

    first: int
    second: int
    overlap: float


def normalized(text: str) -> str:
    """Letters and digits, case folded, single spaces: what counts when two texts are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))


def shingles(text: str) -> frozenset[Hashable]:
    """Runs of three words; of five letters where there are under eight words, or no spaces between them (CJK)."""
    plain = normalized(text)
    words = plain.split()
    if len(words) < 8 or len(plain) > 20 * len(words):
        return frozenset(plain[i : i + 5] for i in range(max(1, len(plain) - 4)))
    return frozenset(tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1))


def overlap(one: frozenset[Hashable], other: frozenset[Hashable]) -> float:
    """Jaccard index, 0 to 1."""
    return len(one & other) / len(one | other) if one or other else 1.0


def _signature(parts: Iterable[Hashable]) -> MinHash:
    signature = MinHash(num_perm=PERMUTATIONS)
    signature.update_batch([repr(part).encode() for part in parts])
    return signature


def near_duplicates(texts: Sequence[str], threshold: float = NEAR, numbers_differ: bool = False) -> list[NearDuplicate]:
    """Pairs of equal or nearly equal texts, `first` < `second`. About linear in the number of texts.

    With `numbers_differ` texts with other numbers in them are other texts: "room 101" and "room 102" are two facts.
    """
    sets = [shingles(text) for text in texts]
    index = MinHashLSH(threshold=max(0.1, threshold - _LSH_MARGIN), num_perm=PERMUTATIONS)
    pairs: list[NearDuplicate] = []
    for here, parts in enumerate(sets):
        signature = _signature(parts)
        found = ((there, overlap(sets[there], parts)) for there in sorted(index.query(signature)))
        pairs.extend(NearDuplicate(there, here, value) for there, value in found if value >= threshold)
        index.insert(here, signature)
    if numbers_differ:
        numbers = [frozenset(re.findall(r"\d+", text)) for text in texts]
        return [pair for pair in pairs if numbers[pair.first] == numbers[pair.second]]
    return pairs


def leaks(taught: Sequence[str], kept_out: Sequence[str], threshold: float = NEAR) -> list[NearDuplicate]:
    """Pairs of a taught text (`first`) and a text that should have been kept out (`second`) that nearly agree."""
    border = len(taught)
    pairs = near_duplicates([*taught, *kept_out], threshold, numbers_differ=True)
    return [NearDuplicate(p.first, p.second - border, p.overlap) for p in pairs if p.first < border <= p.second]


def clusters(count: int, pairs: Iterable[NearDuplicate]) -> list[list[int]]:
    """Groups of two or more that belong together through pairs (union-find), each sorted."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for pair in pairs:
        parent[root(pair.second)] = root(pair.first)
    groups: dict[int, list[int]] = defaultdict(list)
    for node in range(count):
        groups[root(node)].append(node)
    return [group for group in groups.values() if len(group) > 1]
