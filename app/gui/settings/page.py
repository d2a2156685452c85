"""The Settings page: its own list of sections, rows from the declarations, and a search over all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.settings.row import SettingRow
from app.gui.shell.sidebar import NavRow, Place
from app.gui.theme import theme
from app.gui.widgets import Button, EmptyState, Label, SearchField, ThemedWidget, paint_box
from app.gui.widgets.flip_row import FlipRow
from app.gui.widgets.page_frame import PageFrame, ScrollColumn, Separator
from app.settings import ALL, Setting, Settings

NARROW, HEAD_BELOW = 560, 440
"""Pixels of usual text: under these widths of the page and of a section's head they take less room."""
RAIL = 57
NOTES = {
    "Answers": "Changes apply to the next answer",
    "Models and hardware": "Changes load the model again; the old one answers until then",
}
SECTION_ICONS = {
    "General": "settings",
    "Appearance": "palette",
    "Answers": "message-square",
    "Assistants": "text-quote",
    "Documents": "folder-open",
    "Models and hardware": "cpu",
    "API": "zap",
    "Company": "lock",
    "Privacy": "shield-check",
    "Keyboard": "keyboard",
    "Data and backup": "hard-drive",
    "About": "info",
}


class SettingsPage(PageFrame):
    """Sections with settings are built from the declarations; `extra` builds what stands below or instead."""

    refused = Signal(object)

    def __init__(
        self, settings: Settings, extra: dict[str, Callable[[], QWidget]], parent: QWidget | None = None
    ) -> None:
        """`extra` maps a section's name to what is shown in it besides settings."""
        super().__init__(self.tr("Settings"), parent)
        self._settings, self._extra = settings, extra
        self._views: dict[str, QWidget] = {}
        self._choices: dict[str, list[tuple[Any, str]]] = {}
        self._details: dict[str, str] = {}
        self._rows: list[SettingRow] = []
        self.search = SearchField(self.tr("Search settings"))
        self.search.setMinimumWidth(theme().px(240))
        self.search.textChanged.connect(self._search)
        self.bar.add_trailing(self.search)
        row = QHBoxLayout()
        row.setSpacing(0)
        self.nav = self._build_nav()
        self._stack = QStackedWidget()
        self._results = _Results()
        self._stack.addWidget(self._results)
        row.addWidget(self.nav)
        row.addWidget(self._stack, 1)
        self.body.addLayout(row)
        self._forget = settings.subscribe(self._changed)
        self.destroyed.connect(lambda _=None, forget=self._forget: forget())
        theme().changed.connect(self._fit)
        self.open_section("Answers")

    def regions(self) -> list[QWidget]:
        return [self.nav, self.bar, self._stack]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Where there is little room, as with very large text, the list of sections shows its icons only."""
        narrow = self.width() < theme().px(NARROW)
        self.nav.setFixedWidth(RAIL if narrow else theme().px(theme().size("collections")))
        for name, button in self._buttons.items():
            button.setText("" if narrow else self.tr(name))
            button.set_detail("" if narrow else self._details.get(name, ""), running=False)

    def first_focus(self) -> QWidget:
        return self._buttons[self.section]

    def open_section(self, name: str) -> None:
        """Show a section, built where it is not yet."""
        self.section = name
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        if name not in self._views:
            self._views[name] = self._build_section(name)
            self._stack.addWidget(self._views[name])
        self._stack.setCurrentWidget(self._views[name])
        for key, button in self._buttons.items():
            button.setChecked(key == name)

    def set_detail(self, key: str, text: str, *, running: bool = False) -> None:
        """A word behind a section's name, where there is room for it."""
        self._details[key] = text
        self._fit()

    def set_choices(self, setting: Setting[Any], choices: list[tuple[Any, str]]) -> None:
        """What can be chosen where the declaration cannot know it, e.g. the collections that there are."""
        self._choices[setting.key] = choices
        for row in self._rows:
            if row.setting.key == setting.key:
                row.set_choices(choices)

    def _build_nav(self) -> QWidget:
        nav = _Nav()
        column = QVBoxLayout(nav)
        column.setContentsMargins(8, 12, 9, 12)
        column.setSpacing(0)
        group = QButtonGroup(nav)
        group.setExclusive(False)
        self._buttons: dict[str, NavRow] = {}
        with_settings = {setting.section for setting in ALL if setting.section}
        for name, symbol in SECTION_ICONS.items():
            if name in with_settings or name in self._extra:
                button = NavRow(Place(name, symbol, self.tr(name)))
                button.clicked.connect(lambda _=False, name=name: self.open_section(name))
                self._buttons[name] = button
                column.addWidget(button)
        column.addStretch(1)
        return nav

    def _build_section(self, name: str) -> QWidget:
        scroll = ScrollColumn((24, 12, 24, 24))
        column = scroll.column
        plain = [s for s in ALL if s.section == name and not s.details]
        fine = [s for s in ALL if s.section == name and s.details]
        column.addWidget(self._head(name, bool(plain or fine)))
        for i, setting in enumerate(plain):
            if i:
                column.addWidget(Separator())
            column.addWidget(self._row(setting))
        if fine:
            column.addWidget(Separator())
            column.addWidget(Details(self.tr("Details"), self._fine_panel(fine)))
        if name in self._extra:
            if plain:
                column.addWidget(Separator())
            column.addWidget(self._extra[name]())
        column.addStretch(1)
        return scroll

    def _head(self, name: str, resettable: bool) -> QWidget:
        holder = FlipRow(HEAD_BELOW)
        head = holder.box
        head.setSpacing(8)
        head.setContentsMargins(0, 0, 0, 4)
        head.addWidget(Label(self.tr(name), "heading"))
        if name in NOTES:
            head.addWidget(Label(self.tr(NOTES[name]), "ui", "text2", wrap=True), 1)
        head.addStretch(0 if name in NOTES else 1)
        if resettable:
            reset = Button(self.tr("Reset to defaults"), "secondary", "undo-2")
            reset.clicked.connect(lambda: self._reset(name))
            head.addWidget(reset, alignment=Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        return holder

    def _row(self, setting: Setting[Any], *, small: bool = False) -> SettingRow:
        row = SettingRow(self._settings, setting, small=small)
        row.refused.connect(self.refused)
        if setting.key in self._choices:
            row.set_choices(self._choices[setting.key])
        self._rows.append(row)
        return row

    def _fine_panel(self, settings: list[Any]) -> QWidget:
        panel = _Panel()
        grid = QGridLayout(panel)
        grid.setContentsMargins(16, 12, 16, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(12)
        at = 0
        for setting in settings:
            row = self._row(setting, small=True)
            if row.editor.wide:
                at = (at + 2) // 3 * 3
                grid.addWidget(row, at // 3, 0, 1, 3)
                at += 3
            else:
                grid.addWidget(row, at // 3, at % 3, Qt.AlignmentFlag.AlignTop)
                at += 1
        for column in range(3):
            grid.setColumnStretch(column, 1)
        return panel

    def _reset(self, name: str) -> None:
        try:
            self._settings.reset(*[setting for setting in ALL if setting.section == name])
        except AppError as error:
            self.refused.emit(error)

    def _changed(self, key: str) -> None:
        """A change from anywhere, e.g. Ctrl + or another answer style, shows at once. Later, so that no editor is
        changed while it is telling its own change."""
        QTimer.singleShot(0, self, self._refresh)

    def _refresh(self) -> None:
        for row in self._rows:
            row.refresh()

    def _search(self, text: str) -> None:
        words = text.casefold().split()
        if not words:
            self.open_section(self.section)
            return
        for row in self._results.rows:
            self._rows.remove(row)
        found = [s for s in ALL if s.section and all(w in f"{s.label} {s.help} {s.section}".casefold() for w in words)]
        self._results.show_rows([self._row(setting) for setting in found], text)
        self._stack.setCurrentWidget(self._results)
        for button in self._buttons.values():
            button.setChecked(False)


class Details(QWidget):
    """A heading that shows or hides what only some people want."""

    def __init__(self, title: str, body: QWidget, *, opened: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        self._body = body
        self._button = Button(title, "quiet", "chevron-down")
        self._button.clicked.connect(lambda: self.set_open(self._body.isHidden()))
        column.addWidget(self._button, alignment=Qt.AlignmentFlag.AlignLeading)
        column.addWidget(body)
        self.set_open(opened)

    def set_open(self, opened: bool) -> None:
        self._body.setVisible(opened)
        self._button.set_icon("chevron-down" if opened else "chevron-right")


class _Results(QWidget):
    """What a search in the settings found."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[SettingRow] = []
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._inside: QWidget | None = None

    def show_rows(self, rows: list[SettingRow], query: str) -> None:
        if self._inside is not None:
            self._inside.hide()
            self._inside.deleteLater()
        self.rows = rows
        scroll = ScrollColumn((24, 12, 24, 24))
        for row in rows:
            scroll.column.addWidget(row)
            scroll.column.addWidget(Separator())
        if not rows:
            sentence = self.tr("No setting matches “{0}”.").format(query)
            scroll.column.addWidget(EmptyState("search", self.tr("Nothing found"), sentence))
        scroll.column.addStretch(1)
        self._inside = scroll
        self._outer.addWidget(scroll)


class _Panel(ThemedWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("subtle"), edge=theme().color("border"), radius=8)


class _Nav(ThemedWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("subtle"))
        x = 0 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else self.width() - 1
        painter.fillRect(x, 0, 1, self.height(), theme().color("border"))
