"""A collection in one file and back: whole or not at all, found without being read again, hostile files refused."""

from __future__ import annotations

import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest

from app.documents.attached import hidden
from app.documents.bundle import bring_in, export
from app.documents.bundle_file import About, HeldDocument
from app.documents.parse_child import LENGTH
from app.documents.store import NewDocument, Store
from app.embedder.identity import Identity
from app.errors import AppError, BadFile, NewerData
from app.places import Cells
from app.text.hidden import HiddenText
from app.text.parsed import Parsed
from app.text.passages import Piece
from app.text.personal.kinds import Found
from app.workers.calls.bundles import ExportCollection, ImportCollection

T = TypeVar("T")
IDENTITY = Identity(
    name="e", sha256="0", query="query: ", passage="", pooling="mean", precision="int8", dimensions=4, tokens=512
)
TEXT = "The limit is 165 euros.\nHamburg | 155"


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    made = Store(tmp_path / "a" / "documents.db", tmp_path / "a" / "backups")
    made.use(IDENTITY)
    yield made
    made.close()


@pytest.fixture
def other(tmp_path: Path) -> Generator[Store]:
    made = Store(tmp_path / "b" / "documents.db", tmp_path / "b" / "backups")
    made.use(IDENTITY)
    yield made
    made.close()


def run(steps: Generator[Any, None, T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def put(store: Store, path: str, collection: int, **more: Any) -> int:
    vectors = [np.eye(4, dtype="<f4")[at].tobytes() for at in range(2)]
    pieces = [
        Piece(0, 23, None, "Travel", "Travel", 9),
        Piece(24, len(TEXT), None, "Travel", "Travel", 5, "City | Limit", Cells("Limits", (1, 2), (7,))),
    ]
    parsed = Parsed("xlsx", TEXT, (), title="Travel", note="1 hidden row was left out.", sha256="s", size=30,
                    hidden=(HiddenText("row", "Secret | 9"),), **more)  # fmt: skip
    new = NewDocument(
        collection_id=collection, path=path, parsed=parsed, recipe=f"{IDENTITY.id}/1", seen=(30, 5.0), pieces=pieces,
        vectors=vectors,
    )  # fmt: skip
    return store.put(new)


def exported(store: Store, tmp_path: Path, **more: Any) -> Path:
    collection = store.create_collection("Contracts")
    put(store, "/home/anyone/files/2025/a.xlsx", collection)
    put(store, "/home/anyone/files/b.xlsx", collection)
    path = tmp_path / "Contracts.inhouse-docs"
    made = run(export(store, ExportCollection(collection_id=collection, path=str(path), **more)))
    assert (made.documents, made.bytes) == (2, path.stat().st_size)
    return path


def test_what_was_exported_is_found_elsewhere_without_being_read_again(
    store: Store, other: Store, tmp_path: Path
) -> None:
    path = exported(store, tmp_path)
    assert b"anyone" not in path.read_bytes(), "the folders of the other computer stay there"
    other.create_collection("contracts")
    made = run(bring_in(other, ImportCollection(path=str(path))))
    assert made.collection.name == "Contracts (2)" and made.collection.documents == 2 and not made.renewed
    first, second = other.documents(made.collection.id)
    assert (first.name, first.passages, first.reason) == ("a.xlsx", 2, "1 hidden row was left out.")
    assert first.hidden == 1 and other.hidden_texts(first.id) == (HiddenText("row", "Secret | 9"),)
    assert first.path.replace("\\", "/").endswith("Contracts.inhouse-docs/2025/a.xlsx")
    held = list(other.passages(other.passage_ids([first.id])).values())
    assert [each.text for each in held] == ["The limit is 165 euros.", "Hamburg | 155"]
    assert (held[1].place, held[1].header) == (Cells("Limits", (1, 2), (7,)), "City | Limit")
    assert other.nearest(np.eye(4, dtype=np.float32)[1], [made.collection.id], 2) == [held[1].id + 2, held[1].id]
    assert other.text(second.id)[0] == TEXT and other.term_counts(["hamburg"])


def test_paths_go_along_where_that_is_wanted(store: Store, other: Store, tmp_path: Path) -> None:
    path = exported(store, tmp_path, keep_paths=True)
    made = run(bring_in(other, ImportCollection(path=str(path), name="Shared")))
    assert {each.path for each in other.documents(made.collection.id)} == {
        "/home/anyone/files/2025/a.xlsx",
        "/home/anyone/files/b.xlsx",
    }


def test_an_import_that_is_cut_short_leaves_nothing(store: Store, other: Store, tmp_path: Path) -> None:
    path = exported(store, tmp_path)
    steps = bring_in(other, ImportCollection(path=str(path)))
    while next(steps).done < 1:
        pass
    (half,) = other.hidden()
    assert hidden(other).collections == (), "the sweep of files of chats leaves it alone while it comes in"
    steps.close()
    assert other.hidden() == [] and other.count() == 0
    assert half not in other.unfinished


def test_a_killed_import_is_swept_like_the_files_of_a_chat(store: Store, other: Store, tmp_path: Path) -> None:
    steps = bring_in(other, ImportCollection(path=str(exported(store, tmp_path))))
    while next(steps).done < 1:
        pass
    db = Store(other.path, other.path.parent / "backups", read_only=True)
    try:
        assert hidden(db).collections == tuple(db.hidden()) != ()
    finally:
        db.close()
    steps.close()


def test_an_export_that_fails_leaves_no_file(store: Store, tmp_path: Path) -> None:
    empty = store.create_collection("Empty")
    with pytest.raises(AppError, match="nothing in this collection"):
        run(export(store, ExportCollection(collection_id=empty, path=str(tmp_path / "x.inhouse-docs"))))
    full = store.create_collection("Full")
    put(store, "/f/a.xlsx", full)
    steps = export(store, ExportCollection(collection_id=full, path=str(tmp_path / "x.inhouse-docs")))
    next(steps)
    steps.close()
    with pytest.raises(AppError):
        run(export(store, ExportCollection(collection_id=full, path=str(tmp_path / "missing" / "x.inhouse-docs"))))
    assert not list(tmp_path.glob("*x.inhouse*"))


def test_what_a_collection_masks_goes_along_and_what_is_not_masked_yet_does_not_go_out(
    store: Store, other: Store, tmp_path: Path
) -> None:
    staff = store.create_collection("Staff")
    put(store, "/f/a.xlsx", staff)
    store.keep_masking(staff, ("IBAN",))
    call = ExportCollection(collection_id=staff, path=str(tmp_path / "Staff.inhouse-docs"))
    with pytest.raises(AppError, match="still to be masked in 1 of its documents"):
        run(export(store, call))
    assert not list(tmp_path.glob("*Staff*"))
    put(store, "/f/a.xlsx", staff, masked=("IBAN",), personal=(Found("IBAN", 13, 16),))
    made = run(bring_in(other, ImportCollection(path=run(export(store, call)).path))).collection
    (document,) = other.documents(made.id)
    assert made.masks == ("IBAN",) and made.unmasked == 0 and document.masked == {"IBAN": 1}
    assert other.masked_places(document.id) == (Found("IBAN", 13, 16),)


def _rewritten(path: Path, *, about: dict[str, Any] | None = None, change: dict[str, Any] | None = None) -> None:
    """The file with another about.json, or with its first document changed and a checksum that fits."""
    import hashlib

    with zipfile.ZipFile(path) as archive:
        said = msgspec.json.decode(archive.read("about.json"), type=About)
        data = archive.read("documents")
    if change is not None:
        length = LENGTH.unpack(data[: LENGTH.size])[0]
        first = msgspec.msgpack.decode(data[LENGTH.size : LENGTH.size + length], type=HeldDocument)
        record = msgspec.msgpack.encode(msgspec.structs.replace(first, **change))
        data = LENGTH.pack(len(record)) + record
        said = msgspec.structs.replace(said, sha256=hashlib.sha256(data).hexdigest())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("documents", data)
        archive.writestr("about.json", msgspec.json.encode(msgspec.structs.replace(said, **(about or {}))))


@pytest.mark.parametrize(
    ("about", "change", "error"),
    [
        ({"version": 99}, None, NewerData),
        ({"sha256": "0" * 64}, None, BadFile),
        ({"embedders": {}}, None, BadFile),
        ({"embedders": {"other": IDENTITY}}, None, BadFile),
        (None, {"text": "short"}, BadFile),
        (None, {"text": ""}, BadFile),
        (None, {"pages": ((0, 10**9),)}, BadFile),
        (None, {"passages": ()}, BadFile),
        (None, {"path": "../.."}, BadFile),
    ],
)
def test_hostile_files_are_refused_and_nothing_of_them_stays(
    store: Store, other: Store, tmp_path: Path, about: dict[str, Any], change: dict[str, Any], error: type[AppError]
) -> None:
    path = exported(store, tmp_path)
    _rewritten(path, about=about, change=change)
    with pytest.raises(error):
        run(bring_in(other, ImportCollection(path=str(path))))
    assert other.hidden() == [] and other.collections() == [] and other.count() == 0


def test_a_record_of_another_shape_or_a_broken_file_is_refused(store: Store, other: Store, tmp_path: Path) -> None:
    path = exported(store, tmp_path)
    whole = path.read_bytes()
    for data in (whole[: len(whole) // 2], b"no zip", whole.replace(b"Hamburg", b"Hamburh")):
        path.write_bytes(data)
        with pytest.raises(BadFile):
            run(bring_in(other, ImportCollection(path=str(path))))
    assert other.hidden() == []
