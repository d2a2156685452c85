"""Whether a difference is more than chance: exact and short enough to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

Z95 = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def wilson(hits: int, count: int, z: float = Z95) -> tuple[float, float]:
    """95 % interval of a share (Wilson, "Probable inference …", 1927); (0, 1) where nothing was counted."""
    if not count:
        return 0.0, 1.0
    share, spread = hits / count, z * z / count
    middle = share + spread / 2
    half = z * math.sqrt((share * (1 - share) + spread / 4) / count)
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    return (0.0 if hits == 0 else low), (1.0 if hits == count else high)


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p of McNemar's test: a fair coin falls as unevenly as `gained` to `lost`, or more (1947)."""
    flips, fewer = gained + lost, min(gained, lost)
    tail = sum(math.comb(flips, k) for k in range(fewer + 1))
    return min(1.0, 2.0 * tail / float(2**flips))


def bootstrap(
    base: Sequence[float], tuned: Sequence[float], weights: Sequence[float], seed: int, times: int = 1000
) -> tuple[float, tuple[float, float]]:
    """Weighted mean difference tuned − base and its 95 % interval: percentiles of a paired bootstrap over the items.

    Args:
        base: sums of each item (bits of a document).
        tuned: the same of the other model.
        weights: what they are divided by (bytes of a document).
        seed: of the draw.
        times: resamples.
    """
    change, size = np.asarray(tuned, float) - np.asarray(base, float), np.asarray(weights, float)
    draws = np.random.default_rng(seed).integers(0, len(change), (times, len(change)))
    found = change[draws].sum(axis=1) / size[draws].sum(axis=1)
    low, high = np.percentile(found, [2.5, 97.5])
    return float(change.sum() / size.sum()), (float(low), float(high))
