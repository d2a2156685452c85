"""What a “/” in the composer opens: assistants and saved prompts, found as one types, chosen by keys alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import Label, SearchField
from app.gui.widgets.list_rows import Index
from app.gui.widgets.popover import Popover
from app.library.records import Assistant, Library, Prompt
from app.text.fold import fold

WIDTH, LIST_HEIGHT, ROW = 420, 224, 32
ROW_ROLE = int(Qt.ItemDataRole.UserRole)
ACCESSIBLE_ROLE = int(Qt.ItemDataRole.AccessibleTextRole)
Todo = Literal["save", "manage"]


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    icon: str
    name: str
    about: str
    item: Assistant | Prompt | Todo


class LibraryPopover(Popover):
    """Up, Down and Enter work while one types; Esc, or a click elsewhere, closes it."""

    assistant_chosen = Signal(object)
    prompt_chosen = Signal(object)
    save_asked = Signal()
    """What is typed is to be kept as a prompt."""
    manage_asked = Signal()

    def __init__(self, library: Library, parent: QWidget) -> None:
        super().__init__(QCoreApplication.translate("LibraryPopover", "Assistants and prompts"), WIDTH, parent)
        self._rows: list[Row] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Who answers, or what to ask"), "uiStrong"))
        self.search = SearchField(self.tr("Find an assistant or a prompt"))
        self.search.textChanged.connect(self._find)
        self.search.left.connect(self.close_popover)
        self.search.returnPressed.connect(self._choose_current)
        self.search.installEventFilter(self)
        column.addWidget(self.search)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Assistants and prompts"))
        self.list.setItemDelegate(_RowPainter(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(theme().px(LIST_HEIGHT))
        self.list.itemClicked.connect(self._choose)
        self.list.itemActivated.connect(self._choose)
        column.addWidget(self.list)
        self.show_library(library)

    def stops(self) -> tuple[QWidget, ...]:
        return (self.search, self.list)

    def show_library(self, library: Library) -> None:
        """These are kept now."""
        self._rows = [Row("message-square", each.name, each.instructions, each) for each in library.assistants]
        self._rows += [Row("text-quote", each.name, each.text, each) for each in library.prompts]
        self._find(self.search.text())

    def _find(self, text: str) -> None:
        """Every word must stand in the name or in the text."""
        words = fold(text).split()
        found = [each for each in self._rows if all(word in fold(f"{each.name} {each.about}") for word in words)]
        found.sort(key=lambda each: bool(words) and not fold(each.name).startswith(words[0]))
        self.list.clear()
        for row in (*found, *self._todo()):
            item = QListWidgetItem(row.name)
            item.setData(ROW_ROLE, row)
            item.setData(ACCESSIBLE_ROLE, f"{self._kind(row)}: {row.name}")
            item.setToolTip(row.about)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _todo(self) -> tuple[Row, Row]:
        return (
            Row("square-pen", self.tr("Save a prompt…"), "", "save"),
            Row("sliders-horizontal", self.tr("New assistant, edit, import or export…"), "", "manage"),
        )

    def _kind(self, row: Row) -> str:
        if isinstance(row.item, Assistant):
            return self.tr("Assistant")
        return self.tr("Prompt") if isinstance(row.item, Prompt) else self.tr("Action")

    def _choose_current(self) -> None:
        if (item := self.list.currentItem()) is not None:
            self._choose(item)

    def _choose(self, chosen: QListWidgetItem) -> None:
        row = chosen.data(ROW_ROLE)
        if not self.isVisible():
            return  # a click that also activates comes twice
        self.close_popover()
        match row.item:
            case Assistant():
                self.assistant_chosen.emit(row.item)
            case Prompt():
                self.prompt_chosen.emit(row.item)
            case "save":
                self.save_asked.emit()
            case _:
                self.manage_asked.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrows move in the list while the search has the keyboard."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None and self.list.count():
                self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                return True
        return super().eventFilter(watched, event)


class _RowPainter(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, theme().px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index | QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, Row):
            return
        painter.save()
        selected = option.state & QStyle.StateFlag.State_Selected
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, theme().color("selected" if selected else "hover"))
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        rect = option.rect.adjusted(8, 0, -8, 0)
        left = rect.right() - 15 if rtl else rect.left()
        paint_icon(painter, row.icon, "text2", QRect(left, rect.center().y() - 7, 16, 16))
        room = rect.adjusted(0, 0, -24, 0) if rtl else rect.adjusted(24, 0, 0, 0)
        flags = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme().font("uiStrong" if selected else "ui"))
        painter.setPen(theme().color("text"))
        name = painter.fontMetrics().elidedText(row.name, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, flags, name)
        used = painter.fontMetrics().horizontalAdvance(name) + 12
        rest = room.adjusted(0, 0, -used, 0) if rtl else room.adjusted(used, 0, 0, 0)
        if rest.width() > 40:
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().color("text3"))
            about = " ".join(row.about.split())
            shown = painter.fontMetrics().elidedText(about, Qt.TextElideMode.ElideRight, rest.width())
            painter.drawText(rest, flags, shown)
        painter.restore()
