"""Blind votes between two models, what they say so far, and the file that keeps them.

A vote names the models and holds the question, never an answer or a passage:
a document that is removed leaves nothing here.
"""

from __future__ import annotations

import logging
import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.errors import AppError, NewerData
from app.evaluation.intervals import RESAMPLES, Range, bradley_terry, elo, wilson
from app.files import set_aside, write_atomic

log = logging.getLogger(__name__)

VERSION = 1
FEW = 30
"""Decided votes from which a range is no longer called one of few."""
Choice = Literal["left", "tie", "right", "wrong"]


class Vote(Struct, frozen=True, kw_only=True):
    """A person's choice between two answers; `wrong`: both are."""

    question: str
    left: str  # the model that stood there: its id
    right: str
    left_name: str  # as it was called then
    right_name: str
    choice: Choice
    at: float  # seconds since the epoch
    left_speed: float = 0.0  # tokens a second; 0 where no model wrote
    right_speed: float = 0.0
    asked: str = ""  # the names of the collections; "": the models alone

    @property
    def winner(self) -> str:
        """The id of the model whose answer was better; "" where neither was."""
        return {"left": self.left, "right": self.right}.get(self.choice, "")


class Standing(Struct, frozen=True, kw_only=True):
    """What the votes between two models say: the first one's share of those that were decided, and how far it may be
    from the true one (Wilson, 95 %)."""

    first: str
    second: str
    won: int
    lost: int
    ties: int
    wrong: int
    share: float
    low: float
    high: float

    @property
    def decided(self) -> int:
        return self.won + self.lost

    @property
    def leader(self) -> str:
        """The id of the model that is better beyond chance; "" while the range includes one half."""
        return self.first if self.low > 0.5 else self.second if self.high < 0.5 else ""

    @property
    def points(self) -> tuple[float, float, float]:
        """The same as the first one's lead in Elo's points: likeliest, lowest, highest."""
        return elo(self.share), elo(self.low), elo(self.high)


class Rating(Struct, frozen=True, kw_only=True):
    """A model's strength among all that it was compared with, on Elo's scale around 0, with its 95 % range."""

    id: str
    name: str
    points: float
    low: float
    high: float
    votes: int


def standing_text(found: Standing, first: str, second: str) -> str:
    """The same in words; a winner is named only beyond chance."""
    if not found.decided:
        return "No clear winner yet: no vote has decided between the two."
    names = {found.first: first, found.second: second}
    head = f"{names[found.leader]} is better." if found.leader else "No clear winner yet."
    so_few = "With so few, its" if found.decided < FEW else "Its"
    return (
        f"{head} {first} won {found.won} of {found.decided} decided votes. "
        f"{so_few} true share can be {found.low:.0%} to {found.high:.0%}."
    )


def points_text(found: Standing, first: str) -> str:
    """The rating's lead; "" where there is none to speak of."""
    if not all(map(math.isfinite, found.points)):
        return ""
    points, low, high = map(round, found.points)
    lead = f"{first} {'leads' if points > 0 else 'is behind'} by {abs(points)} points" if points else "no lead"
    return f"Rating: {lead} ({low:+d} to {high:+d}, Elo’s scale)."


def between(votes: Iterable[Vote], first: str, second: str) -> list[Vote]:
    """Those on these two models, in whatever places they stood."""
    return [vote for vote in votes if {vote.left, vote.right} == {first, second}]


def standing(votes: Iterable[Vote], first: str, second: str) -> Standing:
    """Count the votes on two models."""
    counted = between(votes, first, second)
    wins = Counter(vote.winner for vote in counted)
    choices = Counter(vote.choice for vote in counted)
    won, lost = wins[first], wins[second]
    low, high = wilson(won, won + lost)
    return Standing(
        first=first,
        second=second,
        won=won,
        lost=lost,
        ties=choices["tie"],
        wrong=choices["wrong"],
        share=won / (won + lost) if won + lost else 0.5,
        low=low,
        high=high,
    )


def ratings(votes: Sequence[Vote], seed: int = 0) -> list[Rating]:
    """All models that were compared, the best first: Bradley and Terry's strengths over all votes, ties as half a win,
    with percentiles of a bootstrap over the votes."""
    if not votes:
        return []
    points = _points(votes)
    draw = random.Random(seed)
    drawn = [_points(draw.choices(votes, k=len(votes)), rounds=40) for _ in range(RESAMPLES // 5)]
    names = {id_: name for vote in votes for id_, name in ((vote.left, vote.left_name), (vote.right, vote.right_name))}
    found = []
    for id_, value in points.items():
        low, high = _percentiles([each[id_] for each in drawn if id_ in each] or [value])
        count = sum(id_ in (vote.left, vote.right) for vote in votes)
        found.append(Rating(id=id_, name=names[id_], points=value, low=low, high=high, votes=count))
    return sorted(found, key=lambda rating: -rating.points)


def _points(votes: Sequence[Vote], rounds: int = 200) -> dict[str, float]:
    wins: Counter[tuple[str, str]] = Counter()
    halves: dict[tuple[str, str], float] = {}
    for vote in votes:
        if vote.winner:
            wins[vote.winner, vote.right if vote.winner == vote.left else vote.left] += 1
        else:
            for pair in ((vote.left, vote.right), (vote.right, vote.left)):
                halves[pair] = halves.get(pair, 0.0) + 0.5
    return bradley_terry({pair: wins[pair] + halves.get(pair, 0.0) for pair in {*wins, *halves}}, rounds)


def _percentiles(values: list[float]) -> Range:
    ordered = sorted(values)
    edge = round(len(ordered) * 0.025)
    return ordered[edge], ordered[-edge - 1]


class _Stored(Struct, kw_only=True):
    version: int = VERSION
    votes: list[Vote] = []


class _Version(Struct):
    version: int


class VoteStore:
    """Read once, written as a whole with each vote: the core is the only writer of the data folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.note = ""
        """A sentence for the user where the file could not be read, or ""."""
        self._refusal: AppError | None = None
        self.votes: tuple[Vote, ...] = tuple(self._load())

    def add(self, vote: Vote) -> None:
        """Keep a vote. Raises AppError where the file is not ours to write, NoSpace."""
        self._keep((*self.votes, vote))

    def clear(self, first: str, second: str) -> int:
        """Delete the votes on two models; → how many there were. Raises as `add`."""
        gone = between(self.votes, first, second)
        if gone:
            self._keep(tuple(vote for vote in self.votes if vote not in gone))
        return len(gone)

    def _keep(self, votes: tuple[Vote, ...]) -> None:
        if self._refusal is not None:
            raise self._refusal
        write_atomic(self._path, msgspec.json.encode(_Stored(votes=list(votes))) + b"\n")
        self.votes = votes

    def _load(self) -> list[Vote]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            return self._refuse(AppError("Your votes could not be read.", "Check the data folder.", str(error)))
        try:
            if msgspec.json.decode(data, type=_Version).version > VERSION:
                return self._refuse(NewerData("A newer Inhouse wrote your votes on models.", "Update Inhouse."))
            return msgspec.json.decode(data, type=_Stored).votes
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            log.info("%s is damaged: %s", self._path, error)
        try:
            kept = set_aside(self._path)
        except OSError as problem:
            return self._refuse(AppError("Your votes could not be read.", "Check the data folder.", str(problem)))
        self.note = f"The file of your votes on models was damaged. It is kept as “{kept.name}”; there are none now."
        return []

    def _refuse(self, error: AppError) -> list[Vote]:
        self.note, self._refusal = str(error), error
        return []
