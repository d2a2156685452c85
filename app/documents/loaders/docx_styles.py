"""Word's styles and numbering: which paragraphs are headings, which are list items, and what number they bear."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from app.documents.loaders.docx_looks import Look, Theme
from app.documents.loaders.docx_package import Package, W, flag, number, value
from app.documents.loaders.hidden import Colour

_HEADING_NAME = re.compile(r"heading (\d)")
_PLACEHOLDER = re.compile(r"%(\d)")
_MAX_DEPTH = 20  # a style based on itself would go round for ever
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"))
_ROMAN_LOW = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True)
class Style:
    """What a paragraph style means for reading; None and "" are inherited."""

    based_on: str = ""
    level: int | None = None  # heading level; 0: body text
    number_id: str = ""
    number_level: int = 0
    bold: bool | None = None
    code: bool = False
    look: Look = field(default_factory=Look)
    ground: Colour | None = None  # of the whole paragraph
    shades: bool = False  # of a table: some of its cells


class Styles:
    """Looks styles up through what they are based on."""

    def __init__(self, package: Package, theme: Theme) -> None:
        self._styles: dict[str, Style] = {}
        self.default = ""
        root = package.related("/styles")
        common = root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr") if root is not None else None
        self.common = theme.look(common)
        for element in root.iter(W + "style") if root is not None else ():
            style_id = element.get(W + "styleId", "")
            self._styles[style_id] = _read_style(element, theme)
            if element.get(W + "type") == "paragraph" and element.get(W + "default") in ("1", "true", "on"):
                self.default = style_id

    def resolve(self, style_id: str) -> Style:
        """The style with everything it inherits."""
        style = self._styles.get(style_id or self.default, Style())
        parent = style.based_on
        for _ in range(_MAX_DEPTH):
            if parent not in self._styles:
                break
            base = self._styles[parent]
            style = Style(
                "",
                base.level if style.level is None else style.level,
                style.number_id or base.number_id,
                style.number_level if style.number_id else base.number_level,
                base.bold if style.bold is None else style.bold,
                style.code or base.code,
                style.look.over(base.look),
                style.ground or base.ground,
                style.shades or base.shades,
            )
            parent = base.based_on
        return style


def _read_style(element: Element, theme: Theme) -> Style:
    name = value(element, "name").lower()
    paragraph, run = element.find(W + "pPr"), element.find(W + "rPr")
    numbers = paragraph.find(W + "numPr") if paragraph is not None else None
    heading = _HEADING_NAME.fullmatch(name)
    level = int(heading[1]) if heading else 1 if name == "title" else outline_level(paragraph)
    return Style(
        value(element, "basedOn"),
        level,
        value(numbers, "numId"),
        number(value(numbers, "ilvl"), 0),
        flag(run, "b"),
        "code" in name or name == "html preformatted",
        theme.look(run),
        theme.ground(paragraph),
        any(theme.ground(each) for each in element.iter() if each.find(W + "shd") is not None),
    )


def outline_level(properties: Element | None) -> int | None:
    """Heading level 1 to 6 of paragraph properties, 0 for body text, None where they say nothing."""
    text = value(properties, "outlineLvl")
    if not text:
        return None
    level = number(text, 9)
    return min(level + 1, 6) if level < 9 else 0


@dataclass
class _Level:
    form: str
    text: str
    start: int


class Numbering:
    """Counts the paragraphs of each list, so that "4.2" stands in the text as it does on paper."""

    def __init__(self, package: Package) -> None:
        self._levels: dict[str, dict[int, _Level]] = {}  # abstract id → level
        self._abstract: dict[str, str] = {}  # number id → abstract id
        self._counts: dict[str, dict[int, int]] = {}
        root = package.related("/numbering")
        if root is None:
            return
        for element in root.iter(W + "abstractNum"):
            levels = {number(lvl.get(W + "ilvl", ""), 0): _read_level(lvl) for lvl in element.iter(W + "lvl")}
            self._levels[element.get(W + "abstractNumId", "")] = levels
        for element in root.iter(W + "num"):
            self._abstract[element.get(W + "numId", "")] = value(element, "abstractNumId")

    def next(self, number_id: str, level: int) -> str | None:
        """The marker of the next paragraph ("4.2", "a)", "-"); None where the id means no list."""
        abstract = self._abstract.get(number_id)
        if abstract is None:
            return None
        levels = self._levels.get(abstract, {})
        shape = levels.get(level)
        if shape is None or shape.form == "bullet":
            return "-"
        counts = self._counts.setdefault(abstract, {})
        for above in range(level):  # a level that was skipped counts as begun
            if above in levels:
                counts.setdefault(above, levels[above].start)
        counts[level] = counts.get(level, shape.start - 1) + 1
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]

        def fill(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            form = levels.get(at, shape).form
            start = levels[at].start if at in levels else 1
            return _write(counts.get(at, start), form)

        return _PLACEHOLDER.sub(fill, shape.text).strip()


def _read_level(element: Element) -> _Level:
    return _Level(value(element, "numFmt"), value(element, "lvlText"), number(value(element, "start"), 1))


def _write(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 9)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman = ""
        for size, sign in _ROMAN + _ROMAN_LOW:
            roman += sign * (count // size)
            count %= size
        return roman.upper() if form == "upperRoman" else roman
    return "" if form == "none" else str(count)
