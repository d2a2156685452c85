"""EPUB (2 and 3): the chapters of an e-book in their order, each by the HTML loader."""

from __future__ import annotations

import io
import zipfile
import zlib
from posixpath import dirname, join, normpath
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.documents.loaders.builder import Builder
from app.documents.loaders.html import load_html
from app.documents.loaders.hygiene import squeeze
from app.errors import BadFile
from app.text.parsed import Parsed

MAX_PART = 32 * 1024 * 1024
"""Bytes of one chapter, unpacked."""
MAX_BOOK = 256 * 1024 * 1024
MAX_CHAPTERS = 5_000
_FONTS_ONLY = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Ways to hide fonts from copying, which leave the text open."""


def load_epub(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read an e-book; `password` is unused.

    Raises:
        BadFile: `damaged`, `empty`, `too_large`, or locked by its shop (`unsupported`).
    """
    book = _Book(data)
    builder = Builder()
    unread = 0
    for path in book.spine():
        try:
            parsed = load_html(book.part(path), read_hidden=read_hidden)
        except BadFile as error:
            unread += error.code != "empty"  # a cover is a picture
            continue
        label = book.labels.get(path, "")
        if label and not any(block.kind == "heading" for block in parsed.blocks):
            builder.add("heading", label, 1)
        builder.include(parsed)
    builder.title = book.title or builder.title
    note = "" if not unread else f"{unread} {'chapter' if unread == 1 else 'chapters'} could not be read."
    return builder.build("epub", note=note)


class _Book:
    """The package of a book: its parts, their order and their names."""

    def __init__(self, data: bytes) -> None:
        """
        Raises:
            BadFile: no book, or one that is locked.
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _damaged(str(error)) from error
        self._left = MAX_BOOK
        self._refuse_locked()
        root = next((each for each in self._xml("META-INF/container.xml").iter() if _tag(each) == "rootfile"), None)
        self._opf = root.get("full-path", "") if root is not None else ""
        package = self._xml(self._opf)
        self._items = {each.get("id", ""): each for each in package.iter() if _tag(each) == "item"}
        self._order = [each.get("idref", "") for each in package.iter() if _tag(each) == "itemref"]
        found = next((each for each in package.iter() if _tag(each) == "title"), None)
        self.title = squeeze("".join(found.itertext())) if found is not None else ""
        self.labels = self._read_labels()

    def spine(self) -> list[str]:
        """The paths of the chapters in the order of reading."""
        chosen = [self._items[each] for each in self._order if each in self._items]
        pages = [each for each in chosen or self._items.values() if "htm" in each.get("media-type", "")]
        return list(dict.fromkeys(self._path(self._opf, each.get("href", "")) for each in pages))[:MAX_CHAPTERS]

    def part(self, path: str) -> bytes:
        """
        Raises:
            BadFile: it is missing, damaged or too large.
        """
        try:
            with self._zip.open(path) as stream:
                data = stream.read(min(MAX_PART, self._left) + 1)
        except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
            raise _damaged(f"{path}: {error}") from error
        self._left -= len(data)
        if len(data) > MAX_PART or self._left < 0:
            raise BadFile(
                "The e-book unpacks to more than Inhouse reads at once.",
                "Split it into smaller files and add those.",
                f"{path} is larger than {MAX_PART:,} bytes",
                "too_large",
            )
        return data

    def _refuse_locked(self) -> None:
        names = set(self._zip.namelist())
        ways: set[str] = set()
        if "META-INF/encryption.xml" in names:
            for each in self._xml("META-INF/encryption.xml").iter():
                if _tag(each) == "EncryptionMethod":
                    ways.add(each.get("Algorithm", ""))
        if ways - {*_FONTS_ONLY} or names & {"META-INF/rights.xml", "META-INF/sinf.xml", "META-INF/license.lcpl"}:
            raise BadFile(
                "The e-book is locked by the shop that sold it (DRM), and opens only in that shop's program.",
                "Ask the publisher for a copy without a lock, or for a PDF.",
                ", ".join(sorted(ways)),
                "unsupported",
            )

    def _xml(self, path: str) -> Element:
        data = self.part(path)
        if b"<!ENTITY" in data:
            raise _damaged(f"{path} declares entities")
        try:
            return ElementTree.fromstring(data)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise _damaged(f"{path}: {error}") from error

    def _path(self, base: str, link: str) -> str:
        return normpath(join(dirname(base), unquote(link.partition("#")[0])))

    def _read_labels(self) -> dict[str, str]:
        """The names of chapters by the table of contents: NCX (EPUB 2), which most books of EPUB 3 have too."""
        table = next(
            (each for each in self._items.values() if each.get("media-type") == "application/x-dtbncx+xml"), None
        )
        if table is None:
            return {}
        path = self._path(self._opf, table.get("href", ""))
        try:
            root = self._xml(path)
        except BadFile:
            return {}
        labels: dict[str, str] = {}
        for point in root.iter():
            if _tag(point) == "navPoint":
                text = next((each.text or "" for each in point.iter() if _tag(each) == "text"), "")
                target = next((each.get("src", "") for each in point.iter() if _tag(each) == "content"), "")
                labels.setdefault(self._path(path, target), squeeze(text))
        return labels


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _damaged(detail: str) -> BadFile:
    return BadFile("The e-book is damaged and cannot be opened.", "Add another copy.", detail)
