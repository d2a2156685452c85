"""What several dialogs are built of: head, list of pieces, and the form that asks a server."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.gui.widgets.base import empty_layout
from app.gui.widgets.buttons import Button
from app.gui.widgets.fields import IconLabel, TextField
from app.gui.widgets.messages import Banner
from app.gui.widgets.text import Label


def head(icon: str, colour: str, title: str, text: str) -> QHBoxLayout:
    """The icon with what the dialog is about."""
    row = QHBoxLayout()
    row.setSpacing(12)
    row.addWidget(IconLabel(icon, colour, 24), alignment=Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(4)
    words.addWidget(Label(title, "heading", wrap=True))
    words.addWidget(Label(text, "ui", "text2", wrap=True))
    row.addLayout(words, 1)
    return row


def framed(dialog: QDialog, title: str) -> QVBoxLayout:
    """The column of a dialog that is gone when it is closed."""
    dialog.setWindowTitle(title)
    dialog.setModal(True)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    outer = QVBoxLayout(dialog)
    outer.setContentsMargins(24, 24, 24, 24)
    outer.setSpacing(12)
    return outer


def scrolled(name: str) -> tuple[QScrollArea, QVBoxLayout]:
    """A list that scrolls, and where its entries go."""
    area = QScrollArea()
    area.setAccessibleName(name)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    body = QWidget()
    body.setObjectName("scrollBody")
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 8, 0)
    column.setSpacing(8)
    area.setWidget(body)
    return area, column


def quoted(text: str) -> Label:
    """A document's own words, to be copied."""
    label = Label(text, wrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class ServerForm(QDialog):
    """An address, what is said of it, and one button, whose step is the form's own."""

    address: TextField

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = QVBoxLayout()
        self._messages.setSpacing(8)
        self.next = Button("", "primary")
        self.next.setDefault(True)

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        row.addWidget(cancel)
        row.addWidget(self.next)
        return row

    def _offer(self, text: str) -> None:
        self.next.setText(text)
        self.next.setEnabled(bool(self.address.text().strip()))

    def _wait(self, text: str) -> None:
        self._say()
        self.next.setText(text)
        self.next.setEnabled(False)

    def _say(self, *banners: Banner) -> None:
        empty_layout(self._messages)
        for banner in banners:
            self._messages.addWidget(banner)
            banner.show()  # now: a layout makes no room for what is shown with the next event
        self.adjustSize()
        layout = self.layout()
        if layout is not None and layout.hasHeightForWidth():  # its text wraps, which the size of before does not know
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))
