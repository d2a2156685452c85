"""The files that are only in this chat, above the input: a chip for each, with what comes of it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.core.calls.attachments import Attachment
from app.gui.theme import theme
from app.gui.widgets import ElidedLabel, IconButton, IconLabel, Label, ThemedWidget, paint_box
from app.gui.widgets.wrap import WrapLayout

NAME_WIDTH, REASON_WIDTH = 180, 180
LINES = 2.5


class AttachmentStrip(QWidget):
    """One row of words and the chips below it."""

    removed = Signal(int)
    """Id of a document"""
    menu_asked = Signal(object, QPoint)
    """Attachment, and where"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[AttachmentChip] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(IconLabel("paperclip", "accent", 14))
        self.title = Label("", "caption", "text", strong=True)
        self.words = Label("", "caption", "text2")
        head.addWidget(self.title)
        head.addWidget(self.words, 1)
        column.addLayout(head)
        body = QWidget()
        self._chips = WrapLayout(body)
        self._scroll = QScrollArea()
        self._scroll.setWidget(body)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column.addWidget(self._scroll)

    def show_files(self, files: tuple[Attachment, ...]) -> None:
        """These are the files now; a chip that stays is only told what is new."""
        while len(self.chips) > len(files):
            chip = self.chips.pop()
            self._chips.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        while len(self.chips) < len(files):
            chip = AttachmentChip()
            chip.remove_asked.connect(self.removed)
            chip.menu_asked.connect(self.menu_asked)
            self.chips.append(chip)
            self._chips.addWidget(chip)
            chip.show()  # at once: what is hidden takes no room, and the strip would stay without height
        for chip, file in zip(self.chips, files, strict=True):
            chip.show_file(file)
        self.title.setText(self.tr("Only in this chat"))
        unread = sum(not each.is_read for each in files)
        self.words.setText(self._words(len(files), unread))
        self._fit()

    def _fit(self) -> None:
        """As high as its lines, at most two and a half of them: the rest scrolls."""
        needed = self._chips.heightForWidth(self.width())
        line = theme().px(theme().size("control")) + self._chips.spacing()
        self._scroll.setFixedHeight(min(needed, round(LINES * line)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _words(self, count: int, unread: int) -> str:
        if unread:
            return self.tr("Being read. You can ask already; the answer waits for them.")
        return self.tr("In no collection, in no other chat. They go when the chat is deleted.")


class AttachmentChip(ThemedWidget):
    """A file's name, how far its reading is or why it cannot be used, its menu and a way to remove it."""

    remove_asked = Signal(int)
    menu_asked = Signal(object, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file: Attachment | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(9, 1, 2, 1)
        row.setSpacing(6)
        self._icon = IconLabel("file-text", "text2", 16)
        self._name = ElidedLabel("", "uiStrong", mode=Qt.TextElideMode.ElideMiddle)
        self._name.setMaximumWidth(theme().px(NAME_WIDTH))
        self._state = ElidedLabel("", "caption", "text2")
        self._state.setMaximumWidth(theme().px(REASON_WIDTH))
        self.more = IconButton("ellipsis", self.tr("What to do with this file"), size=14, side=24)
        self.more.clicked.connect(lambda: self._ask_menu(self.more.mapToGlobal(QPoint(0, self.more.height()))))
        self.remove = IconButton("x", self.tr("Remove from this chat"), size=14, side=24)
        self.remove.clicked.connect(self._remove)
        for widget in (self._icon, self._name, self._state, self.more, self.remove):
            row.addWidget(widget)
        self.setMinimumHeight(theme().px(theme().size("control")))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """What stands on it."""
        return f"{self._name.text()} {self._state.text()}".strip()

    def show_file(self, file: Attachment) -> None:
        """This file, as it stands now."""
        self.file = file
        document = file.document
        failed = document.status == "failed"
        kind = "file-image" if document.format == "image" else "file-text"
        self._icon.set_icon("circle-alert" if failed else kind, "danger" if failed else "accent")
        self._name.set_text(document.name)
        self._state.set_text(self._said(file))
        self._state.set_color("danger" if failed else "text2")
        self._state.setVisible(bool(self._state.text()))
        self.more.setVisible(file.is_read and bool(document.passages))
        self.remove.setEnabled(document.id != 0)
        self.remove.set_name(self.tr("Remove {name} from this chat").format(name=document.name))
        self.setAccessibleName(self.text())
        self.setToolTip(document.reason if failed else document.path)
        self.updateGeometry()
        self.update()

    def _said(self, file: Attachment) -> str:
        document = file.document
        if document.status == "failed":
            return document.reason
        if document.status == "changed":
            return self.tr("The file has changed since it was read")
        if file.is_read and document.reason:
            return document.reason
        if file.is_read:
            return self.tr("{n} pages").format(n=document.pages) if document.pages and document.pages > 1 else ""
        if document.status == "waiting":
            return self.tr("Waits")
        return self.tr("Reading, {percent} %").format(percent=round(file.fraction * 100))

    def _remove(self) -> None:
        if self.file is not None:
            self.remove_asked.emit(self.file.document.id)

    def _ask_menu(self, at: QPoint) -> None:
        if self.file is not None and self.file.document.id > 0:
            self.menu_asked.emit(self.file, at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._ask_menu(event.globalPos())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        box = QRectF(self.rect())
        failed = self.file is not None and self.file.document.status == "failed"
        fill, edge = ("dangerSoft", "danger") if failed else ("accentSoft", "accent")
        paint_box(painter, box, fill=theme().color(fill), edge=theme().color(edge), dashed=not failed)
        if self.file is not None and not self.file.is_read:
            track = QRectF(box.left() + 8, box.bottom() - 4, box.width() - 16, 3)
            paint_box(painter, track, fill=theme().color("track"), radius=1.5)
            width = track.width() * self.file.fraction
            if width > 0:
                done = QRectF(track.left(), track.top(), max(width, 3), 3)
                if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                    done.moveRight(track.right())
                paint_box(painter, done, fill=theme().color("accent"), radius=1.5)
