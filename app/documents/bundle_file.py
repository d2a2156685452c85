"""The file of a collection: two members of a plain ZIP, what a document is in it, and what it says of itself."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from app.documents.migrations import FIRST_EMBEDDER
from app.embedder.identity import Identity
from app.errors import BadFile, NewerData
from app.places import Place
from app.text.hidden import HiddenText
from app.text.parsed import Line
from app.text.personal.kinds import Found, PersonalKind

VERSION = 1
MAX_RECORD = 1 << 30
"""Bytes of one document with its vectors: 50 million characters have a third of it."""
MOST_ABOUT = 1 << 20
ABOUT, DOCUMENTS = "about.json", "documents"


class HeldPassage(Struct, frozen=True, array_like=True):
    """A passage as it is stored; its text is a span of the document's."""

    start: int
    end: int
    page: int | None
    heading: str
    context: str
    header: str
    place: Place | None
    vector: bytes


class HeldDocument(Struct, frozen=True, kw_only=True):
    """One record."""

    path: str
    format: str
    title: str
    sha256: str
    recipe: str
    bytes: int
    modified: float
    note: str
    text: str
    pages: tuple[tuple[int, int], ...]
    lines: tuple[Line, ...]
    passages: tuple[HeldPassage, ...]
    hidden: tuple[HiddenText, ...] = ()
    read_hidden: bool = False
    masked: tuple[PersonalKind, ...] = ()
    personal: tuple[Found, ...] = ()
    exempt: bool = False
    key: int = 0
    """What tells a document of an edition from the others, whatever happens to its path: its id where it is written."""


class EditionMark(Struct, frozen=True, kw_only=True):
    """Which edition of which shared collection it is."""

    share: str
    number: int
    at: float
    by: str


class About(Struct, frozen=True, kw_only=True):
    """What the file says of itself."""

    version: int = VERSION
    name: str
    documents: int
    sha256: str
    embedders: dict[str, Identity]
    masks: tuple[PersonalKind, ...] = ()  # personal data that the collection does not keep
    edition: EditionMark | None = None


@contextmanager
def opened(file: Path, path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; what is wrong with it is said of `path`.

    Raises:
        BadFile: it is damaged, or not there.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError) as error:
        raise damaged(path, str(error)) from error
    except FileNotFoundError as error:
        raise BadFile(f"{path.name} is not there any more.", "Choose it where it is now.", code="missing") from error


def read_about(archive: zipfile.ZipFile, path: Path) -> About:
    """
    Raises:
        BadFile, NewerData: it says nothing that is understood here.
    """
    members = archive.getinfo(ABOUT), archive.getinfo(DOCUMENTS)
    plain = all(each.compress_type == zipfile.ZIP_STORED and not each.flag_bits & 1 for each in members)
    if not plain or members[0].file_size > MOST_ABOUT:
        raise damaged(path, "It is not as Inhouse writes it.")
    try:
        version = msgspec.json.decode(archive.read(ABOUT), type=_Version).version
        if version > VERSION:
            raise NewerData(f"{path.name} was written by a newer Inhouse.", "Update Inhouse to import it.")
        about = msgspec.json.decode(archive.read(ABOUT), type=About)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if any(key != each.id and key != FIRST_EMBEDDER for key, each in about.embedders.items()):
        raise damaged(path, "An embedder is not the one it is said to be.")
    return about


class _Version(Struct, frozen=True):
    version: int


def damaged(path: Path, detail: str) -> BadFile:
    """What is said of a file that is not as Inhouse writes it."""
    return BadFile(
        f"{path.name} is damaged, or no collection that Inhouse exported.", "Copy it again from where it came.", detail
    )
