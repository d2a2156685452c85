"""The rows of the panel "Why this answer?"."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QLocale, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from app.assistant import why
from app.gui.chat.source_cards import Hovering
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import (
    CITE_SIZE,
    FOCUS_RING,
    ElidedLabel,
    EnterPresses,
    IconLabel,
    Label,
    ThemedWidget,
    citation_width,
    follow_theme,
    paint_box,
    paint_citation,
)
from app.types import LookedAt, Outcome

ICONS: dict[Outcome, str] = {"older": "clock", "same": "copy-check", "no_room": "files"}
"""Of the reason why a passage was not used; the others have a minus."""
SIDE, REACH, BAR = 16, 8, 6
LONGEST = 160
"""Characters of a value that is shown in full, in as many lines as it takes."""
METER = 56
"""Pixels across of a bar of words or meaning."""


def tr(text: str) -> str:
    return QCoreApplication.translate("WhyPanel", text)


class Section(QWidget):
    """A small heading with something at its end, and rows below it."""

    def __init__(self, title: str, trailing: str = "") -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SIDE - REACH, 8, SIDE - REACH, 8)
        self._column.setSpacing(0)
        self._head = QHBoxLayout()
        self._head.setContentsMargins(REACH, 0, REACH, 0)
        self._head.setSpacing(8)
        self._head.addWidget(Label(title, "caption", "text2", strong=True))
        self._head.addStretch(1)
        if trailing:
            self._head.addWidget(ElidedLabel(trailing, "caption", "text2", mode=Qt.TextElideMode.ElideMiddle))
        self._column.addLayout(self._head)
        self.setAccessibleName(title)

    def add(self, row: QWidget, *, above: int = 4, reach: bool = False) -> None:
        """One more row; `reach`: its box goes into the margins, so that what is in it stands in line."""
        layout = QHBoxLayout()
        layout.addWidget(row)
        self.add_layout(layout, above=above, reach=reach)

    def add_layout(self, layout: QLayout, *, above: int = 4, reach: bool = False) -> None:
        side = 0 if reach else REACH
        layout.setContentsMargins(side, 0, side, 0)
        self._column.addSpacing(above)
        self._column.addLayout(layout)

    def add_trailing(self, widget: QWidget) -> None:
        """Beside the heading."""
        self._head.addWidget(widget)


class ShowAll(EnterPresses, QAbstractButton):
    """A link as high as the heading that it stands beside."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setProperty(FOCUS_RING, 4)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        follow_theme(self)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(theme().font("caption", strong=True))
        return QSize(metrics.horizontalAdvance(self.text()) + 2, theme().line("caption"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = theme().font("caption", strong=True)
        font.setUnderline(self.underMouse())
        painter.setFont(font)
        painter.setPen(theme().color("accent"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())


def pairs(*rows: tuple[str, str]) -> QGridLayout:
    """Names with their values, all values in line; a value without a name goes on with the one above."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(1, 1)
    for row, (name, value) in enumerate(rows):
        if name:
            grid.addWidget(_top(Label(name, "ui", "text2")), row, 0)
        shown = _top(Label(value, "ui", wrap=True)) if len(value) <= LONGEST else ElidedLabel(value, "ui")
        shown.setAccessibleName(f"{name}: {value}" if name else value)
        grid.addWidget(shown, row, 1)
    return grid


def _top(label: Label) -> Label:
    """So that a name stands beside the first line of its value."""
    label.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
    return label


class Funnel(ThemedWidget):
    """How many passages came how far, from left to right."""

    def __init__(self, counts: Sequence[tuple[int, str]]) -> None:
        super().__init__()
        self._counts = [(QLocale().toString(count), tr(name)) for count, name in counts]
        self.setAccessibleName(", ".join(f"{count} {name}" for count, name in self._counts))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, theme().line("ui") + theme().line("caption") + 9)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_box(painter, QRectF(self.rect()), fill=theme().color("subtle"), radius=6)
        wide = self.width() / len(self._counts)
        line = theme().line("ui")
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for index, (count, name) in enumerate(reversed(self._counts) if rtl else self._counts):
            cell = QRect(round(index * wide), 5, round(wide), line)
            painter.setFont(theme().font("uiStrong"))
            painter.setPen(theme().color("text"))
            painter.drawText(cell, int(Qt.AlignmentFlag.AlignCenter), count)
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().color("text2"))
            below = QRect(cell.left(), cell.bottom(), cell.width(), theme().line("caption"))
            painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), name)
            if index:
                arrow = "chevron-left" if rtl else "chevron-right"
                paint_icon(painter, arrow, "text3", QRect(cell.left() - 7, (self.height() - 14) // 2, 14, 14))


class UsedRow(Hovering):
    """A passage that the answer cites: its number, document and page, and how well it matched. A click opens it."""

    def __init__(self, looked: LookedAt) -> None:
        super().__init__()
        self._looked = looked
        self._document = looked.document or tr(why.REMOVED)
        self._page = tr("Page {page}").format(page=looked.page) if looked.page is not None else ""
        self._matches = [
            (tr("Words"), looked.words, tr(why.strength(looked.words))),
            (tr("Meaning"), looked.meaning, tr(why.strength(looked.meaning))),
        ]
        said = ", ".join(f"{name} {word}" for name, _, word in self._matches)
        label = tr("Source {n}, {document}").format(n=looked.source, document=self._document)
        self.setAccessibleName(", ".join(part for part in (label, self._page, said) if part))
        self.setToolTip(self._document)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, theme().line("ui") + theme().line("caption") + 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.underMouse():
            paint_box(painter, QRectF(self.rect()), fill=theme().color("hover"))
        line, small, side = theme().line("ui"), theme().line("caption"), theme().px(CITE_SIZE)
        number = str(self._looked.source)
        chip = citation_width(number)
        paint_citation(painter, QRectF(8, 1 + (line - side) / 2, chip, side), number)
        right = self.width() - 8
        page = QFontMetrics(theme().font("caption")).horizontalAdvance(self._page) + 2 if self._page else 0
        self.write(painter, QRect(right - page, 1, page, line), self._page, "caption", "text2")
        left = 8 + chip + 8
        name = QRect(left, 1, right - page - 8 - left, line)
        self.write(painter, name, self._document, "uiStrong", "text", Qt.TextElideMode.ElideMiddle)
        self._paint_matches(painter, left, 2 + line, right, small)

    def _paint_matches(self, painter: QPainter, left: int, top: int, right: int, height: int) -> None:
        metrics = QFontMetrics(theme().font("caption"))
        half = (right - left) // 2
        for index, (name, share, word) in enumerate(self._matches):
            x = left + index * half
            text = metrics.horizontalAdvance(name) + 2
            self.write(painter, QRect(x, top, text, height), name, "caption", "text2")
            x += text + 8
            room = min(METER, half - text - 8 - metrics.horizontalAdvance(word) - 16)
            bar = QRectF(x, top + (height - BAR) / 2, max(room, 0), BAR)
            paint_bar(painter, bar, 0.0, share)
            self.write(painter, QRect(round(bar.right()) + 6, top, half, height), word, "caption", "text2")


class PassedRow(QWidget):
    """A passage that was looked at, and why the answer does not use it."""

    def __init__(self, looked: LookedAt, reason: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        first = QHBoxLayout()
        first.setSpacing(8)
        document = looked.document or tr(why.REMOVED)
        first.addWidget(ElidedLabel(document, "ui", mode=Qt.TextElideMode.ElideMiddle), 1)
        page = tr("Page {page}").format(page=looked.page) if looked.page is not None else ""
        if page:
            first.addWidget(Label(page, "caption", "text2"))
        second = QHBoxLayout()
        second.setSpacing(5)
        second.addWidget(IconLabel(ICONS.get(looked.outcome, "circle-minus"), "text3", 12))
        second.addWidget(ElidedLabel(reason, "caption", "text2"), 1)
        column.addLayout(first)
        column.addLayout(second)
        self.setAccessibleName(", ".join(part for part in (document, page, reason) if part))


class UnsupportedBox(ThemedWidget):
    """A sentence of the answer that no passage says."""

    def __init__(self, sentence: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(IconLabel("triangle-alert", "warning", 16), alignment=Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Label(f"“{sentence}”", "ui", wrap=True))
        words.addWidget(Label(tr("In no passage. The model added it."), "caption", "text2"))
        row.addLayout(words, 1)
        self.setAccessibleName(tr("Not from your documents: {sentence}").format(sentence=sentence))

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("warningSoft"))


class TimeRow(ThemedWidget):
    """One step on a scale that all of them share: it starts where the one before ended."""

    def __init__(self, name: str, names: Sequence[str], start: float, end: float, took: str) -> None:
        """`names` are those of all steps, so that their bars begin in line."""
        super().__init__()
        self._name, self._names, self._start, self._end, self._took = name, names, start, end, took
        self.setAccessibleName(f"{name}: {took}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, theme().line("caption"))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text2"))
        metrics = painter.fontMetrics()
        left = max(metrics.horizontalAdvance(name) for name in self._names) + 12
        right = self.width() - metrics.horizontalAdvance("00.0 s") - 12
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        end = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(self.rect(), start, self._name)
        painter.setPen(theme().color("text"))
        painter.drawText(self.rect(), end, self._took)
        at = self.width() - right if rtl else left
        bar = QRectF(at, (self.height() - BAR) / 2, max(right - left, 0), BAR)
        paint_bar(painter, bar, 1 - self._end if rtl else self._start, 1 - self._start if rtl else self._end)


def paint_bar(painter: QPainter, bar: QRectF, start: float, end: float) -> None:
    """A track of which the share from `start` to `end` is filled."""
    paint_box(painter, bar, fill=theme().color("track"), radius=BAR / 2)
    width = max((end - start) * bar.width(), BAR if end > start else 0)
    if width:
        left = min(bar.left() + start * bar.width(), bar.right() - width)
        paint_box(painter, QRectF(left, bar.top(), width, BAR), fill=theme().color("accent"), radius=BAR / 2)
