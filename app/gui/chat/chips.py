"""What stands inside a line of text without being text: citation chips and the unsupported flag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QCoreApplication, QObject, QRect, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFontMetricsF,
    QPainter,
    QPyTextObject,
    QTextCharFormat,
    QTextDocument,
    QTextFormat,
)

from app.cited import BY_MODEL, cited_as, is_by_model
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import CITE_SIZE, citation_width, paint_box, paint_citation
from app.types import Source

CHIP = QTextFormat.ObjectTypes.UserObject.value + 1
FLAG = CHIP + 1
NUMBER = QTextFormat.Property.UserProperty.value + 1
MARGIN = 3
OBJECT = "\ufffc"
CITE_SCHEME = "cite:"


@dataclass
class Citations:
    """What the chips of one answer stand for, shared by all its blocks."""

    sources: dict[int, Source] = field(default_factory=dict)
    active: int = 0
    """The source whose passage is open, or 0."""

    def is_evidence(self, number: int) -> bool:
        """Whether its number is yellow: not where a model wrote the source."""
        source = self.sources.get(number)
        return source is None or not is_by_model(source.passage)

    def label(self, number: int) -> str:
        """ "Source 1, Travel-Policy-2026.pdf, page 8"."""
        source = self.sources.get(number)
        return source_label(source) if source else tr("Source {n}").format(n=number)


def tr(text: str) -> str:
    return QCoreApplication.translate("Chat", text)


def source_label(source: Source) -> str:
    """How a source is called aloud and in tooltips."""
    said = tr("Source {n}, {document}").format(n=source.n, document=cited_as(source.passage))
    return f"{said}, {tr(BY_MODEL)}" if is_by_model(source.passage) else said


def chip_format(number: int, citations: Citations, base: QTextCharFormat) -> QTextCharFormat:
    """The character format of a citation: an anchor, so that keyboard and mouse reach it."""
    made = QTextCharFormat(base)
    made.setObjectType(CHIP)
    made.setProperty(NUMBER, number)
    made.setAnchor(True)
    made.setAnchorHref(f"{CITE_SCHEME}{number}")
    made.setToolTip(citations.label(number))
    made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
    made.setFontUnderline(False)
    return made


def object_format(kind: int, base: QTextCharFormat) -> QTextCharFormat:
    """The character format of a flag."""
    made = QTextCharFormat(base)
    made.setObjectType(kind)
    made.setVerticalAlignment(QTextCharFormat.VerticalAlignment.AlignBaseline)
    if kind == FLAG:
        made.setToolTip(tr("No passage of your documents says this. The model added it."))
    return made


class InlineObjects(QPyTextObject):
    """Draws chips and flags of one document."""

    def __init__(self, citations: Citations, is_focused: Callable[[int], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._citations = citations
        self._is_focused = is_focused

    def intrinsicSize(self, doc: QTextDocument, position: int, form: QTextFormat) -> QSizeF:
        scale = theme().scale
        kind = form.objectType()
        if kind == FLAG:
            words = QFontMetricsF(theme().font("caption")).horizontalAdvance(flag_text())
            return QSizeF(words + 37 * scale, 20 * scale)
        return QSizeF(citation_width(str(form.property(NUMBER))) + 2 * MARGIN, CITE_SIZE * scale)

    def drawObject(
        self, painter: QPainter, rect: QRectF | QRect, doc: QTextDocument, position: int, form: QTextFormat
    ) -> None:
        rect = QRectF(rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if form.objectType() == FLAG:
            self._draw_flag(painter, rect)
        else:
            self._draw_chip(painter, rect, int(form.property(NUMBER)), self._is_focused(position))
        painter.restore()

    def _draw_chip(self, painter: QPainter, rect: QRectF, number: int, focused: bool) -> None:
        box = rect.adjusted(MARGIN, 0, -MARGIN, 0)
        active, evidence = number == self._citations.active, self._citations.is_evidence(number)
        paint_citation(painter, box, str(number), active=active, evidence=evidence)
        if focused:
            paint_box(painter, box.adjusted(-2, -2, 2, 2), edge=theme().color("focus"), width=2, radius=6)

    def _draw_flag(self, painter: QPainter, rect: QRectF) -> None:
        scale = theme().scale
        box = rect.adjusted(6 * scale, 0, -2 * scale, 0)
        paint_box(painter, box, fill=theme().color("warningSoft"), radius=4)
        side = round(12 * scale)
        top = round(box.center().y() - side / 2)
        paint_icon(painter, "triangle-alert", "warning", QRect(round(box.left() + 6 * scale), top, side, side))
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("warning"))
        painter.drawText(
            box.adjusted(22 * scale, 0, 0, 0),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft),
            flag_text(),
        )


def flag_text() -> str:
    return tr("Not from your documents")
