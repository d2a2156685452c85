"""The ZIP and XML side of a Word file: finds its parts and reads them within limits, strict or transitional."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from posixpath import dirname, join, normpath
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from app.errors import BadFile

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SAID = frozenset({"title", "subject", "keywords", "description", "category"})
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/"
MAX_PART = 256 * 1024 * 1024
"""Bytes of one part, unpacked: ten times the largest real document seen; a ZIP bomb is larger."""


class Package:
    """An opened Word file."""

    def __init__(self, data: bytes) -> None:
        """
        Raises:
            BadFile: no ZIP, no Word document, or locked (`damaged`, `unsupported`).
        """
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _damaged(str(error)) from error
        main = self._related("", "/officeDocument")
        if not main:
            raise _damaged("No main document part")
        self.document_name = main[0]

    def document(self) -> Element:
        """The main part's root."""
        root = self._part(self.document_name)
        if root is None:
            raise _damaged("The main document part is missing")
        return root

    def related(self, kind: str) -> Element | None:
        """A part that the document refers to by this kind of relationship ("/styles", "/numbering", …)."""
        return next(iter(self.all_related(kind)), None)

    def all_related(self, kind: str) -> list[Element]:
        """Every part of a kind that the document refers to."""
        parts = (self._part(name) for name in self._related(self.document_name, kind))
        return [part for part in parts if part is not None]

    def by_id(self, relation: str) -> Element | None:
        """The part behind a relationship of the document."""
        names = self._related(self.document_name, "", relation)
        return self._part(names[0]) if names else None

    def properties(self) -> list[str]:
        """What the file says of itself in words: title, subject, keywords, description, category."""
        found = [self._part(name) for name in self._related("", "/core-properties")[:1]]
        named = [each for root in found if root is not None for each in root if each.text and each.text.strip()]
        return [each.text or "" for each in named if each.tag.rpartition("}")[2] in _SAID]

    def _related(self, part: str, kind: str, key: str = "") -> list[str]:
        folder, _, name = part.rpartition("/")
        rels = self._part(f"{folder}/_rels/{name}.rels".lstrip("/"))
        if rels is None:
            return []
        found = []
        for relation in rels:
            if key and relation.get("Id") != key:
                continue
            if relation.get("Type", "").endswith(kind) and relation.get("TargetMode") != "External":
                target = relation.get("Target", "")
                found.append(target.lstrip("/") if target.startswith("/") else normpath(join(dirname(part), target)))
        return found

    def _part(self, name: str) -> Element | None:
        try:
            info = self._zip.getinfo(name)
        except KeyError:
            return None
        if info.flag_bits & 1:
            raise locked()
        try:
            with self._zip.open(info) as stream:
                data = stream.read(MAX_PART + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, RuntimeError) as error:
            raise _damaged(f"{name}: {error}") from error
        if len(data) > MAX_PART:
            raise BadFile(
                "The document unpacks to more than Inhouse reads at once.",
                "Split it into smaller files and add those.",
                f"{name} is larger than {MAX_PART:,} bytes",
                "too_large",
            )
        return _parse(name, data)


def as_usual(part: bytes) -> bytes:
    """A part in the Strict form of ISO 29500 under the names of the usual one: it says the same under others."""
    return _STRICT.sub(_TRANSITIONAL, part)


def is_strict(part: bytes) -> bool:
    """Whether a part is in the Strict form, by its first bytes."""
    return _STRICT.search(part) is not None


def _parse(name: str, data: bytes) -> Element:
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise _damaged(f"{name}: a document type declaration, which Word never writes")
    try:
        return ElementTree.fromstring(as_usual(data))
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise _damaged(f"{name}: {error}") from error


def _damaged(detail: str) -> BadFile:
    return BadFile(
        "The Word file is damaged and cannot be opened.", "Open it in Word, save it again and add that copy.", detail
    )


def locked() -> BadFile:
    """The error for an Office file locked with a password: unlocking needs ciphers that Inhouse does not carry."""
    return BadFile(
        "The Office file is locked with a password.",
        "Open it in its own program, save a copy without a password and add that.",
        code="unsupported",
    )


def flag(properties: Element | None, name: str) -> bool | None:
    """An on/off property: True or False where it is set, None where it is not."""
    found = properties.find(W + name) if properties is not None else None
    if found is None:
        return None
    return found.get(W + "val", "true").lower() not in ("0", "false", "off", "none")


def value(properties: Element | None, name: str, attribute: str = "val") -> str:
    """An attribute of a property, "" where it is not set."""
    found = properties.find(W + name) if properties is not None else None
    return found.get(W + attribute, "") if found is not None else ""


def number(text: str, default: int) -> int:
    """An attribute's whole number, or the default where it is none."""
    try:
        return int(text)
    except ValueError:
        return default
