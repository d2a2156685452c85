"""One installed model on the Models page: what it is, whether it fits, how fast it is, where it came from."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from app.gui.hardware import Fit
from app.gui.icons import icon
from app.gui.models.model_words import facts_text, lineage_steps, missing_text, origin_text
from app.gui.theme import theme
from app.gui.widgets import Button, Chip, ElidedLabel, IconButton, IconLabel, Label
from app.gui.widgets.wrap import WrapLayout
from app.types import InstalledModel

CHIP_COLUMN = 232
SPEED_COLUMN = 92
BUTTON_COLUMN = 96
SYMBOLS = {"finetuned": "graduation-cap", "server": "server"}


def symbol_of(model: InstalledModel) -> str:
    """The icon of a model: how it came here, or that it is only a difference to another one."""
    return SYMBOLS.get(model.origin, "sliders-horizontal" if model.adapter else "box")


class ModelRow(QWidget):
    """Tells what was asked for; the page does it."""

    use_asked = Signal(str)
    rename_asked = Signal(str)
    remove_asked = Signal(str)
    folder_asked = Signal(str)

    def __init__(
        self,
        model: InstalledModel,
        fit: Fit,
        *,
        in_use: bool,
        missing: bool = False,
        context: int = 0,
        primary: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """`context` is what the engine loaded, in tokens, 0 where this model is not loaded."""
        super().__init__(parent)
        self.model = model
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(6)
        self._grid = QGridLayout()
        column.addLayout(self._grid)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(IconLabel(symbol_of(model), "text2", 20, tile=40), 0, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addLayout(self._words(in_use, context, missing), 0, 1)
        self.chip = Chip(fit.text, fit.kind, fit.icon)
        if missing:
            self.chip.show_state(self.tr("The file is no longer there"), "danger", "circle-x")
        self._tight = False
        self._chip_holder = self._add_column(self.chip, 2, CHIP_COLUMN, Qt.AlignmentFlag.AlignLeading)
        self._speed_holder = self._add_column(self._speed(), 3, SPEED_COLUMN, Qt.AlignmentFlag.AlignTrailing)
        self._add_column(self._use(in_use, missing, fit, primary), 4, BUTTON_COLUMN, Qt.AlignmentFlag.AlignTrailing)
        self.menu_button = IconButton("ellipsis", self.tr("More for {0}").format(model.name))
        self.menu_button.clicked.connect(self._show_menu)
        self._add_column(self.menu_button, 5, 28, Qt.AlignmentFlag.AlignTrailing)
        steps = lineage_steps(model)
        if steps:
            column.addLayout(_lineage(steps))
        self.setAccessibleName(model.name)

    def first_focus(self) -> QWidget:
        """Where the keyboard lands on this model: the button that uses it, where there is one."""
        return self._use_button if self._use_button is not None and self._use_button.isEnabled() else self.menu_button

    def set_compact(self, compact: bool) -> None:
        """In a narrow window the speed and the origin give way."""
        self._speed_holder.setVisible(not compact)
        if self._origin is not None:
            self._origin.setVisible(not compact)

    def set_tight(self, tight: bool) -> None:
        """Where the words would have no room beside it, the chip stands below them."""
        if tight != self._tight:
            self._tight = tight
            self._grid.removeWidget(self._chip_holder)
            self._grid.addWidget(self._chip_holder, 1 if tight else 0, 1 if tight else 2, Qt.AlignmentFlag.AlignVCenter)
            self._grid.setColumnMinimumWidth(2, 0 if tight else theme().px(CHIP_COLUMN))

    def _add_column(self, widget: QWidget, column: int, width: int, align: Qt.AlignmentFlag) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(widget, alignment=align)
        holder.setMinimumWidth(theme().px(width) if column != 2 else 0)
        if column == 2:
            self._grid.setColumnMinimumWidth(2, theme().px(width))
        self._grid.addWidget(holder, 0, column, Qt.AlignmentFlag.AlignVCenter)
        return holder

    def _words(self, in_use: bool, context: int, missing: bool) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(2)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(ElidedLabel(self.model.name, "body", strong=True))
        if in_use:
            first.addWidget(Chip(self.tr("In use"), "info"))
        note = origin_text(self.model)
        self._origin = Chip(note, "neutral") if note else None
        if self._origin is not None:
            first.addWidget(self._origin)
        first.addStretch(1)
        words.addLayout(first)
        if missing:
            words.addWidget(Label(missing_text(self.model), "caption", "text2", wrap=True))
        else:
            words.addWidget(ElidedLabel(facts_text(self.model, context), "caption", "text2"))
        return words

    def _speed(self) -> QWidget:
        speed = self.model.tokens_per_s
        if speed is None:
            label = Label(self.tr("not measured"), "caption", "text3")
            label.setToolTip(self.tr("The speed is measured with the first answer."))
            return label
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(Label(f"{speed:.0f}", "uiStrong"))
        row.addWidget(Label(self.tr("tok/s"), "ui", "text2"))
        holder.setToolTip(self.tr("Tokens a second; a token is about three quarters of a word."))
        return holder

    def _use(self, in_use: bool, missing: bool, fit: Fit, primary: bool) -> QWidget:
        self._use_button: Button | None = None
        if in_use:
            return QWidget()
        button = self._use_button = Button(self.tr("Use now"), "primary" if primary else "secondary")
        button.setAccessibleName(self.tr("Use {0} now").format(self.model.name))
        button.clicked.connect(lambda: self.use_asked.emit(self.model.name))
        if missing:
            button.disable(missing_text(self.model))
        elif not fit.possible:
            button.disable(fit.text)
        return button

    def _show_menu(self) -> None:
        menu = QMenu(self)
        name = self.model.name
        own = self.model.origin not in ("starter", "computer")
        rename = menu.addAction(icon("pencil"), self.tr("Rename"))
        rename.setEnabled(own)
        rename.triggered.connect(lambda: self.rename_asked.emit(name))
        folder = menu.addAction(icon("folder-open"), self.tr("Show in its folder"))
        folder.setEnabled(bool(self.model.path))
        folder.triggered.connect(lambda: self.folder_asked.emit(self.model.path))
        menu.addSeparator()
        remove = menu.addAction(icon("trash-2", "danger"), self.tr("Remove"))
        remove.setEnabled(own)
        remove.triggered.connect(lambda: self.remove_asked.emit(name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.menu_button.mapToGlobal(QPoint(0, self.menu_button.height())))


def _lineage(steps: list[tuple[str, str]]) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(56, 0, 0, 0)
    line = WrapLayout(spacing=8)
    for i, (symbol, text) in enumerate(steps):
        chip = Chip(text, "outline", symbol)
        if i:
            arrow = IconLabel("arrow-right", "text3", 14)
            arrow.setFixedHeight(chip.sizeHint().height())
            line.addWidget(arrow)
        line.addWidget(chip)
    row.addLayout(line, 1)
    return row
