"""Which weights of a training are kept: the latest that are not clearly worse on what was kept out."""

from __future__ import annotations

from trainer.train import clearly_worse

LOWEST = (0.02, 0.05, 0.01, 0.04, 0.03, 0.02, 0.06, 0.01)


def test_one_example_that_turned_is_no_reason_to_go_back() -> None:
    assert not clearly_worse((0.01, 0.04, 0.01, 0.03, 0.02, 0.02, 0.05, 0.50), LOWEST)


def test_examples_that_grow_worse_together_are() -> None:
    assert clearly_worse(tuple(loss + 0.02 for loss in LOWEST), LOWEST)
    assert clearly_worse((0.06, 0.05, 0.04, 0.08, 0.03, 0.05, 0.10, 0.01), LOWEST)


def test_better_and_first_measures_are_never_worse() -> None:
    assert not clearly_worse(LOWEST, LOWEST)
    assert not clearly_worse(tuple(loss / 2 for loss in LOWEST), LOWEST)
    assert not clearly_worse(LOWEST, ()) and not clearly_worse((), ())


def test_a_single_example_counts_by_itself() -> None:
    assert clearly_worse((0.3,), (0.2,)) and not clearly_worse((0.1,), (0.2,))
