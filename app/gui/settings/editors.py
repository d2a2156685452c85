"""The control for a setting, chosen by what its declaration says; each tells `changed` and can be set from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QSlider, QVBoxLayout, QWidget

from app.gui.theme import theme
from app.gui.widgets import FOCUS_RING, ComboBox, Label, SpinBox, paint_box
from app.gui.widgets.choices import ChoiceCard, SegmentedControl, Switch
from app.settings import Setting

Changed = Callable[[Any], None]
TYPING_PAUSE_MS = 500
FEW = 4
SLIDER_RANGE = 32


class Editor(QWidget):
    """A control that shows a value with `show_value` and tells the user's choice to `changed`."""

    wide = False
    """Whether it takes the row's whole width, below the words."""

    def __init__(self, setting: Setting[Any], changed: Changed) -> None:
        super().__init__()
        self.setting, self._changed, self._quiet = setting, changed, False

    def show_value(self, value: Any) -> None:
        """Show a value without telling anyone."""
        self._quiet = True
        try:
            self._show(value)
        finally:
            self._quiet = False

    def _show(self, value: Any) -> None:
        raise NotImplementedError

    def _tell(self, value: Any) -> None:
        if not self._quiet:
            self._changed(value)


class SwitchEditor(Editor):
    """On or off."""

    def __init__(self, setting: Setting[Any], changed: Changed) -> None:
        super().__init__(setting, changed)
        row = _row(self)
        self._word = Label("", "ui", "text2")
        self._switch = Switch(setting.label)
        self._switch.toggled.connect(self._toggled)
        row.addWidget(self._word)
        row.addWidget(self._switch)
        row.addStretch(1)  # below the words it stands at their beginning

    def _toggled(self, on: bool) -> None:
        self._word.setText(_tr("On") if on else _tr("Off"))
        self._tell(on)

    def _show(self, value: Any) -> None:
        self._switch.setChecked(bool(value))
        self._word.setText(_tr("On") if value else _tr("Off"))


class SegmentEditor(Editor):
    """A few choices side by side."""

    def __init__(self, setting: Setting[Any], changed: Changed) -> None:
        super().__init__(setting, changed)
        choices = [(str(value), _tr(label)) for value, label in setting.choices]
        self._values = {str(value): value for value, _ in setting.choices}
        self._control = SegmentedControl(choices, choices[0][0], setting.label)
        self._control.chosen.connect(lambda key: self._tell(self._values[key]))
        _row(self).addWidget(self._control, alignment=Qt.AlignmentFlag.AlignLeading)

    def _show(self, value: Any) -> None:
        self._control.set_value(str(value))


class ListEditor(Editor):
    """One of many."""

    def __init__(self, setting: Setting[Any], changed: Changed) -> None:
        super().__init__(setting, changed)
        self._box = ComboBox(setting.label)
        for value, label in setting.choices:
            self._box.addItem(_tr(label), value)
        self._box.activated.connect(lambda at: self._tell(self._box.itemData(at)))
        self._box.setMinimumWidth(theme().px(220))
        _row(self).addWidget(self._box)

    def set_choices(self, choices: list[tuple[Any, str]]) -> None:
        """Other choices than the declaration's, e.g. the collections that there are."""
        now = self._box.currentData()
        self._box.clear()
        for value, label in choices:
            self._box.addItem(label, value)
        self.show_value(now)

    def _show(self, value: Any) -> None:
        at = self._box.findData(value)
        if at < 0 and value:
            self._box.addItem(str(value), value)
            at = self._box.count() - 1
        self._box.setCurrentIndex(max(at, 0))


class NumberEditor(Editor):
    """A number; an optional one shows its word for "none" below the least value. A short range has a slider too."""

    def __init__(self, setting: Setting[Any], changed: Changed, *, slider: bool = True) -> None:
        super().__init__(setting, changed)
        row = _row(self)
        self._box = SpinBox(setting.label)
        self._least = setting.minimum or 0.0
        self._configure()
        self._slider: Slider | None = None
        limits = (setting.minimum, setting.maximum)
        if slider and setting.kind is int and None not in limits and limits[1] - limits[0] <= SLIDER_RANGE:  # type: ignore[operator]
            self._slider = Slider(setting.label, int(self._least), int(setting.maximum or 0))
            self._slider.valueChanged.connect(self._box.setValue)
            row.addWidget(self._slider)
            row.addSpacing(4)
        row.addWidget(self._box, 0 if self._slider else 1)
        self._box.valueChanged.connect(self._moved)

    def _configure(self) -> None:
        setting, box = self.setting, self._box
        box.setDecimals(2 if setting.kind is float else 0)
        step = 0.05 if setting.kind is float else 10 if setting.key == "text_size" else 1
        box.setSingleStep(step)
        least = self._least - 1 if setting.optional else self._least
        box.setRange(least, setting.maximum if setting.maximum is not None else 1e9)
        if setting.optional:
            box.setSpecialValueText(_tr(setting.unset))
        if setting.key == "text_size":
            box.setSuffix(" %")
        box.setKeyboardTracking(False)
        box.setMinimumWidth(theme().px(120 if setting.optional else 84))

    def _moved(self, value: float) -> None:
        if self._slider is not None:
            self._slider.setValue(round(value))
        if self.setting.optional and value < self._least:
            self._tell(None)
        else:
            self._tell(round(value, 4) if self.setting.kind is float else round(value))

    def _show(self, value: Any) -> None:
        self._box.setValue(self._least - 1 if value is None else float(value))


class TextEditor(Editor):
    """Several lines, stored when the typing pauses, with a count below."""

    def __init__(self, setting: Setting[Any], changed: Changed) -> None:
        super().__init__(setting, changed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._edit = QPlainTextEdit()
        self._edit.setProperty("field", "true")
        self._edit.setAccessibleName(setting.label)
        self._edit.setTabChangesFocus(True)
        self._edit.setMinimumWidth(theme().px(300))
        self._edit.setFixedHeight(theme().px(56))
        self._count = Label("", "caption", "text2")
        self._count.setAlignment(Qt.AlignmentFlag.AlignTrailing)
        column.addWidget(self._edit)
        column.addWidget(self._count)
        self._timer = QTimer(self, singleShot=True, interval=TYPING_PAUSE_MS)
        self._timer.timeout.connect(self._store)
        self._edit.textChanged.connect(self._typed)

    def _typed(self) -> None:
        text = self._edit.toPlainText()
        most = int(self.setting.maximum or 0)
        self._count.setText(_tr("{0} of {1} characters").format(len(text), f"{most:,}"))
        self._count.set_color("danger" if len(text) > most else "text2")
        self._edit.setFixedHeight(min(max(theme().px(56), int(self._lines() * theme().line("ui")) + 16), 200))
        if not self._quiet:
            self._timer.start()

    def _lines(self) -> float:
        return self._edit.document().size().height()

    def _store(self) -> None:
        text = self._edit.toPlainText()
        if len(text) <= int(self.setting.maximum or 0):
            self._tell(text)

    def _show(self, value: Any) -> None:
        if value != self._edit.toPlainText():
            self._edit.setPlainText(str(value))
        self._typed()


class LineEditor(Editor):
    """One line, stored when it is left."""

    def __init__(self, setting: Setting[Any], changed: Changed) -> None:
        super().__init__(setting, changed)
        self._edit = QLineEdit()
        self._edit.setAccessibleName(setting.label)
        self._edit.setPlaceholderText(_tr(setting.unset))
        self._edit.setMinimumWidth(theme().px(220))
        self._edit.editingFinished.connect(lambda: self._tell(self._edit.text()))
        _row(self).addWidget(self._edit)

    def _show(self, value: Any) -> None:
        self._edit.setText(str(value))


class CardsEditor(Editor):
    """Choices as cards with what each costs."""

    wide = True

    def __init__(self, setting: Setting[Any], changed: Changed, costs: dict[Any, str] | None = None) -> None:
        super().__init__(setting, changed)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self._cards: dict[Any, ChoiceCard] = {}
        for i, (value, label) in enumerate(setting.choices):
            card = ChoiceCard(label, (costs or {}).get(value, ""), height=48)
            card.clicked.connect(lambda _=False, value=value: self._tell(value))
            self._cards[value] = card
            grid.addWidget(card, 0, i)

    def _show(self, value: Any) -> None:
        if value in self._cards:
            self._cards[value].setChecked(True)


class Slider(QSlider):
    """A painted slider; the wheel scrolls the page."""

    def __init__(self, name: str, least: int, most: int) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(least, most)
        self.setAccessibleName(name)
        self.setFixedWidth(theme().px(200))
        self.setProperty(FOCUS_RING, 6)

    def sizeHint(self) -> QSize:
        return QSize(200, 20)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        share = (self.value() - self.minimum()) / max(self.maximum() - self.minimum(), 1)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            share = 1 - share
        middle, x = self.height() / 2, 8 + share * (self.width() - 16)
        ink = theme().color("accent" if self.isEnabled() else "textDisabled")
        paint_box(painter, QRectF(0, middle - 2, self.width(), 4), fill=theme().color("track"), radius=2)
        paint_box(painter, QRectF(0, middle - 2, x, 4), fill=ink, radius=2)
        painter.setPen(Qt.PenStyle.NoPen)
        for half, fill in ((9, theme().color("surface")), (8, ink), (6.5, theme().color("surface")), (5, ink)):
            painter.setBrush(fill)
            painter.drawEllipse(QRectF(x - half, middle - half, 2 * half, 2 * half))


def editor_for(setting: Setting[Any], changed: Changed) -> Editor:
    """The control that suits a declaration."""
    if setting.kind is bool:
        return SwitchEditor(setting, changed)
    if setting.key in ("default_collection", "default_assistant"):
        return ListEditor(setting, changed)
    if setting.choices and setting.details:
        return CardsEditor(setting, changed)
    if setting.choices:
        few = len(setting.choices) <= FEW
        return SegmentEditor(setting, changed) if few else ListEditor(setting, changed)
    if setting.kind in (int, float):
        return NumberEditor(setting, changed, slider=not setting.details)
    long = (setting.maximum or 0) > 500
    return TextEditor(setting, changed) if long else LineEditor(setting, changed)


def _row(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    return row


def _tr(text: str) -> str:
    return QCoreApplication.translate("Settings", text)
