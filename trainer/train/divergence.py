"""How far two models are from each other: the Kullback-Leibler divergence of what they expect at each position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

Logits = NDArray[np.float32]
"""(positions, vocabulary)"""


def divergence(p: Logits, q: Logits) -> float:
    """Mean KL(p ‖ q) over positions, in nats a token; a position at a time, since a vocabulary in float64 is large."""
    total = 0.0
    for one, other in zip(p, q, strict=True):
        a, b = log_softmax(one.astype(np.float64)), log_softmax(other.astype(np.float64))
        total += float((np.exp(a) * (a - b)).sum())
    return total / len(p)
