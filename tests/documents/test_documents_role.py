"""The documents role in this process, with the real embedder, parser and Chroma."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import Documents
from documents_helpers import files_holding
from made_files import pdf, text_at

from app.documents.warm import Warm
from app.errors import AppError, Busy, NewerData
from app.paths import RESOURCES, Home
from app.workers.calls.documents import (
    Add,
    Added,
    AddProgress,
    CreateCollection,
    DeleteCollection,
    FileEvent,
    Ground,
    ListCollections,
    ListDocuments,
    ReadText,
    Remove,
    Removed,
    RenameCollection,
    RenderPage,
    Search,
)
from app.workers.calls.scans import PageRecognised, Recognise
from app.workers.protocol import Frame, encode

pytestmark = pytest.mark.real


def test_question_finds_its_passage_with_the_sentence_marked(documents, policies: Path) -> None:
    assert documents.add(policies) == Added(indexed=3, unchanged=0, failed=0)
    result = documents.search("How much may a hotel in Vienna cost?", "Policies", highlight=True)
    best = result.passages[0]
    assert result.found and best.document == "travel.md" and best.heading == "Travel policy › Hotels"
    assert best.best is not None
    assert best.text[slice(*best.best)] == "The hotel limit in Vienna is 180 euros a night."
    text = documents.ask(ReadText(document_id=best.document_id)).text
    assert text[best.start : best.end] == best.text
    scores = [passage.score for passage in result.passages]
    assert scores == sorted(scores, reverse=True) and all(0 <= score <= 1 for score in scores)


def test_a_search_can_say_what_it_looked_at(documents, policies: Path) -> None:
    documents.add(policies)
    result = documents.search("How much may a hotel in Vienna cost?", "Policies", trace=True)
    trace = result.trace
    assert trace is not None and trace.documents == 3
    assert trace.passages == len({each.passage_id for each in trace.candidates}), "so few are all looked at"
    shown = [(each.passage_id, each.document, each.page) for each in trace.candidates[: len(result.passages)]]
    assert shown == [(passage.id, passage.document, passage.page) for passage in result.passages]
    first, last = trace.candidates[0], trace.candidates[-1]
    assert first.share > last.share and 1 >= first.meaning > last.meaning >= 0
    assert documents.search("How much may a hotel in Vienna cost?", "Policies").trace is None
    assert all(passage.modified > 0 for passage in result.passages)


def test_two_forms_of_a_question_are_searched_at_once(documents, policies: Path) -> None:
    documents.add(policies)
    vague, clear = "and how much in Munich?", "What is the hotel limit per night in Munich?"
    found = {form: documents.search(form, trace=True) for form in (vague, clear)}
    both = documents.ask(Search(query=vague, also=(clear,), trace=True)).result
    scores = {form: {each.id: each.score for each in result.passages} for form, result in found.items()}
    assert both.passages[0].id == found[clear].passages[0].id
    assert both.passages[0].score == max(each.get(both.passages[0].id, 0.0) for each in scores.values())
    looked_at = {each.passage_id for result in found.values() for each in result.trace.candidates}
    assert {each.passage_id for each in both.trace.candidates} == looked_at


def test_what_no_document_says_is_not_found(documents, policies: Path) -> None:
    documents.add(policies)
    assert not documents.search("Who wrote the play Hamlet?", "Policies").found
    assert not documents.search("Wie hoch ist der Eiffelturm?", "Policies").found


def test_every_file_gets_one_last_word(documents, policies: Path) -> None:
    (policies / "empty.md").touch()
    (policies / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (policies / ".hidden.md").write_text("# Hidden")
    (policies / "loop").symlink_to(policies, target_is_directory=True)
    gone = policies / "gone.docx"
    added = documents.add(policies, gone, policies / "travel.md")
    assert (added.indexed, added.failed) == (3, 3)
    last = [e for e in documents.events if isinstance(e, FileEvent) and e.status in ("indexed", "failed", "unchanged")]
    assert sorted(Path(e.path).name for e in last) == [
        "broken.pdf", "canteen.txt", "empty.md", "gone.docx", "phones.csv", "travel.md",
    ]  # fmt: skip
    assert all(e.reason and e.code for e in last if e.status == "failed")
    (collection,) = documents.ask(ListCollections()).collections
    assert (collection.documents, collection.failed) == (3, 3), "what could not be read is counted apart"


def test_only_what_changed_is_indexed_again(documents, policies: Path) -> None:
    documents.add(policies)
    before = {d.name: d.indexed_at for d in documents.listed()}
    (policies / "canteen.txt").write_text("The canteen is closed for the summer.", encoding="utf-8")
    listed = documents.listed()
    assert {d.name: d.status for d in listed}["canteen.txt"] == "changed"
    assert documents.add(policies) == Added(indexed=1, unchanged=2, failed=0)
    after = {d.name: d.indexed_at for d in documents.listed()}
    assert after["travel.md"] == before["travel.md"] and after["canteen.txt"] > before["canteen.txt"]
    assert "14:30" not in " ".join(x.text for x in documents.search("When does the canteen close?").passages)
    assert documents.add(policies, force=True).indexed == 3


def test_nothing_is_loaded_for_files_that_have_not_changed(documents, policies: Path) -> None:
    (policies / "empty.md").touch()
    documents.add(policies)
    documents.close()
    fresh = Documents(documents.home, Warm(), documents.parser)
    assert fresh.add(policies) == Added(indexed=0, unchanged=3, failed=1)
    assert fresh.ask(Recognise(collection_id=fresh.collection("Policies"))) == PageRecognised()
    assert "embedder" not in {thread.name for thread in threading.enumerate()}
    (policies / "new.md").write_text("The bicycles stand behind the house.", encoding="utf-8")
    assert fresh.add(policies) == Added(indexed=1, unchanged=3, failed=1)
    fresh.close()


def test_an_embedder_that_cannot_be_loaded_fails_the_add_and_no_file(documents, policies: Path) -> None:
    class Broken(Warm):
        def _load(self) -> None:
            self._error = "no memory"

    documents.close()
    other = Documents(documents.home, Broken(), documents.parser)
    with pytest.raises(AppError, match="could not be loaded"):
        other.add(policies)
    assert other.listed() == ()
    other.close()


def test_a_file_that_was_only_touched_is_current_again_when_added(documents, policies: Path) -> None:
    documents.add(policies)
    os.utime(policies / "canteen.txt", (2e9, 2e9))

    def statuses() -> dict[str, str]:
        listed = documents.listed()
        return {document.name: document.status for document in listed}

    assert statuses()["canteen.txt"] == "changed"
    assert documents.add(policies) == Added(indexed=0, unchanged=3, failed=0)
    assert set(statuses().values()) == {"indexed"}


def test_a_file_that_turns_bad_keeps_its_last_good_version(documents, policies: Path) -> None:
    documents.add(policies)
    (policies / "travel.md").write_bytes(b"")
    assert documents.add(policies).failed == 1
    assert documents.search("hotel limit in Vienna").passages[0].document == "travel.md"
    (policies / "travel.md").write_text("# Travel\n\nNo hotels at all.\n")
    assert documents.add(policies).indexed == 1


def test_the_same_content_elsewhere_takes_the_vectors_over(documents, policies: Path, tmp_path: Path) -> None:
    documents.add(policies)
    copy = tmp_path / "elsewhere" / "travel.md"
    copy.parent.mkdir()
    copy.write_bytes((policies / "travel.md").read_bytes())
    documents.add(copy)
    progress = [e for e in documents.events if isinstance(e, AddProgress)]
    assert progress[-1].passages_per_s == 0.0
    assert len({x.path for x in documents.search("hotel limit in Vienna").passages if x.document == "travel.md"}) == 2


@pytest.mark.parametrize("name", ["日本語", "ö" * 600, "a", "x/../y", "'; DROP TABLE documents; --", '"'])
def test_any_name_for_a_collection(documents, policies: Path, name: str) -> None:
    documents.add(policies / "canteen.txt", collection=name)
    assert documents.search("lunch", name).passages
    collection_id = documents.collection(name)
    listed = documents.ask(RenameCollection(collection_id=collection_id, name="plain")).collections
    assert [(each.id, each.name) for each in listed] == [(collection_id, "plain")]
    best = documents.search("lunch", "plain").passages[0]
    assert (best.collection, best.collection_id) == ("plain", collection_id)
    assert [each.collection_id for each in documents.listed("plain")] == [collection_id]
    with pytest.raises(AppError, match="not there any more"):
        documents.ask(Search(query="lunch", collections=(collection_id + 1,)))


def test_names_of_collections_are_unique_whatever_their_case(documents) -> None:
    first, second = documents.collection("Handbuch Ämter"), documents.collection("Other")
    assert documents.collection("HANDBUCH ÄMTER") == first
    with pytest.raises(AppError, match="already"):
        documents.ask(RenameCollection(collection_id=second, name="handbuch ämter"))
    documents.ask(RenameCollection(collection_id=first, name="HANDBUCH ämter"))
    assert [each.name for each in documents.ask(ListCollections()).collections] == ["HANDBUCH ämter", "Other"]


def test_collections_do_not_leak_into_each_other(documents, policies: Path) -> None:
    documents.add(policies / "canteen.txt", collection="A")
    documents.add(policies / "travel.md", collection="B")
    assert {x.document for x in documents.search("hotel in Vienna", "A").passages} == {"canteen.txt"}
    assert {x.document for x in documents.search("hotel in Vienna", "A", "B").passages} == {"canteen.txt", "travel.md"}


def test_a_document_filed_while_its_collection_is_removed_goes_too(
    documents, policies: Path, data_folder: Path
) -> None:
    documents.add(policies / "travel.md", collection="Kept")
    documents.add(policies / "canteen.txt", collection="Gone")
    gone = documents.collection("Gone")
    adding = documents.role.handle(Add(paths=(str(policies / "phones.csv"),), collection_id=gone))
    next(adding)
    removing = documents.role.handle(DeleteCollection(collection_id=gone))
    next(removing)
    with pytest.raises(AppError, match="removed while files were being added"):
        for _ in adding:
            pass
    for _ in removing:
        pass
    assert {passage.document for passage in documents.search("travel desk extension").passages} == {"travel.md"}
    assert files_holding(data_folder, b"4711") == [] and files_holding(data_folder, b"14:30") == []
    for call in (Add(paths=(str(policies),), collection_id=gone), DeleteCollection(collection_id=gone)):
        with pytest.raises(AppError, match="not there any more"):
            documents.ask(call)


def test_removed_means_gone_from_every_file(documents, policies: Path, data_folder: Path) -> None:
    secret = "The zephyrquartz vault opens with the phrase marigold umbrella at midnight."
    (policies / "secret.md").write_text(f"# Vault\n\n{secret}\n")
    documents.add(policies)
    documents.idle()
    found = documents.search("zephyrquartz vault").passages[0]
    store = sqlite3.connect(data_folder / "documents.db")
    (vector,) = store.execute("SELECT vector FROM passages WHERE id = ?", (found.id,)).fetchone()
    store.close()
    assert files_holding(data_folder, b"marigold umbrella") and files_holding(data_folder / "cache", vector[:64])
    removed = documents.remove("secret.md")
    assert removed == Removed(documents=1, passages=1, traces=0, ids=(found.document_id,))
    documents.idle()
    for needle in (b"marigold umbrella", b"marigold", b"zephyrquartz", vector[:64]):
        assert files_holding(data_folder, needle) == []
    assert "secret.md" not in {x.document for x in documents.search("zephyrquartz vault").passages}
    assert "next start" in documents.health()["vectors"]
    documents.restart()
    assert documents.health()["vectors"] == "ok"


def test_a_removal_that_left_bytes_says_so(documents, policies: Path, data_folder: Path) -> None:
    """The proof can fail: a copy that something else keeps in our folder is a trace."""
    documents.add(policies)
    (data_folder / "cache").mkdir(exist_ok=True)
    (data_folder / "cache" / "stray.bin").write_bytes((policies / "travel.md").read_bytes())
    removed = documents.remove("travel.md")
    assert removed.traces > 0 and removed.places == ("cache/stray.bin",)


def test_replaced_text_is_gone_too(documents, policies: Path, data_folder: Path) -> None:
    documents.add(policies)
    documents.idle()
    (policies / "canteen.txt").write_text("Closed.")
    documents.add(policies)
    assert files_holding(data_folder, b"14:30") == []


def test_chroma_garbage_heals_and_search_goes_on(documents, policies: Path, data_folder: Path) -> None:
    documents.add(policies)
    documents.idle()
    documents.close()
    for file in (data_folder / "cache" / "vectors").rglob("*"):
        if file.is_file():
            file.write_bytes(b"garbage" * 1000)
    documents.restart()
    assert documents.search("hotel in Vienna").found
    documents.idle()
    assert documents.health()["vectors"].startswith("rebuilt")
    documents.restart()
    documents.idle()
    assert documents.health()["vectors"] == "ok"


def test_chroma_answers_like_exact_search_beyond_the_limit(documents, policies: Path) -> None:
    documents.add(policies)
    documents.idle()
    stores = documents.role._open
    query = documents.warm._embedder.encode_queries(["hotel in Vienna"])[0]
    exact = [x.id for x in stores.searcher.rank("hotel in Vienna", query, []).parts]
    stores.matrix._limit = 0
    stores.matrix._generation = -1
    assert stores.vectors.ready()
    assert [x.id for x in stores.searcher.rank("hotel in Vienna", query, []).parts] == exact
    stores.vectors.close()
    assert [x.id for x in stores.searcher.rank("hotel in Vienna", query, []).parts] == exact


def test_a_process_that_died_in_chroma_does_not_trust_its_folder(
    documents, policies: Path, data_folder: Path, expected_warnings: list[str]
) -> None:
    expected_warnings.append("ended inside Chroma")
    documents.add(policies)
    (data_folder / "cache").mkdir(exist_ok=True)
    (data_folder / "cache" / "vectors.open").touch()
    documents.idle()
    assert documents.health()["vectors"].startswith("rebuilt")


def test_a_newer_database_is_left_alone(documents, data_folder: Path) -> None:
    data_folder.mkdir()
    newer = sqlite3.connect(data_folder / "documents.db")
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    before = (data_folder / "documents.db").read_bytes()
    with pytest.raises(NewerData):
        documents.ask(ListCollections())
    assert (data_folder / "documents.db").read_bytes() == before


def test_a_second_process_is_told_who_is_busy(documents, data_folder: Path) -> None:
    documents.ask(ListCollections())
    code = (
        "from app.documents.stores import Stores; from app.paths import Home; from pathlib import Path; import sys\n"
        "Stores(Home(Path(sys.argv[1]).parent)).open(alone=True)"
    )
    second = subprocess.run(
        [sys.executable, "-c", code, str(data_folder / "documents.lock")], capture_output=True, text=True
    )
    assert second.returncode and "Another Inhouse is using the documents" in second.stderr
    documents.close()
    subprocess.run([sys.executable, "-c", code, str(data_folder / "documents.lock")], check=True)


def test_busy_is_said_until_the_other_has_gone(documents, data_folder: Path) -> None:
    from app.documents.worker import DocumentsRole

    documents.ask(ListCollections())
    other = DocumentsRole(Home(data_folder), documents.warm)
    if sys.platform != "win32":
        with pytest.raises(Busy):
            next(other.handle(ListCollections()))
    documents.close()
    with pytest.raises(StopIteration):
        next(other.handle(ListCollections()))
    other.close()


def test_cancel_keeps_whole_documents_only(documents, policies: Path) -> None:
    for number in range(30):
        (policies / f"{number}.txt").write_text(f"Document {number} is about the matter {number}. " * 40)
    steps = documents.role.handle(Add(paths=(str(policies),), collection_id=documents.collection("Policies")))
    for event in steps:
        if isinstance(event, FileEvent) and event.status == "indexed":
            break
    steps.close()
    stored = documents.listed()
    assert 1 <= len(stored) < 33 and all(d.passages for d in stored)
    assert documents.add(policies) == Added(indexed=33 - len(stored), unchanged=len(stored), failed=0)


def test_grounding_tells_support_from_change(documents, policies: Path) -> None:
    documents.add(policies)
    passages = documents.search("hotel in Vienna").passages
    lines = (
        "The hotel limit in Vienna is 180 euros a night [1].",
        "The hotel limit in Vienna is 210 euros a night.",
        "The chief of the travel desk likes opera.",
    )
    support = documents.ask(Ground(sentences=lines, passages=passages)).support
    assert [s.n for s in support] == [1, None, None]


def test_stored_vectors_are_of_length_one(documents, policies: Path, data_folder: Path) -> None:
    documents.add(policies)
    rows = sqlite3.connect(data_folder / "documents.db").execute("SELECT vector FROM passages").fetchall()
    for (blob,) in rows:
        assert np.linalg.norm(np.frombuffer(blob, "<f4")) == pytest.approx(1.0, abs=1e-4)


def test_a_page_is_drawn_with_its_passage_marked(documents) -> None:
    documents.add(RESOURCES / "samples" / "Travel-Policy-2026.pdf")
    best = documents.search("What is the hotel limit per night in Munich?").passages[0]
    assert best.page == 8 and best.boxes
    drawn = documents.ask(RenderPage(document_id=best.document_id, page=best.page, passage=best, scale=1.0))
    assert base64.b64decode(drawn.png).startswith(b"\x89PNG") and drawn.pages >= 8
    assert drawn.marks and all(0 <= m.left < m.right <= drawn.width and m.top < m.bottom for m in drawn.marks)
    with pytest.raises(AppError):
        documents.ask(RenderPage(document_id=best.document_id, page=999))


def test_a_passage_over_a_page_break_is_cited_by_the_page_of_its_sentence(documents, tmp_path: Path) -> None:
    first = text_at(72, 700, "Receipts are handed in within one month of the journey.")
    second = text_at(72, 700, "The hotel limit for Norway is 160 euros a night.")
    (tmp_path / "travel.pdf").write_bytes(pdf([first, second]))
    documents.add(tmp_path / "travel.pdf")
    ((early,), (late,)) = (
        documents.search(query, highlight=True).passages
        for query in ("When are receipts handed in?", "What is the hotel limit for Norway?")
    )
    assert early.id == late.id and early.best is not None and late.best is not None
    assert "Receipts" in early.text[slice(*early.best)] and early.page == 1
    assert "160 euros" in late.text[slice(*late.best)] and late.page == 2
    for passage in (early, late):
        call = RenderPage(document_id=passage.document_id, page=passage.page, passage=passage, scale=1.0)
        assert len(passage.boxes) == len(documents.ask(call).marks) == 1


def test_a_page_of_a_file_that_went_says_so(documents, tmp_path: Path) -> None:
    copy = tmp_path / "policy.pdf"
    copy.write_bytes((RESOURCES / "samples" / "Travel-Policy-2026.pdf").read_bytes())
    documents.add(copy)
    (document,) = documents.listed()
    copy.unlink()
    with pytest.raises(AppError, match="not there any more"):
        documents.ask(RenderPage(document_id=document.id, page=1))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_text_costs_that_file(documents, policies: Path) -> None:
    (policies / os.fsdecode(b"bad-\xff-name.txt")).write_bytes(b"A name in no encoding.")
    added = documents.add(policies)
    assert added.indexed + added.failed == 4 and added.indexed >= 3
    assert documents.search("hotel in Vienna").found
    for frame in documents.events:
        encode(Frame(1, "event", frame))


def test_asking_about_what_is_not_there_says_so(documents, policies: Path) -> None:
    documents.add(policies)
    for call in (
        Search(query="hotel", collections=(999,)),
        ListDocuments(collection_id=999),
        DeleteCollection(collection_id=999),
        RenameCollection(collection_id=999, name="x"),
        CreateCollection(name="  "),
        ReadText(document_id=999),
        RenderPage(document_id=999, page=1),
    ):
        with pytest.raises(AppError):
            documents.ask(call)
    assert documents.ask(Remove(ids=(999,))) == Removed(documents=0, passages=0, traces=0)
    assert documents.search("", "Policies").passages is not None
