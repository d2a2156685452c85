"""A collection in one file: text, passages and vectors, so that a colleague need not read and embed anything again.

A plain ZIP of two members: `documents`, a record a document, each after its length; and `about.json`, which names the
format's version, the embedders and the SHA-256 of the other. Nothing of it is run or opened: every record is checked
against its type and its own text before it is stored. An edition of a collection that a team shares (publishing.py,
sharing.py) is such a file that says so.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
import zipfile
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import IO, cast

import msgspec
import numpy as np
from msgspec import Struct

from app.company import check_exports
from app.documents.bundle_file import (
    ABOUT,
    DOCUMENTS,
    MAX_RECORD,
    About,
    EditionMark,
    HeldDocument,
    HeldPassage,
    damaged,
    opened,
    read_about,
)
from app.documents.loaders.builder import MAX_TEXT
from app.documents.masking import check_masked
from app.documents.parse_child import LENGTH
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.errors import AppError
from app.files import cannot_write
from app.members import MARK, file_of
from app.places import Place
from app.text.parsed import Parsed
from app.text.passages import Piece
from app.types import Document
from app.workers.calls.bundles import BundleProgress, ExportCollection, Exported, ImportCollection, Imported

_BLOCK = 1 << 20


class Staged(Struct, frozen=True):
    """Documents that came in and are not seen yet, in a hidden collection."""

    collection_id: int
    made: dict[int, tuple[int, bytes]]
    """Document → its key, and a digest of its record."""
    kept: frozenset[int]
    """Keys of those that are here already as they are in the file."""


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
            yield from write(store, call.collection_id, listed, out, keep_paths=call.keep_paths)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return Exported(path=str(path), documents=len(listed), bytes=path.stat().st_size)


def write(
    store: Store, collection_id: int, listed: Sequence[Document], out: IO[bytes], *, keep_paths: bool,
    edition: EditionMark | None = None,
) -> Generator[BundleProgress, None, About]:  # fmt: skip
    """The documents of a collection as such a file; → what it says of itself.

    Raises:
        AppError: documents of it still hold personal data that it masks.
    """
    check_exports()
    unmasked = sum(map(len, store.unmasked(collection_id).values())) if store.masks(collection_id) else 0
    if unmasked:
        raise AppError(
            f"Personal data is still to be masked in {unmasked:,} of its documents, so it does not go out.",
            "Wait until they have been read anew, or take out those whose file is gone.",
        )
    root = None if keep_paths else _common([each.path for each in listed])
    digest, embedders = hashlib.sha256(), set[str]()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(DOCUMENTS, "w", force_zip64=True) as stream:
            for done, document in enumerate(listed):
                yield BundleProgress(done=done, total=len(listed))
                held = _held(store, document, _shown_path(document.path, root))
                embedders.add(held.recipe.partition("/")[0])
                data = msgspec.msgpack.encode(held)
                for piece in (LENGTH.pack(len(data)), data):
                    digest.update(piece)
                    stream.write(piece)
        about = About(
            name=name_of(store, collection_id), documents=len(listed), sha256=digest.hexdigest(),
            embedders=_identities(store, embedders), edition=edition, masks=store.masks(collection_id),
        )  # fmt: skip
        archive.writestr(ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=1))
    return about


def name_of(store: Store, collection_id: int) -> str:
    """What a collection is called."""
    store.require(collection_id)
    return str(store.db.execute("SELECT name FROM collections WHERE id = ?", (collection_id,)).fetchone()[0])


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
        note=row[3], text=text, pages=pages, lines=store.lines(document.id), key=document.id,
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
    about, staged = yield from stage(store, path, path, {})
    with store.transaction() as db:
        name = free_name(store, call.name or about.name)
        db.execute("UPDATE collections SET name = ?, hidden = 0 WHERE id = ?", (name, staged.collection_id))
    store.unfinished.discard(staged.collection_id)
    return imported(store, staged.collection_id, about)


def imported(store: Store, collection_id: int, about: About) -> Imported:
    """What is said of a collection that came in."""
    found = next(each for each in store.collections() if each.id == collection_id)
    own = store.embedder.id if store.embedder is not None else ""
    return Imported(collection=found, renewed=bool(own) and not set(about.embedders) <= {own})


def stage(
    store: Store, file: Path, path: Path, known: Mapping[int, bytes]
) -> Generator[BundleProgress, None, tuple[About, Staged]]:
    """Put the documents of a file into a hidden collection, but for those whose key and digest are known.

    `path` is where the file lies for people, and below which its documents are placed; `file` is what is read.

    Raises:
        BadFile, NewerData, NoSpace: as `bring_in`.
    """
    with opened(file, path) as archive:
        about = read_about(archive, path)
        check_masked(about.masks, path)
        yield from _check(archive, about, path)
        with archive.open(DOCUMENTS) as stream:
            return about, (yield from _store(store, about, stream, path, known))


def _check(archive: zipfile.ZipFile, about: About, path: Path) -> Iterator[BundleProgress]:
    """The checksum first: nothing is stored of a file that was changed on its way."""
    digest = hashlib.sha256()
    with archive.open(DOCUMENTS) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            yield BundleProgress(done=0, total=about.documents)
    if digest.hexdigest() != about.sha256:
        raise damaged(path, "The checksum differs.")


def _store(
    store: Store, about: About, stream: IO[bytes], path: Path, known: Mapping[int, bytes]
) -> Generator[BundleProgress, None, Staged]:
    with store.transaction() as db:
        db.executemany(
            "INSERT OR IGNORE INTO embedders (id, identity) VALUES (?, ?)",
            [(key, msgspec.json.encode(identity).decode()) for key, identity in about.embedders.items()],
        )
        insert = "INSERT INTO collections (name, hidden) VALUES (?, 1)"
        target = cast(int, db.execute(insert, (f"hidden {uuid.uuid4().hex}",)).lastrowid)
    store.keep_masking(target, about.masks)
    store.unfinished.add(target)
    made, kept = dict[int, tuple[int, bytes]](), set[int]()
    try:
        for done, (held, digest) in enumerate(_records(stream, path)):
            if known.get(held.key) == digest:
                kept.add(held.key)
            else:
                made[store.put(_new(held, about, target, path))] = held.key, digest
            yield BundleProgress(done=done + 1, total=about.documents)
    except BaseException:  # a door that left closes this generator
        drop_staged(store, target)
        raise
    return Staged(target, made, frozenset(kept))


def drop_staged(store: Store, collection_id: int) -> None:
    """What came in is not wanted."""
    store.drop_collection(collection_id)
    store.unfinished.discard(collection_id)


def _records(stream: IO[bytes], path: Path) -> Iterator[tuple[HeldDocument, bytes]]:
    decoder = msgspec.msgpack.Decoder(HeldDocument)
    while head := stream.read(LENGTH.size):
        length = LENGTH.unpack(head)[0] if len(head) == LENGTH.size else MAX_RECORD + 1
        data = stream.read(length) if length <= MAX_RECORD else b""
        if len(data) != length:
            raise damaged(path, "A record is cut short.")
        try:
            yield decoder.decode(data), hashlib.sha256(data).digest()
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise damaged(path, str(error)) from error


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
        raise damaged(path, f"{held.path}: its passages do not fit its text.")
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
    own, *inside = ([part for part in re.split(r"[/\\]+", at) if part not in ("", ".", "..")] for at in _levels(name))
    if not own or not all(inside) or "\0" in name:
        raise damaged(bundle, f"{name!r}: no name")
    placed = name if PurePath(name).is_absolute() else str(bundle.absolute().joinpath(*own))
    return placed if placed == name else MARK.join([placed, *("/".join(parts) for parts in inside)])


def _levels(name: str) -> list[str]:
    """The path of a file, and those of what lies in it one in the other."""
    return [file_of(name), *name[len(file_of(name)) :].split(MARK)[1:]]


def _is_unit(vector: bytes, dimensions: int) -> bool:
    """Whether it is a vector of length 1, or one that nothing is near to."""
    if len(vector) != 4 * dimensions:
        return False
    norm = float(np.linalg.norm(np.frombuffer(vector, "<f4")))
    return norm == 0.0 or abs(norm - 1.0) < 0.01


def free_name(store: Store, name: str, but: int = 0) -> str:
    """The name, or one with a number behind it where another collection than `but` has it."""
    taken = {each.name.casefold() for each in store.collections() if each.id != but}
    name = " ".join(name.split())[:80] or "Collection"
    return next(
        made for number in range(1, len(taken) + 2)
        if (made := name if number == 1 else f"{name} ({number})").casefold() not in taken
    )  # fmt: skip
