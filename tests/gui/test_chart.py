"""The learning curve: round numbers below it, a line that shows the trend; and a tick only where enough is there."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.finetune import steps
from app.finetune.wizard import Resources, Wizard
from app.gui.bench import __main__ as bench
from app.gui.finetune.chart import LossChart, curve, round_ticks, smooth
from app.gui.theme import Theme, theme
from app.types import Collection
from trainer.events import Loss

NOISY = [2.8, 0.05, 2.6, 0.2, 2.4, 0.3, 2.1, 0.2, 1.9, 0.1, 1.6, 0.2]
"""What single steps measured in a training of the starter."""


@pytest.mark.parametrize(
    ("steps", "ticks"),
    [
        (68, [0, 20, 40, 60, 68]),
        (600, [0, 100, 200, 300, 400, 500, 600]),
        (6, [0, 1, 2, 3, 4, 5, 6]),
        (1, [0, 1]),
        (0, [0]),
        (2345, [0, 500, 1000, 1500, 2000, 2345]),
    ],
)
def test_ticks_are_round_numbers_and_the_end(steps: int, ticks: list[int]) -> None:
    assert round_ticks(steps) == ticks


def test_the_line_shows_the_trend_and_begins_where_the_training_did() -> None:
    line = smooth(NOISY)
    assert len(line) == len(NOISY) and line[0] == pytest.approx(NOISY[0])
    jumps = [max(abs(b - a) for a, b in pairwise(values[2:])) for values in (NOISY, line)]
    assert jumps[1] < jumps[0] / 2
    flat = smooth([1.5] * 20)
    assert max(flat) == pytest.approx(1.5) and min(flat) == pytest.approx(1.5)


def test_the_curve_goes_from_the_first_point_to_the_last_without_corners() -> None:
    places = [QPointF(x, y) for x, y in ((0, 0), (10, 10), (20, 0), (30, 10))]
    path = curve(places)
    assert path.elementAt(0).isMoveTo() and path.currentPosition() == places[-1]
    assert sum(path.elementAt(n).isCurveTo() for n in range(path.elementCount())) == 2
    assert curve([]).isEmpty() and curve(places[:1]).currentPosition() == places[0]


def test_the_chart_is_drawn_with_its_points(qtbot: QtBot, qapp: QApplication) -> None:
    Theme(qapp, mode="light")
    chart = LossChart()
    qtbot.addWidget(chart)
    chart.resize(480, 300)
    empty = chart.grab().toImage()
    points = [Loss(step=n + 1, steps=68, train=value, epoch=0.1, learning_rate=1e-4) for n, value in enumerate(NOISY)]
    chart.show_points(points, None)
    before = QColor(theme().color("chart1"))
    assert chart.grab().toImage() != empty
    assert theme().color("chart1") == before, "the theme's colour is not the chart's to change"


def test_a_tick_stands_only_where_as_much_is_there_as_is_best() -> None:
    """A green tick at "91 of 100" told people that it was enough."""
    facts = Resources(collections=(Collection(id=1, name="Travel", documents=8, passages=96),), corrected=8)
    wizard = Wizard(id="x")
    more = msgspec.structs.replace(facts, collections=(Collection(id=1, name="Travel", documents=25, passages=2_000),))
    for goal in ("teach", "read"):
        assert not steps.need_of(goal, wizard, facts).enough and steps.need_of(goal, wizard, more).enough  # type: ignore[arg-type]
    assert not steps.need_of("prefer", wizard, facts).enough
    assert steps.need_of("prefer", wizard, msgspec.structs.replace(facts, corrected=200)).enough


def test_the_windows_figures_need_no_display(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import os

    monkeypatch.delenv("QT_QPA_PLATFORM")
    figure = {"figure": "platform", "ok": True}
    monkeypatch.setitem(bench.FIGURES, "start", lambda folder: iter([{**figure, "is": os.environ["QT_QPA_PLATFORM"]}]))
    assert bench.main(["start"]) == 0
    assert '"is": "offscreen"' in capsys.readouterr().out
