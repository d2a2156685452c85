"""The column of collections, and the drop-down that takes its place in a narrow window."""

from __future__ import annotations

from PySide6.QtCore import QLocale, QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.gui.documents.collections_model import COLLECTION_ROLE, CollectionsModel, count_text
from app.gui.icons import icon, paint_icon
from app.gui.theme import theme
from app.gui.widgets import IconButton, Label, ThemedWidget, paint_box
from app.types import Collection

Index = QModelIndex | QPersistentModelIndex


def size_text(size: int) -> str:
    """Bytes in the largest unit that keeps a digit: "212 MB"."""
    return QLocale().formattedDataSize(
        size, 0 if size < 1 << 30 else 1, QLocale.DataSizeFormat.DataSizeTraditionalFormat
    )


def paint_collection(
    painter: QPainter, rect: QRect, collection: Collection, *, selected: bool, hovered: bool, edge: str, rtl: bool
) -> None:
    """One row of the column; the drop overlay paints the same."""
    box = QRectF(rect)
    fill = "selected" if selected else "hover" if hovered else None
    paint_box(
        painter,
        box,
        fill=theme().color(fill) if fill else None,
        edge=theme().color(edge) if edge else None,
        width=2,
        radius=6,
    )
    area = rect.adjusted(12, 0, -8, 0)
    side = theme().size("icon")
    x = area.right() - side if rtl else area.left()
    token = "accent" if selected and theme().name == "dark" else "text" if selected else "text2"
    mark = QRect(x, rect.center().y() - side // 2 + 1, side, side)
    paint_icon(painter, "folder-open" if selected else "folder", token, mark)
    count = QLocale().toString(collection.documents)
    painter.setFont(theme().font("ui"))
    painter.setPen(theme().color("text2"))
    width = painter.fontMetrics().horizontalAdvance(count)
    end = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
    painter.drawText(area, end, count)
    painter.setFont(theme().font("uiStrong" if selected else "ui"))
    painter.setPen(theme().color("text" if selected else "text2"))
    room = area.adjusted(width + 8, 0, -24, 0) if rtl else area.adjusted(24, 0, -width - 8, 0)
    name = painter.fontMetrics().elidedText(collection.name, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), name)


def id_of(index: Index) -> int:
    """The collection of a row, 0 where there is none."""
    collection = index.data(COLLECTION_ROLE)
    return collection.id if isinstance(collection, Collection) else 0


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, theme().px(theme().size("navRow")))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        collection = index.data(COLLECTION_ROLE)
        if not isinstance(collection, Collection):
            return
        view = self.parent()
        focused = isinstance(view, CollectionsList) and view.ring and view.hasFocus() and view.currentIndex() == index
        painter.save()
        paint_collection(
            painter,
            option.rect,
            collection,
            selected=bool(option.state & QStyle.StateFlag.State_Selected),
            hovered=bool(option.state & QStyle.StateFlag.State_MouseOver),
            edge="focus" if focused else "",
            rtl=option.direction == Qt.LayoutDirection.RightToLeft,
        )
        painter.restore()


class CollectionsList(QListView):
    """The list itself: arrows choose, F2 renames, Del deletes."""

    export_wanted = Signal(int)
    rename_wanted = Signal(int)
    delete_wanted = Signal(int)
    follow_wanted = Signal(int)
    personal_wanted = Signal(int)
    ring = False

    def __init__(self, model: CollectionsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(self.tr("Collections"))
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def current_id(self) -> int:
        return id_of(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.ring = True
        if event.key() == Qt.Key.Key_F2 and self.current_id():
            self.rename_wanted.emit(self.current_id())
        elif event.key() == Qt.Key.Key_Delete and self.current_id():
            self.delete_wanted.emit(self.current_id())
        else:
            super().keyPressEvent(event)
        self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
        if index.isValid():
            at = self.viewport().mapToGlobal(self.visualRect(index).bottomLeft())
            mouse = event.reason() == QContextMenuEvent.Reason.Mouse
            menu = self.menu(id_of(index))
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos() if mouse else at)

    def menu(self, collection_id: int) -> QMenu:
        """What can be done with a collection."""
        menu = QMenu(self)
        menu.addAction(icon("share-2"), self.tr("Export…"), lambda: self.export_wanted.emit(collection_id))
        rename = menu.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename_wanted.emit(collection_id))
        rename.setShortcut(Qt.Key.Key_F2)
        follow = icon("refresh-cw")
        menu.addAction(follow, self.tr("Folders and changes"), lambda: self.follow_wanted.emit(collection_id))
        personal = self.tr("Personal data")
        menu.addAction(icon("shield-check"), personal, lambda: self.personal_wanted.emit(collection_id))
        remove = icon("trash-2", "danger")
        delete = menu.addAction(remove, self.tr("Delete"), lambda: self.delete_wanted.emit(collection_id))
        delete.setShortcut(Qt.Key.Key_Delete)
        return menu


class CollectionsPanel(ThemedWidget):
    """Header with "new", the list, and the totals below."""

    chosen = Signal(int)
    new_wanted = Signal()
    import_wanted = Signal()
    export_wanted = Signal(int)
    rename_wanted = Signal(int)
    delete_wanted = Signal(int)
    follow_wanted = Signal(int)
    personal_wanted = Signal(int)

    def __init__(self, model: CollectionsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._current = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 1, 16)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setContentsMargins(20, 14, 10, 14)
        top.addWidget(Label(self.tr("Collections"), "uiStrong"))
        top.addStretch(1)
        self.import_button = IconButton("file-up", self.tr("Import a collection"))
        self.import_button.clicked.connect(self.import_wanted)
        top.addWidget(self.import_button)
        self.new_button = IconButton("folder-plus", self.tr("New collection"))
        self.new_button.clicked.connect(self.new_wanted)
        top.addWidget(self.new_button)
        column.addLayout(top)
        self.list = CollectionsList(model, self)
        self.list.export_wanted.connect(self.export_wanted)
        self.list.rename_wanted.connect(self.rename_wanted)
        self.list.delete_wanted.connect(self.delete_wanted)
        self.list.follow_wanted.connect(self.follow_wanted)
        self.list.personal_wanted.connect(self.personal_wanted)
        self.list.selectionModel().currentChanged.connect(self._choose)
        model.modelReset.connect(lambda: self.show_current(self._current))
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self.list)
        column.addLayout(row, 1)
        self.totals = Label("", "caption", "text2", wrap=True)
        self.totals.setContentsMargins(20, 8, 12, 0)
        column.addWidget(self.totals)
        theme().changed.connect(self._wear)
        self._wear()

    def _wear(self) -> None:
        self.setFixedWidth(theme().px(theme().size("collections")))

    def show_current(self, collection_id: int) -> None:
        """Mark a collection without asking for it again."""
        self._current = collection_id
        model = self.list.model()
        row = model.row_of(collection_id) if isinstance(model, CollectionsModel) else -1
        selection = self.list.selectionModel()
        selection.blockSignals(True)
        self.list.setCurrentIndex(model.index(row, 0) if row >= 0 else QModelIndex())
        selection.blockSignals(False)
        self.list.viewport().update()

    def show_totals(self, collections: tuple[Collection, ...]) -> None:
        """What all collections hold together."""
        documents = sum(each.documents for each in collections)
        passages = sum(each.passages for each in collections)
        size = sum(each.bytes for each in collections)
        text = f"{count_text(documents, 'document')}\n{count_text(passages, 'passage')}, {size_text(size)}"
        self.totals.setText(text if documents else "")

    def _choose(self, index: QModelIndex) -> None:
        chosen = id_of(index)
        if chosen and chosen != self._current:
            self._current = chosen
            self.chosen.emit(chosen)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("subtle"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        painter.fillRect(
            QRect(QPoint(0 if rtl else self.width() - 1, 0), QSize(1, self.height())), theme().color("border")
        )
