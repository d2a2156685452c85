"""The learning curve: training as a line, held-out as dashes with rings, the best so far marked."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.theme import theme
from app.gui.widgets import ThemedWidget
from trainer.events import Loss

REPAINT_MS = 250
"""At most four repaints a second, however fast the points come."""
MOST_POINTS = 600
"""A longer line is thinned for drawing: more than this many points cannot be told apart."""
STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
MOST_TICKS = 6
LEGEND_LINE = 20
SMOOTHING = 0.6
"""How much of the line before goes into a point: one step's error says more about its few examples than about the
training. The weights are TensorBoard's, with its correction at the beginning."""


class LossChart(ThemedWidget):
    """Shows points as they come; a screen reader hears `summary`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[Loss, ...] = ()
        self._best: int | None = None
        self._shown_at = 0.0
        self.repaints = 0
        self._timer = QTimer(self, singleShot=True, interval=REPAINT_MS)
        self._timer.timeout.connect(self._repaint)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Error on training and held-out questions"))

    def show_points(self, points: Sequence[Loss], best: int | None) -> None:
        """Draw these, soon."""
        if len(points) == len(self._points) and best == self._best and (not points or points[-1] == self._points[-1]):
            return
        self._points, self._best = tuple(points), best
        self.setAccessibleDescription(self.summary())
        since = (time.monotonic() - self._shown_at) * 1000
        if since >= REPAINT_MS:
            self._repaint()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(REPAINT_MS - since)))

    def summary(self) -> str:
        """The curve in a sentence or two."""
        if not self._points:
            return self.tr("Nothing measured yet.")
        last = self._points[-1]
        text = self.tr("Step {0} of {1}, training error {2}.").format(last.step, last.steps, f"{last.train:.2f}")
        held = [point for point in self._points if point.heldout is not None]
        if held:
            first, now = held[0].heldout or 0.0, held[-1].heldout or 0.0
            text += " " + self.tr("Held-out error {0}, at first {1}.").format(f"{now:.2f}", f"{first:.2f}")
        if self._best:
            text += " " + self.tr("Best so far at step {0}.").format(self._best)
        return text

    def sizeHint(self) -> QSize:
        return QSize(480, theme().px(300))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, theme().px(200))

    def _repaint(self) -> None:
        self._shown_at = time.monotonic()
        self.update()

    # --- drawing ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        self.repaints += 1
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font("caption"))
        metrics = painter.fontMetrics()
        left = metrics.horizontalAdvance("00.00") + 8
        head = 8 + (metrics.height() + 8 if self._points else 0)
        below = metrics.height() + 14
        area = QRectF(left, head, max(self.width() - left - 12, 10), max(self.height() - head - below, 10))
        top, tick = self._scale()
        self._paint_grid(painter, area, top, tick)
        if not self._points:
            painter.setPen(theme().color("text3"))
            painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self.tr("The first figures come in a moment"))
            return
        last = self._points[-1]
        x = area.left() + area.width() * last.step / max(last.steps, 1)
        painter.fillRect(QRectF(x, area.top(), area.right() - x, area.height()), theme().color("subtle"))
        self._paint_grid(painter, area, top, tick)
        self._paint_lines(painter, area, top)
        self._paint_best(painter, area, top)
        beside = self._paint_labels(painter, area, top, x)
        self._paint_legend(painter, area, with_values=not beside)

    def _scale(self) -> tuple[float, float]:
        """The top of the scale and the distance of its lines."""
        values = [point.train for point in self._points] + [p.heldout for p in self._points if p.heldout is not None]
        finite = [value for value in values if math.isfinite(value)]
        highest = max(finite, default=2.5) * 1.05 or 1.0
        tick = next((step for step in STEPS if highest / step <= 6), STEPS[-1])
        return math.ceil(highest / tick) * tick, tick

    def _paint_grid(self, painter: QPainter, area: QRectF, top: float, tick: float) -> None:
        metrics = painter.fontMetrics()
        for n in range(round(top / tick) + 1):
            y = area.bottom() - area.height() * n * tick / top
            painter.setPen(QPen(theme().color("borderStrong" if n == 0 else "chartGrid"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(theme().color("text2"))
            place = QRectF(0, y - 10, area.left() - 8, 20)
            digits = 2 if tick < 0.1 else 1
            painter.drawText(
                place, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{n * tick:.{digits}f}"
            )
        steps = self._points[-1].steps if self._points else 0
        ticks = round_ticks(steps)
        is_round = len(ticks) < 2 or steps % ticks[1] == 0
        end = self.tr("{0} steps").format(steps) if is_round else self.tr("steps")
        limit = area.right() - metrics.horizontalAdvance(end) - 8
        for step in ticks:
            text = end if step == steps else str(step)
            width = metrics.horizontalAdvance(text)
            x = area.left() + area.width() * step / max(steps, 1)
            if step == steps or x + width / 2 <= limit:
                left = x - width if step == steps else x - width / 2
                painter.drawText(QPointF(left, area.bottom() + metrics.height() + 4), text)

    def _now(self) -> tuple[float, float | None]:
        """Where the two lines are: training smoothed, and held-out where it was measured."""
        smoothed = smooth([point.train for point in self._points if point.train > 0 and math.isfinite(point.train)])
        held = next((point.heldout for point in reversed(self._points) if point.heldout is not None), None)
        return smoothed[-1] if smoothed else self._points[-1].train, held

    def _paint_legend(self, painter: QPainter, area: QRectF, *, with_values: bool) -> None:
        """What each line is; with where it is now, unless that stands behind its end."""
        train, held = self._now()
        lines = [(self.tr("Training, smoothed"), _solid(), train), (self.tr("Training, each step"), _faint(), None)]
        if held is not None:
            lines.append((self.tr("Held-out"), _dashed(), held))
        painter.setFont(theme().font("caption"))
        metrics = painter.fontMetrics()
        x, middle = area.left(), area.top() - 8 - metrics.height() / 2
        for name, pen, value in lines:
            text = f"{name} {value:.2f}" if with_values and value is not None else name
            width = metrics.horizontalAdvance(text)
            if x + LEGEND_LINE + 6 + width > self.width():
                return
            painter.setPen(pen)
            painter.drawLine(QPointF(x, middle), QPointF(x + LEGEND_LINE, middle))
            painter.setPen(theme().color("text2"))
            painter.drawText(QPointF(x + LEGEND_LINE + 6, middle + metrics.ascent() / 2 - 1), text)
            x += LEGEND_LINE + 6 + width + 18

    def _place(self, area: QRectF, top: float, step: int, value: float) -> QPointF:
        steps = max(self._points[-1].steps, 1)
        share = min(max(value / top, 0.0), 1.0)
        return QPointF(area.left() + area.width() * step / steps, area.bottom() - area.height() * share)

    def _paint_lines(self, painter: QPainter, area: QRectF, top: float) -> None:
        measured = [point for point in self._points if point.train > 0 and math.isfinite(point.train)]
        values = smooth([point.train for point in measured])
        every = max(1, len(measured) // MOST_POINTS)
        shown = [n for n in range(len(measured)) if n % every == 0 or n == len(measured) - 1]
        raw = [self._place(area, top, measured[n].step, measured[n].train) for n in shown]
        line = [self._place(area, top, measured[n].step, values[n]) for n in shown]
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_faint())
        painter.drawPolyline(raw)
        painter.setPen(_solid())
        painter.drawPath(curve(line))
        held = [point for point in self._points if point.heldout is not None]
        places = [self._place(area, top, point.step, point.heldout or 0.0) for point in held]
        painter.setPen(_dashed())
        painter.drawPolyline(places)
        painter.setPen(QPen(theme().color("chart2"), 2))
        painter.setBrush(theme().color("surface"))
        for point, place in zip(held, places, strict=True):
            radius = 5.0 if point.step == self._best else 3.0
            painter.drawEllipse(place, radius, radius)

    def _paint_labels(self, painter: QPainter, area: QRectF, top: float, x: float) -> bool:
        """Behind the end of each line where it is; → whether there is room for that."""
        train, held = self._now()
        labels = [(self.tr("Training {0}").format(f"{train:.2f}"), "chart1", train)]
        if held is not None:
            labels.append((self.tr("Held-out {0}").format(f"{held:.2f}"), "chart2", held))
        labels.sort(key=lambda label: -label[2])
        painter.setFont(theme().font("caption", strong=True))
        metrics = painter.fontMetrics()
        if x + 10 + max(metrics.horizontalAdvance(text) for text, _, _ in labels) > area.right():
            return False
        y = -1e9
        for text, token, value in labels:
            wanted = self._place(area, top, self._points[-1].step, value).y()
            y = max(wanted, y + metrics.height() + 4)
            painter.setPen(theme().color(token))
            painter.drawText(QPointF(x + 10, min(y, area.bottom() - 4) + metrics.ascent() / 2 - 2), text)
        return True

    def _paint_best(self, painter: QPainter, area: QRectF, top: float) -> None:
        best = next((p for p in self._points if p.step == self._best and p.heldout is not None), None)
        if best is None or best.heldout is None:
            return
        place = self._place(area, top, best.step, best.heldout)
        text = self.tr("Best so far")
        painter.setFont(theme().font("caption", strong=True))
        metrics = QFontMetrics(theme().font("caption", strong=True))
        width = metrics.horizontalAdvance(text)
        above = max(place.y() - 52, area.top() + metrics.height())
        if above > place.y() - 14:
            return
        painter.setPen(QPen(theme().color("text2"), 1))
        painter.drawLine(QPointF(place.x(), above + 4), QPointF(place.x(), place.y() - 7))
        painter.setPen(theme().color("text"))
        x = min(max(place.x() - width / 2, area.left()), area.right() - width)
        box = QRect(round(x), round(above - metrics.height()), width + 2, metrics.height())
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def _solid() -> QPen:
    return QPen(theme().color("chart1"), 1.8)


def _faint() -> QPen:
    color = QColor(theme().color("chart1"))  # a copy: the theme keeps its own
    color.setAlphaF(0.35)
    return QPen(color, 1)


def _dashed() -> QPen:
    pen = QPen(theme().color("chart2"), 1.8)
    pen.setDashPattern([4, 3])
    return pen


def round_ticks(steps: int) -> list[int]:
    """Round numbers from 0 up, at most seven, with the last step itself at the end."""
    if steps <= 0:
        return [0]
    sizes = (base * 10**power for power in range(9) for base in (1, 2, 5))
    size = next(each for each in sizes if steps / each <= MOST_TICKS)
    return [*range(0, steps, size), steps]


def smooth(values: Sequence[float]) -> list[float]:
    """Exponential moving average, corrected for its beginning; as many values as come in."""
    made: list[float] = []
    last = weight = 0.0
    for value in values:
        last = last * SMOOTHING + (1 - SMOOTHING) * value
        weight = weight * SMOOTHING + (1 - SMOOTHING)
        made.append(last / weight)
    return made


def curve(places: Sequence[QPointF]) -> QPainterPath:
    """A line without corners through the middles between the points, from the first to the last."""
    path = QPainterPath()
    if not places:
        return path
    path.moveTo(places[0])
    for before, after in pairwise(places[1:]):
        path.quadTo(before, (before + after) / 2)
    path.lineTo(places[-1])
    return path
