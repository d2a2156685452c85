"""XML: titles, paragraphs and records by the names of their elements. Entities are refused, nothing else is fetched."""

from __future__ import annotations

import re
from xml.parsers import expat

from msgspec import Struct, field

from app.documents.loaders.builder import Builder
from app.documents.loaders.decode import decode_as
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import squeeze
from app.documents.loaders.table import write_named
from app.errors import BadFile
from app.text.parsed import Parsed

MAX_ELEMENTS = 3_000_000
MAX_DEPTH = 500
PROSE = 120
"""Characters from which a text speaks for itself, without the name of its element."""
_PARAGRAPHS = frozenset({"p", "para", "simpara", "li", "line", "seg"})
_TITLES = frozenset({"title", "heading", "head", "titel", "caption"})
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([\w.:-]+)[\"'][^>]*\?>")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_CHUNK = 1 << 20


class _Element(Struct):
    """An element under way."""

    name: str
    attributes: list[tuple[str, str]]
    fields: list[tuple[str, str]]  # its attributes, and its children that hold text and nothing else
    text: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)  # the same with the texts of its children where they stand
    speaks: bool = False  # it holds text of its own
    mixed: bool = False  # text and elements side by side
    deep: bool = False  # a child has children
    done: int = 0  # fields that are written already


def load_xml(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read XML of any encoding; `password` is unused.

    Raises:
        BadFile: no XML, or with entities of its own (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    declared = _DECLARED.match(data[:1000])
    text = decode_as(data, declared[1].decode("ascii", "replace") if declared else "")
    reader = _Reader()
    hidden = HiddenTexts(read_hidden)
    reader.read(_DECLARATION.sub("", hidden.shown(text)).lstrip())
    reader.builder.title = reader.title
    return reader.builder.build("xml", hidden.found())


class _Reader:
    """Writes an element once it has ended: a record as one line, a text under the name of its element."""

    def __init__(self) -> None:
        self.builder = Builder()
        self.title = ""
        self._open: list[_Element] = []
        self._seen = 0

    def read(self, text: str) -> None:
        """
        Raises:
            BadFile: what stops it.
        """
        parser = expat.ParserCreate("utf-8", namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        data = text.encode("utf-8", "replace")
        try:
            for at in range(0, len(data), _CHUNK):
                parser.Parse(data[at : at + _CHUNK], at + _CHUNK >= len(data))
        except expat.ExpatError as error:
            raise BadFile("The XML file is damaged.", "Save or export it again.", str(error)) from error

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen += 1
        if self._seen > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH:
            raise BadFile(
                "The XML file holds more than Inhouse can index at once.",
                "Split it into smaller files and add those.",
                f"More than {MAX_ELEMENTS:,} elements, or nested deeper than {MAX_DEPTH}",
                "too_large",
            )
        if self._open:
            self._open[-1].mixed |= self._open[-1].speaks
        said = [(_local(key), squeeze(value)) for key, value in attributes.items() if "}" not in key and value.strip()]
        said = [each for each in said if "://" not in each[1]]
        self._open.append(_Element(_local(name), said, list(said)))

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)
            self._open[-1].whole.append(text)
            self._open[-1].speaks |= not text.isspace()

    def _end(self, name: str) -> None:
        element = self._open.pop()
        parent = self._open[-1] if self._open else None
        text = squeeze("".join(element.text))
        filled = element.deep or len(element.fields) > len(element.attributes)
        if element.mixed or (text and filled):
            self._prose(element, parent, text)
        elif filled:
            self._write(element)
            if parent is not None:
                parent.deep = True
        elif parent is not None and parent.mixed:
            parent.whole.append("".join(element.text))
        elif parent is not None and (text or element.attributes):
            self._leaf(element, parent, text)
        elif text:
            self.builder.add("paragraph", text)

    def _leaf(self, element: _Element, parent: _Element, text: str) -> None:
        """An element that holds text and nothing else."""
        if (
            element.name.lower() in _TITLES
            and text
            and len(parent.fields) == len(parent.attributes)
            and not element.attributes
        ):
            self.title = self.title or text
            self.builder.add("heading", text, min(len(self._open), 6))
        elif text and (len(text) >= PROSE or element.name.lower() in _PARAGRAPHS) and not element.attributes:
            self._write(parent)
            self.builder.add("paragraph", text)
        elif element.attributes:
            said = _line(element.attributes)
            parent.fields.append((element.name, f"{text} ({said})" if text else said))
        else:
            parent.fields.append((element.name, text))
            parent.whole.append("".join(element.text))

    def _prose(self, element: _Element, parent: _Element | None, text: str) -> None:
        """Text with elements in it: one paragraph."""
        whole = squeeze("".join(element.whole)) if not element.done else text
        if parent is not None and parent.mixed:
            parent.whole.append("".join(element.whole))
            return
        if parent is not None:
            self._write(parent)
            parent.deep = True
        self.builder.add("paragraph", whole)

    def _write(self, element: _Element) -> None:
        """What of a record is not written yet, as one line."""
        fields = element.fields[element.done :]
        element.done = len(element.fields)
        if fields:
            self.builder.add("list", f"{element.name}: {_line(fields)}")


def _line(fields: list[tuple[str, str]]) -> str:
    return write_named([value for _, value in fields], [name for name, _ in fields])


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _refuse(*_: object) -> None:
    raise BadFile(
        "The XML file declares entities, which can be used to harm programs that read it.",
        "Open it in its own program, save it without a document type declaration and add that.",
        code="unsupported",
    )
