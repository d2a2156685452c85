"""The list of chats in the sidebar: painted rows, rename in place, a menu at the row's end."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.gui.icons import icon, paint_icon
from app.gui.shell.chats_model import IS_HEADING, SNIPPET, ChatList
from app.gui.theme import theme
from app.gui.widgets import paint_box

Index = QModelIndex | QPersistentModelIndex
MARGIN = 8
TEXT_LEFT = 20
MENU_WIDTH = 32


class ChatListView(QListView):
    """Enter opens, F2 renames, Delete deletes, the right button and "…" open the menu."""

    opened = Signal(int)
    delete_asked = Signal(int)
    export_asked = Signal(int)

    def __init__(self, model: ChatList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = model
        self.setModel(model)
        self.setItemDelegate(ChatDelegate(self))
        self.setAccessibleName(self.tr("Chats"))
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.viewport().setAutoFillBackground(False)
        self.open_id = 0
        self.setUniformItemSizes(True)
        model.modelReset.connect(self._mark_open)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def show_open(self, chat_id: int) -> None:
        """Mark the chat that the chat page shows."""
        self.open_id = chat_id
        self._mark_open()

    def _mark_open(self) -> None:
        self.setUniformItemSizes(not self._list.query)  # what a search finds has rows of two heights
        index = self._list.index_of(self.open_id)
        self.setCurrentIndex(index)
        if not index.isValid():
            self.clearSelection()
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            if self._over_menu(index, event.position().toPoint()):
                self._show_menu(index, self.viewport().mapToGlobal(self.visualRect(index).bottomRight()))
                return
            self._open(index)
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self._list.chat_at(index) is not None:
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(index)
        elif event.key() == Qt.Key.Key_Delete:
            chat = self._list.chat_at(index)
            if chat is not None:
                self.delete_asked.emit(chat.id)
        elif event.key() == Qt.Key.Key_Menu:
            self._show_menu(index, self.viewport().mapToGlobal(self.visualRect(index).bottomRight()))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._show_menu(self.indexAt(event.pos()), event.globalPos())

    def _over_menu(self, index: QModelIndex, point: QPoint) -> bool:
        if self._list.chat_at(index) is None:
            return False
        return menu_area(self.visualRect(index), self.layoutDirection()).contains(point)

    def _open(self, index: QModelIndex) -> None:
        chat = self._list.chat_at(index)
        if chat is not None:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.opened.emit(chat.id)

    def _show_menu(self, index: QModelIndex, at: QPoint) -> None:
        chat = self._list.chat_at(index)
        if chat is None:
            return
        menu = QMenu(self)
        menu.addAction(icon("pencil"), self.tr("Rename")).triggered.connect(
            lambda: self.edit(self._list.index_of(chat.id))
        )
        menu.addAction(icon("share-2"), self.tr("Export")).triggered.connect(lambda: self.export_asked.emit(chat.id))
        menu.addSeparator()
        delete = menu.addAction(icon("trash-2", "danger"), self.tr("Delete"))
        delete.triggered.connect(lambda: self.delete_asked.emit(chat.id))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)


class ChatDelegate(QStyledItemDelegate):
    """Paints headings and chats as in the design; hover shows the "…"."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = 50 if index.data(SNIPPET) else 32
        return QSize(100, theme().px(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        if index.data(IS_HEADING):
            self._paint_heading(painter, option.rect, index.data())
        else:
            self._paint_chat(painter, option, index)
        painter.restore()

    def _paint_heading(self, painter: QPainter, rect: QRect, text: str) -> None:
        painter.setFont(theme().font("caption", strong=True))
        painter.setPen(theme().color("text2"))
        area = rect.adjusted(TEXT_LEFT, theme().px(8), -TEXT_LEFT, 0)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_chat(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view = self.parent()
        assert isinstance(view, ChatListView)
        model = index.model()
        assert isinstance(model, ChatList)
        chat = model.chat_at(index)
        opened = chat is not None and chat.id == view.open_id
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus) and view.hasFocus()
        box = QRectF(option.rect.adjusted(MARGIN, 0, -MARGIN, 0))
        fill = theme().color("selected") if opened else theme().color("hover") if hovered else None
        edge = theme().color("focus") if focused and not hovered else None
        if fill is not None or edge is not None:
            paint_box(painter, box, fill=fill, edge=edge, width=2)
        menu = opened or hovered
        self._paint_words(painter, option, index, opened, MENU_WIDTH + 2 if menu else MARGIN + 6)
        if menu:
            area = menu_area(option.rect, option.direction)
            at = QRect(area.center().x() - 7, area.center().y() - 7, 16, 16)
            paint_icon(painter, "ellipsis", "text2", at)

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index, opened: bool, tail: int
    ) -> None:
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        area = option.rect.adjusted(tail if rtl else TEXT_LEFT, 0, -TEXT_LEFT if rtl else -tail, 0)
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        snippet = index.data(SNIPPET)
        title = area
        if snippet:
            title = area.adjusted(0, 6, 0, -area.height() // 2)
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().color("text3"))
            below = area.adjusted(0, area.height() // 2, 0, -4)
            painter.drawText(below, start, _elided(painter.fontMetrics(), snippet, below.width()))
        painter.setFont(theme().font("ui", strong=opened))
        painter.setPen(theme().color("text" if opened or snippet else "text2"))
        painter.drawText(title, start, _elided(painter.fontMetrics(), str(index.data()), title.width()))

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setMaxLength(200)
        editor.setAccessibleName(self.tr("Name of the chat"))
        editor.setStyleSheet("QLineEdit { min-height: 0; padding: 2px 9px; }")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(MARGIN, 1, -MARGIN, -1))

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index) -> bool:
        return False


def menu_area(rect: QRect, direction: Qt.LayoutDirection) -> QRect:
    """Where the "…" of a row can be clicked."""
    if direction == Qt.LayoutDirection.RightToLeft:
        return QRect(rect.left() + MARGIN, rect.top(), MENU_WIDTH, rect.height())
    return QRect(rect.right() - MARGIN - MENU_WIDTH + 4, rect.top(), MENU_WIDTH, rect.height())


def _elided(metrics: QFontMetrics, text: str, width: int) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
