"""The story that a person at a terminal lives: add, ask, search, remove, and a talk, with real children."""

from __future__ import annotations

import collections
import contextlib
import io
import json
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from openpyxl import load_workbook

from app import __main__ as start
from app.chats.store import ChatStore
from app.cli import main
from app.core import address
from app.core.calls.documents import AddState, CollectionsChanged, DocumentsRemoved, FileMoved
from app.core.door import CoreDoor
from app.documents.worker import DocumentsRole
from app.paths import home
from app.settings import TEMPERATURE, Settings
from app.types import Answer, Passage, Source
from app.workers.calls.documents import Add, Added, CreateCollection, ListCollections, ListDocuments, Remove

Captured = pytest.CaptureFixture[str]
pytestmark = pytest.mark.real

TRAVEL = """# Travel policy

## Accommodation
Hotels in Germany are reimbursed up to 160 EUR a night. In Switzerland the limit is 220 EUR a night.

## Flights
Every flight needs the approval of the travel desk.
"""
LEAVE = "Employees receive 30 days of paid leave per calendar year. Unused leave expires on 31 March.\n"
PASSAGE_KEYS = {
    "document", "path", "page", "start", "end", "text", "best", "score", "date", "date_from", "newer", "flagged",
    "recognised", "unsure", "place", "also", "within", "by_model",
}  # fmt: skip
ANSWER_KEYS = {"answer", "sources", "not_found", "flagged", "disagree", "notices", "model", "stats"}
STAT_KEYS = {"prompt_tokens", "evaluated_tokens", "completion_tokens", "first_token_ms", "tokens_per_s"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    place.mkdir()
    (place / "travel.md").write_text(TRAVEL)
    (place / "leave.txt").write_text(LEAVE)
    (place / "broken.pdf").write_bytes(b"%PDF-1.7 cut off")
    return place


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_hidden_text_is_listed_and_decided_on(folder: Path, capsys: Captured) -> None:
    page = folder / "notice.html"
    page.write_text("<p>The office opens at nine.</p><p hidden>Visitors may enter the vault at night.</p>")
    assert main(["add", str(page), "--collection", "Rules"]) == 0
    assert "Hidden text found" in capsys.readouterr().err
    assert main(["hidden"]) == 0
    assert capsys.readouterr().out == f"{page}  1 hidden, kept out\n"
    assert main(["hidden", "notice.html"]) == 0
    assert capsys.readouterr().out == "Not displayed: Visitors may enter the vault at night.\n"
    assert main(["hidden", "notice.html", "--read", "--json"]) == 0
    assert lines(capsys.readouterr().out)[0]["kind"] == "not_displayed"
    assert main(["search", "vault at night", "--json"]) == 0
    assert "vault" in capsys.readouterr().out
    assert main(["add", str(page), "--collection", "Rules", "--force"]) == 0
    assert main(["hidden", "--json"]) == 0
    assert lines(capsys.readouterr().out.splitlines()[-1])[0]["read"] is True
    assert main(["hidden", "notice.html", "--keep-out"]) == 0
    capsys.readouterr()
    assert main(["search", "vault at night", "--json"]) == 0
    assert "vault" not in capsys.readouterr().out
    page.unlink()
    assert main(["hidden", "notice.html", "--read"]) == 1
    assert "nothing was changed" in capsys.readouterr().err


def test_two_files_or_documents_are_compared(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    (folder / "travel-old.md").write_text(TRAVEL.replace("160 EUR", "150 EUR"))
    paths = [str(folder / name) for name in ("travel-old.md", "travel.md")]
    assert main(["compare", *paths]) == 0
    assert capsys.readouterr().out == "# Accommodation: “150 EUR” became “160 EUR”.\n"
    assert main(["add", paths[0], "--collection", "Rules"]) == 0
    report = tmp_path / "report.md"
    capsys.readouterr()
    assert main(["compare", "travel-old.md", paths[1], "--json", "--export", str(report)]) == 0
    (change,) = lines(capsys.readouterr().out)
    assert (change["kind"], change["figures"]) == (
        "number",
        [{"kind": "number", "left": "150 EUR", "right": "160 EUR"}],
    )
    assert "~~150~~" in report.read_text(encoding="utf-8")
    assert main(["compare", paths[0], paths[0]]) == 0
    assert capsys.readouterr().out == "No differences.\n"
    assert main(["compare", paths[0], "nowhere.md"]) == 1
    assert "no file or document “nowhere.md”" in capsys.readouterr().err


def test_documents_are_added_asked_searched_and_removed(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    assert main(["add", str(folder), "--collection", "Rules", "--json"]) == 0
    files = {Path(str(line["path"])).name: line for line in lines(capsys.readouterr().out)}
    assert {name: line["status"] for name, line in files.items()} == {
        "travel.md": "indexed", "leave.txt": "indexed", "broken.pdf": "failed",
    }  # fmt: skip
    assert files["broken.pdf"]["reason"]
    assert all(set(line) == {"path", "status", "passages", "pages", "reason", "hidden"} for line in files.values())

    queries = tmp_path / "queries.txt"
    queries.write_text("hotel limit in Switzerland\n\nhow many days of leave\n")
    assert main(["search", "--queries", str(queries), "--json", "-k", "2", "--collection", "Rules"]) == 0
    hotel, leave = lines(capsys.readouterr().out)
    assert set(hotel) == {"passages", "elapsed_ms", "note"}
    for result, name in ((hotel, "travel.md"), (leave, "leave.txt")):
        passages = result["passages"]
        assert isinstance(passages, list) and passages[0]["document"] == name
        assert set(passages[0]) == PASSAGE_KEYS

    queries.write_text("What is the hotel limit in Switzerland?\nWho won the world cup in 1990?\n")
    assert main(["ask", "--queries", str(queries), "--json", "--why"]) == 0
    found, unknown = lines(capsys.readouterr().out)
    assert set(found) == ANSWER_KEYS | {"why"}
    how = found["why"]
    assert isinstance(how, dict) and how["used"] >= 1 and 0 < how["read"] <= len(how["looked_at"]) <= how["passages"]
    assert how["looked_at"][0]["document"] == "travel.md" and how["search_ms"] > 0
    sources, stats = found["sources"], found["stats"]
    assert isinstance(sources, list) and isinstance(stats, dict)
    assert set(sources[0]) == PASSAGE_KEYS | {"n"} and sources[0]["document"] == "travel.md"
    assert set(stats) == STAT_KEYS and stats["completion_tokens"] == 0, "a sentence answers: no model was asked"
    assert "[1]" in str(found["answer"])
    assert unknown["not_found"] is True and unknown["sources"] == []

    assert main(["collections", "Rules"]) == 0
    listed = capsys.readouterr().out
    assert str(folder / "leave.txt") in listed and "failed" in listed
    assert main(["remove", "leave.txt", "--json"]) == 0
    (removed,) = lines(capsys.readouterr().out)
    assert (removed["documents"], removed["traces"]) == (1, 0)
    assert main(["collections", "rules"]) == 0
    assert "leave.txt" not in capsys.readouterr().out
    assert main(["remove", "leave.txt"]) == 1
    assert main(["remove", "x", "--collection", "Nothing"]) == 1


def test_files_are_attached_to_one_question_and_forgotten(folder: Path, capsys: Captured) -> None:
    assert main(["add", str(folder / "travel.md"), "--collection", "Rules"]) == 0
    asked = [
        "ask",
        "How many days of paid leave do employees receive?",
        "--json",
        "--attach",
        str(folder / "leave.txt"),
    ]
    capsys.readouterr()
    assert main([*asked, "--attach", str(folder / "broken.pdf")]) == 0
    out, err = capsys.readouterr()
    (said,) = lines(out)
    sources: Any = said["sources"]
    assert sources[0]["document"] == "leave.txt" and "broken.pdf: The PDF is damaged" in err
    assert main(["ask", "What is the hotel limit in Germany?", "--json", *asked[-2:], "--collection", "Rules"]) == 0
    (said,) = lines(capsys.readouterr().out)
    sources = said["sources"]
    assert sources[0]["document"] == "travel.md", "the collection, where the file does not say it"
    assert main(["ask", "How many days?", "--attach", str(folder / "nowhere.txt")]) == 1
    assert "There is no file" in capsys.readouterr().err
    assert main(["collections", "--json"]) == 0
    assert [(line["name"], line["documents"]) for line in lines(capsys.readouterr().out)] == [("Rules", 1)]
    wait_for_no_trace(home().root, b"30 days of paid leave")


def wait_for_no_trace(place: Path, needle: bytes, limit_s: float = 30.0) -> None:
    """The files of a question are removed after its answer; chats, logs and models hold none of them."""
    end = time.monotonic() + limit_s
    while True:
        held = [path for path in place.rglob("*") if path.is_file() and needle in path.read_bytes()]
        if not held:
            return
        assert time.monotonic() < end, held
        time.sleep(0.2)


def test_nothing_but_failures_is_status_1(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "empty.txt").write_text("")
    assert main(["add", str(tmp_path / "empty.txt"), str(tmp_path / "absent.pdf")]) == 1
    said = capsys.readouterr()
    assert said.out.count("failed") == 2
    assert "0 indexed, 0 unchanged, 2 failed" in said.err


def test_a_talk_in_the_terminal_is_stored_and_forgets_a_removed_document(
    folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = [
        f"/add '{folder}'", "/collections", "What is the hotel limit in Switzerland?", "/model", "/nonsense", "/add",
        "/in Nowhere", "/alone", "/in", "/help", "/new", "/add 'open quote", "", "/quit",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(talk)))
    Settings(home()).set(TEMPERATURE, 0.0)  # the starter's own words vary too much to be cited each time
    assert main(["chat"]) == 0
    said = capsys.readouterr()
    assert "[1] travel.md" in said.out and "* SmolLM2 135M" in said.out
    for complaint in ("“/nonsense” is not a command", "Name a file", "no collection “Nowhere”", "quotation marks"):
        assert complaint in said.err
    store = ChatStore(home().chats_db, home().backups)
    (chat,) = store.list_chats()
    question, answer = store.turns(chat.id)
    assert chat.title == "What is the hotel limit in Switzerland" == question.text.rstrip("?")
    assert answer.answer is not None and cited(answer.answer)[0].passage.text
    assert chat.collection_id == 1
    assert main(["remove", str(folder / "travel.md")]) == 0
    kept = store.turn(answer.id).answer
    assert kept is not None and {source.passage.text for source in cited(kept)} == {""}
    store.close()


def test_a_chat_in_the_terminal_has_files_of_its_own(
    folder: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = [
        "/files", "/detach", f"/attach {folder / 'absent.md'}",
        f"/attach {folder / 'travel.md'} {folder / 'broken.pdf'} {folder / 'leave.txt'}", "/files",
        "What is the hotel limit in Switzerland?", "/detach other.md", "/detach broken.pdf", "/move leave.txt Rules",
        "/files", "/new", "/files",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(talk)))
    Settings(home()).set(TEMPERATURE, 0.0)
    assert main(["chat"]) == 0
    said = capsys.readouterr()
    assert "[1] travel.md" in said.out and "220 EUR" in said.out
    for told in (
        "This chat has no files", "travel.md: read, ", "leave.txt: read, ", "Say which file", "no file “other.md”",
        "There is no file “", "broken.pdf: ", "Removed from this chat, with all that was read: “broken.pdf”",
        "Moved to “Rules”: “leave.txt”",
    ):  # fmt: skip
        assert told in said.out + said.err, told
    last = said.out[said.out.rindex("travel.md: read") :]
    assert "leave.txt" not in last and "broken.pdf" not in last and "This chat has no files" in last
    assert main(["collections", "Rules"]) == 0
    listed = capsys.readouterr().out
    assert "leave.txt" in listed and "travel.md" not in listed


def test_a_removal_that_was_cut_short_is_finished_by_the_next_command(folder: Path, capsys: Captured) -> None:
    assert main(["add", str(folder / "leave.txt"), str(folder / "travel.md")]) == 0
    document = document_ids()["travel.md"]
    turn_id = store_answer(document, "Only the policy knows.")
    leave_core()
    with contextlib.closing(DocumentsRole(home())) as reader:  # as if the core were killed before its chats follow
        collections.deque(reader.handle(Remove(ids=(document,))), maxlen=0)
    assert quotations(turn_id) == ["zymurgy"]
    assert main(["collections"]) == 0
    assert "1 documents" in capsys.readouterr().out
    leave_core()
    assert quotations(turn_id) == [""]


def test_what_was_set_aside_counts_as_traces_and_copies_go_too(folder: Path, capsys: Captured) -> None:
    assert main(["add", str(folder / "leave.txt"), str(folder / "travel.md")]) == 0
    leave_core()
    damaged = home().root / "documents-damaged-20260101-120000.db"
    copy = home().backups / "documents-v1-20260101-120000.db"
    copy.parent.mkdir(exist_ok=True)
    for target in (damaged, copy):
        shutil.copy(home().documents_db, target)
    capsys.readouterr()
    assert main(["remove", "leave.txt"]) == 1
    said = capsys.readouterr().err
    assert "can still be found" in said and damaged.name in said and not copy.exists()
    damaged.unlink()
    assert main(["remove", "travel.md"]) == 0


def test_what_answers_still_tell_is_said_and_can_be_deleted(folder: Path, capsys: Captured) -> None:
    assert main(["add", str(folder / "leave.txt"), str(folder / "travel.md")]) == 0
    ids = document_ids()
    kept, deleted = store_answer(ids["leave.txt"], "It is 30 days [1]."), store_answer(ids["travel.md"], "160 EUR [1].")
    assert main(["remove", "leave.txt"]) == 0
    assert "1 answer in your chats still tells of it in the model's own words." in capsys.readouterr().err
    assert main(["remove", "travel.md", "--with-answers", "--json"]) == 0
    (removed,) = lines(capsys.readouterr().out)
    assert (removed["documents"], removed["answers"]) == (1, 0)
    leave_core()
    with contextlib.closing(ChatStore(home().chats_db, home().backups)) as store:
        assert (store.turn(kept).text, store.turn(deleted).text) == ("It is 30 days [1].", "")


def test_commands_work_beside_an_open_window_which_sees_what_they_change(folder: Path, capsys: Captured) -> None:
    """A door that listens, as a window's does."""
    told: list[object] = []
    with CoreDoor(home(), "window") as window:
        window.on_broadcast = told.append
        pid = window.connect().pid
        assert main(["add", str(folder / "leave.txt"), "--collection", "Rules"]) == 0
        assert main(["search", "days of leave", "--collection", "rules"]) == 0
        assert main(["remove", "leave.txt"]) == 0
        assert "leave.txt" in capsys.readouterr().out
        window.call(ListCollections())
        assert window.connect().pid == pid
    names = [each.collections[0].name for each in told if isinstance(each, CollectionsChanged) and each.collections]
    assert "Rules" in names
    assert [each.file.status for each in told if isinstance(each, FileMoved)][-1] == "indexed"
    assert {each.phase for each in told if isinstance(each, AddState)} >= {"running", "finished"}
    assert len([each for each in told if isinstance(each, DocumentsRemoved)]) == 1


def test_two_adds_at_once_wait_for_each_other(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    others = tmp_path / "others"
    others.mkdir()
    for number in range(20):
        (others / f"note-{number}.txt").write_text(f"Pump number {number} is serviced every {number + 3} months. " * 20)
    with CoreDoor(home()) as opened:
        rules = opened.call(CreateCollection(name="Rules")).collection
        results: list[object] = []

        def add() -> None:
            with CoreDoor(home()) as other:
                results.append(other.call(Add(paths=(str(others),), collection_id=rules.id)))

        thread = threading.Thread(target=add)
        thread.start()
        assert main(["add", str(folder / "leave.txt"), "--collection", "Rules"]) == 0
        thread.join()
    assert results == [Added(indexed=20, unchanged=0, failed=0)]


def leave_core() -> None:
    """Wait until the core of the commands before is gone."""
    if address.socket_path(home()).exists():
        with contextlib.suppress(OSError), CoreDoor(home()) as opened:
            pid = opened.connect().pid
        while psutil.pid_exists(pid):
            time.sleep(0.05)


def document_ids() -> dict[str, int]:
    with CoreDoor(home()) as opened:
        listed = opened.call(ListDocuments(collection_id=opened.call(ListCollections()).collections[0].id))
    return {document.name: document.id for document in listed.documents}


def store_answer(document_id: int, text: str) -> int:
    """An answer that cites a document; → its turn."""
    passage = Passage(
        id=1, document_id=document_id, document="x", path="/x", collection="D", start=0, end=7, text="zymurgy"
    )  # fmt: skip
    with contextlib.closing(ChatStore(home().chats_db, home().backups)) as store:
        turn = store.begin_answer(store.add_question(store.create().id, "Q").id)
        store.finish_answer(turn.id, Answer(text=text, sources=(Source(n=1, passage=passage),)))
    return turn.id


def quotations(turn_id: int) -> list[str]:
    """What a stored answer still holds of its passages."""
    with contextlib.closing(ChatStore(home().chats_db, home().backups)) as store:
        answer = store.turn(turn_id).answer
    assert answer is not None
    return [source.passage.text for source in cited(answer)]


def cited(answer: Answer) -> tuple[Source, ...]:
    assert answer.sources
    return answer.sources


def test_a_name_that_is_no_text_is_one_failed_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "/nowhere/\udcff.md", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["path"]) == ("failed", "/nowhere/?.md")


@pytest.mark.parametrize("argv", [["search", "caf\udce9"], ["models", "import", "caf\udce9.gguf"]])
def test_what_is_no_text_is_one_sentence_and_status_1(argv: list[str], capsys: Captured) -> None:
    assert main(argv) == 1
    said = capsys.readouterr().err
    assert "not valid text" in said and said.count("\n") == 1


def test_a_first_talk_without_documents_is_answered_by_the_model_alone(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    Settings(home()).set(TEMPERATURE, 0.0)  # what it draws by chance is no matter of this test
    monkeypatch.setattr(sys, "stdin", io.StringIO("What is the capital of France?"))
    assert main(["chat"]) == 0
    said = capsys.readouterr()
    assert "Paris" in said.out and "[1]" not in said.out
    assert "There are no documents yet, so the model answers alone." in said.err


def test_every_document_is_asked_and_the_table_goes_on_where_it_was(
    folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    (folder / "lease.md").write_text("# Lease\n\nNotice period: 3 months\n\nThe annual fee is EUR 1,200.00.\n")
    assert main(["add", str(folder), "--collection", "Rules"]) == 0
    capsys.readouterr()
    asked = ["table", "Terms", "--collection", "Rules", "--json"]
    assert main([*asked, "--field", "Notice period", "--field", "Fee"]) == 0
    rows = {str(line["document"]): line for line in lines(capsys.readouterr().out)}
    assert set(rows) == {"broken.pdf", "lease.md", "leave.txt", "travel.md"}
    lease: Any = rows["lease.md"]["cells"]
    assert (lease["notice-period"]["value"], lease["fee"]["value"]) == ("3 months", "EUR 1,200.00")
    assert lease["fee"]["evidence"] == "The annual fee is EUR 1,200.00."
    leave: Any = rows["leave.txt"]["cells"]
    assert leave["notice-period"] == {
        "field": "Notice period", "value": None, "state": "not_stated", "evidence": "", "source": None,
    }  # fmt: skip
    assert rows["broken.pdf"]["problem"]
    path = tmp_path / "terms.xlsx"
    assert main([*asked, "--export", str(path)]) == 0  # the fields are those of the table
    assert len(lines(capsys.readouterr().out)) == 4
    sheet = load_workbook(path).active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]][:3] == ["lease.md", "3 months", "EUR 1,200.00"]
    assert main(["remove", "lease.md"]) == 0
    assert main(asked) == 0
    assert "lease.md" not in capsys.readouterr().out
    for wrong in (
        ["table", "Other", "--collection", "Rules"],
        ["table", "Terms", "--template", "poems"],
        ["table", "T"],
    ):
        assert main(wrong) == 1
        assert capsys.readouterr().err


def test_every_document_that_mentions_something_is_listed(folder: Path, tmp_path: Path, capsys: Captured) -> None:
    assert main(["add", str(folder), "--collection", "Policies"]) == 0
    capsys.readouterr()
    assert main(["find", "Which documents mention an approval or paid leave but not hotels?", "--json"]) == 0
    (found,) = lines(capsys.readouterr().out)
    assert found["plan"]["words"] == "mentions: approval or paid leave · not: hotels"  # type: ignore[index]
    assert [(each["document"], each["mentions"]) for each in found["documents"]] == [  # type: ignore[attr-defined]
        ("leave.txt", {"approval or paid leave": 1})
    ]
    assert found["excluded"] == [{"part": "without", "value": "hotels", "documents": 1}]
    report = tmp_path / "found.xlsx"
    assert main(["find", "--with", "leave", "--after", "2020", "--export", str(report)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 of 2 documents: mentions: leave · from 2021") and "mentioned" in said
    assert [row[1] for row in load_workbook(report).active.values] == ["Document", "leave.txt"]  # type: ignore[union-attr]
    assert main(["find", "helicopters", "--no-meaning"]) == 0
    assert "No document mentions “helicopters”." in capsys.readouterr().out
    assert main(["find", "--after", "yesterday", "--with", "leave"]) == 1
    assert "is no date" in capsys.readouterr().err
    assert main(["find"]) == 1
    assert "Nothing to look for" in capsys.readouterr().err


def test_without_a_display_files_are_opened_in_the_terminal(
    folder: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no model")
    assert start.main([str(folder / "leave.txt"), str(broken), str(tmp_path / "gone.pdf")]) == 1
    said = capsys.readouterr()
    assert "indexed" in said.out and "leave.txt" in said.out
    assert "no display" in said.err and "“gone.pdf” is not there" in said.err and "broken.gguf" in said.err
    assert start.main(["open", str(folder / "leave.txt")]) == 0
    assert "unchanged" in capsys.readouterr().out
