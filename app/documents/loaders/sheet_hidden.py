"""What of a workbook nobody sees: cells in the colour of their ground, comments, properties; and how much it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from xml.etree import ElementTree

from openpyxl.styles.colors import COLOR_INDEX, Color
from openpyxl.styles.fonts import Font
from openpyxl.workbook.workbook import Workbook

from app.documents.loaders.hidden import Colour, HiddenTexts, alike, rgb
from app.text.hidden import HiddenKind

_TINY = 2.0  # points
_WHITE: Colour = (255, 255, 255)
_SCHEME = ("lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6")
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


class Left:
    """What is left out of one workbook: counted for the note, and what it says."""

    def __init__(self, texts: HiddenTexts) -> None:
        self.texts = texts
        self.beside: list[str] = []
        """Properties that are to be read."""
        self._counts = Counter[str]()

    def take(self, kind: HiddenKind, text: str) -> bool:
        """Note a piece; → whether it is to be read."""
        read = self.texts.take(kind, text)
        self._counts[kind if kind in ("sheet", "row", "column") else "cell"] += not read
        return read

    def count_cells(self, count: int) -> None:
        """So many pieces of cells were left out besides."""
        self._counts["cell"] += count

    def note(self) -> str:
        """For the user; "" where nothing was left out."""
        counts = [f"{count} hidden {what}{'' if count == 1 else 's'}" for what, count in self._counts.items() if count]
        if not counts:
            return ""
        listed = " and ".join([", ".join(counts[:-1]), counts[-1]] if len(counts) > 1 else counts)
        return f"{listed} {'was' if self._counts.total() == 1 else 'were'} left out."

    def take_properties(self, properties: Iterable[str]) -> None:
        """What the file says of itself."""
        self.beside += [text for text in properties if self.texts.take("metadata", text) and text]


class CellLooks:
    """Whether text in a cell of a style is seen."""

    def __init__(self, book: Workbook) -> None:
        self._theme = _theme(getattr(book, "loaded_theme", None))

    def hides(self, font: Font, fill: object) -> HiddenKind | None:
        """Why nobody sees text in this font on this fill."""
        if font.sz is not None and font.sz < _TINY:
            return "tiny"
        ink, ground = self._colour(font.color), self._ground(fill)
        return "colour" if ink is not None and ground is not None and alike(ink, ground) else None

    def _ground(self, fill: object) -> Colour | None:
        pattern = getattr(fill, "fill_type", "gradient")
        if pattern is None:
            return _WHITE
        return self._colour(getattr(fill, "fgColor", None)) if pattern == "solid" else None

    def _colour(self, colour: Color | None) -> Colour | None:
        """None where a cell has no colour of its own, or one that a program chooses."""
        if colour is None:
            return None
        if colour.type == "rgb":
            return rgb(str(colour.rgb)[-6:])
        if colour.type == "indexed":
            at = int(colour.indexed)
            return rgb(COLOR_INDEX[at][-6:]) if 0 <= at < len(COLOR_INDEX) else _WHITE if at == 65 else None
        at = int(colour.theme or 0)
        found = self._theme.get(_SCHEME[at]) if 0 <= at < len(_SCHEME) else None
        tint = float(colour.tint or 0.0)
        if found is None or not tint:
            return found
        towards = 255 if tint > 0 else 0
        red, green, blue = (round(each + (towards - each) * min(abs(tint), 1.0)) for each in found)
        return red, green, blue


def _theme(xml: bytes | None) -> dict[str, Colour]:
    """A theme's colours by name."""
    colours: dict[str, Colour] = {"lt1": _WHITE, "dk1": (0, 0, 0)}
    if not xml:
        return colours
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return colours  # Excel shows its own colours then
    scheme = root.find(f"{_A}themeElements/{_A}clrScheme")
    for named in scheme if scheme is not None else ():
        for colour in named:
            if found := rgb(colour.get("lastClr") or colour.get("val") or ""):
                colours[named.tag.removeprefix(_A)] = found
    return colours
