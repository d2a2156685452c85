"""“Only in…”: which documents, folder, kind and dates the next question asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import msgspec
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.chat.tick_list import TickList
from app.gui.theme import theme
from app.gui.widgets import ComboBox, Label, SearchField, TextField
from app.gui.widgets.popover import Popover
from app.text.find.dates import span_of
from app.text.find.plan import day
from app.text.fold import fold
from app.types import Document, Filter

WIDTH, LIST_HEIGHT = 420, 168


class FilterPopover(Popover):
    """What is chosen counts at once; Esc, or a click elsewhere, closes it."""

    changed = Signal(object)
    """Filter"""
    picked = Signal()
    """A document was chosen."""

    def __init__(self, documents: Sequence[Document], chosen: Filter, parent: QWidget) -> None:
        super().__init__(QCoreApplication.translate("FilterPopover", "Ask only some documents"), WIDTH, parent)
        self._documents, self._chosen = list(documents), chosen
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

    def stops(self) -> Sequence[QWidget]:
        return (self.search, self.list, self.folder, self.kind, self.since.edit, self.until.edit)
