"""Whether a difference is more than chance: scipy's tests, as a comparison asks for them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

RESAMPLES = 1000


def wilson(hits: int, count: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, "Probable inference …", 1927); (0, 1) where nothing was counted."""
    if not count:
        return 0.0, 1.0
    interval = stats.binomtest(hits, count).proportion_ci(0.95, "wilson")
    return float(interval.low), float(interval.high)


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p of McNemar's test (1947): a fair coin falls as unevenly as `gained` to `lost`, or more."""
    return float(stats.binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def sign_flip(differences: Sequence[float]) -> float:
    """Two-sided exact p of paired differences: were both the same, each would be as likely with the other sign.

    Fisher's randomization test ("The Design of Experiments", 1935): the share of all 2^n choices of signs whose sum is
    as far from zero as the one found, or further. Below six items no difference comes under 0.05 (2 of 32 is 0.06).
    All choices are held at once, so it is for some twenty items at most.
    """
    if len(differences) < 2:
        return 1.0
    found = stats.permutation_test(
        (np.asarray(differences, float),),
        lambda sample, axis: sample.sum(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    return float(found.pvalue)


def bootstrap(
    base: Sequence[float], tuned: Sequence[float], weights: Sequence[float], seed: int, times: int = RESAMPLES
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
    difference = float(change.sum() / size.sum())
    if len(change) < 2:
        return difference, (difference, difference)
    found = stats.bootstrap(
        (change, size),
        lambda sums, sizes, axis: sums.sum(axis) / sizes.sum(axis),
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=times,
        rng=seed,
    ).confidence_interval
    return difference, (float(found.low), float(found.high))
