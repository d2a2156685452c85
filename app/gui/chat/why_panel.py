"""Why this answer: what was searched, used and passed over, whether the statements hold, what each step took."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.assistant import why
from app.gui.chat.answer_actions import COPIED_MS
from app.gui.chat.why_rows import Funnel, PassedRow, Section, ShowAll, TimeRow, UnsupportedBox, UsedRow, pairs
from app.gui.theme import theme
from app.gui.widgets import Button, ElidedLabel, IconButton, IconLabel, Label, empty_layout
from app.gui.widgets.page_frame import ScrollColumn, Separator
from app.types import Answer, LookedAt, Trace

FIRST = 3
"""Passages that were not used and are shown before "Show all"."""


def tr(text: str) -> str:
    return QCoreApplication.translate("WhyPanel", text)


class WhyPanel(QWidget):
    """Explains one answer; it stands where the source panel does."""

    closed = Signal()
    source_opened = Signal(int)
    """A passage that was used: its number in the answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._report = ""
        self._passed: list[LookedAt] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._make_head())
        column.addWidget(Separator())
        self._scroll = ScrollColumn((0, 0, 0, 8))
        self._scroll.setAccessibleName(self.tr("Why this answer?"))
        column.addWidget(self._scroll, 1)
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(lambda: self.copy.set_icon("copy"))
        self.setMinimumWidth(0)
        self.setAccessibleName(self.tr("Why this answer?"))

    def show_answer(self, answer: Answer, trace: Trace) -> None:
        """Explain this answer, from the top."""
        self._report = why.report(answer)
        self._passed = why.passed_over(trace)
        column = self._scroll.column
        empty_layout(column)
        sections = [self._searched(answer, trace), *self._used(trace), *self._looked_at(), self._check(answer, trace)]
        for section in [*sections, self._settings(answer, trace), self._times(trace)]:
            if column.count():
                column.addWidget(Separator())
            column.addWidget(section)
        column.addStretch(1)
        self._scroll.verticalScrollBar().setValue(0)

    def set_covering(self, covers: bool) -> None:
        """Whether the panel takes the chat's place, and closing it is going back."""
        self._back.setVisible(covers)
        self._icon.setVisible(not covers)
        self._close.setVisible(not covers)

    # --- parts --------------------------------------------------------------------------------------------------------

    def _make_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 8, 0)
        row.setSpacing(8)
        self._back = Button(self.tr("Back"), icon="chevron-left")
        self._back.clicked.connect(self.closed)
        self._back.hide()
        self._icon = IconLabel("circle-help", "text2", 16)
        self.copy = Button(self.tr("Copy"), icon="copy")
        self.copy.setToolTip(self.tr("All of it as text, with the raw scores"))
        self.copy.clicked.connect(self._copy)
        self._close = IconButton("x", self.tr("Close"), "Esc", side=32)
        self._close.clicked.connect(self.closed)
        title = ElidedLabel(self.tr("Why this answer?"), "uiStrong")
        title.setMinimumHeight(theme().size("topbar") - 1)
        for widget in (self._back, self._icon):
            row.addWidget(widget)
        row.addWidget(title, 1)
        for button in (self.copy, self._close):
            row.addWidget(button)
        return row

    def _searched(self, answer: Answer, trace: Trace) -> Section:
        section = Section(self.tr("What was searched"), why.extent(answer, trace))
        first, *others = why.searched(trace)
        narrowed = why.only(trace)
        section.add_layout(
            pairs(
                (self.tr("You asked"), trace.asked),
                (self.tr("Searched as"), first),
                *(("", each) for each in others),
                *([(self.tr("Narrowed to"), narrowed.removeprefix("only in "))] if narrowed else []),
            )
        )
        section.add(Funnel(why.funnel(trace)), above=6)
        return section

    def _used(self, trace: Trace) -> list[Section]:
        used = why.used(trace)
        if not used:
            return []
        section = Section(self.tr("Used in the answer"))
        for looked in used:
            row = UsedRow(looked)
            row.clicked.connect(lambda _=False, n=looked.source: self.source_opened.emit(n))
            section.add(row, reach=True)
        return [section]

    def _looked_at(self) -> list[Section]:
        if not self._passed:
            return []
        section = Section(self.tr("Looked at, not used"))
        rows = [PassedRow(looked, tr(why.outcome(looked))) for looked in self._passed[:FIRST]]
        for row in rows:
            section.add(row)
        if len(self._passed) > FIRST:
            more = ShowAll(self.tr("Show all {n}").format(n=len(self._passed)))
            more.clicked.connect(lambda: self._show_all(section, more))
            section.add_trailing(more)
        return [section]

    def _show_all(self, section: Section, more: QWidget) -> None:
        """Once; the panel is built anew for the next answer."""
        more.hide()
        for looked in self._passed[FIRST:]:
            section.add(PassedRow(looked, tr(why.outcome(looked))))

    def _check(self, answer: Answer, trace: Trace) -> Section:
        section = Section(self.tr("Check against the passages"))
        row = QHBoxLayout()
        row.setSpacing(8)
        icon, color = ("circle-check", "success") if why.held(answer, trace) else ("info", "text2")
        row.addWidget(IconLabel(icon, color, 16))
        row.addWidget(Label(tr(why.verdict(answer, trace)), "ui", wrap=True), 1)
        section.add_layout(row)
        for sentence in answer.unsupported:
            section.add(UnsupportedBox(sentence), above=6, reach=True)
        return section

    def _settings(self, answer: Answer, trace: Trace) -> Section:
        section = Section(self.tr("Model and settings"))
        first, second = why.settings(trace)
        reader = [(self.tr("Reader"), trace.reader)] if trace.reader else []
        model = (self.tr("Model"), why.model(answer, trace))
        section.add_layout(pairs(model, *reader, (self.tr("Settings"), first), ("", second)))
        return section

    def _times(self, trace: Trace) -> Section:
        steps = why.times(trace)
        total = sum(ms for _, ms in steps)
        section = Section(self.tr("Time"))
        section.add_trailing(Label(why.seconds(total), "caption", "text", strong=True))
        names = [tr(name) for name, _ in steps]
        began = 0.0
        for name, (_, ms) in zip(names, steps, strict=True):
            section.add(TimeRow(name, names, began / total, (began + ms) / total, why.seconds(ms)))
            began += ms
        return section

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._report)
        self.copy.set_icon("check")
        self._copied.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("surface"))
