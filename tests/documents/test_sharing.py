"""A collection that a team shares in a folder: published whole, followed, taken over at once, and forgotten."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest
from documents_helpers import files_holding

from app.documents import shares
from app.documents.bundle import export
from app.documents.codes import Codes
from app.documents.matrix import Matrix
from app.documents.presentations import Presentations
from app.documents.removal import Removal
from app.documents.shared_file import about_of
from app.documents.sharing import Sharing
from app.documents.store import NewDocument, Store
from app.documents.vectors import Vectors
from app.embedder.identity import Identity
from app.errors import AppError, BadFile
from app.paths import Home
from app.text.parsed import Parsed
from app.text.passages import Piece
from app.types import Collection
from app.workers.calls.attached import MoveDocuments
from app.workers.calls.bundles import ExportCollection
from app.workers.calls.documents import Add, DeleteCollection, Remove, RenameCollection, Search
from app.workers.calls.folders import FollowFolder
from app.workers.calls.shares import LookAtShared, OpenShared, PublishCollection, StopPublishing, TakeShared
from app.workers.message import Call

T = TypeVar("T")
IDENTITY = Identity(
    name="e", sha256="0", query="", passage="", pooling="mean", precision="int8", dimensions=32, tokens=512
)


class Person:
    """A data folder with its index, and what the documents process does over it."""

    def __init__(self, root: Path, identity: Identity = IDENTITY) -> None:
        self.home = Home(root)
        self.identity = identity
        self.open()

    def open(self) -> None:
        self.store = Store(self.home.documents_db, self.home.backups)
        self.store.use(self.identity)
        matrix, vectors = Matrix(self.store), Vectors(self.home.vectors, self.store, rest=True)
        codes = Codes(self.home.signs, self.store)
        slides = Presentations(self.home.cache / "slides")
        self.removal = Removal(self.home, self.store, matrix, vectors, codes, slides)
        self.sharing = Sharing(self.home.cache)

    def put(self, collection: int, path: str, text: str) -> int:
        noise = np.random.default_rng(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)).normal(size=32)
        vectors = [(noise / np.linalg.norm(noise)).astype("<f4").tobytes()]
        parsed = Parsed("md", text, (), title="", note="", sha256=text, size=len(text))
        new = NewDocument(
            collection_id=collection, path=path, parsed=parsed, recipe=f"{self.identity.id}/1", seen=(len(text), 5.0),
            pieces=[Piece(0, len(text), None, "", "", 5)], vectors=vectors,
        )  # fmt: skip
        return self.store.put(new)

    def ask(self, call: Call) -> Any:
        return run(self.sharing.answer(self.store, self.removal, call))  # type: ignore[arg-type]

    def collection(self, id_: int) -> Collection:
        return next(each for each in self.store.collections() if each.id == id_)

    def texts(self, id_: int) -> dict[str, str]:
        return {each.name: self.store.text(each.id)[0] for each in self.store.documents(id_)}

    def follow(self, id_: int) -> Any:
        """A look, and what it found taken over."""
        return self.ask(TakeShared(id_)) if self.ask(LookAtShared(id_)).ready else None


def run(steps: Generator[Any, None, T]) -> T:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drive"
    made.mkdir(0o755)
    return made


@pytest.fixture
def writer(tmp_path: Path) -> Generator[Person]:
    made = Person(tmp_path / "writer")
    yield made
    made.store.close()


@pytest.fixture
def reader(tmp_path: Path) -> Generator[Person]:
    made = Person(tmp_path / "reader")
    yield made
    made.store.close()


@pytest.fixture
def shared(writer: Person, reader: Person, folder: Path) -> tuple[int, int]:
    """The collection at the writer's and at the reader's."""
    contracts = writer.store.create_collection("Contracts")
    writer.put(contracts, "/files/a.md", "The limit in Hamburg is 165 euros.")
    writer.put(contracts, "/files/2025/b.md", "Kestrel pays a retainer of 900 euros.")
    made = writer.ask(PublishCollection(contracts, folder=str(folder), by="Ada"))
    assert (made.documents, made.collection.published.edition) == (2, 1)
    return contracts, reader.ask(OpenShared(str(folder))).collection.id


def test_what_is_published_is_read_by_colleagues_and_nothing_is_written_there(
    writer: Person, reader: Person, folder: Path, shared: tuple[int, int]
) -> None:
    (file,) = folder.iterdir()
    assert file.name == "Contracts.inhouse-docs" and file.stat().st_mode & 0o777 == 0o644, "colleagues may read it"
    held = reader.collection(shared[1])
    assert held.shared is not None and held.published is None and held.documents == 2
    assert held.shared.words().startswith("Shared by Ada, read only, as of ")
    assert reader.texts(shared[1])["a.md"] == "The limit in Hamburg is 165 euros."
    assert reader.store.best_words("kestrel", 3), "found by its words"
    assert list(folder.iterdir()) == [file] and not list(reader.home.cache.glob("*.part"))
    own = writer.collection(shared[0]).published
    assert own is not None and not own.behind and own.path == str(file)


@pytest.mark.parametrize("at_once", [500, 0])
def test_a_new_edition_is_taken_over_and_documents_keep_their_ids(
    writer: Person, reader: Person, folder: Path, shared: tuple[int, int], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("app.documents.sharing.AT_ONCE", at_once)
    before = {each.name: each.id for each in reader.store.documents(shared[1])}
    assert reader.follow(shared[1]) is None, "nothing is new"
    writer.put(shared[0], "/files/a.md", "The limit in Hamburg is 180 euros.")
    writer.put(shared[0], "/elsewhere/c.md", "Osprey is a new supplier.")  # all paths in the file are others now
    writer.store.rename_collection(shared[0], "Contracts 2026")
    assert writer.collection(shared[0]).published.behind  # type: ignore[union-attr]
    writer.ask(PublishCollection(shared[0]))
    assert [each.name for each in folder.iterdir()] == ["Contracts.inhouse-docs"], "colleagues know it by this name"
    seen = reader.ask(LookAtShared(shared[1]))
    assert seen.ready and reader.texts(shared[1])["a.md"].endswith("165 euros."), (
        "until it is taken over the old answers"
    )
    assert not reader.store.best_words("osprey", 3) or reader.collection(shared[1]).documents == 2
    taken = reader.ask(TakeShared(shared[1]))
    assert (taken.edition, taken.added, taken.removed) == (2, 1, ())
    after = {each.name: each.id for each in reader.store.documents(shared[1])}
    assert {name: after[name] for name in before} == before, "what cites them stays true"
    assert reader.texts(shared[1])["a.md"] == "The limit in Hamburg is 180 euros."
    assert reader.collection(shared[1]).name == "Contracts 2026"
    assert reader.store.count() == 3 and reader.store.hidden() == []
    assert not reader.store.best_words('"165"', 3) and reader.store.best_words("osprey", 3)


@pytest.mark.parametrize("at_once", [500, 0])
def test_what_the_writer_removed_leaves_no_byte_with_colleagues(
    writer: Person, reader: Person, folder: Path, shared: tuple[int, int], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("app.documents.sharing.AT_ONCE", at_once)
    needle = b"retainer of 900"
    assert files_holding(folder, needle) and files_holding(reader.home.root, needle)
    gone = next(each.id for each in writer.store.documents(shared[0]) if each.name == "b.md")
    writer.store.remove([gone])
    writer.ask(PublishCollection(shared[0]))
    assert not files_holding(folder, needle), "no older edition stays in the folder"
    here = next(each.id for each in reader.store.documents(shared[1]) if each.name == "b.md")
    taken = reader.follow(shared[1])
    assert taken.removed == (here,) and taken.traces == 0
    assert reader.store.tombstones()[0] == (here,), "so that chats forget it too"
    assert not files_holding(reader.home.root, needle)
    last = [each.id for each in writer.store.documents(shared[0])]
    writer.store.remove(last)
    writer.ask(PublishCollection(shared[0]))
    assert len(reader.follow(shared[1]).removed) == 1 and reader.store.count() == 0


def test_a_damaged_forged_or_older_edition_is_refused_and_the_one_before_stays(
    writer: Person, reader: Person, folder: Path, shared: tuple[int, int]
) -> None:
    (file,) = folder.iterdir()
    first = file.read_bytes()
    writer.put(shared[0], "/files/a.md", "The limit in Hamburg is 180 euros.")
    writer.ask(PublishCollection(shared[0]))
    second = file.read_bytes()

    def said(data: bytes) -> str:
        file.write_bytes(data)
        assert not reader.ask(LookAtShared(shared[1])).ready
        assert reader.texts(shared[1])["a.md"].endswith("165 euros.") and reader.store.hidden() == []
        return reader.collection(shared[1]).shared.problem  # type: ignore[union-attr]

    damaged = "A damaged file lies in its place"
    assert said(second[: len(second) // 2]) == said(second.replace(b"180", b"999")) == said(b"no zip") == damaged
    other = writer.store.create_collection("Other")
    writer.put(other, "/files/x.md", "Something else.")
    (folder / "other").mkdir()
    path = writer.ask(PublishCollection(other, folder=str(folder / "other"))).collection.published.path
    assert said(Path(path).read_bytes()) == "Another collection lies in its place"
    file.unlink()
    assert not reader.ask(LookAtShared(shared[1])).ready
    held = reader.collection(shared[1]).shared
    assert held is not None and held.problem == "Its file was taken out of its folder" and held.since > 0
    assert "this edition keeps answering" in held.words()
    file.write_bytes(second)
    assert reader.follow(shared[1]).edition == 2 and reader.collection(shared[1]).shared.problem == ""  # type: ignore[union-attr]
    file.write_bytes(first)
    assert not reader.ask(LookAtShared(shared[1])).ready
    assert reader.collection(shared[1]).shared.problem == "An older edition (1) lies in its place"  # type: ignore[union-attr]


def test_a_folder_that_is_away_is_said_and_found_again(reader: Person, folder: Path, shared: tuple[int, int]) -> None:
    away = folder.rename(folder.with_name("away"))
    assert reader.ask(LookAtShared(shared[1])).changed and not reader.ask(LookAtShared(shared[1])).changed
    assert reader.collection(shared[1]).shared.problem == "Its folder cannot be reached"  # type: ignore[union-attr]
    away.rename(folder)
    assert reader.ask(LookAtShared(shared[1])).changed
    assert reader.collection(shared[1]).shared.problem == ""  # type: ignore[union-attr]


def test_ending_in_the_middle_leaves_the_edition_before(
    writer: Person, reader: Person, folder: Path, shared: tuple[int, int]
) -> None:
    (file,) = folder.iterdir()
    before = file.read_bytes()
    writer.put(shared[0], "/files/a.md", "The limit in Hamburg is 180 euros.")
    steps = writer.sharing.answer(writer.store, writer.removal, PublishCollection(shared[0]))
    next(steps)
    steps.close()
    (folder / f".{file.name}.0123abcd.part").write_bytes(b"half")  # of a process that was killed
    assert file.read_bytes() == before
    writer.ask(PublishCollection(shared[0]))
    assert list(folder.iterdir()) == [file], "what was half written goes with the next edition"
    assert reader.ask(LookAtShared(shared[1])).ready
    (reader.home.cache / "shared-0.part").write_bytes(b"half")
    reader.store.close()  # what was ready is forgotten; a killed process leaves as much
    reader.open()
    assert reader.texts(shared[1])["a.md"].endswith("165 euros.")
    assert reader.follow(shared[1]).changed == 1 and not list(reader.home.cache.glob("*.part"))
    assert reader.texts(shared[1])["a.md"].endswith("180 euros.")


def test_a_take_over_that_fails_in_the_middle_changes_nothing(
    writer: Person, reader: Person, shared: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.put(shared[0], "/files/a.md", "The limit in Hamburg is 180 euros.")
    writer.put(shared[0], "/files/c.md", "Osprey is a new supplier.")
    writer.ask(PublishCollection(shared[0]))
    assert reader.ask(LookAtShared(shared[1])).ready
    broken = AppError("The disk is full.")
    monkeypatch.setattr(Sharing, "_note", lambda *args: (_ for _ in ()).throw(broken))
    with pytest.raises(AppError):
        reader.ask(TakeShared(shared[1]))
    assert reader.texts(shared[1]) == {
        "a.md": "The limit in Hamburg is 165 euros.", "b.md": "Kestrel pays a retainer of 900 euros.",
    }  # fmt: skip
    monkeypatch.undo()
    assert reader.follow(shared[1]).added == 1


def test_a_large_take_over_that_is_cut_short_is_finished_by_the_next_look(
    writer: Person, reader: Person, shared: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.documents.sharing.AT_ONCE", 0)
    before = {each.name: each.id for each in reader.store.documents(shared[1])}
    for name in ("a.md", "2025/b.md", "c.md"):
        writer.put(shared[0], f"/files/{name}", f"New text of {name}.")
    writer.ask(PublishCollection(shared[0]))
    assert reader.ask(LookAtShared(shared[1])).ready
    steps = reader.sharing.answer(reader.store, reader.removal, TakeShared(shared[1]))
    next(steps)  # the first document
    steps.close()
    reader.store.close()
    reader.open()
    reader.follow(shared[1])
    assert reader.texts(shared[1]) == {
        "a.md": "New text of a.md.", "b.md": "New text of 2025/b.md.", "c.md": "New text of c.md.",
    }  # fmt: skip
    after = {each.name: each.id for each in reader.store.documents(shared[1])}
    assert {name: after[name] for name in before} == before
    assert not [each.path for each in reader.store.documents(shared[1]) if each.path.startswith("?")]


def test_only_its_writer_changes_it(writer: Person, reader: Person, folder: Path, shared: tuple[int, int]) -> None:
    id_ = shared[1]
    ids = tuple(each.id for each in reader.store.documents(id_))
    for call in (
        Add(paths=("/x",), collection_id=id_), Remove(ids=ids), RenameCollection(id_, "Mine"),
        FollowFolder("/x", id_), MoveDocuments(ids=ids, collection_id=id_),
    ):  # fmt: skip
        with pytest.raises(AppError, match="shared by Ada and can only be read here"):
            shares.refuse_changes(lambda: reader.store, call)
    shares.refuse_changes(lambda: reader.store, Search(query="x"))
    shares.refuse_changes(
        lambda: reader.store, Remove(ids=tuple(range(10**6, 10**6 + 300_000)))
    )  # none of theirs, however many
    shares.refuse_changes(lambda: reader.store, DeleteCollection(id_))  # takes the copy away, and nothing else
    with pytest.raises(AppError, match="Only they publish it"):
        reader.ask(PublishCollection(id_, folder=str(folder)))
    with pytest.raises(AppError, match="open already"):
        reader.ask(OpenShared(str(folder)))
    with pytest.raises(AppError, match="Stop sharing it first"):
        shares.refuse_changes(lambda: writer.store, DeleteCollection(shared[0]))
    writer.ask(StopPublishing(shared[0]))
    assert list(folder.iterdir()) == [] and writer.collection(shared[0]).published is None
    shares.refuse_changes(lambda: writer.store, DeleteCollection(shared[0]))


def test_the_folder_is_chosen_with_care(writer: Person, folder: Path, shared: tuple[int, int], tmp_path: Path) -> None:
    twin = writer.store.create_collection("Con:tracts")
    with pytest.raises(AppError, match="cannot be reached"):
        writer.ask(PublishCollection(twin, folder=str(folder / "missing")))
    (folder / "Con-tracts.inhouse-docs").write_bytes((folder / "Contracts.inhouse-docs").read_bytes())
    with pytest.raises(AppError, match="Another collection lies in this folder"):
        writer.ask(PublishCollection(twin, folder=str(folder)))
    with pytest.raises(BadFile, match="several collections"):
        writer.ask(OpenShared(str(folder)))
    plain = tmp_path / "plain.inhouse-docs"
    run(export(writer.store, ExportCollection(collection_id=shared[0], path=str(plain))))
    with pytest.raises(BadFile) as refused:
        writer.ask(OpenShared(str(plain)))
    assert refused.value.code == "exported"
    with pytest.raises(AppError, match=r"shared in .* already"):
        writer.ask(PublishCollection(shared[0], folder=str(tmp_path)))


def test_vectors_of_another_embedder_are_told(folder: Path, shared: tuple[int, int], tmp_path: Path) -> None:
    third = Person(tmp_path / "third", msgspec.structs.replace(IDENTITY, name="f", dimensions=8))
    try:
        assert third.ask(OpenShared(str(folder))).renewed
        assert len(third.store.stale()) == 2, "they are made anew from the text, in idle moments"
    finally:
        third.store.close()


KILLS = 12


def killed(work: Callable[[], object], after_s: float) -> None:
    """Do it in a process that is ended with -9 so much later, or has ended by then."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="POSIX only")
def test_kills_leave_a_whole_edition_in_the_folder_and_a_whole_one_with_the_reader(
    writer: Person, reader: Person, folder: Path, shared: tuple[int, int]
) -> None:
    """Writer and reader are killed at moments spread over all that they do."""
    writer.store.close()
    reader.store.close()
    rounds, held = random.Random(3), {"a.md": "The limit in Hamburg is 165 euros."}

    def write(number: int) -> None:
        writer.open()
        for name in ("a.md", "b.md"):
            writer.put(shared[0], f"/files/{name}", f"Round {number} of {name}, {'word ' * 200}")
        writer.ask(PublishCollection(shared[0]))

    def follow() -> None:
        reader.open()
        reader.follow(shared[1])

    for number in range(KILLS):
        killed(lambda number=number: write(number), rounds.random() * 0.15)  # type: ignore[misc]
        (file,) = folder.glob("*.inhouse-docs")
        about_of(file)
        killed(follow, rounds.random() * 0.15)
        reader.open()
        texts = reader.texts(shared[1])
        assert set(texts) == {"a.md", "b.md"}
        assert texts["a.md"] == held["a.md"] or texts["a.md"][:9] == texts["b.md"][:9], "never half of two editions"
        reader.follow(shared[1])
        stands = reader.collection(shared[1]).shared
        assert stands is not None and not stands.problem, "what lies in the folder is whole"
        held = reader.texts(shared[1])
        reader.store.close()
    writer.open()
    writer.put(shared[0], "/files/a.md", "The end.")
    writer.ask(PublishCollection(shared[0]))
    assert [each.name for each in folder.iterdir()] == ["Contracts.inhouse-docs"]
    reader.open()
    reader.follow(shared[1])
    assert reader.texts(shared[1])["a.md"] == "The end." and not list(reader.home.cache.glob("*.part"))
