"""Intervals against scipy, ratings against a second way of finding them, marks, and the file of votes."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from scipy import optimize, stats

from app.errors import AppError
from app.evaluation import marking
from app.evaluation.arena import Choice, Vote, VoteStore, points_text, ratings, standing, standing_text
from app.evaluation.intervals import bootstrap, bradley_terry, elo, wilson
from app.evaluation.sets import Item
from app.workers.calls.engine import Completed, Likelihood, Scored


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (8, 12), (10, 10), (97, 197)])
def test_a_share_has_wilsons_interval(hits: int, count: int) -> None:
    interval = stats.binomtest(hits, count).proportion_ci(0.95, "wilson")
    assert wilson(hits, count) == pytest.approx((interval.low, interval.high), abs=1e-9)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_bootstrap_is_about_the_means_standard_error() -> None:
    draw = random.Random(3)
    values = [draw.gauss(50, 10) for _ in range(200)]
    low, high = bootstrap(values)
    half = 1.96 * stats.sem(values)
    assert (high - low) / 2 == pytest.approx(half, rel=0.15) and low < sum(values) / 200 < high


def test_ratings_are_the_likeliest_strengths() -> None:
    """The same likelihood, maximised by scipy."""
    wins = {("a", "b"): 7.0, ("b", "a"): 3.0, ("b", "c"): 6.0, ("c", "b"): 4.0, ("a", "c"): 5.0, ("c", "a"): 2.0}

    def loss(s: list[float]) -> float:
        at = dict(zip("abc", s, strict=True))
        return -sum((n + 0.05) * math.log(1 / (1 + math.exp(at[y] - at[x]))) for (x, y), n in wins.items())

    found = optimize.minimize(loss, [0.0, 0.0, 0.0]).x
    wanted = {name: 400 * (value - found.mean()) / math.log(10) for name, value in zip("abc", found, strict=True)}
    assert bradley_terry(wins) == pytest.approx(wanted, abs=0.5)


def vote(choice: Choice, left: str = "a", right: str = "b", question: str = "q") -> Vote:
    return Vote(
        question=question,
        left=left,
        right=right,
        left_name=left.upper(),
        right_name=right.upper(),
        choice=choice,
        at=1.0,
    )


def test_votes_are_counted_whatever_the_side_and_a_winner_needs_more_than_chance() -> None:
    votes = [vote("left")] * 5 + [vote("right", "b", "a")] * 3 + [vote("right")] * 4 + [vote("tie"), vote("wrong")]
    found = standing([*votes, vote("left", "a", "c")], "a", "b")
    assert (found.won, found.lost, found.ties, found.wrong) == (8, 4, 1, 1)
    assert (round(found.low, 2), round(found.high, 2)) == (0.39, 0.86) and not found.leader
    text = standing_text(found, "Larkfield", "Mistral")
    assert text.startswith("No clear winner yet. Larkfield won 8 of 12 decided votes.") and "39% to 86%" in text
    assert "Larkfield leads by 120 points" in points_text(found, "Larkfield")
    assert elo(8 / 12) == pytest.approx(120, abs=1)
    clear = standing([vote("left")] * 12 + [vote("right")], "b", "a")
    assert clear.leader == "a" and standing_text(clear, "B", "A").startswith("A is better.")
    assert standing([], "a", "b").leader == "" and points_text(standing([vote("left")], "a", "b"), "A") == ""
    assert points_text(standing([vote("left"), vote("right")], "a", "b"), "A").startswith("Rating: no lead (-")


def test_all_models_are_rated_with_a_range() -> None:
    votes = [vote("left")] * 9 + [vote("right")] * 3 + [vote("left", "b", "c")] * 8 + [vote("tie", "b", "c")] * 2
    found = ratings(votes)
    assert [rating.id for rating in found] == ["a", "b", "c"] and found[0].name == "A" and found[1].votes == 22
    assert all(rating.low <= rating.points <= rating.high for rating in found)


def test_votes_are_kept_and_a_damaged_or_newer_file_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "arena.json"
    store = VoteStore(path)
    store.add(vote("left"))
    store.add(vote("tie", "a", "c"))
    assert VoteStore(path).votes == store.votes and json.loads(path.read_bytes())["version"] == 1
    assert store.clear("b", "a") == 1 and len(VoteStore(path).votes) == 1
    path.write_text("{half")
    assert "damaged" in VoteStore(path).note and list(tmp_path.glob("arena.broken-*"))
    path.write_text('{"version": 9, "votes": "of another form"}')
    newer = VoteStore(path)
    with pytest.raises(AppError, match="newer Inhouse"):
        newer.add(vote("left"))
    assert json.loads(path.read_text())["version"] == 9


def test_choices_by_likelihood_plain_and_by_length() -> None:
    item = Item(id="1", kind="choice", question="q", choices=("no", "a much longer text"), answer=1)
    said = Scored(texts=(Likelihood(-2.0, 1, False), Likelihood(-9.0, 4, False)), prompt_tokens=5)
    assert marking.chosen(item, said, by_length=False) == 0 and marking.chosen(item, said, by_length=True) == 1


@pytest.mark.parametrize(
    ("straight", "swapped", "wanted"), [("A", "B", "first"), ("B", "A", "second"), ("A", "A", ""), ("x", "A", "")]
)
def test_a_judge_counts_where_it_keeps_its_choice(straight: str, swapped: str, wanted: str) -> None:
    one, two = (Completed(text=f'{{"better": "{each}"}}') for each in (straight, swapped))
    assert marking.preferred(one, two) == wanted


@pytest.mark.parametrize(
    ("text", "mark"), [('{"mark": 70}', 70.0), ('{"mark": 101}', None), ('{"mark": -1}', None), ("", None)]
)
def test_a_mark_is_from_0_to_100(text: str, mark: float | None) -> None:
    assert marking.mark_of(Completed(text=text)) == mark


def test_a_difference_within_chance_is_called_so() -> None:
    first = {str(n): float(n % 2) for n in range(40)}
    (same,) = marking.differences({"a": first, "b": {**first, "1": 0.0, "2": 1.0}}, "set", "right answers")
    (better,) = marking.differences({"a": first, "b": dict.fromkeys(first, 1.0)}, "set", "right answers")
    assert same.note == "no clear difference" and same.value == 0 and not better.note and better.low > 0
