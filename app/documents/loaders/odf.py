"""OpenDocument files (ODF 1.3, ISO 26300): the parts of the package within limits, and what its styles hide."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from msgspec import Struct

from app.documents.loaders.docx_package import MAX_PART, locked
from app.documents.loaders.hygiene import squeeze
from app.errors import BadFile
from app.text.hidden import HiddenKind

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
OFFICE, TEXT, TABLE, DRAW, STYLE, PRESENTATION = (
    f"{{{_NAMES}{name}:1.0}}" for name in ("office", "text", "table", "drawing", "style", "presentation")
)
SVG, FO = (f"{{{_NAMES}{name}-compatible:1.0}}" for name in ("svg", "xsl-fo"))
_SAID_OF_ITSELF = frozenset(
    [f"{{http://purl.org/dc/elements/1.1/}}{name}" for name in ("title", "subject", "description")]
    + [f"{{{_NAMES}meta:1.0}}keyword"]
)
_LENGTH = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)(cm|mm|in|pt|pc|px)")
_CM = {"cm": 1.0, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6, "px": 2.54 / 96}
_TINY = 0.09  # cm, 2.5 points: smaller than any print
_MAX_DEPTH = 20  # a style based on itself would go round for ever


class Style(Struct, frozen=True):
    """What a style means for reading; None is inherited."""

    parent: str = ""
    hidden: bool | None = (
        None  # text that is not displayed, a sheet or a slide that is switched off, a row without height
    )
    tiny: bool | None = None
    white: bool | None = None
    shaded: bool | None = None
    bold: bool | None = None


class OpenDocument:
    """An opened OpenDocument file: its body and its styles."""

    def __init__(self, data: bytes, kind: str) -> None:
        """
        Args:
            kind: what the body must hold, "text".

        Raises:
            BadFile: damaged, locked (`unsupported`) or too large (`too_large`).
        """
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as package:
                if b":encryption-data" in (_read(package, "META-INF/manifest.xml") or b""):
                    raise locked()
                content, styles = (_part(package, name) for name in ("content.xml", "styles.xml"))
                self.properties = _properties(package)
                """What the file says of itself."""
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError) as error:
            raise _damaged(str(error)) from error
        body = content.find(f"{OFFICE}body/{OFFICE}{kind}") if content is not None else None
        if body is None:
            raise _damaged(f"content.xml holds no {kind}")
        self.body = body
        self._styles: dict[tuple[str, str], Style] = {}
        self.numbered: dict[str, bool] = {}
        """List styles: whether their first level has numbers."""
        for root in (styles, content):
            if root is not None:
                self._learn(root)

    def style(self, family: str, name: str | None) -> Style:
        """A style with all that it inherits."""
        style = self._styles.get((family, name or ""), Style())
        for _ in range(_MAX_DEPTH):
            base = self._styles.get((family, style.parent))
            if not style.parent or base is None:
                break
            style = _over(base, style, base.parent)
        return style

    def _learn(self, root: Element) -> None:
        for element in root.iter(f"{STYLE}style"):
            key = element.get(f"{STYLE}family", ""), element.get(f"{STYLE}name", "")
            self._styles[key] = _style(element)
        for element in root.iter(f"{TEXT}list-style"):
            first = next(iter(element), None)
            self.numbered[element.get(f"{STYLE}name", "")] = (
                first is not None
                and first.tag == f"{TEXT}list-level-style-number"
                and first.get(f"{STYLE}num-format") == "1"
            )


def _over(base: Style, style: Style, parent: str) -> Style:
    names = ("hidden", "tiny", "white", "shaded", "bold")
    return Style(parent, *(getattr(base if getattr(style, n) is None else style, n) for n in names))


def _style(element: Element) -> Style:
    text, cell = element.find(f"{STYLE}text-properties"), element.find(f"{STYLE}table-cell-properties")
    paragraph, sheet = element.find(f"{STYLE}paragraph-properties"), element.find(f"{STYLE}table-properties")
    slide, graphic = element.find(f"{STYLE}drawing-page-properties"), element.find(f"{STYLE}graphic-properties")
    hidden = None
    if text is not None and text.get(f"{TEXT}display"):
        hidden = text.get(f"{TEXT}display") == "none"
    if sheet is not None and sheet.get(f"{TABLE}display") == "false":
        hidden = True
    if slide is not None and slide.get(f"{PRESENTATION}visibility") == "hidden":
        hidden = True
    for line, size_name in (("table-row", "row-height"), ("table-column", "column-width")):
        found = element.find(f"{STYLE}{line}-properties")
        if found is not None and length(found.get(f"{STYLE}{size_name}")) == 0:
            hidden = True
    size = length(text.get(f"{FO}font-size")) if text is not None else None
    colour = text.get(f"{FO}color") if text is not None else None
    weight = text.get(f"{FO}font-weight") if text is not None else None
    backs = [each.get(f"{FO}background-color") for each in (text, paragraph, cell) if each is not None]
    fill = graphic.get(f"{DRAW}fill") if graphic is not None else None
    shaded = [back for back in backs if back] + [fill or ""]
    return Style(
        element.get(f"{STYLE}parent-style-name", ""),
        hidden,
        None if size is None else size <= _TINY,
        None if colour is None else colour.lower() == "#ffffff",
        True if any(back.lower() not in ("transparent", "#ffffff", "none", "") for back in shaded) else None,
        None if weight is None else weight == "bold",
    )


def unseen(style: Style, shaded: bool) -> HiddenKind | None:
    """Why nobody sees text in this style; None where it is seen."""
    if style.hidden:
        return "vanish"
    if style.tiny:
        return "tiny"
    return "colour" if style.white and not shaded else None


def words(element: Element) -> str:
    """All that is written below an element, hidden or not, as a person is told of it."""
    return " ".join("".join(each.itertext()) for each in element.iter(f"{TEXT}p"))


def length(text: str | None) -> float | None:
    """A length in centimetres; None where it is none."""
    match = _LENGTH.fullmatch(text or "")
    return float(match[1]) * _CM[match[2]] if match else None


def count(element: Element, name: str, most: int) -> int:
    """How often a cell or a row is repeated or how far it reaches: at least 1, at most `most`."""
    text = element.get(TABLE + name, "1")
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def _part(package: zipfile.ZipFile, name: str) -> Element | None:
    data = _read(package, name)
    if data is None:
        return None
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data[:65536]:
        raise _damaged(f"{name}: a document type declaration, which OpenDocument does not have")
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _damaged(f"{name}: {error}") from error


def _properties(package: zipfile.ZipFile) -> tuple[str, ...]:
    try:
        meta = _part(package, "meta.xml")
    except BadFile:
        return ()  # it is read for its own sake alone
    found = [] if meta is None else [squeeze(each.text or "") for each in meta.iter() if each.tag in _SAID_OF_ITSELF]
    return tuple(text for text in found if text)


def _read(package: zipfile.ZipFile, name: str) -> bytes | None:
    if name not in package.namelist():
        return None
    with package.open(name) as stream:
        data = stream.read(MAX_PART + 1)
    if len(data) > MAX_PART:
        raise BadFile(
            "The document unpacks to more than Inhouse reads at once.",
            "Split it into smaller files and add those.",
            f"{name} is larger than {MAX_PART:,} bytes",
            "too_large",
        )
    return data


def _damaged(detail: str) -> BadFile:
    return BadFile(
        "The OpenDocument file is damaged and cannot be opened.",
        "Open it in its own program, save it again and add that copy.",
        detail,
    )
