"""How full the model's context is, beside the button that sends."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.widgets import IconLabel, Label, ProgressBar

NEARLY_FULL = 0.9


class ContextMeter(QWidget):
    """How much of the model's context the next prompt takes: "1.9k / 8k"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_nearly_full = False
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._bar = ProgressBar(self.tr("Context used"), height=4)
        self._bar.setFixedWidth(48)
        self._warning = IconLabel("triangle-alert", "warning", 14)
        self._label = Label("", "caption", "text2")
        for widget in (self._bar, self._warning, self._label):
            row.addWidget(widget)
        self._warning.hide()
        self.hide()

    def set_short(self, short: bool) -> None:
        """Whether there is room for the figures only."""
        self._bar.setVisible(not short)

    def show_use(self, tokens: int, context: int) -> None:
        if context <= 0:
            self.hide()
            return
        share = tokens / context
        self.is_nearly_full = share >= NEARLY_FULL
        self._bar.set_fraction(share)
        self._bar.set_color("warning" if self.is_nearly_full else "accent")
        self._warning.setVisible(self.is_nearly_full)
        self._label.setText(f"{_short(tokens)} / {_short(context)}")
        tip = self.tr("The conversation takes {used} of the {all} tokens that the model can keep in view.").format(
            used=tokens, all=context
        )
        if self.is_nearly_full:
            tip += " " + self.tr("Older messages will be shortened for the next answer.")
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.show()


def _short(tokens: int) -> str:
    """1.9k for 1,920 and 8k for 8,192."""
    if tokens < 1000:
        return str(tokens)
    return f"{tokens / 1000:.1f}k" if tokens % 1024 else f"{tokens // 1024}k"
