"""The time left of an add: by bytes, without jumps, and without the pauses."""

from __future__ import annotations

import random

from app.documents.pace import FIRST_S, Pace


class Watch:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_half_of_the_bytes_leave_as_much_time_again() -> None:
    watch = Watch()
    pace = Pace(watch)
    for size in (9_000_000, 500_000, 500_000, 10_000_000):
        pace.expect(size)
    assert pace.left() is None
    watch.now += 60
    for size in (9_000_000, 500_000, 500_000):
        pace.through(size)
    assert pace.left() == 60


def test_a_file_under_way_counts_with_its_part() -> None:
    watch = Watch()
    pace = Pace(watch)
    pace.expect(8_000)
    watch.now += 10
    assert pace.left(2_000) == 30


def test_a_first_file_that_takes_longest_does_not_promise_hours() -> None:
    """Ten minutes in all: by the number of files 1 of 1,000 after a minute would be 17 hours."""
    watch = Watch()
    pace = Pace(watch)
    sizes = [10_000_000, *[90_000] * 999]
    for size in sizes:
        pace.expect(size)
    watch.now += 60
    pace.through(sizes[0])
    left = pace.left()
    assert left is not None and 500 < left < 600


def test_what_is_shown_never_jumps() -> None:
    watch, chance = Watch(), random.Random(5)
    pace = Pace(watch)
    work = [(chance.choice((2_000, 40_000, 3_000_000)), chance.choice((0.05, 0.5, 8.0))) for _ in range(400)]
    for size, _ in work:
        pace.expect(size)
    before: tuple[float, float] | None = None
    for size, seconds in work:
        watch.now += seconds
        pace.through(size)
        left = pace.left()
        if left is None:
            continue
        if before is not None and before[0] > 30:
            passed = watch.now - before[1]
            change = left - (before[0] - passed)
            assert abs(change) < 0.6 * before[0] + 1, f"{before[0]:.0f} s became {left:.0f} s after {passed:.1f} s"
        before = left, watch.now
    assert before is not None and before[0] < 2, "at the end nothing is left"


def test_a_pause_and_what_was_there_already_say_nothing_of_the_speed() -> None:
    watch = Watch()
    pace = Pace(watch)
    for _ in range(4):
        pace.expect(1_000)
    watch.now += FIRST_S
    pace.through(1_000)
    with pace.rest():
        watch.now += 3_600
    pace.passed_over(1_000)
    pace.passed_over(1_000)
    assert pace.seconds() == FIRST_S and pace.left() == FIRST_S
