"""The list of models below the top bar's button: arrows choose, Enter uses, Esc closes."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.models.controller import ModelsController
from app.gui.models.download_line import DownloadLines
from app.gui.models.model_button import ModelButton
from app.gui.models.switcher_row import SwitcherRow
from app.gui.settings.keycap import Keycap
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, Label, ThemedWidget, empty_layout, paint_box
from app.gui.widgets.page_frame import ScrollColumn, Separator

WIDTH = 568
MAX_LIST = 360


class ModelSwitcher(QWidget):
    """The list: arrows choose, Enter uses, Esc closes. The old model answers until the new one is ready.

    A child of the window, not a popup of the system: those take the keyboard from the whole desktop, and a few
    window systems close them by themselves.
    """

    manage_asked = Signal()
    compare_asked = Signal()
    closed = Signal()

    def __init__(self, models: ModelsController, parent: QWidget) -> None:
        super().__init__(parent.window())
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Installed models"))
        self._models = models
        self._rows: list[SwitcherRow] = []
        self._at = 0
        self._came_from: QWidget | None = None
        self._build()
        models.switching.connect(self._switching)
        models.switched.connect(self._switched)
        models.switch_failed.connect(self._switch_failed)
        models.models_changed.connect(self.refresh)
        self.refresh()
        names = [row.model.name for row in self._rows]
        active = models.active.name if models.active else ""
        self._choose(names.index(active) if active in names else 0)

    def open_below(self, button: QWidget) -> None:
        """Show under the button, inside the window."""
        self.adjustSize()
        window = button.window()
        width = min(theme().px(WIDTH), window.width() - 16)
        self.resize(width, self.sizeHint().height())
        at = button.mapTo(window, QPoint(0, button.height() + 6))
        self.move(max(min(at.x(), window.width() - width - 8), 8), at.y())
        self._came_from = QApplication.focusWidget()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def close_list(self) -> None:
        """Give the focus back and go."""
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        inside = self.hasFocus() or self.isAncestorOf(QApplication.focusWidget() or self.window())
        self.hide()
        if inside and self._came_from is not None:
            self._came_from.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press anywhere else, or another size of the window, closes the list."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            outside = not self.rect().contains(self.mapFromGlobal(cast(QMouseEvent, event).globalPosition().toPoint()))
            if outside and watched.window() is self.window():
                self.close_list()
                return isinstance(watched, ModelButton)
        elif event.type() == QEvent.Type.Resize and watched is self.window():
            self.close_list()
        return False

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 12, 16, 8)
        head.addWidget(Label(self.tr("Installed models"), "caption", "text2", strong=True))
        head.addStretch(1)
        head.addWidget(Label(self.tr("Speed measured on this computer"), "caption", "text2"))
        column.addLayout(head)
        self._messages = QVBoxLayout()
        self._messages.setContentsMargins(4, 0, 4, 0)
        column.addLayout(self._messages)
        self._scroll = ScrollColumn((4, 0, 4, 4))
        self._scroll.column.setSpacing(4)
        column.addWidget(self._scroll)
        self._coming = DownloadLines(self._models.catalogue)
        self._coming.moved.connect(self.adjustSize)
        column.addWidget(self._coming)
        column.addWidget(Separator())
        column.addWidget(self._hints())
        column.addWidget(Separator())
        foot = QHBoxLayout()
        foot.setContentsMargins(8, 8, 8, 8)
        manage = Button(self.tr("Manage models"), "quiet", "box", hint="Ctrl 3")
        manage.clicked.connect(self._manage)
        foot.addWidget(manage)
        foot.addStretch(1)
        self.compare = Button(self.tr("Compare two models"), "quiet", "columns-2")
        self.compare.clicked.connect(self._compare)
        foot.addWidget(self.compare)
        column.addLayout(foot)

    def _hints(self) -> QWidget:
        strip = _Strip()
        row = QHBoxLayout(strip)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(6)
        for keys, text in (("↑ ↓", self.tr("Choose")), ("Enter", self.tr("Use")), ("Esc", self.tr("Close"))):
            row.addWidget(Keycap(keys))
            row.addWidget(Label(text, "caption", "text2"))
            row.addSpacing(10)
        row.addStretch(1)
        row.addWidget(Keycap("Ctrl Shift M"))
        row.addWidget(Label(self.tr("Open this list"), "caption", "text2"))
        return strip

    def refresh(self) -> None:
        """Build the rows again."""
        self.compare.setVisible(len(self._models.models()) > 1)
        empty_layout(self._scroll.column)
        self._rows = []
        active = self._models.active
        for model in self._models.models():
            in_use = active is not None and active.name == model.name
            row = SwitcherRow(model, self._models.fit(model), in_use=in_use)
            row.clicked.connect(self._use)
            row.cancel_asked.connect(self._models.cancel_switch)
            self._rows.append(row)
            self._scroll.column.addWidget(row)
        height = sum(max(row.sizeHint().height(), row.minimumSizeHint().height()) + 4 for row in self._rows) + 4
        self._scroll.setFixedHeight(min(height, theme().px(MAX_LIST)))
        if self._models.switching_to:
            self._switching(self._models.switching_to, 0.0)
        self._choose(min(self._at, len(self._rows) - 1))

    def _choose(self, at: int) -> None:
        self._at = max(at, 0)
        for i, row in enumerate(self._rows):
            row.set_current(i == self._at)
        if self._rows:
            self._scroll.ensureWidgetVisible(self._rows[self._at])

    def _use(self, name: str) -> None:
        active = self._models.active
        if active is not None and active.name == name and not self._models.switching_to:
            self.close_list()
            return
        empty_layout(self._messages)
        self._models.switch_to(name)

    def _switching(self, name: str, fraction: float) -> None:
        for row in self._rows:
            if row.model.name == name:
                row.show_progress(fraction, self._models.switch_seconds, self._models.switch_words)

    def _switched(self, *_: object) -> None:
        self.close_list()

    def _switch_failed(self, name: str, error: AppError) -> None:
        active = self._models.active
        stays = self.tr("{0} stays in use.").format(active.name) if active else ""
        title = self.tr("“{0}” could not be used. {1}").format(name, stays).strip()
        empty_layout(self._messages)
        self._messages.addWidget(Banner("danger", title, str(error)))
        self.refresh()
        self.adjustSize()

    def _manage(self) -> None:
        self.close_list()
        self.manage_asked.emit()

    def _compare(self) -> None:
        self.close_list()
        self.compare_asked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            step = 1 if key == Qt.Key.Key_Down else -1
            self._choose((self._at + step) % max(len(self._rows), 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._rows:
            self._use(self._rows[self._at].model.name)
        elif key == Qt.Key.Key_Escape:
            self.close_list()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=theme().color("borderStrong"), radius=12)


class _Strip(ThemedWidget):
    """What lies behind the keys."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme().color("subtle"))
