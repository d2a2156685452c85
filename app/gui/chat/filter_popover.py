"""“Only in…”: which documents, folder, kind and dates the next question asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import msgspec
from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.tick_list import TickList
from app.gui.theme import theme
from app.gui.widgets import ComboBox, Label, SearchField, TextField, paint_box
from app.text.find.dates import span_of
from app.text.find.plan import day
from app.text.fold import fold
from app.types import Document, Filter

WIDTH, LIST_HEIGHT = 420, 168


class FilterPopover(QWidget):
    """What is chosen counts at once; Esc, or a click elsewhere, closes it.

    A child of the window and no popup of the system, as the list of models is.
    """

    changed = Signal(object)
    """Filter"""
    picked = Signal()
    """A document was chosen."""
    closed = Signal()

    def __init__(self, documents: Sequence[Document], chosen: Filter, parent: QWidget) -> None:
        super().__init__(parent.window())
        self._documents, self._chosen = list(documents), chosen
        self._back: QWidget | None = None
        self.setAccessibleName(self.tr("Ask only some documents"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        column.addWidget(Label(self.tr("Ask only in"), "uiStrong"))
        self.search = SearchField(self.tr("Find a document by its name"))
        self.search.textChanged.connect(self._show_documents)
        self.search.left.connect(self.close_popover)
        self.search.returnPressed.connect(self._pick_first)
        column.addWidget(self.search)
        self.list = TickList(self.tr("Documents"))
        self.list.setFixedHeight(theme().px(LIST_HEIGHT))
        self.list.ticked.connect(self._ticked)
        column.addWidget(self.list)
        column.addLayout(self._make_lists())
        column.addLayout(self._make_dates())
        self._show_documents("")

    def show_documents(self, documents: Sequence[Document]) -> None:
        """They are known now."""
        self._documents = list(documents)
        self._show_documents(self.search.text())
        self._fill(self.folder, self._folders(), self._chosen.folder)
        self._fill(self.kind, self._kinds(), self._chosen.kinds[0] if self._chosen.kinds else "")

    def open_above(self, button: QWidget, back: QWidget) -> None:
        """Show over a button, inside the window; the keyboard goes to `back` when it closes."""
        window = button.window()
        self.resize(min(theme().px(WIDTH), window.width() - 16), 0)
        self.adjustSize()
        self.resize(min(theme().px(WIDTH), window.width() - 16), min(self.sizeHint().height(), window.height() - 16))
        at = button.mapTo(window, QPoint(0, 0))
        left = max(min(at.x(), window.width() - self.width() - 8), 8)
        self.move(left, max(at.y() - self.height() - 6, 8))
        self._back = back
        self.show()
        self.raise_()
        self.search.setFocus(Qt.FocusReason.PopupFocusReason)
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def close_popover(self) -> None:
        """Go, and give the keyboard back."""
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        inside = self.isAncestorOf(QApplication.focusWidget() or self.window())
        self.hide()
        if inside and self._back is not None:
            self._back.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()
        self.deleteLater()

    # --- parts --------------------------------------------------------------------------------------------------------

    def _make_lists(self) -> QHBoxLayout:
        self.folder = ComboBox(self.tr("Folder"))
        self.kind = ComboBox(self.tr("Kind of file"))
        self._fill(self.folder, self._folders(), self._chosen.folder)
        self._fill(self.kind, self._kinds(), self._chosen.kinds[0] if self._chosen.kinds else "")
        self.folder.currentIndexChanged.connect(lambda _: self._set(folder=self.folder.currentData() or ""))
        self.kind.currentIndexChanged.connect(
            lambda _: self._set(kinds=(self.kind.currentData(),) if self.kind.currentData() else ())
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        for name, box in ((self.tr("Folder"), self.folder), (self.tr("Kind"), self.kind)):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(Label(name, "uiStrong"))
            column.addWidget(box)
            row.addLayout(column, 1)
        return row

    def _make_dates(self) -> QHBoxLayout:
        since = day(self._chosen.since) if self._chosen.since else ""
        until = day(self._chosen.until) if self._chosen.until else ""
        self.since = TextField(self.tr("Changed since"), self.tr("2024 or 2024-03-31"), since)
        self.until = TextField(self.tr("Changed before"), self.tr("2025 or 2025-03-31"), until)
        self.since.edit.editingFinished.connect(lambda: self._take_date("since", self.since))
        self.until.edit.editingFinished.connect(lambda: self._take_date("until", self.until))
        row = QHBoxLayout()
        row.setSpacing(8)
        for field in (self.since, self.until):
            row.addWidget(field, 1)
        return row

    def _fill(self, box: ComboBox, values: Sequence[str], chosen: str) -> None:
        box.blockSignals(True)
        box.clear()
        box.addItem(self.tr("Any"), "")
        for value in dict.fromkeys([*values, *([chosen] if chosen else [])]):
            box.addItem(value, value)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        box.blockSignals(False)

    def _folders(self) -> list[str]:
        """The folders of the documents, by their last two names."""
        parents = (PurePath(each.path.replace("\\", "/")).parent for each in self._documents)
        return sorted({"/".join(parent.parts[-2:]).strip("/") for parent in parents if parent.name})

    def _kinds(self) -> list[str]:
        return sorted({each.format for each in self._documents if each.format})

    # --- what a person does -------------------------------------------------------------------------------------------

    def _show_documents(self, text: str) -> None:
        wanted = fold(text.strip())
        fitting = [each for each in self._documents if wanted in fold(each.name)]
        self.list.show_rows([(each.id, each.name, each.path) for each in fitting], self._chosen.documents)

    def _ticked(self, id_: int, on: bool) -> None:
        rest = tuple(each for each in self._chosen.documents if each != id_)
        self._set(documents=(*rest, id_) if on else rest)
        if on:
            self.picked.emit()

    def _pick_first(self) -> None:
        """Enter takes the first of those that are listed, and goes back to the question."""
        if self.list.count() and self.search.text().strip():
            self.list.tick(self.list.item(0), True)
            self.close_popover()

    def _take_date(self, which: str, field: TextField) -> None:
        span = span_of(field.text())
        wrong = bool(field.text().strip()) and span is None
        field.set_error(self.tr("A date like 2024, 2024-03 or 2024-03-31.") if wrong else "")
        if not wrong:
            self._set(**{which: span[0] if span else 0.0})

    def _set(self, **values: object) -> None:
        chosen = msgspec.structs.replace(self._chosen, **values)
        if chosen != self._chosen:
            self._chosen = chosen
            self.changed.emit(chosen)

    # --- Qt -----------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_popover()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click outside closes it; so does Esc in any of its fields."""
        if event.type() == QEvent.Type.MouseButtonPress and self._is_beside(watched):
            self.close_popover()
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape and self._holds(watched):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # it is no shortcut of the page below
                return True
            if event.type() == QEvent.Type.KeyPress and not (watched is self.search and self.search.text()):
                self.close_popover()
                return True
        return False

    def _holds(self, watched: QObject) -> bool:
        return isinstance(watched, QWidget) and (watched is self or self.isAncestorOf(watched))

    def _is_beside(self, watched: QObject) -> bool:
        """Whether it is a part of this window outside of the popover."""
        return isinstance(watched, QWidget) and watched.window() is self.window() and not self._holds(watched)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays inside, as in a dialog."""
        stops = [
            each
            for each in (self.search, self.list, self.folder, self.kind, self.since.edit, self.until.edit)
            if each.isEnabled()
        ]
        focused = QApplication.focusWidget()
        at = next((n for n, each in enumerate(stops) if each is focused), -1)
        stops[(at + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        edge = theme().color("borderStrong")
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("surface"), edge=edge, radius=10)
