"""Personal data in the index: masked before anything is kept, shown, decided on, exported."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Documents
from documents_helpers import files_holding

from app.errors import AppError
from app.text.personal.kinds import USUAL
from app.workers.calls.documents import Add, Added, DocumentText, FileEvent, ReadText
from app.workers.calls.personal import (
    ExportRedacted,
    FindPersonal,
    KeepMasking,
    ListPersonal,
    ListUnmasked,
    PersonalFound,
    PersonalListed,
    RedactedExported,
    Unmasked,
)

IBAN, MAIL, CARD = "DE89370400440532013000", "anna.berg@firma-nord.de", "4111111111111111"
TEXT = (
    f"Refunds of anna's trips go to {IBAN} within ten days.\n\n"
    f"Ask {MAIL} about the hotel in Vienna. Her card is {CARD}.\n\nOthers write to info@firma-nord.de.\n"
)


@pytest.fixture
def kept(documents: Documents, tmp_path: Path) -> Iterator[tuple[Documents, Path]]:
    """A collection with one document that is kept as it was read."""
    path = tmp_path / "refunds.md"
    path.write_text(TEXT, encoding="utf-8")
    documents.add(path)
    yield documents, path


def _mask(documents: Documents, *kinds: str) -> Unmasked:
    call = KeepMasking(collection_id=documents.collection("Policies"), kinds=kinds)  # type: ignore[arg-type]
    found = documents.ask(call)
    assert isinstance(found, Unmasked)
    return found


def _text(documents: Documents) -> str:
    read = documents.ask(ReadText(document_id=documents.listed()[0].id))
    assert isinstance(read, DocumentText)
    return read.text


def _left(documents: Documents) -> list[str]:
    return [place for value in (IBAN, MAIL, CARD) for place in files_holding(documents.home, value.encode())]


def test_masking_leaves_no_byte_of_it(kept: tuple[Documents, Path]) -> None:
    documents, path = kept
    documents.idle()
    assert _left(documents)
    assert _mask(documents, *USUAL).paths == {documents.collection("Policies"): (str(path),)}
    assert documents.add(path) == Added(indexed=1, unchanged=0, failed=0)
    events = [event for event in documents.events if isinstance(event, FileEvent)]
    assert events[-1].masked == 3
    documents.idle()
    assert _left(documents) == []
    assert "go to [IBAN] within" in _text(documents) and "Ask [e-mail address] about" in _text(documents)
    assert "info@firma-nord.de" in _text(documents)
    (document,) = documents.listed()
    assert document.masked == {"e-mail": 1, "IBAN": 1, "card number": 1}
    found = documents.search("Where do refunds go?").passages
    assert "[IBAN]" in found[0].text
    assert documents.add(path) == Added(indexed=0, unchanged=1, failed=0)
    unmasked = documents.ask(ListUnmasked(collection_id=0))
    assert isinstance(unmasked, Unmasked) and unmasked.paths == {}


def test_what_was_masked_comes_back_by_reading_anew_only(kept: tuple[Documents, Path]) -> None:
    documents, path = kept
    _mask(documents, "IBAN")
    documents.add(path)
    assert IBAN not in _text(documents) and MAIL in _text(documents)
    documents.ask(Add(paths=(str(path),), collection_id=documents.collection("Policies"), exempt=True))
    assert IBAN in _text(documents) and documents.listed()[0].exempt
    documents.add(path, force=True)
    assert IBAN in _text(documents), "the decision stays"
    documents.ask(Add(paths=(str(path),), collection_id=documents.collection("Policies"), exempt=False))
    assert IBAN not in _text(documents)
    assert list(_mask(documents).paths.values()) == [(str(path),)]
    documents.add(path)
    assert IBAN in _text(documents) and documents.listed()[0].masked is None


def test_another_collection_of_the_same_file_is_masked_for_itself(kept: tuple[Documents, Path]) -> None:
    documents, path = kept
    documents.ask(KeepMasking(collection_id=documents.collection("Other"), kinds=USUAL))
    documents.add(path, collection="Other")
    (other,) = documents.listed("Other")
    read = documents.ask(ReadText(document_id=other.id))
    assert isinstance(read, DocumentText) and IBAN not in read.text and IBAN in _text(documents)


def test_a_file_that_is_gone_is_said_to_be_unmasked(kept: tuple[Documents, Path]) -> None:
    documents, path = kept
    path.unlink()
    _mask(documents, *USUAL)
    assert documents.add(path).failed == 1
    unmasked = documents.ask(ListUnmasked(collection_id=0))
    assert isinstance(unmasked, Unmasked) and list(unmasked.paths.values()) == [(str(path),)]


def test_what_stands_in_a_document_is_listed_with_its_place(kept: tuple[Documents, Path]) -> None:
    documents, path = kept
    collection = documents.collection("Policies")
    found = documents.ask(FindPersonal(collection_id=collection))
    assert isinstance(found, PersonalFound) and found.looked == 1
    assert found.documents[0].counts == {"e-mail": 1, "IBAN": 1, "card number": 1, "shared contact": 1}
    _mask(documents, *USUAL)
    documents.add(path)
    listed = documents.ask(ListPersonal(document_id=documents.listed()[0].id))
    assert isinstance(listed, PersonalListed)
    assert [(each.kind, each.text, each.masked) for each in listed.pieces] == [
        ("IBAN", "[IBAN]", True),
        ("e-mail", "[e-mail address]", True),
        ("card number", "[card number]", True),
        ("shared contact", "info@firma-nord.de", False),
    ]
    assert listed.pieces[0].before.endswith("go to ") and listed.pieces[0].after.startswith(" within")


@pytest.mark.parametrize("suffix", [".txt", ".docx"])
def test_a_redacted_copy_replaces_nothing_unasked(kept: tuple[Documents, Path], tmp_path: Path, suffix: str) -> None:
    documents, path = kept
    target = tmp_path / f"copy{suffix}"
    call = ExportRedacted(document_id=documents.listed()[0].id, path=str(target), kinds=USUAL)
    made = documents.ask(call)
    assert isinstance(made, RedactedExported) and made.counts == {"e-mail": 1, "IBAN": 1, "card number": 1}
    assert not any(value.encode() in target.read_bytes() for value in (IBAN, MAIL, CARD))
    if suffix == ".txt":
        assert "Ask [e-mail address] about" in target.read_text(encoding="utf-8")
    with pytest.raises(AppError, match="already"):
        documents.ask(call)
    own = ExportRedacted(document_id=call.document_id, path=str(path), kinds=USUAL, replace=True)
    with pytest.raises(AppError, match="itself"):
        documents.ask(own)


def test_it_goes_with_its_document(kept: tuple[Documents, Path]) -> None:
    documents, path = kept
    _mask(documents, *USUAL)
    documents.add(path)
    removed = documents.remove("refunds.md")
    assert removed.documents == 1 and removed.traces == 0


def test_files_inside_of_files_are_masked_and_none_is_lost(documents: Documents, tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.zip", tmp_path / "outer.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("refunds.md", TEXT)
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
        archive.writestr("list.csv", f"name,account\nanna,{IBAN}\n")
    inner.unlink()
    documents.add(outer)
    before = [each.path for each in documents.listed()]
    assert len(before) == 4
    paths = _mask(documents, *USUAL).paths[documents.collection("Policies")]
    assert paths == (str(outer),), "what lies in it is read with it"
    documents.add(*map(Path, paths))
    documents.idle()
    outer.unlink()
    assert [each.path for each in documents.listed()] == before and _left(documents) == []


def test_a_container_that_is_named_beside_its_files_keeps_them(documents: Documents, tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner.zip", tmp_path / "outer.zip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("refunds.md", TEXT)
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.zip")
    paths = (str(outer), f"{outer}//inner.zip", f"{outer}//inner.zip//refunds.md")
    documents.ask(Add(paths=paths, collection_id=documents.collection("Policies")))
    assert sorted(each.path for each in documents.listed()) == list(paths)
