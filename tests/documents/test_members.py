"""Files inside of mails and archives are documents of their own: read, found, calculated with, changed and removed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from conftest import Documents
from documents_helpers import files_holding, set_back
from made_files import docx, paragraph, pdf, text_at
from test_following import Watched, found
from test_scans import scan

from app.cited import cited_as
from app.documents import scanning
from app.members import container_of, file_of, is_member, member_path, origin
from app.types import Document
from app.workers.calls.bundles import ExportCollection, ImportCollection
from app.workers.calls.documents import (
    Add,
    Compared,
    CompareVersions,
    FileEvent,
    PageImage,
    ReadText,
    RenderPage,
    Version,
)
from app.workers.calls.folders import RestoreDocuments
from app.workers.calls.scans import PageRecognised, Recognise
from app.workers.calls.sheets import ReadSheets, SheetsRead

PRICES = b"item,price\nchair,420\ntable,990\nlamp,75\n"
CONTRACT = docx(paragraph("The notice period of the Oslo contract is six weeks."))
OFFER = pdf([text_at(72, 700, "Offer for chairs"), text_at(72, 700, "The chairs are delivered in August.")])


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    os.utime(path, (1_700_000_000 + len(files), 1_700_000_000 + len(files)))
    return path


def mailed(path: Path, files: dict[str, bytes], body: str = "Please see what is attached.") -> Path:
    message = EmailMessage()
    message["Subject"], message["From"], message["Date"] = (
        "Offer",
        "anna@example.com",
        "Tue, 03 Jun 2025 09:15:00 +0200",
    )
    message.set_content(body)
    for name, data in files.items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    path.write_bytes(message.as_bytes())
    return path


def by_path(documents: Documents) -> dict[str, Document]:
    """What is stored, by its path below the folder."""
    return {each.path.partition("/in/")[2]: each for each in documents.listed()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.parametrize(
    ("path", "container", "file", "words"),
    [
        ("/a/b.pdf", "", "/a/b.pdf", ""),
        ("/a/b.zip//c/d.pdf", "/a/b.zip", "/a/b.zip", "b.zip"),
        ("/a/b.eml//c.zip//d.pdf", "/a/b.eml//c.zip", "/a/b.eml", "c.zip in b.eml"),
        ("//server/share/b.pdf", "", "//server/share/b.pdf", ""),
    ],
)
def test_the_path_of_a_member_says_what_it_lies_in(path: str, container: str, file: str, words: str) -> None:
    assert (container_of(path), file_of(path), is_member(path)) == (container, file, bool(container))
    assert not container or member_path(container, path[len(container) + 2 :]) == path
    assert origin(path) == words


def test_each_file_of_an_archive_is_found_cited_calculated_and_removed(documents: Documents, folder: Path) -> None:
    files = {"2025/contract.docx": CONTRACT, "prices.csv": PRICES, "offer.pdf": OFFER, "tool.exe": b"MZ" + bytes(99)}
    archive = zipped(folder / "offers.zip", files)
    added = documents.add(archive)
    assert (added.indexed, added.unchanged, added.failed) == (4, 0, 0)
    assert sorted(folder.iterdir()) == [archive]  # nothing is unpacked to the disk
    rows = by_path(documents)
    names = ["offers.zip", "offers.zip//2025/contract.docx", "offers.zip//offer.pdf", "offers.zip//prices.csv"]
    assert sorted(rows) == names and all(each.status == "indexed" for each in rows.values())
    assert "tool.exe: This is a program" in rows["offers.zip"].reason

    passage = documents.search("When are the chairs delivered?", highlight=True).passages[0]
    assert cited_as(passage) == "offer.pdf in offers.zip, page 2"
    image = documents.ask(RenderPage(document_id=passage.document_id, page=2, passage=passage))
    assert isinstance(image, PageImage) and image.pages == 2 and image.marks
    sheets = documents.ask(ReadSheets(question="total price", document_id=rows["offers.zip//prices.csv"].id))
    assert isinstance(sheets, SheetsRead) and sheets.sheets[0].document == "prices.csv"
    sides = [Version(document_id=rows[f"offers.zip//{name}"].id) for name in ("2025/contract.docx", "offer.pdf")]
    assert isinstance(documents.ask(CompareVersions(left=sides[0], right=sides[1])), Compared)

    again = documents.add(archive)
    assert (again.indexed, again.unchanged) == (0, 1)
    removed = documents.remove("offers.zip")
    assert (removed.documents, removed.traces) == (4, 0)
    assert not documents.listed() and not documents.search("notice period of the Oslo contract").passages
    assert not files_holding(documents.home, b"Oslo contract")


def test_a_changed_container_changes_its_files_and_reads_only_the_new(documents: Documents, folder: Path) -> None:
    archive = zipped(
        folder / "offers.zip", {"a.txt": b"Apples are red.", "b.txt": b"Bears are brown.", "c.csv": PRICES}
    )
    documents.add(archive)
    before = by_path(documents)
    zipped(
        archive, {"a.txt": b"Apples are red.", "b.txt": b"Bears are white.", "d.txt": b"Dogs bark.", "e.txt": b"Eels."}
    )
    added = documents.add(archive)
    assert (added.indexed, added.unchanged, added.failed) == (4, 1, 0)
    after = by_path(documents)
    assert sorted(after) == ["offers.zip", *(f"offers.zip//{each}.txt" for each in "abde")]
    for name, again in (("a", False), ("b", True)):
        old, new = before[f"offers.zip//{name}.txt"], after[f"offers.zip//{name}.txt"]
        assert old.id == new.id and (new.indexed_at != old.indexed_at) is again
    assert not files_holding(documents.home, b"990")  # of prices that are not in it any more


def test_one_attachment_of_two_mails_is_read_once_and_shown_once(documents: Documents, folder: Path) -> None:
    first = mailed(folder / "first.eml", {"offer.pdf": OFFER})
    second = mailed(folder / "second.eml", {"offer.pdf": OFFER}, "The same offer once more.")
    documents.add(first, second)
    found = documents.search("When are the chairs delivered?", highlight=True).passages
    told = [each for each in found if "August" in each.text]
    assert len(told) == 1 and told[0].also == ("offer.pdf in second.eml",)
    assert cited_as(told[0]) == "offer.pdf in first.eml (also offer.pdf in second.eml), page 2"
    documents.remove("first.eml")
    told = [each for each in documents.search("When are the chairs delivered?").passages if "August" in each.text]
    assert len(told) == 1 and told[0].also == () and origin(told[0].path) == "second.eml"


def test_a_scan_in_a_mail_in_an_archive_is_recognised_and_goes_in_the_middle_of_it(
    documents: Documents, folder: Path, tmp_path: Path
) -> None:
    picture = scan(tmp_path / "scan.pdf", "The invoice number is 4711")
    mail = mailed(tmp_path / "scan.eml", {"scan.pdf": picture.read_bytes()})
    other = scan(tmp_path / "other.png", "The other number is 4712")
    documents.add(zipped(folder / "post.zip", {"scan.eml": mail.read_bytes(), "other.png": other.read_bytes()}))
    row = by_path(documents)["post.zip//scan.eml//scan.pdf"]
    assert (row.scans, row.recognised) == (1, 0)
    page = documents.ask(Recognise(collection_id=0))
    assert isinstance(page, PageRecognised) and page.indexed and page.document_id == row.id
    found = documents.search("invoice number").passages[0]
    assert "4711" in found.text and cited_as(found).startswith("scan.pdf in scan.eml in post.zip, page 1")
    steps = documents.role.handle(Recognise())
    next(steps)
    assert documents.remove("post.zip").traces == 0
    for _ in steps:
        pass
    assert documents.listed() == () and documents.ask(Recognise()) == PageRecognised()


def test_what_cannot_be_read_has_a_row_with_its_reason(documents: Documents, folder: Path) -> None:
    archive = zipped(folder / "offers.zip", {"secret.txt": b"Nobody.", "open.txt": b"Everybody."})
    locked = bytearray(archive.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + flags] |= 1
    archive.write_bytes(bytes(locked))
    added = documents.add(archive)
    assert (added.indexed, added.failed) == (2, 1)
    rows = by_path(documents)
    assert rows["offers.zip//secret.txt"].code == "password"
    assert rows["offers.zip"].reason == "1 of 2 files in it could not be read: secret.txt."


def test_two_of_a_name_and_names_that_lead_elsewhere(documents: Documents, folder: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(folder / "offers.zip", "w") as archive:
        for name, text in (
            ("a.txt", "One."),
            ("a.txt", "Two."),
            ("../../etc/passwd.txt", "Three."),
            ("x//y.txt", "4."),
        ):
            archive.writestr(name, text)
    documents.add(folder / "offers.zip")
    rows = by_path(documents)
    inside = ["a (2).txt", "a.txt", "etc/passwd.txt", "x/y.txt"]
    assert sorted(rows) == ["offers.zip", *(f"offers.zip//{name}" for name in inside)]
    texts = [documents.ask(ReadText(document_id=rows[f"offers.zip//{name}"].id)).text for name in inside]  # type: ignore[attr-defined]
    assert texts == ["Two.", "One.", "Three.", "4."]


def test_a_container_that_changes_while_it_is_read_leaves_nothing_of_two_versions(
    documents: Documents, folder: Path
) -> None:
    archive = zipped(folder / "offers.zip", {f"{at}.txt": b"Version one of %d." % at for at in range(9)})
    steps = documents.role.handle(Add(paths=(str(archive),), collection_id=documents.collection("Policies")))
    changed = False
    for event in steps:
        if isinstance(event, FileEvent) and event.path.endswith("//1.txt") and not changed:
            changed = True
            zipped(archive, {f"{at}.txt": b"Version two of %d, longer." % at for at in range(8)})
    documents.add(archive)
    rows = by_path(documents)
    assert len(rows) == 9 and all(each.status == "indexed" for each in rows.values())
    sums = {each.path.rpartition("/")[2]: _sum(documents, each) for each in rows.values()}
    assert all(sums[f"{at}.txt"] == hashlib.sha256(b"Version two of %d, longer." % at).hexdigest() for at in range(8))


def _sum(documents: Documents, document: Document) -> str:
    return next(
        each.sha256 for each in documents.role._store.known(document.collection_id).values() if each.id == document.id
    )


def test_an_add_that_ends_in_the_middle_is_finished_by_the_next(documents: Documents, folder: Path) -> None:
    archive = zipped(folder / "offers.zip", {f"{at}.txt": b"Number %d." % at for at in range(40)})
    steps = documents.role.handle(Add(paths=(str(archive),), collection_id=documents.collection("Policies")))
    next(event for event in steps if isinstance(event, FileEvent) and event.status == "indexed")
    steps.close()
    documents.restart()
    part = by_path(documents)
    assert 1 < len(part) < 41 and all(each.status == "indexed" for each in part.values())
    added = documents.add(archive)
    assert added.indexed + added.unchanged == 41 and added.unchanged >= len(part) - 1 and not added.failed
    assert len(by_path(documents)) == 41


def test_a_container_that_is_removed_while_it_is_added_takes_all_along(documents: Documents, folder: Path) -> None:
    archive = zipped(folder / "offers.zip", {f"{at}.txt": b"Number %d." % at for at in range(40)})
    steps = documents.role.handle(Add(paths=(str(archive),), collection_id=documents.collection("Policies")))
    next(event for event in steps if isinstance(event, FileEvent) and event.status == "indexed")
    documents.remove("offers.zip")
    for _ in steps:
        pass
    assert documents.listed() == ()


def test_too_many_files_on_all_levels_are_cut_off_and_said(
    folder: Path, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is tried with the loader, in test_loaders_archive.py; here a smaller one."""
    monkeypatch.setattr("app.documents.reading.MAX_FILES", 20)
    inner = zipped(folder / "inner.zip", {f"{at}.txt": b"Number %d." % at for at in range(15)}).read_bytes()
    (folder / "inner.zip").unlink()
    documents.add(zipped(folder / "crowd.zip", {"1.zip": inner, "2.zip": inner, "3.zip": inner}))
    rows = by_path(documents)
    assert len(rows) == 1 + 20
    assert "more left out: there are too many" in rows["crowd.zip//2.zip"].reason


def test_a_folder_that_is_followed_takes_what_lies_in_its_files_along(
    documents: Documents, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "SETTLE_S", 0.0)
    archive = zipped(folder / "offers.zip", {"a.txt": b"Apples are red.", "b.txt": b"Bears are brown."})
    (folder / "note.txt").write_text("A note.")
    watched = Watched(documents, folder)
    watched.follow()
    before = {name: row.id for name, row in by_path(documents).items()}
    archive.rename(folder / "moved.zip")
    assert (watched.follow().moved, watched.follow().due) == (1, ())
    moved = {name.replace("moved", "offers"): row.id for name, row in by_path(documents).items()}
    assert moved == before and "moved.zip//a.txt" in by_path(documents)
    assert cited_as(documents.search("Are apples red?").passages[0]) == "a.txt in moved.zip"

    documents.remove("a.txt")
    (folder / "moved.zip").rename(folder.parent / "away.zip")
    assert watched.follow().trashed == 1 and watched.trash() == ["moved.zip"]
    assert set(by_path(documents)) == {"note.txt"} and not found(watched, "Are bears brown?")[0].startswith("b")
    documents.ask(RestoreDocuments(ids=(before["offers.zip"],)))
    assert set(by_path(documents)) == {"note.txt", "moved.zip", "moved.zip//b.txt"}
    zipped(folder / "moved.zip", {"a.txt": b"Apples.", "b.txt": b"Bears are white.", "c.txt": b"Cats purr."})
    watched.follow()
    assert set(by_path(documents)) == {"note.txt", "moved.zip", "moved.zip//b.txt", "moved.zip//c.txt"}


def test_an_archive_of_an_older_version_is_read_again(
    documents: Documents, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works as it did until then; one in a folder that is followed is due at once."""
    monkeypatch.setattr(scanning, "SETTLE_S", 0.0)
    archive = zipped(folder / "offers.zip", {"a.txt": b"Apples are red.", "b.txt": b"Bears are brown."})
    watched = Watched(documents, folder)
    watched.follow()
    documents.close()
    with contextlib.closing(sqlite3.connect(documents.home / "documents.db", isolation_level=None)) as db:
        db.execute("DELETE FROM documents WHERE path LIKE '%//%'")
        db.execute("UPDATE documents SET recipe = substr(recipe, 1, length(recipe) - length('/members'))")
        set_back(db, 11)
    documents.restart()
    assert set(by_path(documents)) == {"offers.zip"}
    assert watched.scan().unsettled == 1 and len(watched.follow().due) == 1
    assert set(by_path(documents)) == {"offers.zip", "offers.zip//a.txt", "offers.zip//b.txt"}
    assert watched.follow().due == () and documents.add(archive).unchanged == 1


def test_hidden_text_is_decided_for_each_file_by_itself(documents: Documents, folder: Path) -> None:
    page = b"<html><body><p>Apples are red.</p><p style='display:none'>Quinces are hidden.</p></body></html>"
    archive = zipped(folder / "offers.zip", {"a.html": page})
    collection = documents.collection("Policies")
    documents.ask(Add(paths=(str(archive),), collection_id=collection, read_hidden=True))
    row = by_path(documents)["offers.zip//a.html"]
    assert row.hidden and not row.read_hidden
    documents.ask(Add(paths=(row.path,), collection_id=collection, read_hidden=True))
    assert by_path(documents)["offers.zip//a.html"].read_hidden
    assert "Quinces" in documents.search("Are quinces hidden?").passages[0].text
    assert documents.add(archive, force=True).indexed == 2
    assert by_path(documents)["offers.zip//a.html"].read_hidden


def test_a_collection_goes_to_a_colleague_with_what_lies_in_its_files(documents: Documents, folder: Path) -> None:
    documents.add(zipped(folder / "offers.zip", {"2025/a.txt": b"Apples are red.", "b.txt": b"Bears are brown."}))
    bundle = folder.parent / "for.inhouse-docs"
    documents.ask(ExportCollection(collection_id=documents.collection("Policies"), path=str(bundle)))
    documents.ask(ImportCollection(path=str(bundle), name="Brought"))
    rows = documents.listed("Brought")
    assert {each.path for each in rows} == {f"{bundle}/offers.zip{each}" for each in ("", "//2025/a.txt", "//b.txt")}
    assert documents.remove("offers.zip", collection="Brought").documents == 3
