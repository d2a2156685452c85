"""The tool above a chat that says, and chooses, which documents it asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QActionGroup, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.gui.icons import icon, paint_icon
from app.gui.theme import theme
from app.gui.widgets import FOCUS_RING, EnterPresses, paint_box
from app.types import Collection


class CollectionButton(EnterPresses, QAbstractButton):
    """Names the collection that is asked; opens a menu to choose another, or none."""

    chosen = Signal(int)
    """Id of the collection, 0 for none."""

    def __init__(self, collections: Callable[[], Sequence[Collection]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._collections = collections
        self._id, self._name, self._count, self._reading = 0, "", "", ""
        self._short = False
        self.setProperty(FOCUS_RING, 6)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open_menu)
        theme().changed.connect(self._wear)
        self.show_collection(0)

    def show_reading(self, text: str) -> None:
        """How far adding to the collection is, in the place of its count; "" when nothing is added."""
        if text != self._reading:
            self._reading = text
            self.show_collection(self._id)

    def show_collection(self, collection_id: int) -> None:
        """Show this collection with the number of its documents."""
        found = next((each for each in self._collections() if each.id == collection_id), None)
        documents = found.documents if found else 0
        self._id = found.id if found else 0
        self._name = found.name if found else self.tr("No documents")
        words = self.tr("1 document") if documents == 1 else self.tr("{n} documents").format(n=documents)
        self._count = (self._reading or words) if found else ""
        self.setAccessibleName(self.tr("Documents to ask: {name} {count}").format(name=self._name, count=self._count))
        self.setToolTip(self.tr("Choose which documents this chat asks"))
        self._wear()

    def set_short(self, short: bool) -> None:
        """Leave the number out where there is little room."""
        if short != self._short:
            self._short = short
            self._wear()

    def open_menu(self) -> None:
        menu = self.make_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(QPoint(0, self.height() + 4)))

    def make_menu(self) -> QMenu:
        """The collections, and *No documents*."""
        menu = QMenu(self)
        group = QActionGroup(menu)
        for each in self._collections():
            action = menu.addAction(icon("folder-open"), f"{each.name}   ({each.documents})")
            action.setCheckable(True)
            action.setChecked(each.id == self._id)
            action.triggered.connect(lambda _=False, key=each.id: self.chosen.emit(key))
            group.addAction(action)
        if not menu.isEmpty():
            menu.addSeparator()
        alone = menu.addAction(icon("box"), self.tr("No documents"))
        alone.setCheckable(True)
        alone.setChecked(not self._id)
        alone.triggered.connect(lambda: self.chosen.emit(0))
        group.addAction(alone)
        return menu

    def sizeHint(self) -> QSize:
        strong, plain = QFontMetrics(theme().font("uiStrong")), QFontMetrics(theme().font("ui"))
        width = 12 + 16 + 8 + min(strong.horizontalAdvance(self._name) + 2, theme().px(220)) + 8 + 16 + 12
        if self._count and not self._short:
            width += plain.horizontalAdvance(self._count) + 10
        return QSize(width, theme().px(theme().size("control")))

    def minimumSizeHint(self) -> QSize:
        return QSize(110, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill = "pressed" if self.isDown() else "hover" if self.underMouse() else "surface"
        paint_box(painter, QRectF(self.rect()), fill=theme().color(fill), edge=theme().color("border"))
        middle = (self.height() - 16) // 2
        paint_icon(painter, "folder-open", "text2", QRect(12, middle, 16, 16))
        paint_icon(painter, "chevron-down", "text2", QRect(self.width() - 28, middle, 16, 16))
        count = "" if self._short else self._count
        counted = QFontMetrics(theme().font("ui")).horizontalAdvance(count) + 10 if count else 0
        room = self.width() - 36 - 36 - counted
        strong = theme().font("uiStrong")
        name = QFontMetrics(strong).elidedText(self._name, Qt.TextElideMode.ElideRight, room + 2)
        painter.setFont(strong)
        painter.setPen(theme().color("text"))
        middle_left = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        painter.drawText(QRect(36, 0, room + 2, self.height()), middle_left, name)
        if count:
            painter.setFont(theme().font("ui"))
            painter.setPen(theme().color("text2"))
            left = 36 + QFontMetrics(strong).horizontalAdvance(name) + 8
            painter.drawText(QRect(left, 0, counted, self.height()), middle_left, count)

    def _wear(self) -> None:
        self.updateGeometry()
        self.update()
