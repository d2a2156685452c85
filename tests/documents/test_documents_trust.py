"""A damaged index costs what was damaged, is said once, and stands in nobody's way; a read-only one can be searched."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from damage import Damage, overwrite, read_only_copy, truncate
from documents_helpers import SAMPLES, files_holding
from old_home import unpack_old_home

from app.errors import AppError, Damaged, NoSpace
from app.files import discard, kept_aside
from app.paths import Home
from app.workers.calls.documents import (
    DeleteCollection,
    Embed,
    Embedded,
    Forgotten,
    ListCollections,
    ListDocuments,
    ListTombstones,
    Remove,
    Tombstones,
)
from app.workers.message import Done

pytestmark = pytest.mark.real

NAMES = tuple(each.name for each in SAMPLES)
HOTEL = "What is the hotel limit per night in Munich?"


def spoil_the_full_text(path: Path) -> None:
    """Bytes inside the full text, which SQLite's own check passes over."""
    db = sqlite3.connect(path)
    db.execute("UPDATE words_data SET block = randomblob(length(block)) WHERE id > 10")
    db.commit()
    db.close()


DAMAGES: dict[str, tuple[Damage, int, int]] = {
    "header": (overwrite(1), 4, 4),
    "root of passages": (overwrite("passages"), 4, 4),
    "index": (overwrite("passages_by_document"), 4, 4),
    "root of documents": (overwrite("documents"), 0, 0),
    "root of collections": (overwrite("collections"), 4, 4),
    "page 30": (overwrite(30), 3, 4),
    "end": (truncate(2 / 3), 0, 4),
}
"""What is done, how many documents are whole afterwards, and how many are there."""


@pytest.mark.parametrize("name", DAMAGES)
def test_what_can_be_read_of_a_damaged_index_is_kept(sampled, data_folder: Path, name: str) -> None:
    damage, whole, there = DAMAGES[name]
    ids = {each.id for each in sampled.listed()}
    passages = {each.id for each in sampled.search(HOTEL, k=50).passages}
    sampled.close()
    damage(data_folder / "documents.db")
    broken = (data_folder / "documents.db").read_bytes()
    sampled.restart()
    listed = {
        document.id: document
        for each in sampled.ask(ListCollections()).collections
        for document in sampled.ask(ListDocuments(collection_id=each.id)).documents
    }
    assert len([each for each in listed.values() if each.status == "indexed"]) >= whole
    assert all(each.code == "damaged" for each in listed.values() if each.status != "indexed")
    assert listed.keys() <= ids and len(listed) == there
    (kept,) = kept_aside(Home(data_folder))
    assert kept.name.startswith("documents.broken-") and kept.read_bytes() == broken
    if whole == 4:
        assert {each.id for each in sampled.search(HOTEL, k=50).passages} == passages
        assert sampled.search(HOTEL, highlight=True).passages[0].page == 8
    added = sampled.add(*SAMPLES, collection=next((each.collection for each in listed.values()), "Policies"))
    assert added.failed == 0 and added.unchanged >= whole
    assert sampled.search(HOTEL).passages[0].document == NAMES[0]
    assert all(each.id in ids or each.id > max(ids) for each in sampled.listed()), "no id is given out twice"
    assert sampled.health()["documents"] == "ok"


def test_it_is_said_once_also_after_a_restart(documents, data_folder: Path) -> None:
    documents.add(*SAMPLES[1:3])
    documents.close()
    overwrite(1)(data_folder / "documents.db")
    documents.restart()
    assert documents.search("pool cars").found
    documents.restart()
    note = documents.note()
    assert "was damaged" in note and "2 documents could be read" in note and "documents.broken-" in note
    assert documents.note() == ""
    documents.restart()
    assert documents.note() == ""


@pytest.mark.parametrize("content", [b"", b"this is no database" * 1000, b"SQLite format 3\0" + bytes(9000)])
def test_an_index_of_which_nothing_can_be_read_is_set_aside(documents, data_folder: Path, content: bytes) -> None:
    """An empty file was taken for a new index, and "no collections yet" was all that one was told."""
    documents.add(SAMPLES[1])
    before = max(each.id for each in documents.listed())
    documents.close()
    (data_folder / "documents.db").write_bytes(content)
    documents.restart()
    assert "None of it could be read" in documents.note()
    assert documents.add(SAMPLES[1]).indexed == 1
    (kept,) = kept_aside(Home(data_folder))
    assert kept.read_bytes() == content
    assert documents.listed()[0].id > before, "what chats cite by its id is not another document now"


@pytest.mark.parametrize("damage", [overwrite("passages_by_document"), overwrite("words_data"), spoil_the_full_text])
def test_damage_that_a_request_meets_is_healed_without_a_restart(sampled, data_folder: Path, damage: Damage) -> None:
    sampled.role._store.purge()  # nothing may be left in the log, which would be right
    sampled.role._store.db.execute("PRAGMA shrink_memory")
    sampled.role._open.matrix.clear()
    damage(data_folder / "documents.db")
    sampled.role._store.db.execute("PRAGMA shrink_memory")

    def met() -> None:
        sampled.search(HOTEL)
        sampled.ask(Remove(ids=(sampled.listed()[0].id,)))

    with pytest.raises(Damaged) as told:
        met()
    assert "try again" in told.value.hint
    assert sampled.search(HOTEL).passages[0].document == NAMES[0]
    assert "4 documents could be read" in sampled.note() and len(sampled.listed()) == 4


def test_a_removal_names_the_file_that_was_set_aside_until_it_is_deleted(sampled, data_folder: Path) -> None:
    """Every removal failed with "14 traces", and nothing said where they were."""
    sampled.close()
    overwrite(1)(data_folder / "documents.db")
    sampled.restart()
    (kept,) = [path.name for path in (sampled.note() and kept_aside(Home(data_folder)))]
    removed = sampled.remove(NAMES[0])
    assert removed.traces > 0 and removed.places == (kept,)
    with pytest.raises(AppError, match="No file"):
        discard(Home(data_folder), "documents.db")
    discard(Home(data_folder), kept)
    removed = sampled.remove(NAMES[1])
    assert removed.documents == 1 and removed.traces == 0 and removed.places == ()


def test_a_killed_salvage_leaves_nothing_that_the_proof_overlooks(documents, policies: Path, data_folder: Path) -> None:
    documents.add(policies)
    for name in ("documents.making.tmp", "documents.salvaged-20260101-000000.db-wal", ".documents.json.1.tmp"):
        (data_folder / name).write_bytes((policies / "travel.md").read_bytes())
        assert documents.remove("travel.md").places == (name,)
        (data_folder / name).unlink()
        documents.add(policies)


def test_a_removal_takes_the_copy_from_before_a_migration_along(documents, data_folder: Path) -> None:
    unpack_old_home(data_folder)
    documents.listed("Larkfield samples")
    (copy,) = (data_folder / "backups").glob("documents-v1-*.db")
    assert b"hotel" in copy.read_bytes()
    removed = documents.remove("Travel-Policy-2026.pdf", collection="Larkfield samples")
    assert (removed.documents, removed.traces) == (1, 0) and not copy.exists()


def test_tombstones_stay_until_every_store_has_followed(documents, policies: Path, data_folder: Path) -> None:
    documents.add(policies)
    documents.add(policies / "travel.md", collection="Marigold journeys")
    journeys = documents.collection("Marigold journeys")
    removed = documents.remove("phones.csv", "canteen.txt")
    gone = documents.ask(DeleteCollection(collection_id=journeys))
    documents.restart()
    wanted = Tombstones(ids=(*removed.ids, *gone.ids), collections=(journeys,))
    assert documents.ask(ListTombstones()) == wanted
    assert files_holding(data_folder, b"canteen.txt"), "the name is kept with it"
    assert documents.ask(Forgotten(ids=removed.ids)) == Done()
    assert documents.ask(ListTombstones()) == Tombstones(ids=gone.ids, collections=(journeys,))
    documents.ask(Forgotten(ids=gone.ids, collections=(journeys,)))
    assert documents.ask(ListTombstones()) == Tombstones(ids=())
    for needle in (b"canteen.txt", b"phones.csv", b"Marigold"):
        assert files_holding(data_folder, needle) == []


def test_ids_are_never_given_out_again(documents, policies: Path) -> None:
    documents.add(policies)
    last = max(each.id for each in documents.listed())
    collection = documents.collection("Policies")
    removed = documents.ask(DeleteCollection(collection_id=collection))
    documents.ask(Forgotten(ids=removed.ids, collections=(collection,)))
    documents.restart()
    documents.add(policies)
    assert documents.collection("Policies") > collection
    assert min(each.id for each in documents.listed()) > last


def test_texts_are_embedded_as_the_index_does_it(documents, policies: Path, data_folder: Path) -> None:
    documents.add(policies / "canteen.txt")
    texts = ("The canteen closes at 14:30.", "", "A word. " * 400)
    found = documents.ask(Embed(texts=texts))
    assert isinstance(found, Embedded) and [len(vector) for vector in found.vectors] == [384] * 3
    assert all(abs(sum(x * x for x in vector) - 1) < 1e-5 for vector in found.vectors)
    assert found.tokens > 1200
    (alone,) = documents.ask(Embed(texts=texts[:1])).vectors
    assert max(abs(a - b) for a, b in zip(alone, found.vectors[0], strict=True)) < 1e-5
    assert documents.ask(Embed(texts=())) == Embedded(vectors=(), tokens=0)


READ = """
import os, sys
from pathlib import Path
from app.documents.warm import Warm
from app.documents.worker import DocumentsRole
from app.errors import NoSpace
from app.paths import Home
from app.workers.calls.documents import (
    Add, CheckHealth, CreateCollection, DeleteCollection, Embed, Embedded,
    Forgotten, ListCollections, ListDocuments, ListTombstones, ReadText, Remove, Search, Tombstones,
)
from app.workers.message import Done
import email.message, tokenizers, tempfile
warm = Warm()
while not warm.wait(1): pass
os.setuid(int(sys.argv[1]))
role = DocumentsRole(Home(Path(sys.argv[2])), warm)

def ask(call):
    steps = role.handle(call)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value

first, again = ask(ListCollections()), ask(ListCollections())
assert "only be read" in first.note and again.note == "", (first, again)
listed = [ask(ListDocuments(collection_id=each.id)).documents for each in first.collections]
print(len(first.collections), sum(map(len, listed)))
found = ask(Search(query="What is the hotel limit per night in Munich?", highlight=True)).result
print(found.found, found.passages[0].document)
print(len(ask(ReadText(document_id=found.passages[0].document_id)).text) > 1000)
print(ask(ListTombstones()).ids)
print(ask(CheckHealth()).stores["documents"])
for _ in role.background(): pass
calls = (CreateCollection(name="x"), Remove(ids=(1,)), Add(paths=("/",), collection_id=1), Forgotten(ids=(1,)))
for call in calls:
    try:
        ask(call)
        print("changed", call)
    except NoSpace as error:
        assert "only be read" in error.message, error
role.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX systems")
@pytest.mark.parametrize("version", ["today", "0.1.0"])
def test_a_read_only_folder_can_be_searched(documents, data_folder: Path, version: str) -> None:
    unpack_old_home(data_folder)
    if version == "today":
        documents.ask(ListCollections())
        documents.ask(Forgotten(ids=(2,)))
        documents.close()
    with read_only_copy(data_folder) as (folder, user):
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        read = subprocess.run(
            [sys.executable, "-c", READ, str(user), str(folder)], capture_output=True, text=True, check=False
        )
        assert read.returncode == 0, read.stderr
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert read.stdout.splitlines() == [
        "2 3", "True Travel-Policy-2026.pdf", "True", "()", "ok, but it can only be read here",
    ]  # fmt: skip


def test_a_full_disk_leaves_the_index_to_be_read(documents, policies: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for the lock, the log or a migration: what is there can be searched all the same."""
    documents.add(policies)
    documents.close()

    def full(*_args: object, **_more: object) -> None:
        raise NoSpace("The disk is full.")

    monkeypatch.setattr("app.documents.stores.hold", full)
    documents.restart()
    assert documents.search("hotel in Vienna").found
    with pytest.raises(NoSpace):
        documents.collection("New")


def test_removing_one_of_two_that_say_the_same_finds_no_trace_of_it(documents, tmp_path: Path) -> None:
    said = "Die Häuser der Gesellschaften werden jährlich von den Sachverständigen der Versicherungen besichtigt.\n"
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(said, encoding="utf-8")
    documents.add(tmp_path / "a.txt", tmp_path / "b.txt")
    first, _ = documents.listed()
    removed = documents.ask(Remove(ids=(first.id,)))
    assert (removed.documents, removed.traces, removed.places) == (1, 0, ()), "the other one says the same"
