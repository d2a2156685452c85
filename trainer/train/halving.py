"""Which settings are tried, how many a time holds, which are kept: successive halving (Jamieson and Talwalkar 2016).

Pairs of rank and rate are trained for an eighth of their way, the better half for a quarter, the best for half of it;
then the winner goes the whole way beside whole trainings with half and twice the times through the data. Pairs are
held against each other at the same place of the same schedule. Times through the data cannot be: what is gone through
twice is ahead at every place but the end. So these are judged by whole trainings alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from trainer.spec import SettingsTrial

PARTS = (1, 2, 4)
"""Eighths of the way at which pairs are held against each other."""
WHOLE = 8
ENOUGH = 8
"""Watched questions; by fewer the choice would be chance."""
AS_GOOD = 0.05
"""A loss that is higher by less than this share counts as the same."""
TIMES = (0.5, 2.0)
"""Times through the data that are tried, by the recipe's."""
HELD = 12
"""Checkpoints on the disk at most, in those of the recipe's rank: the trials that are still in, some of twice it."""
_PLACES = {1: "an eighth of the way", 2: "a quarter of the way", 4: "half of the way", WHOLE: "the end"}


def pairs(rank: int, rate: float) -> list[tuple[int, float]]:
    """Rank and rate of each trial: the recipe's own first, then what differs in one of them, then in both."""
    low, high, slow, fast = max(1, rank // 2), rank * 2, rate / 2, rate * 2
    found = [(rank, rate), (rank, fast), (rank, slow), (high, rate), (low, rate)]
    found += [(high, slow), (low, fast), (high, fast), (low, slow)]
    return list(dict.fromkeys(found))


def survivors(count: int) -> int:
    """How many of so many go on."""
    return max(1, count // 2)


def work(count: int) -> int:
    """Eighths of a training that it takes to halve so many pairs down to one."""
    total, done = 0, 0
    for part in PARTS:
        total += count * (part - done)
        done, count = part, survivors(count)
        if count == 1:
            break
    return total


def how_many(given: float, each: float, most: int) -> int:
    """Pairs that a time holds, where an eighth of a training takes `each` seconds; 0 where it does not hold two."""
    return max((count for count in range(2, most + 1) if work(count) * each <= given), default=0)


def longest(whole: float) -> float:
    """Seconds that all there is to try takes, where a whole training takes `whole`."""
    rest = (WHOLE - PARTS[-1]) / WHOLE
    return whole * (work(len(pairs(16, 1.0))) / WHOLE + rest + sum(TIMES))


def expected(minutes: float | None, whole: float) -> tuple[float, tuple[str, ...]]:
    """Seconds that the trials take at most, where a whole training takes `whole`; and a warning where the time that was
    given holds no two of them."""
    if not minutes:
        return 0.0, ()
    if how_many(minutes * 60, whole / WHOLE, 2):
        return min(minutes * 60, longest(whole)), ()
    each = max(1, round(whole / WHOLE / 60))
    short = (
        f"{minutes:g} min will hardly hold two trials of about {each} min each: then the recipe's own settings train."
    )
    return minutes * 60, (short,)


def order(trials: Collection[SettingsTrial], part: int) -> list[SettingsTrial]:
    """Best first; those without a measurement there come last."""
    return sorted(trials, key=lambda trial: (trial.losses.get(part, float("inf")), trial.number))


def pick(trials: Collection[SettingsTrial], part: int) -> SettingsTrial:
    """The best at this place; of those that are as good the one that changes the model least, since the loss on what is
    taught says nothing of what is forgotten."""
    best = order(trials, part)[0]
    limit = best.losses[part] * (1 + AS_GOOD)
    equals = [trial for trial in trials if trial.losses.get(part, float("inf")) <= limit]
    return min(equals, key=lambda trial: (trial.epochs, trial.learning_rate, trial.rank))


def decide(trials: Sequence[SettingsTrial]) -> tuple[SettingsTrial, int] | None:
    """The one to keep, and the last place where two or more were measured; None where there is no such place."""
    for part in (WHOLE, *reversed(PARTS)):
        measured = [trial for trial in trials if part in trial.losses]
        if len(measured) >= 2:
            return pick([trial for trial in measured if trial.ended != "dropped"] or measured, part), part
    return None


def settings_text(trial: SettingsTrial) -> str:
    """ "rank 16, rate 5e-04, 1 time through the data"."""
    times = "1 time" if trial.epochs == 1 else f"{trial.epochs:g} times"
    return f"rank {trial.rank}, rate {trial.learning_rate:.2g}, {times} through the data"


def reason(trials: Sequence[SettingsTrial], kept: SettingsTrial, part: int, watched: int) -> str:
    """Why these settings train."""
    measured = [trial for trial in trials if part in trial.losses]
    best = order(measured, part)[0]
    loss, place = kept.losses[part], _PLACES[part]
    said = f"{_capital(settings_text(kept))}: error {loss:.3f} on {watched} watched questions at {place}"
    if kept.number != best.number:
        said += f", as good as the lowest ({best.losses[part]:.3f}) within {AS_GOOD:.0%}, and it changes the model less"
    elif (own := trials[0]).number != kept.number:
        said += f", the lowest of {len(measured)}"
        if shared := max((p for p in own.losses if p in kept.losses), default=0):
            here = _PLACES[shared]
            said += f"; the recipe's own had {own.losses[shared]:.3f} against {kept.losses[shared]:.3f} at {here}"
    else:
        said += f", the lowest of {len(measured)}, and the recipe's own"
    return f"{said}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
