"""What Inhouse is made of: a list with a filter, and the licence texts of the part that is chosen in it."""

from __future__ import annotations

import shutil

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from app import licences
from app.errors import AppError
from app.files import cannot_write
from app.gui.theme import FontRole, theme
from app.gui.widgets import Banner, Button, Label, SearchField, empty_layout
from app.gui.widgets.file_dialogs import ask_where_to_save

WIDTH, HEIGHT, LIST, ROW = 860, 600, 320, 46
PART = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class _PartPainter(QStyledItemDelegate):
    """Name and version above, the licence below."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(96, theme().px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            chosen = option.state & QStyle.StateFlag.State_Selected
            painter.fillRect(option.rect, theme().color("selected" if chosen else "hover"))
        room = option.rect.adjusted(10, 5, -10, -5)
        name, _, licence = str(index.data()).partition("\n")
        self._write(painter, room, name, "uiStrong", Qt.AlignmentFlag.AlignTop)
        self._write(painter, room, licence, "caption", Qt.AlignmentFlag.AlignBottom)
        painter.restore()

    @staticmethod
    def _write(painter: QPainter, room: QRect, text: str, font: FontRole, at: Qt.AlignmentFlag) -> None:
        painter.setFont(theme().font(font))
        painter.setPen(theme().color("text2" if font == "caption" else "text"))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(at | Qt.AlignmentFlag.AlignLeading), shown)


class LicencesDialog(QDialog):
    """Reads a text when its part is chosen: there are a hundred."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Made with"))
        self.setModal(True)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        outer.addWidget(Label(self.tr("Made with"), "heading"))
        said = self.tr("Qt is under the LGPL: its libraries lie as files in the program's folder, and may be replaced.")
        outer.addWidget(Label(said, "caption", "text2", wrap=True))
        self._problems = QVBoxLayout()
        outer.addLayout(self._problems)
        self.search = SearchField(self.tr("Find a part or a licence"))
        self.search.textChanged.connect(self._find)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Parts"))
        self.list.setFixedWidth(theme().px(LIST))
        self.list.setItemDelegate(_PartPainter(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.currentItemChanged.connect(self._show)
        self.text = QPlainTextEdit()
        self.text.setProperty("field", True)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(self.tr("Licence texts"))
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left)
        both.addWidget(self.text, 1)
        outer.addLayout(both, 1)
        outer.addLayout(self._build_buttons())
        self._parts = self._read()
        self._find("")
        screen = self.screen().availableSize()
        self.resize(min(theme().px(WIDTH), screen.width() - 32), min(theme().px(HEIGHT), screen.height() - 64))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.setFocus()

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.save = Button(self.tr("Save the bill of materials…"), "secondary", "download")
        self.save.clicked.connect(self._save)
        self.save.setVisible(licences.bill() is not None)
        close = Button(self.tr("Close"), "primary")
        close.clicked.connect(self.accept)
        row.addWidget(self.save)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _read(self) -> list[licences.Part]:
        try:
            return licences.parts()
        except AppError as error:
            self._tell(error)
            return []

    def _find(self, text: str) -> None:
        """Every word must stand in the name or in the licence."""
        words = text.casefold().split()
        self.list.clear()
        for part in self._parts:
            if all(word in f"{part.name} {part.licence}".casefold() for word in words):
                item = QListWidgetItem("\n".join((f"{part.name} {part.version}".strip(), part.licence or "–")))
                item.setData(PART, part)
                self.list.addItem(item)
        self.list.setCurrentRow(0)
        if not self.list.count():
            self.text.setPlainText(self.tr("Nothing is called so.") if self._parts else "")

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        part: licences.Part = item.data(PART)
        none = self.tr("No text came with this part. Its licence: {0}.").format(part.licence or self.tr("not stated"))
        self.text.setPlainText(licences.texts(part.name) or none)

    def _save(self) -> None:
        bill = licences.bill()
        title, kinds = self.tr("Save the bill of materials"), "CycloneDX (*.json)"
        file = ask_where_to_save(self, title, licences.BILL, kinds, data=False)
        if bill is None or file is None:
            return
        try:
            shutil.copyfile(bill, file)
        except OSError as error:
            self._tell(cannot_write(file, error))

    def _tell(self, error: AppError) -> None:
        empty_layout(self._problems)
        self._problems.addWidget(Banner("danger", error.message, error.hint))
