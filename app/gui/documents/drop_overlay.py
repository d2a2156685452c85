"""What appears while files are dragged over the window: where they go, what they are, and what is skipped."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QWidget

from app.gui.collections import DEFAULT_COLLECTION
from app.gui.documents.collections_model import own_of, target_of
from app.gui.documents.collections_panel import paint_collection
from app.gui.documents.controller import DocumentsController
from app.gui.documents.drop_count import DropCount
from app.gui.documents.drop_paint import paint_frame, paint_zone
from app.gui.documents.drop_words import Chip, chat_words, chips_of, words_of
from app.gui.theme import theme
from app.gui.widgets import paint_box
from app.types import Collection

MARGIN = 16
ROWS_TOP = 56
SCROLL_EDGE = 24
ZONE = 140
"""Height of the open chat's part at most."""
HANDOVER_MS = 200
"""The drag goes from the window to the overlay within this time, or it has left."""
SCROLL_MS = 30


class DropOverlay(QWidget):
    """Lies over the window while files are dragged. It paints itself: a drag needs no widgets, tabs or focus."""

    files_dropped = Signal(list, int)
    """paths, id of the collection, 0 for the first one that is still to be made"""
    files_attached = Signal(list)
    """Paths that go into the open chat only"""
    model_dropped = Signal(str)
    """Path of a .gguf file, or of a collection in a file"""

    def __init__(
        self,
        host: QWidget,
        controller: DocumentsController,
        area: Callable[[], QWidget] | None = None,
        chat_foot: Callable[[], int] = lambda: 0,
    ) -> None:
        """`host` is the window, which takes files anywhere; `area` gives the page to paint over, not the sidebar.
        `chat_foot` is the height of the open chat's input: what is dropped there goes into this chat only; 0: none."""
        super().__init__(host)
        self._host, self._controller, self._chat_foot = host, controller, chat_foot
        self._in_chat = False
        self._find_area = area or (lambda: host)
        self._paths: list[str] = []
        self._target = 0
        self._offset = 0
        self._pointer = QPoint(-1, -1)
        self._count = DropCount(self)
        self._count.counted.connect(self.update)
        self._scroll = QTimer(self, interval=SCROLL_MS)
        self._scroll.timeout.connect(self._scroll_on)
        self._gone = QTimer(self, singleShot=True, interval=HANDOVER_MS)
        self._gone.timeout.connect(self.end)
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()
        host.setAcceptDrops(True)
        host.installEventFilter(self)

    @property
    def target(self) -> int:
        """Id of the collection that the files go to, 0 where there is none yet."""
        return self._target

    # --- the drag -----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The drag enters through the window; from the next move on it is over this widget."""
        if watched is not self._host:
            return False
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and self.isVisible():
            self._accept(event)
            return True
        if isinstance(event, QDragEnterEvent):
            return self._begin(event)
        if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop and self.isVisible():
            self.dropEvent(event)
            return True
        if event.type() == QEvent.Type.DragLeave and self.isVisible():
            self._gone.start()  # to this widget, or out of the window in one quick move
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._host.rect())
        return False

    def _begin(self, event: QDragEnterEvent) -> bool:
        if not event.mimeData().hasUrls():
            return False
        paths, links = files_of(event.mimeData())
        if not paths:
            return False
        self.show_paths(paths, links)
        self._accept(event)
        return True

    def show_paths(self, paths: list[str], links: int = 0) -> None:
        """Show the overlay for these files and folders."""
        self._paths = paths
        self._target = target_of(self._controller.totals, self._controller.current)
        self._offset = 0
        self._in_chat = False
        self._count.start(paths, links)
        self.setGeometry(self._host.rect())
        self.show()
        self.raise_()

    def end(self) -> None:
        """The drag left, or was cancelled."""
        self._count.stop()
        self._scroll.stop()
        self._gone.stop()
        self._paths = []
        self.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._gone.stop()
        self._accept(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self.point_at(event.position().toPoint())
        self._accept(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.end()

    def dropEvent(self, event: QDropEvent) -> None:
        paths, target, models = self._paths, self._target, [*self._count.models, *self._count.collections]
        self.point_at(event.position().toPoint())
        attached = self._in_chat
        useful = self._count.usable
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.end()
        files = [path for path in paths if path not in set(models)]
        if files and useful and attached:
            self.files_attached.emit(files)
        elif files and useful:
            self.files_dropped.emit(files, target)
        for model in models:
            self.model_dropped.emit(model)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.end()

    @staticmethod
    def _accept(event: QDropEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()

    # --- choosing the collection --------------------------------------------------------------------------------------

    def point_at(self, at: QPoint) -> None:
        """The pointer is here: over a collection, that one is the target."""
        self._pointer = at
        if self._in_chat != (in_chat := self._zone().contains(at)):
            self._in_chat = in_chat
            self.update()
        for collection, rect in self._rows():
            if rect.contains(at) and self._column().contains(at) and collection.id != self._target:
                self._target = collection.id
                self.update()
        near = self._scroll_direction() != 0
        if near and not self._scroll.isActive():
            self._scroll.start()
        elif not near:
            self._scroll.stop()

    def _scroll_direction(self) -> int:
        column = self._column()
        if not column.contains(self._pointer):
            return 0
        most = len(own_of(self._controller.totals)) * self._row_height() - (column.height() - theme().px(ROWS_TOP))
        if self._pointer.y() < column.top() + theme().px(ROWS_TOP) + SCROLL_EDGE and self._offset > 0:
            return -1
        return 1 if self._pointer.y() > column.bottom() - SCROLL_EDGE and self._offset < most else 0

    def _scroll_on(self) -> None:
        self._offset += self._scroll_direction() * 12
        self.point_at(self._pointer)
        self.update()

    # --- where things are ---------------------------------------------------------------------------------------------

    def _content(self) -> QRect:
        area = self._find_area()
        top_left = QPoint(0, 0) if area is self._host else area.mapTo(self._host, QPoint(0, 0))
        whole = QRect(top_left, area.size())
        return whole.adjusted(0, theme().size("topbar"), 0, 0)

    def _only_models(self) -> bool:
        return bool(self._count.models) and len(self._count.models) == len(self._paths)

    def _column(self) -> QRect:
        content = self._content()
        if self._only_models() or not own_of(self._controller.totals):
            return QRect()
        width = min(theme().px(theme().size("collections")), content.width() * 2 // 5)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            return QRect(content.right() - width + 1, content.top(), width, content.height())
        return QRect(content.left(), content.top(), width, content.height())

    def _frame(self) -> QRect:
        """Where files are dropped, beside the collections."""
        content, used = self._content(), self._column().width()
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        free = content.adjusted(0 if rtl else used, 0, -used if rtl else 0, 0)
        return free.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)

    def _zone(self) -> QRect:
        """The part of it that is the open chat's; empty where there is none."""
        height = 0 if self._only_models() else min(self._chat_foot(), theme().px(ZONE))
        return self._frame().adjusted(0, self._frame().height() - height, 0, 0) if height else QRect()

    def _row_height(self) -> int:
        return theme().px(theme().size("navRow"))

    def _rows(self) -> list[tuple[Collection, QRect]]:
        column = self._column()
        if column.isEmpty():
            return []
        top = column.top() + theme().px(ROWS_TOP) - self._offset
        height = self._row_height()
        box = QRect(column.left() + 8, 0, column.width() - 17, height)
        return [(each, box.translated(0, top + i * height)) for i, each in enumerate(own_of(self._controller.totals))]

    def words(self) -> tuple[str, str, str]:
        """Title, sentence and hint of what a drop would do now."""
        names = {each.id: each.name for each in own_of(self._controller.totals)}
        target = names.get(self._target, DEFAULT_COLLECTION)
        return words_of(self._count, only_models=self._only_models(), target=target, several=len(names) > 1)

    def chips(self) -> list[Chip]:
        """What is dragged, kind by kind."""
        return chips_of(self._count, only_models=self._only_models())

    # --- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        content, column = self._content(), self._column()
        painter.fillRect(content, theme().color("accentSoft"))
        if not column.isEmpty():
            self._paint_column(painter, column)
        frame, zone = self._frame(), self._zone()
        if not zone.isEmpty():
            paint_zone(painter, zone, chat_words(self._count), chosen=self._in_chat)
            frame.setBottom(zone.top() - MARGIN)
        edge = theme().color("borderStrong" if self._in_chat else "accent")
        paint_box(painter, QRectF(frame), fill=theme().color("surface"), edge=edge, width=2, radius=12, dashed=True)
        painter.setClipRect(frame)
        paint_frame(painter, frame, "box" if self._only_models() else "file-up", self.words(), self.chips())

    def _paint_column(self, painter: QPainter, column: QRect) -> None:
        painter.fillRect(column, theme().color("subtle"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        edge = column.left() if rtl else column.right()
        painter.fillRect(edge, column.top(), 1, column.height(), theme().color("border"))
        painter.setFont(theme().font("uiStrong"))
        painter.setPen(theme().color("text"))
        head = QRect(column.left() + 20, column.top(), column.width() - 40, theme().px(ROWS_TOP))
        painter.drawText(
            head, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), self.tr("Collections")
        )
        painter.save()
        painter.setClipRect(column.adjusted(0, theme().px(ROWS_TOP), 0, 0))
        for collection, rect in self._rows():
            chosen = collection.id == self._target
            edge_token = "accent" if chosen else ""
            paint_collection(painter, rect, collection, selected=chosen, hovered=False, edge=edge_token, rtl=rtl)
        painter.restore()


def files_of(data: QMimeData) -> tuple[list[str], int]:
    """The local paths of what is dragged, and how many addresses are none."""
    paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    return list(dict.fromkeys(paths)), len(data.urls()) - len(paths)
