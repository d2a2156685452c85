"""The list of chats in the sidebar: painted rows, rename in place, a menu at the row's end."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from app.gui.icons import paint_icon
from app.gui.shell.chat_menus import chat_menu, project_menu, room_menu
from app.gui.shell.chats_model import CHAT_MIME, IS_HEADING, SNIPPET, ChatList
from app.gui.shell.project_row import paint_project
from app.gui.theme import theme
from app.gui.widgets import paint_box
from app.types import Collection

Index = QModelIndex | QPersistentModelIndex
MARGIN = 8
TEXT_LEFT = 20
MENU_WIDTH = 32
INDENT = 16
"""Of a chat in a project."""


class ChatListView(QListView):
    """Enter opens a chat and folds a project, Left and Right fold too, F2 renames, Delete deletes, the right button and
    "…" open the menu; a chat can be dragged into a project."""

    opened = Signal(int)
    delete_asked = Signal(int)
    export_asked = Signal(int)
    move_asked = Signal(int, int)
    """Chat id and project id, 0 for none."""
    project_asked = Signal(int)
    """A new project, for a chat or, with 0, for none yet."""
    project_chat_asked = Signal(int)
    project_collection_asked = Signal(int, int)
    project_remove_asked = Signal(int)

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
        self._at_project = 0
        self.collections: Callable[[], Sequence[Collection]] = lambda: ()
        self._pressed: QPoint | None = None
        self.setAcceptDrops(True)
        self.setUniformItemSizes(True)
        model.modelReset.connect(self._mark_open)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def show_open(self, chat_id: int) -> None:
        """Mark the chat that the chat page shows."""
        self.open_id = chat_id
        self._mark_open()

    def _mark_open(self) -> None:
        self.setUniformItemSizes(not self._list.query)  # what a search finds has rows of two heights
        at_project = self._list.project_index(self._at_project) if self.hasFocus() else QModelIndex()
        index = at_project if at_project.isValid() else self._list.index_of(self.open_id)
        self.setCurrentIndex(index)
        if not index.isValid():
            self.clearSelection()
        self.viewport().update()

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Whoever walks with the keys stays at a project when the list is read again."""
        super().currentChanged(current, previous)
        if current.isValid():
            project = self._list.project_at(current)
            self._at_project = project.id if project is not None else 0

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            if self._over_menu(index, event.position().toPoint()):
                self._show_menu(index, self.viewport().mapToGlobal(self.visualRect(index).bottomRight()))
                return
            self._pressed = event.position().toPoint()
            self._open(index)
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A chat that is pulled away from where it was pressed is dragged."""
        at = self._pressed
        if at is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
            return
        index = self.indexAt(at)
        far = (event.position().toPoint() - at).manhattanLength() >= QApplication.startDragDistance()
        if far and self._list.chat_at(index) is not None:
            self._pressed = None
            drag = QDrag(self)
            drag.setMimeData(self._list.mimeData([index]))
            drag.exec(Qt.DropAction.MoveAction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None
        super().mouseReleaseEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._accept(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._accept(event)
        index = self.indexAt(event.position().toPoint())
        self._list.hovered = self._list.project_of(index)
        self.viewport().update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._list.hovered = 0
        self.viewport().update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._list.hovered = 0
        if event.mimeData().hasFormat(CHAT_MIME):
            self._list.drop(event.mimeData(), self.indexAt(event.position().toPoint()))
            event.acceptProposedAction()

    def _accept(self, event: QDragMoveEvent) -> None:
        """Chats only: files are the window's."""
        if event.mimeData().hasFormat(CHAT_MIME):
            event.acceptProposedAction()
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        index = self.indexAt(event.position().toPoint())
        self._pressed = None
        if index.isValid() and self._list.chat_at(index) is not None:
            self.edit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(index)
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._fold(index, event.key() == Qt.Key.Key_Left)
        elif event.key() == Qt.Key.Key_Delete:
            self._delete(index)
        elif event.key() == Qt.Key.Key_Menu:
            self._show_menu(index, self.viewport().mapToGlobal(self.visualRect(index).bottomRight()))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._show_menu(self.indexAt(event.pos()), event.globalPos())

    def _over_menu(self, index: QModelIndex, point: QPoint) -> bool:
        if self._list.chat_at(index) is None and self._list.project_at(index) is None:
            return False
        return menu_area(self.visualRect(index), self.layoutDirection()).contains(point)

    def _open(self, index: QModelIndex) -> None:
        chat, project = self._list.chat_at(index), self._list.project_at(index)
        if chat is not None:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.opened.emit(chat.id)
        elif project is not None:
            self._toggle(project.id)

    def _toggle(self, project_id: int) -> None:
        self._list.toggle(project_id)
        self.setCurrentIndex(self._list.project_index(project_id))

    def _fold(self, index: QModelIndex, folded: bool) -> None:
        """Fold a project or unfold it; Left in a chat goes to its project."""
        project, inside = self._list.project_at(index), self._list.project_of(index)
        if project is not None:
            if (project.id in self._list.collapsed) != folded:
                self._toggle(project.id)
        elif folded and inside:
            self.setCurrentIndex(self._list.project_index(inside))

    def _delete(self, index: QModelIndex) -> None:
        chat, project = self._list.chat_at(index), self._list.project_at(index)
        if chat is not None:
            self.delete_asked.emit(chat.id)
        elif project is not None:
            self.project_remove_asked.emit(project.id)

    def _show_menu(self, index: QModelIndex, at: QPoint) -> None:
        chat, project = self._list.chat_at(index), self._list.project_at(index)
        if chat is not None:
            rename = lambda: self.edit(self._list.index_of(chat.id))  # noqa: E731 -- of the chat, wherever it stands then
            menu = chat_menu(self, self, chat, self._list.projects, rename)
        elif project is not None:
            rename = lambda: self.edit(self._list.project_index(project.id))  # noqa: E731
            menu = project_menu(self, self, project, self.collections(), rename)
        else:
            menu = room_menu(self, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)


class ChatDelegate(QStyledItemDelegate):
    """Paints headings and chats as in the design; hover shows the "…"."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        height = 50 if index.data(SNIPPET) else 32
        return QSize(100, theme().px(height))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        model = index.model()
        assert isinstance(model, ChatList)
        project = model.project_at(index)
        if index.data(IS_HEADING):
            self._paint_heading(painter, option.rect, index.data())
        elif project is not None:
            paint_project(painter, option, project, folded=project.id in model.collapsed, target=model.hovered)
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
        if chat is not None and chat.project_id and not model.query:
            option = QStyleOptionViewItem(option)
            rtl = option.direction == Qt.LayoutDirection.RightToLeft
            option.rect = option.rect.adjusted(0 if rtl else INDENT, 0, -INDENT if rtl else 0, 0)
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
