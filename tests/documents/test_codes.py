"""The signs of the vectors propose what exact search finds, follow the store, and keep nothing of what was removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.documents import codes as module
from app.documents.codes import Codes
from app.documents.scale_bench import A_DOCUMENT, Synthetic, fill
from app.documents.store import Store
from app.embedder.identity import Identity

IDENTITY = Identity("made", "0", "", "", "mean", "float32", 64, 128)
PASSAGES = 3 * A_DOCUMENT


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three synthetic documents, copied by each test."""
    folder = tmp_path_factory.mktemp("filled")
    store = Store(folder / "documents.db", folder / "backups")
    for _ in fill(store, PASSAGES, IDENTITY):
        pass
    store.close()
    return folder / "documents.db"


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "documents.db").write_bytes(filled.read_bytes())
    opened = Store(tmp_path / "documents.db", tmp_path / "backups")
    opened.use(IDENTITY)
    yield opened
    opened.close()


@pytest.fixture
def codes(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Codes:
    monkeypatch.setattr(module, "SHORTLIST", 100)
    made = Codes(tmp_path / "cache" / "signs.npz", store)
    for _ in made.synchronize():
        pass
    return made


def questions(store: Store, count: int = 10) -> list[np.ndarray]:
    made = Synthetic(IDENTITY.dimensions, 3)
    ids = [row[0] for row in store.sampled((), count)]
    return [made.question(np.frombuffer(vector, "<f4")) for vector in store.vectors_of(ids).values()]


def test_the_nearest_are_among_what_is_proposed(store: Store, codes: Codes) -> None:
    assert codes.ready()
    found = 0
    for question in questions(store):
        exact = store.nearest(question, [], 10)
        proposed = codes.nearest(question, [])
        assert exact[0] in proposed and len(proposed) < 300
        found += len(set(exact) & set(proposed))
    assert found >= 90, "of 100, by signs of 128 bits"


def test_a_question_between_two_steps_reads_nothing_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 400)
    late = Codes(tmp_path / "other.npz", store)
    steps = late.synchronize()
    next(steps)
    next(steps)
    assert 0 < late._rows < store.count()
    assert late.ready(), "the rest is read where it is asked"
    for _ in steps:
        pass
    assert late._rows == store.count() and (np.diff(late._ids[: late._rows]) > 0).all()


def test_a_filter_is_kept_to(store: Store, codes: Codes) -> None:
    (question,) = questions(store, 1)
    first = store.passage_ids([1])
    assert set(codes.nearest(question, [], first)) <= set(first)
    assert codes.nearest(question, [1]) and not codes.nearest(question, [99])


def test_what_is_removed_is_proposed_no_more_and_not_in_the_file(store: Store, codes: Codes) -> None:
    (question,) = questions(store, 1)
    gone = set(store.passage_ids([2]))
    assert codes._path.exists()
    store.remove([2])
    codes.forget()
    assert not codes._path.exists()
    assert codes.ready() and not gone & set(codes.nearest(question, []))
    for _ in codes.synchronize():
        pass
    with np.load(codes._path) as kept:
        assert not gone & set(kept["ids"].tolist())


def test_a_start_takes_over_the_file_unless_something_was_removed_since(
    store: Store, codes: Codes, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.embedder = None  # as while it is still being loaded
    again = Codes(codes._path, store)
    store.use(IDENTITY)
    monkeypatch.setattr(store, "vectors_of", lambda ids: pytest.fail("the sample was read again"))
    for _ in again.synchronize():
        pass
    assert again.ready() and np.array_equal(again._signs, codes._signs)
    monkeypatch.undo()
    store.remove([1])
    late = Codes(codes._path, store)
    for _ in late.synchronize():
        pass
    assert late._rows == store.count()
    codes._path.write_bytes(b"PK no archive")
    broken = Codes(codes._path, store)
    for _ in broken.synchronize():
        pass
    assert broken.ready()
