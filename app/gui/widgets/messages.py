"""What the window says to a person: banners, empty states, a question before something is lost, and undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets.base import paint_box
from app.gui.widgets.buttons import Button, IconButton
from app.gui.widgets.fields import IconLabel
from app.gui.widgets.text import Label

BannerKind = Literal["danger", "warning", "info", "success"]
BANNERS = {
    "danger": ("dangerSoft", "danger", "circle-alert"),
    "warning": ("warningSoft", "warning", "triangle-alert"),
    "info": ("accentSoft", "accent", "info"),
    "success": ("successSoft", "success", "circle-check"),
}
TOAST_MS = 8000


class Banner(QWidget):
    """What happened and the next step, in place."""

    acted = Signal()
    detail_asked = Signal()
    closed = Signal()

    def __init__(
        self,
        kind: BannerKind,
        title: str,
        detail: str = "",
        action: str = "",
        *,
        action_icon: str = "",
        primary: bool = False,
        closable: bool = False,
        more: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """`action` labels the button; `more` labels a link behind the detail ("Details")."""
        super().__init__(parent)
        self._fill, ink, icon = BANNERS[kind]
        row = QHBoxLayout(self)
        row.setContentsMargins(17, 10, 12, 10)
        row.setSpacing(12)
        row.addWidget(IconLabel(icon, ink, 20))
        words = QVBoxLayout()
        words.setSpacing(0)
        self._title = Label(title, "uiStrong", wrap=True)
        words.addWidget(self._title)
        self._detail = Label(detail, "caption", "text2", wrap=not more)
        self._detail.setVisible(bool(detail))
        if more:
            words.addLayout(self._with_link(more))
        else:  # not in a line of its own: one that shows nothing takes the width from the title
            words.addWidget(self._detail)
        row.addLayout(words, 1)
        if action:
            button = Button(action, "primary" if primary else "secondary", action_icon)
            button.clicked.connect(self.acted)
            row.addWidget(button)
        if closable:
            close = IconButton("x", self.tr("Close this message"))
            close.clicked.connect(self._close)
            row.addWidget(close)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(f"{title} {detail}".strip())
        theme().changed.connect(self.update)

    def _with_link(self, more: str) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(4)
        link = Button(more, "link")
        link.setMaximumHeight(20)
        link.clicked.connect(self.detail_asked)
        line.addWidget(self._detail)
        line.addWidget(link)
        line.addStretch(1)
        return line

    def set_text(self, title: str, detail: str = "") -> None:
        self._title.setText(title)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self.setAccessibleName(f"{title} {detail}".strip())

    def _close(self) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme().color("text") if theme().high_contrast else None
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color(self._fill), edge=edge, radius=6)


class EmptyState(QWidget):
    """Icon, heading, one sentence, one button."""

    acted = Signal()

    def __init__(
        self,
        icon: str,
        heading: str,
        sentence: str,
        action: str = "",
        *,
        action_icon: str = "",
        primary: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(0)
        layout.addStretch(1)
        layout.addWidget(IconLabel(icon, "text2", 24, tile=48), alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(12)
        title = Label(heading, "heading", wrap=True)
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(title)
        layout.addSpacing(4)
        said = Label(sentence, "ui", "text2", wrap=True)
        said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        said.setMaximumWidth(theme().px(360))
        centred = QHBoxLayout()
        centred.addStretch(1)
        centred.addWidget(said, 1000)  # not AlignHCenter: an aligned label loses its height for its width
        centred.addStretch(1)
        layout.addLayout(centred)
        self.button: Button | None = None
        if action:
            layout.addSpacing(16)
            self.button = Button(action, "primary" if primary else "secondary", action_icon)
            self.button.clicked.connect(self.acted)
            layout.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self.setAccessibleName(f"{heading}. {sentence}")


class ConfirmDialog(QDialog):
    """Asks once before something is lost. The title names the object; Cancel is the default."""

    def __init__(
        self,
        title: str,
        detail: str,
        action: str,
        *,
        danger: bool = True,
        cancel: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setModal(True)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(12)
        icon = IconLabel("triangle-alert" if danger else "circle-help", "warning" if danger else "accent", 24)
        outer.addWidget(icon, alignment=Qt.AlignmentFlag.AlignTop)
        self.body = QVBoxLayout()
        self.body.setSpacing(4)
        self.body.addWidget(Label(title, "heading", wrap=True))
        said = Label(detail, "ui", "text2", wrap=True)
        said.setMinimumWidth(theme().px(340))
        self.body.addWidget(said)
        self.body.addSpacing(20)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        self.cancel_button = Button(cancel or self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)
        self.cancel_button.setDefault(True)
        self.action_button = Button(action, "danger" if danger else "primary")
        self.action_button.clicked.connect(self.accept)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.action_button)
        self.body.addLayout(buttons)
        outer.addLayout(self.body, 1)
        self.cancel_button.setFocus()

    @classmethod
    def ask(cls, parent: QWidget, title: str, detail: str, action: str, *, danger: bool = True) -> bool:
        """Whether the person agreed."""
        dialog = cls(title, detail, action, danger=danger, parent=parent)
        agreed = dialog.exec() == QDialog.DialogCode.Accepted
        dialog.deleteLater()
        return agreed


def say_why_not(parent: QWidget, title: str, detail: str) -> None:
    """What cannot be done, and why: read, and closed."""
    close = QCoreApplication.translate("ConfirmDialog", "Close")
    dialog = ConfirmDialog(title, detail, "", cancel=close, parent=parent)
    dialog.action_button.hide()
    dialog.exec()
    dialog.deleteLater()


class Toast(QWidget):
    """A message at the bottom of the window that goes by itself, with a button that undoes it or leads on."""

    undone = Signal()
    """The button was pressed."""
    gone = Signal()

    def __init__(
        self,
        text: str,
        action: str = "",
        parent: QWidget | None = None,
        *,
        icon: str = "undo-2",
        above: Callable[[], int] = lambda: 0,
        stays_ms: int = TOAST_MS,
    ) -> None:
        """`above` gives the pixels at the parent's bottom that stay free: what is worked with there is not covered."""
        super().__init__(parent)
        self._above = above
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(Label(text, "ui", "text"))
        if action:
            button = Button(action, "link", icon)
            button.clicked.connect(self._undo)
            row.addWidget(button)
        close = IconButton("x", self.tr("Close this message"))
        close.clicked.connect(self.leave)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.leave)
        self._timer.start(stays_ms)
        self.setAccessibleName(text)
        if parent is not None:
            parent.installEventFilter(self)

    def show_at_bottom(self) -> None:
        """Show centred at the parent's bottom edge, above everything in it."""
        self.adjustSize()
        self.place()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.place()
        return False

    def place(self) -> None:
        """Where it belongs in the parent as that is now."""
        parent = self.parentWidget()
        if parent is not None:
            below = self._above()
            bottom = parent.height() - (below + 12 if below else 24)
            self.move(QPoint((parent.width() - self.width()) // 2, max(bottom - self.height(), 0)))

    def _undo(self) -> None:
        self._timer.stop()
        self.undone.emit()
        self._remove()

    def leave(self) -> None:
        """Go now, without undoing."""
        self._timer.stop()
        self.gone.emit()
        self._remove()

    def _remove(self) -> None:
        self.hide()
        self.deleteLater()

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=theme().color("borderStrong"), radius=8)
