"""How far a measured share or mean may be from the true one: small sums, made where they are shown."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from statistics import NormalDist, fmean

LEVEL = 0.95
Z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
RESAMPLES = 1000
ELO = 400.0
"""Points of Elo's scale that stand for odds of ten to one."""

Range = tuple[float, float]


def wilson(hits: float, count: int) -> Range:
    """95 % interval of a share (Wilson, "Probable inference …", 1927); (0, 1) where nothing was counted."""
    if not count:
        return 0.0, 1.0
    share, z2 = hits / count, Z * Z
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = Z / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def bootstrap(values: Sequence[float], seed: int = 0) -> Range:
    """95 % interval of a mean: percentiles of RESAMPLES draws with replacement (Efron, 1979). Of fewer than two values
    it is the value itself, which says nothing about others."""
    if len(values) < 2:
        return (values[0], values[0]) if values else (0.0, 0.0)
    draw = random.Random(seed)
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    edge = round(RESAMPLES * (1 - LEVEL) / 2)
    return means[edge], means[-edge - 1]


def elo(share: float) -> float:
    """Points by which a model that wins this share is ahead; without an end where it wins all or none."""
    return ELO * math.log10(share / (1 - share)) if 0 < share < 1 else math.copysign(math.inf, share - 0.5)


Wins = Mapping[tuple[str, str], float]
"""(winner, loser) → how often, a tie as half a win of each."""


def bradley_terry(wins: Wins, rounds: int = 200) -> dict[str, float]:
    """Points of each player on Elo's scale, their mean 0, by the likeliest strengths.

    P(a beats b) = s_a / (s_a + s_b) (Bradley and Terry, 1952), by Hunter's MM steps (2004). A tenth of a tie between
    all who met keeps those who won or lost everything at finite strengths.
    """
    names = sorted({name for pair in wins for name in pair})
    met = {(a, b) for a in names for b in names if a != b and ((a, b) in wins or (b, a) in wins)}
    won = {pair: wins.get(pair, 0.0) + 0.05 for pair in met}
    strength = dict.fromkeys(names, 1.0)
    for _ in range(rounds):
        fresh = {}
        for name in names:
            rivals = [b for a, b in met if a == name]
            plays = sum((won[name, b] + won[b, name]) / (strength[name] + strength[b]) for b in rivals)
            fresh[name] = sum(won[name, b] for b in rivals) / plays if plays else 1.0
        mean = math.exp(fmean(math.log(value) for value in fresh.values()))
        strength = {name: value / mean for name, value in fresh.items()}
    return {name: ELO * math.log10(value) for name, value in strength.items()}
