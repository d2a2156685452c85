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
    return min(1.0, 2 * tail / (1 << flips))  # whole numbers: a float ends at 1,023 flips


def sign_flip(differences: Sequence[float]) -> float:
    """Two-sided exact p of paired differences: were both the same, each would be as likely with the other sign.

    Fisher's randomization test ("The Design of Experiments", 1935): the share of all 2^n choices of signs whose sum is
    as far from zero as the one found, or further. Below six items no difference comes under 0.05 (2 of 32 is 0.06).
    The sums of half the choices are held at once, so it is for some twenty items at most.
    """
    sums = np.asarray(differences[:1], float)  # the first keeps its sign: the other half mirrors this one
    for difference in differences[1:]:
        sums = np.concatenate([sums + difference, sums - difference])
    found = abs(math.fsum(differences))
    return float(np.mean(np.abs(sums) >= found * (1 - 1e-9))) if len(sums) else 1.0


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
