"""Files of one chat in the index: found only where they are named, moved without being read again, gone with proof."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest
from conftest import Documents
from documents_helpers import files_holding, set_back

from app.cited import ATTACHED_FILES
from app.documents.attached import GONE, MOST
from app.errors import AppError
from app.types import Document, SearchResult
from app.workers.calls.attached import (
    Attach,
    Attached,
    AttachedCopied,
    CopyAttached,
    Hidden,
    ListHidden,
    Moved,
    MoveDocuments,
)
from app.workers.calls.digest import FindTopics, Topics
from app.workers.calls.documents import (
    Add,
    Added,
    Collections,
    DeleteCollection,
    DocumentText,
    ListCollections,
    ListDocuments,
    ReadText,
    Removed,
    Search,
    Searched,
)
from app.workers.calls.documents import Documents as Listed

SECRET = "The severance of the zebra keeper is 4711 gold coins."


@pytest.fixture
def offer(tmp_path: Path) -> Path:
    path = tmp_path / "Offer.txt"
    path.write_text(SECRET)
    return path


def attach(documents: Documents, *paths: Path, collection_id: int = 0) -> Attached:
    """Attach files and read them, as the core does."""
    attached = documents.ask(Attach(paths=tuple(map(str, paths)), collection_id=collection_id))
    assert isinstance(attached, Attached)
    for path in paths:
        documents.ask(Add(paths=(str(path),), collection_id=attached.collection_id))
    return attached


def search_in(documents: Documents, attached: Attached, query: str) -> SearchResult:
    found = documents.ask(Search(query=query, collections=(attached.collection_id,)))
    assert isinstance(found, Searched)
    return found.result


def test_a_waiting_file_is_known_before_it_is_read(documents: Documents, offer: Path) -> None:
    attached = documents.ask(Attach(paths=(str(offer),)))
    assert isinstance(attached, Attached)
    assert [(each.name, each.status, each.collection) for each in attached.documents] == [
        ("Offer.txt", "waiting", ATTACHED_FILES)
    ]
    documents.restart()
    hidden = documents.ask(ListHidden())
    assert isinstance(hidden, Hidden)
    assert hidden.collections == (attached.collection_id,)
    assert [each.status for each in hidden.documents] == ["waiting"]


def test_it_is_found_only_where_it_is_named(documents: Documents, policies: Path, offer: Path) -> None:
    documents.add(policies)
    attached = attach(documents, offer)
    mine = search_in(documents, attached, "severance of the zebra keeper")
    assert mine.found and mine.passages[0].document == "Offer.txt" and mine.passages[0].collection == ATTACHED_FILES
    every = documents.search("severance of the zebra keeper")
    assert every.passages and all(each.document != "Offer.txt" for each in every.passages)
    listed = documents.ask(ListDocuments(collection_id=0))
    assert isinstance(listed, Listed) and all(each.name != "Offer.txt" for each in listed.documents)
    collections = documents.ask(ListCollections())
    assert isinstance(collections, Collections) and [each.name for each in collections.collections] == ["Policies"]
    assert collections.collections[0].documents == len(listed.documents)
    topics = documents.ask(FindTopics())
    assert isinstance(topics, Topics)
    ids = {each.id for each in listed.documents}
    assert topics.topics and all(ids.issuperset(topic.documents) for topic in topics.topics)


def test_where_nothing_else_is_a_search_of_everything_finds_nothing(documents: Documents, offer: Path) -> None:
    attach(documents, offer)
    assert documents.search("severance of the zebra keeper").passages == ()


def test_promoted_it_is_found_everywhere_and_keeps_its_id(documents: Documents, policies: Path, offer: Path) -> None:
    documents.add(policies)
    attached = attach(documents, offer)
    before = search_in(documents, attached, "zebra keeper").passages[0]
    offer.unlink()  # nothing is read again
    moved = documents.ask(MoveDocuments(ids=(before.document_id,), collection_id=documents.collection("Policies")))
    assert moved == Moved(ids=(before.document_id,))
    found = documents.search("zebra keeper").passages[0]
    assert (found.document_id, found.collection, found.text) == (before.document_id, "Policies", SECRET)
    assert search_in(documents, attached, "zebra keeper").passages == ()
    text = documents.ask(ReadText(document_id=before.document_id))
    assert isinstance(text, DocumentText) and text.text == SECRET
    documents.restart()
    assert documents.search("zebra keeper").passages[0].document_id == before.document_id
    assert documents.health()["documents"] == "ok"


def test_a_copy_is_whole_and_apart_from_what_it_was_copied_from(
    documents: Documents, offer: Path, tmp_path: Path
) -> None:
    archive = tmp_path / "Both.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("Inside.txt", "The lion keeper gets 12 silver coins.")
    attached = attach(documents, offer, archive)
    documents.ask(Attach(paths=(str(tmp_path / "Offer.txt"),), collection_id=attached.collection_id))  # waits again
    for path in (offer, archive):
        path.unlink()  # nothing is read again
    copied = documents.ask(CopyAttached(collection_id=attached.collection_id))
    assert isinstance(copied, AttachedCopied) and copied.collection_id != attached.collection_id
    before = listed_in(documents, attached.collection_id)
    after = listed_in(documents, copied.collection_id)
    assert [(each.path, each.status, each.passages) for each in after] == [
        (each.path, each.status, each.passages) for each in before
    ]
    assert copied.copies == dict(zip([each.id for each in before], [each.id for each in after], strict=True))
    documents.ask(DeleteCollection(collection_id=attached.collection_id))
    for query, text in (("zebra keeper", SECRET), ("lion keeper", "The lion keeper gets 12 silver coins.")):
        found = documents.ask(Search(query=query, collections=(copied.collection_id,)))
        assert isinstance(found, Searched) and found.result.passages[0].text == text
    documents.restart()
    found = documents.ask(Search(query="zebra keeper", collections=(copied.collection_id,)))
    assert isinstance(found, Searched) and found.result.found
    assert documents.health()["documents"] == "ok"
    with pytest.raises(AppError):
        documents.ask(CopyAttached(collection_id=attached.collection_id))


def test_what_the_collection_has_already_stays_attached(documents: Documents, offer: Path) -> None:
    documents.add(offer)
    attached = attach(documents, offer)
    (twin,) = [each.id for each in attached.documents]
    with pytest.raises(AppError, match="in this collection already"):
        documents.ask(MoveDocuments(ids=(twin,), collection_id=documents.collection("Policies")))
    assert [each.id for each in listed_in(documents, attached.collection_id)] == [twin]


def test_a_file_that_cannot_be_read_says_why_and_is_not_moved(documents: Documents, tmp_path: Path) -> None:
    bad = tmp_path / "Bad.pdf"
    bad.write_bytes(b"%PDF-1.7 and then nothing")
    attached = attach(documents, bad)
    (failed,) = listed_in(documents, attached.collection_id)
    assert failed.status == "failed" and failed.reason
    with pytest.raises(AppError, match="Nothing of it could be read"):
        documents.ask(MoveDocuments(ids=(failed.id,), collection_id=documents.collection("Policies")))


def test_a_file_that_is_gone_is_still_asked_and_says_so(documents: Documents, offer: Path) -> None:
    attached = attach(documents, offer)
    assert [each.reason for each in listed_in(documents, attached.collection_id)] == [""]
    offer.unlink()
    assert [each.reason for each in listed_in(documents, attached.collection_id)] == [GONE]
    assert search_in(documents, attached, "severance of the zebra keeper").found


def test_removed_no_file_holds_it(documents: Documents, policies: Path, offer: Path) -> None:
    documents.add(policies)
    attached = attach(documents, offer)
    removed = documents.ask(DeleteCollection(collection_id=attached.collection_id))
    assert isinstance(removed, Removed) and (removed.documents, removed.traces) == (1, 0)
    documents.close()
    assert files_holding(documents.home, b"severance of the zebra") == []


def test_it_is_read_while_a_large_add_goes_on(documents: Documents, tmp_path: Path, offer: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    for number in range(30):
        (folder / f"{number}.txt").write_text(f"Document {number}. " + f"It speaks of matter {number}. " * 40)
    adding = documents.role.handle(Add(paths=(str(folder),), collection_id=documents.collection("Policies")))
    for _ in range(5):
        next(adding)
    attached = attach(documents, offer)
    assert search_in(documents, attached, "severance of the zebra keeper").found
    with pytest.raises(StopIteration) as end:
        while True:
            next(adding)
    assert end.value.value == Added(indexed=30, unchanged=0, failed=0)
    assert documents.health()["documents"] == "ok"


def test_too_many_files_are_refused_and_none_is_kept(documents: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(MOST + 1):
        (folder / f"{number}.txt").write_text("text")
    with pytest.raises(AppError, match=f"At most {MOST} files"):
        documents.ask(Attach(paths=(str(folder),)))
    hidden = documents.ask(ListHidden())
    assert hidden == Hidden(collections=(), documents=())


def test_an_index_of_before_gets_the_column_and_a_copy(documents: Documents, policies: Path) -> None:
    documents.add(policies)
    documents.close()
    with sqlite3.connect(documents.home / "documents.db") as db:
        set_back(db, 5)
    db.close()
    documents.role = documents._role()
    collections = documents.ask(ListCollections())
    assert isinstance(collections, Collections) and [each.name for each in collections.collections] == ["Policies"]
    assert list((documents.home / "backups").glob("documents-*"))


def listed_in(documents: Documents, collection_id: int) -> tuple[Document, ...]:
    listed = documents.ask(ListDocuments(collection_id=collection_id))
    assert isinstance(listed, Listed)
    return listed.documents
