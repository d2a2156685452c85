"""Design tokens become colours, fonts, a palette and one stylesheet, so that no view names a colour itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.gui.stylesheet import build_stylesheet
from app.paths import RESOURCES

Mode = Literal["system", "light", "dark"]
FontRole = Literal["caption", "ui", "uiStrong", "body", "heading", "title", "verdict", "mono"]

FONT_FILES = ("Inter-Regular.otf", "Inter-SemiBold.otf", "Inter-Medium.otf", "Inter-Italic.otf")
SCALES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
"""The steps of Ctrl + and Ctrl −."""


class Theme(QObject):
    """The one source of colours, fonts and sizes; `changed` comes after the application wears the new look."""

    changed = Signal()

    def __init__(self, app: QApplication, *, mode: Mode = "system", scale: float = 1.0, fonts: bool = True) -> None:
        super().__init__(app)
        self._app = app
        self._tokens = _read_tokens(RESOURCES / "theme" / "tokens.json")
        self._mode: Mode = mode
        self._scale = scale
        self.reduced_motion = False
        self._families = _load_fonts() if fonts else ()
        self._colors: dict[str, QColor] = {}
        self._fonts: dict[str, QFont] = {}
        app.setStyle("Fusion")
        app.setProperty("inhouse_theme", self)
        self._apply()
        app.styleHints().colorSchemeChanged.connect(self._follow_system)

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def scale(self) -> float:
        """Text size factor, 1.0 is the design's."""
        return self._scale

    @property
    def name(self) -> Literal["light", "dark"]:
        if self._mode != "system":
            return self._mode
        dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        return "dark" if dark else "light"

    @property
    def high_contrast(self) -> bool:
        """Whether the system asks for its own high-contrast colours."""
        hints = self._app.styleHints()
        accessibility = hints.accessibility() if hasattr(hints, "accessibility") else None
        if accessibility is None:
            return False
        return bool(accessibility.contrastPreference() == Qt.ContrastPreference.HighContrast)

    def set_mode(self, mode: Mode) -> None:
        if mode != self._mode:
            self._mode = mode
            self._apply()
            self.changed.emit()

    def set_scale(self, scale: float) -> None:
        scale = min(max(scale, SCALES[0]), SCALES[-1])
        if scale != self._scale:
            self._scale = scale
            self._apply()
            self.changed.emit()

    def step_scale(self, direction: int) -> float:
        """The next larger (1) or smaller (-1) text size."""
        at = min(range(len(SCALES)), key=lambda i: abs(SCALES[i] - self._scale))
        self.set_scale(SCALES[min(max(at + direction, 0), len(SCALES) - 1)])
        return self._scale

    def color(self, token: str) -> QColor:
        """The colour of a token; raises KeyError for a name that the design does not have."""
        return self._colors[token]

    def hex(self, token: str) -> str:
        return self._colors[token].name()

    def size(self, token: str) -> int:
        """A measure of `size` in logical pixels, not scaled with the text."""
        return int(self._tokens["size"][token])

    def px(self, pixels: float) -> int:
        """Pixels that grow with the text size."""
        return int(pixels * max(self._scale, 1.0) + 0.5)

    def font(self, role: FontRole, *, strong: bool | None = None) -> QFont:
        """The font of a text role; tabular figures are on for captions and interface text."""
        key = f"{role}/{strong}"
        if key not in self._fonts:
            self._fonts[key] = self._make_font(role, strong)
        return QFont(self._fonts[key])

    def line(self, role: FontRole) -> int:
        """Line height in pixels."""
        return int(self._tokens["type"][role]["line"] * self._scale + 0.5)

    def duration(self, kind: Literal["fast", "base", "max"]) -> int:
        """Milliseconds of a transition, 0 where motion is reduced."""
        return 0 if self.reduced_motion else int(self._tokens["motion_ms"][kind])

    def _make_font(self, role: FontRole, strong: bool | None) -> QFont:
        spec = self._tokens["type"][role]
        font = QFont()
        families = spec.get("family", self._tokens["type"]["family"]).split(", ")
        font.setFamilies(families)
        if role == "mono":
            font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPixelSize(max(round(spec["px"] * self._scale), 9))
        weight = spec["weight"] if strong is None else (600 if strong else 400)
        font.setWeight(QFont.Weight(weight))
        if role != "body":
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def _apply(self) -> None:
        self._fonts.clear()
        self._colors = {key: QColor(value) for key, value in self._tokens["color"][self.name].items()}
        if self.high_contrast:
            self._wear_system_colors()
        self._app.setFont(self.font("ui"))
        self._app.setPalette(self._palette())
        self._app.setStyleSheet(build_stylesheet(self.hex, self.px))

    def _wear_system_colors(self) -> None:
        """High contrast: the system's colours and no soft fills."""
        palette = QGuiApplication.palette()
        base = palette.color(QPalette.ColorRole.Base)
        text = palette.color(QPalette.ColorRole.Text)
        accent = palette.color(QPalette.ColorRole.Highlight)
        on_accent = palette.color(QPalette.ColorRole.HighlightedText)
        for token in self._colors:
            self._colors[token] = text
        for token in ("window", "surface", "subtle", "bubble", "onDanger", "cite", "track", "chartGrid"):
            self._colors[token] = base
        for token in [t for t in self._colors if t.endswith("Soft")]:
            self._colors[token] = base
        for token in ("accent", "accentHover", "accentPressed", "focus", "chart1"):
            self._colors[token] = accent
        for token in ("hover", "pressed", "selected"):
            self._colors[token] = base
        for token in ("onAccent",):
            self._colors[token] = on_accent
        self._colors["mark"], self._colors["onMark"] = accent, on_accent

    def _palette(self) -> QPalette:
        roles = {
            QPalette.ColorRole.Window: "surface",
            QPalette.ColorRole.WindowText: "text",
            QPalette.ColorRole.Base: "surface",
            QPalette.ColorRole.AlternateBase: "subtle",
            QPalette.ColorRole.Text: "text",
            QPalette.ColorRole.Button: "surface",
            QPalette.ColorRole.ButtonText: "text",
            QPalette.ColorRole.BrightText: "danger",
            QPalette.ColorRole.ToolTipBase: "text",
            QPalette.ColorRole.ToolTipText: "surface",
            QPalette.ColorRole.PlaceholderText: "text3",
            QPalette.ColorRole.Highlight: "accent",
            QPalette.ColorRole.HighlightedText: "onAccent",
            QPalette.ColorRole.Link: "accent",
            QPalette.ColorRole.LinkVisited: "accent",
            QPalette.ColorRole.Light: "surface",
            QPalette.ColorRole.Mid: "border",
            QPalette.ColorRole.Dark: "borderStrong",
            QPalette.ColorRole.Accent: "accent",
        }
        palette = QPalette()
        for role, token in roles.items():
            palette.setColor(role, self._colors[token])
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self._colors["textDisabled"])
        return palette

    def _follow_system(self) -> None:
        if self._mode == "system":
            self._apply()
            self.changed.emit()


def theme() -> Theme:
    """The theme that the running application wears; widgets ask at paint time, so they follow every change."""
    app = QApplication.instance()
    found = app.property("inhouse_theme") if app is not None else None
    if found is None:
        raise RuntimeError("build a Theme before the first widget")
    return cast(Theme, found)


def _read_tokens(path: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(path.read_text(encoding="utf-8")))


def _load_fonts() -> tuple[str, ...]:
    """Register the bundled fonts; a missing file leaves the system's own, which the family list names next."""
    for name in FONT_FILES:
        QFontDatabase.addApplicationFont(str(RESOURCES / "fonts" / name))
    return FONT_FILES
