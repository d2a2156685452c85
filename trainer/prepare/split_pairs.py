"""Which pairs of answers are kept out: the exam of a preference, and what training stops by.

Pairs go together by what is asked and answered, so that nothing of the exam was learned in other words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from msgspec.structs import replace

from trainer.prepare import duplicates
from trainer.spec import HELD_OUT, Preference, Split

FEWEST = 12
"""Pairs from which some are kept out: three held-out ones of a smaller set would say nothing (sign test)."""
SHARE, LARGEST, SMALLEST = 5, 100, 20
"""A fifth is the exam, at most so many; of small sets a quarter, up to so many."""
WATCHED_SHARE, MOST_WATCHED = 10, 48
ALIKE = 0.5
"""Overlap of two questions, or of two better answers, from which their pairs stay on one side."""


def split_pairs(pairs: Sequence[Preference], seed: int) -> list[Preference]:
    """Put each pair where it belongs, by a seeded draw; one that was excluded stays so."""
    live = [n for n, pair in enumerate(pairs) if pair.split == "train"]
    if len(live) < FEWEST:
        return list(pairs)
    held = min(LARGEST, max(len(live) // SHARE, min(SMALLEST, len(live) // 4)))
    watched = min(MOST_WATCHED, len(live) // WATCHED_SHARE)
    places: dict[int, Split] = {}
    for group in _drawn([pairs[n] for n in live], seed):
        if len(places) + len(group) <= held:
            places |= dict.fromkeys(group, HELD_OUT)
        elif len(places) + len(group) <= held + watched:
            places |= dict.fromkeys(group, "validation")
    kept = {live[at]: place for at, place in places.items()}
    return [replace(pair, split=kept.get(n, pair.split)) for n, pair in enumerate(pairs)]


def _drawn(pairs: Sequence[Preference], seed: int) -> list[list[int]]:
    """Pairs that belong together, the groups in a drawn order."""
    alike = [
        found
        for texts in ([pair.messages[-1].content for pair in pairs], [pair.chosen for pair in pairs])
        for found in duplicates.near_duplicates(texts, ALIKE)
    ]
    together = duplicates.clusters(len(pairs), alike)
    alone = sorted(set(range(len(pairs))).difference(*together))
    groups = [*together, *([n] for n in alone)]
    random.Random(seed).shuffle(groups)
    return groups
