"""A collection in one file: text, passages and vectors, so that a colleague need not read and embed anything again.

A plain ZIP of two members: `documents`, a record a document, each after its length; and `about.json`, which names the
format's version, the embedders and the SHA-256 of the other. Nothing of it is run or opened: every record is checked
against its type and its own text before it is stored.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
import zipfile
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import IO, cast

import msgspec
import numpy as np
from msgspec import Struct

from app.documents.loaders.builder import MAX_TEXT
from app.documents.migrations import FIRST_EMBEDDER
from app.documents.parse_child import LENGTH
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.errors import AppError, BadFile, NewerData
from app.files import cannot_write
from app.places import Place
from app.text.hidden import HiddenText
from app.text.parsed import Line, Parsed
from app.text.passages import Piece
from app.text.personal.kinds import Found, PersonalKind
from app.types import Document
from app.workers.calls.bundles import BundleProgress, ExportCollection, Exported, ImportCollection, Imported

VERSION = 1
MAX_RECORD = 1 << 30
"""Bytes of one document with its vectors: 50 million characters have a third of it."""
MOST_ABOUT = 1 << 20
_ABOUT, _DOCUMENTS = "about.json", "documents"
_BLOCK = 1 << 20


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


class About(Struct, frozen=True, kw_only=True):
    """What the file says of itself."""

    version: int = VERSION
    name: str
    documents: int
    sha256: str
    embedders: dict[str, Identity]
    masks: tuple[PersonalKind, ...] = ()  # personal data that the collection does not keep


def export(store: Store, call: ExportCollection) -> Generator[BundleProgress, None, Exported]:
    """
    Raises:
        AppError: the collection is gone, or the file cannot be written.
        NoSpace: the disk is full; nothing is left of the file then.
    """
    store.require(call.collection_id)
    listed = [each for each in store.documents(call.collection_id) if each.passages]
    if not listed:
        raise AppError("There is nothing in this collection that could go along.", "Add documents to it first.")
    path = Path(call.path)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with part.open("xb") as out:
            yield from _write(store, call, listed, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return Exported(path=str(path), documents=len(listed), bytes=path.stat().st_size)


def _write(
    store: Store, call: ExportCollection, listed: list[Document], out: IO[bytes]
) -> Generator[BundleProgress, None, None]:
    root = None if call.keep_paths else _common([each.path for each in listed])
    digest, embedders = hashlib.sha256(), set[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_DOCUMENTS, "w", force_zip64=True) as stream:
            for done, document in enumerate(listed):
                yield BundleProgress(done=done, total=len(listed))
                held = _held(store, document, _shown_path(document.path, root))
                embedders.add(held.recipe.partition("/")[0])
                data = msgspec.msgpack.encode(held)
                for piece in (LENGTH.pack(len(data)), data):
                    digest.update(piece)
                    stream.write(piece)
        name = next(each.name for each in store.collections() if each.id == call.collection_id)
        about = About(
            name=name,
            documents=len(listed),
            sha256=digest.hexdigest(),
            embedders=_identities(store, embedders),
            masks=store.masks(call.collection_id),
        )
        archive.writestr(_ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=1))


def _held(store: Store, document: Document, path: str) -> HeldDocument:
    text, pages = store.text(document.id)
    row = store.db.execute(
        "SELECT title, sha256, recipe, reason FROM documents WHERE id = ?", (document.id,)
    ).fetchone()
    passages = store.db.execute(
        """SELECT start, "end", page, heading, context, header, place, vector FROM passages
        WHERE document_id = ? ORDER BY id""",
        (document.id,),
    )
    return HeldDocument(
        path=path, format=document.format, title=row[0], sha256=row[1], recipe=row[2], bytes=document.bytes,
        hidden=store.hidden_texts(document.id), read_hidden=document.read_hidden, modified=document.modified,
        masked=store.masked_kinds(document.id), personal=store.masked_places(document.id), exempt=document.exempt,
        note=row[3], text=text, pages=pages, lines=store.lines(document.id),
        passages=tuple(
            HeldPassage(
                start=each[0], end=each[1], page=each[2], heading=each[3], context=each[4], header=each[5],
                place=msgspec.msgpack.decode(each[6], type=Place) if each[6] is not None else None, vector=each[7],
            )
            for each in passages
        ),
    )  # fmt: skip


def _identities(store: Store, ids: set[str]) -> dict[str, Identity]:
    rows = store.db.execute("SELECT id, identity FROM embedders").fetchall()
    return {row[0]: msgspec.json.decode(row[1], type=Identity) for row in rows if row[0] in ids}


def _common(paths: list[str]) -> str:
    """The folder that all files lie in."""
    with suppress(ValueError):
        return os.path.commonpath([str(PurePath(path).parent) for path in paths])
    return ""


def _shown_path(path: str, root: str | None) -> str:
    """The path below the folder of all files; whole where nothing is to be left out (None)."""
    if root is None:
        return path
    return path[len(root) :].lstrip("/\\") if root and path.startswith(root) else PurePath(path).name


def bring_in(store: Store, call: ImportCollection) -> Generator[BundleProgress, None, Imported]:
    """It is whole before it can be seen: until then it is a hidden collection, which is removed after a kill.

    Raises:
        BadFile: it is another kind of file, damaged, or not what it says it is.
        NewerData: a later Inhouse wrote it.
        NoSpace: the disk is full; what was stored of it goes.
    """
    path = Path(call.path)
    try:
        with zipfile.ZipFile(path) as archive:
            about = _read_about(archive, path)
            yield from _check(archive, about, path)
            with archive.open(_DOCUMENTS) as stream:
                made = yield from _store(store, about, stream, path)
    except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError) as error:
        raise _damaged(path, str(error)) from error
    except FileNotFoundError as error:
        raise BadFile(f"{path.name} is not there any more.", "Choose it where it is now.", code="missing") from error
    with store.transaction() as db:
        name = _free(store, call.name or about.name)
        db.execute("UPDATE collections SET name = ?, hidden = 0 WHERE id = ?", (name, made))
    store.unfinished.discard(made)
    found = next(each for each in store.collections() if each.id == made)
    own = store.embedder.id if store.embedder is not None else ""
    return Imported(collection=found, renewed=bool(own) and set(about.embedders) != {own})


def _check(archive: zipfile.ZipFile, about: About, path: Path) -> Iterator[BundleProgress]:
    """The checksum first: nothing is stored of a file that was changed on its way."""
    digest = hashlib.sha256()
    with archive.open(_DOCUMENTS) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            yield BundleProgress(done=0, total=about.documents)
    if digest.hexdigest() != about.sha256:
        raise _damaged(path, "The checksum differs.")


def _store(store: Store, about: About, stream: IO[bytes], path: Path) -> Generator[BundleProgress, None, int]:
    with store.transaction() as db:
        db.executemany(
            "INSERT OR IGNORE INTO embedders (id, identity) VALUES (?, ?)",
            [(key, msgspec.json.encode(identity).decode()) for key, identity in about.embedders.items()],
        )
        insert = "INSERT INTO collections (name, hidden) VALUES (?, 1)"
        made = cast(int, db.execute(insert, (f"hidden {uuid.uuid4().hex}",)).lastrowid)
    store.keep_masking(made, about.masks)
    store.unfinished.add(made)
    try:
        for done, held in enumerate(_records(stream, path)):
            store.put(_new(held, about, made, path))
            yield BundleProgress(done=done + 1, total=about.documents)
    except BaseException:  # a door that left closes this generator
        store.drop_collection(made)
        store.unfinished.discard(made)
        raise
    return made


def _records(stream: IO[bytes], path: Path) -> Iterator[HeldDocument]:
    decoder = msgspec.msgpack.Decoder(HeldDocument)
    while head := stream.read(LENGTH.size):
        length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else MAX_RECORD + 1
        data = stream.read(length) if length <= MAX_RECORD else b""
        if len(data) != length:
            raise _damaged(path, "A record is cut short.")
        try:
            yield decoder.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _damaged(path, str(error)) from error


def _new(held: HeldDocument, about: About, collection_id: int, path: Path) -> NewDocument:
    """A record as it is stored.

    Raises:
        BadFile: its spans or vectors are none of its own text or embedder.
    """
    identity = about.embedders.get(held.recipe.partition("/")[0])
    length = len(held.text)
    spans = [*((each.start, each.end) for each in held.passages), *held.pages]
    spans += [(each.start, each.end) for each in held.lines]
    sound = identity is not None and held.passages and 0 < length <= MAX_TEXT
    sound = sound and all(0 <= start <= end <= length for start, end in spans)
    if not sound or identity is None or not all(_is_unit(each.vector, identity.dimensions) for each in held.passages):
        raise _damaged(path, f"{held.path}: its passages do not fit its text.")
    parsed = Parsed(
        format=held.format, text=held.text, blocks=(), pages=held.pages, lines=held.lines, title=held.title,
        note=held.note, sha256=held.sha256, size=held.bytes, hidden=held.hidden,
        masked=held.masked, personal=held.personal,
    )  # fmt: skip
    pieces = [
        Piece(each.start, each.end, each.page, each.heading, each.context, 0, each.header, each.place)
        for each in held.passages
    ]
    return NewDocument(
        collection_id=collection_id, path=_placed(held.path, path), parsed=parsed, recipe=held.recipe,
        seen=(held.bytes, held.modified), read_hidden=held.read_hidden, exempt=held.exempt,
        pieces=pieces, vectors=[each.vector for each in held.passages],
    )  # fmt: skip


def _placed(name: str, bundle: Path) -> str:
    """A path that leads to no file but the one it was kept for: below the bundle, which is no folder."""
    parts = [part for part in re.split(r"[/\\]+", name) if part not in ("", ".", "..")]
    if not parts or "\0" in name:
        raise _damaged(bundle, f"{name!r}: no name")
    return name if PurePath(name).is_absolute() else str(bundle.absolute().joinpath(*parts))


def _is_unit(vector: bytes, dimensions: int) -> bool:
    """Whether it is a vector of length 1, or one that nothing is near to."""
    if len(vector) != 4 * dimensions:
        return False
    norm = float(np.linalg.norm(np.frombuffer(vector, "<f4")))
    return norm == 0.0 or abs(norm - 1.0) < 0.01


def _read_about(archive: zipfile.ZipFile, path: Path) -> About:
    if (
        archive.getinfo(_ABOUT).file_size > MOST_ABOUT
        or archive.getinfo(_DOCUMENTS).compress_type != zipfile.ZIP_STORED
    ):
        raise _damaged(path, "It is not as Inhouse writes it.")
    try:
        version = msgspec.json.decode(archive.read(_ABOUT), type=_Version).version
        if version > VERSION:
            raise NewerData(f"{path.name} was written by a newer Inhouse.", "Update Inhouse to import it.")
        about = msgspec.json.decode(archive.read(_ABOUT), type=About)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, str(error)) from error
    if any(key != each.id and key != FIRST_EMBEDDER for key, each in about.embedders.items()):
        raise _damaged(path, "An embedder is not the one it is said to be.")
    return about


class _Version(Struct, frozen=True):
    version: int


def _damaged(path: Path, detail: str) -> BadFile:
    return BadFile(
        f"{path.name} is damaged, or no collection that Inhouse exported.", "Copy it again from where it came.", detail
    )


def _free(store: Store, name: str) -> str:
    """The name, or one with a number behind it where it is taken."""
    taken = {each.name.casefold() for each in store.collections()}
    name = " ".join(name.split())[:80] or "Collection"
    return next(
        made for number in range(1, len(taken) + 2)
        if (made := name if number == 1 else f"{name} ({number})").casefold() not in taken
    )  # fmt: skip
