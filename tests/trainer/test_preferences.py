"""Preferences have an exam of their own: pairs kept out by content, read by both models, and a verdict that says so."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from style_pairs import KEPT_OUT, pairs, write_pairs
from two_models import TwoModels

from trainer.context import Context
from trainer.evaluate import preferring, verdict
from trainer.evaluate.compare import exam
from trainer.evaluate.preferring import Likelihood
from trainer.prepare import duplicates
from trainer.prepare.split_pairs import split_pairs
from trainer.spec import EXCLUDED, HELD_OUT, BaseModel, Data, Preference, RewardAccuracy, RunSpec, Turn, write_lines
from trainer.train.amounts import compared
from trainer.train.selection import choose_preferences, read_preferences


def test_the_learned_and_the_kept_out_pairs_share_neither_documents_nor_words_of_the_worse_answers() -> None:
    learned, held = pairs(kept_out=False), pairs(kept_out=True)
    assert len(learned) >= 100 and len(held) >= 36
    texts = [f"{pair.chosen} {pair.rejected}" for pair in learned]
    assert not [name for name in KEPT_OUT if any(name in text for text in texts)]
    assert not duplicates.leaks([pair.rejected for pair in learned], [pair.rejected for pair in held], 0.7)
    longer = sum(len(pair.chosen) > len(pair.rejected) for pair in held) / len(held)
    assert 0.2 < longer < 0.8, "length alone must not tell them apart"


def test_a_fifth_is_kept_out_and_what_asks_the_same_stays_together() -> None:
    made = [pair for pair in pairs(kept_out=False) if pair.split == "train"]
    twice = [*made, *(msgspec.structs.replace(pair, id=f"{pair.id}-again") for pair in made[:30])]
    placed = split_pairs(twice, seed=5)
    assert [pair.id for pair in placed] == [pair.id for pair in twice]
    held = [pair for pair in placed if pair.split == HELD_OUT]
    assert 0.1 <= len(held) / len(placed) <= 0.2
    assert any(pair.split == "validation" for pair in placed)
    side = {pair.id: pair.split for pair in placed}
    assert all(side[pair.id] == side[f"{pair.id}-again"] for pair in made[:30])
    assert placed == split_pairs(twice, seed=5)


def test_a_handful_is_learned_whole_and_what_was_excluded_stays_so() -> None:
    few = pairs(kept_out=True)[:11]
    assert split_pairs(few, 1) == few
    same = Preference(id="x", messages=(Turn("user", "?"),), chosen="a", rejected="a", split=EXCLUDED)
    assert split_pairs([*pairs(kept_out=True), same], 1)[-1].split == EXCLUDED


def scored(better: float, worse: float) -> preferring.Scored:
    return Likelihood(better, 2), Likelihood(worse, 4)


def test_rewards_count_what_training_moved_and_not_what_the_base_liked() -> None:
    base = [scored(-10, -2), scored(-2, -10), scored(-5, -5), scored(-5, -5)]
    tuned = [scored(-8, -3), scored(-3, -8), scored(-4, -5), scored(-5, -5)]
    found = preferring.rewards(base, tuned)
    assert found is not None and (found.right, found.count) == (2, 4)
    assert found.margin == pytest.approx((3 - 3 + 1 + 0) / 4)
    assert found.change == "chance"
    assert preferring.rewards([], []) is None


def test_the_plain_measure_is_a_token_for_a_token() -> None:
    """A longer answer is not less likely for its length: -6 over 4 tokens beats -4 over 2."""
    better, worse = scored(-4, -6)
    assert better.total > worse.total and better.mean < worse.mean


def test_both_models_read_the_pairs_and_say_what_they_hold_for_likelier() -> None:
    models, seen = TwoModels(base=1.0, tuned=3.0), []
    marks, rewards, long = preferring.measure(models, pairs(kept_out=True)[:4], "", lambda: seen.append(1))
    assert len(marks) == 4 and long == 0 and len(seen) == 8
    assert {mark.exam for mark in marks} == {"preferred"}
    for mark, pair in zip(marks, pairs(kept_out=True), strict=False):
        assert mark.base in (pair.chosen, pair.rejected) and mark.base_right == (mark.base == pair.chosen)
    assert rewards is not None and rewards.count == 4
    long_pair = Preference(id="l", messages=(Turn("user", "?"),), chosen="x" * 3000, rejected="y")
    assert preferring.measure(models, [long_pair], "", lambda: None) == ([], None, 1)


def rewarded(right: int, count: int = 40) -> RewardAccuracy:
    p = 0.0001 if abs(2 * right - count) > 14 else 0.5
    return RewardAccuracy(count=count, right=right, interval=(0.0, 1.0), p=p, margin=1.0)


def preferred(base: int, tuned: int, count: int = 40):  # type: ignore[no-untyped-def]
    return exam("preferred", [(n < base, n < tuned) for n in range(count)])


@pytest.mark.parametrize(
    ("plain", "right", "said", "names"),
    [
        ((10, 36), 38, "better", "holding the better answer for likelier: 36 of 40 right, 10 before"),
        ((38, 38), 37, "better", "37 of 40 pairs that were kept out"),
        ((4, 6), 38, "no clear change", "within chance"),
        ((20, 21), 21, "no clear change", "within chance"),
        ((30, 28), 3, "worse", "3 of 40 pairs"),
        ((36, 10), 20, "worse", "10 of 40 right, 36 before"),
    ],
)
def test_the_verdict_speaks_from_pairs_that_were_kept_out(
    plain: tuple[int, int], right: int, said: str, names: str
) -> None:
    """Of a model that moved the right way and still holds the worse answers for likelier nothing good is said."""
    found = verdict.judge([preferred(*plain), exam("general", [(True, True)] * 100)], None, None, None, rewarded(right))
    assert found.verdict == said and names in found.sentence.casefold()


def test_what_it_forgot_is_named_beside_what_it_prefers() -> None:
    forgot = exam("general", [(True, n < 70) for n in range(100)])
    found = verdict.judge([preferred(10, 36), forgot], None, None, None, rewarded(39))
    assert found.verdict == "worse" and "General knowledge: 70 of 100 right, 100 before" in found.sentence


def test_the_plan_and_the_exam_know_the_pairs(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    data = Data(preferences=str(write_pairs(tmp_path / "pairs.jsonl")))
    spec = RunSpec(id="p", recipe="prefer", base=BaseModel(path="none.gguf"), data=data)
    context = Context(spec, run, lambda _: None)
    train, watched = choose_preferences(context)
    assert len(train) == len(pairs(kept_out=False)) and not watched
    held = [pair for pair in read_preferences(context) if pair.split == HELD_OUT]
    assert len(held) == len(pairs(kept_out=True))
    known = compared(context)
    write_lines(tmp_path / "pairs.jsonl", train)
    assert known - compared(context) > 36 * 2 * 40
