"""What a model wrote is found in documents, by its mark or its print, and nothing else is."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.cited import MARK, SOURCE_TYPE, is_by_model
from app.database.carve import rows
from app.documents.model_text import PrintSet, spans_in
from app.documents.salvage import salvage_documents
from app.documents.store import NewDocument, Store
from app.export.docx_file import docx_bytes
from app.export.html_text import html_text
from app.export.reports import write_report
from app.text.hidden import HiddenText
from app.text.model_text import Print, joined, print_of, runs_of, within
from app.text.parsed import Parsed
from app.text.passages import Piece

ANSWER = (
    "A good remote onboarding begins well before the first working day. Send the laptop a week ahead, together with a"
    " short letter that explains who will call and when. On the first morning the team lead walks through the tools for"
    " about an hour, and a buddy from another department answers every question that feels too small for a meeting."
)
OWN = "Our office in Bremen has three floors and a small garden. Visitors sign in at the front desk and wear a badge."
QUOTED = "The daily allowance for trips within the country is 28 euros for a whole day and 14 euros for part of a day."


def printed(text: str, *sources: str, at: float = 0.0, id_: int = 1) -> Print:
    return Print(id_, at, print_of(text, sources))


def found(text: str, *prints: Print) -> list[str]:
    return [text[start:end] for start, end in PrintSet(prints).spans(text)]


# --- prints -----------------------------------------------------------------------------------------------------------


def test_an_answer_is_found_where_it_was_pasted_and_nothing_beside_it() -> None:
    assert found(f"{OWN}\n\n{ANSWER}\n\n{OWN}", printed(ANSWER)) == [ANSWER.removesuffix(".")]
    assert found(f"{OWN} {OWN}", printed(ANSWER)) == []


def test_it_is_found_with_other_markup_case_breaks_and_citations() -> None:
    changed = ANSWER.upper().replace(" ", "\n").replace("WEEK", "**WEEK** [3]")
    assert "".join(found(changed, printed(ANSWER))).startswith("A\nGOOD")


def test_it_is_found_with_a_word_changed_in_ten() -> None:
    words = ANSWER.split()
    changed = " ".join("indeed" if n % 10 == 9 else word for n, word in enumerate(words))
    held = sum(map(len, found(changed, printed(ANSWER))))
    assert held > 0.8 * len(changed)


def test_what_an_answer_quotes_of_its_sources_makes_no_document_a_models() -> None:
    answer = f"The rules say it plainly. {QUOTED} [1] {ANSWER}"
    assert found(f"{OWN} {QUOTED}", printed(answer, QUOTED)) == []
    assert found(f"{OWN} {QUOTED}", printed(answer)) != [], "it is the source that makes the difference"


def test_a_short_answer_marks_nothing() -> None:
    assert found("The answer is thirty days after the invoice.", printed("The answer is thirty days.")) == []


def test_scripts_without_spaces_are_known_too() -> None:
    said = "远程员工的入职准备应当在第一个工作日之前就开始，并且提前一周寄出笔记本电脑和一封简短的信。"
    assert found(f"我们的办公室在不来梅。{said}食堂十一点半开门。", printed(said))[0][:4] == said[:4]
    assert found("我们的办公室在不来梅，有三层楼和一个小花园，访客需要在前台登记。", printed(said)) == []


def test_from_a_mark_on_all_is_a_models_also_where_its_answers_are_not_known() -> None:
    text = f"{OWN}\n\n*{MARK.replace(' ', chr(10), 2)}*\n\nSomething short."
    ((start, end),) = spans_in(text, PrintSet([]))
    assert text[start:].startswith("Written") and end == len(text)
    assert spans_in(OWN, PrintSet([]), marked=True) == ((0, len(OWN)),)
    assert spans_in(OWN, PrintSet([])) == ()


def test_spans_are_joined_and_cut_to_a_passage() -> None:
    assert joined([(5, 9), (0, 3), (3, 4), (8, 12)]) == ((0, 4), (5, 12))
    assert within([(0, 4), (6, 20), (30, 40)], 2, 10) == ((0, 2), (4, 8))


def test_a_text_of_nothing_has_no_runs() -> None:
    assert list(runs_of("")) == [] and list(runs_of("Four words, no more")) == [] and print_of("") == b""


# --- the index --------------------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "documents.db", tmp_path / "backups")


def put(store: Store, text: str, sha: str = "a", hidden: tuple[HiddenText, ...] = ()) -> int:
    collection = store.create_collection("Files")
    parsed = Parsed(format="text", text=text, blocks=(), sha256=sha, size=len(text), hidden=hidden)
    vector = b"\x00\x00\x80?" + bytes(4 * 3)
    return store.put(
        NewDocument(collection, "/a.txt", parsed, "e/1", (1, 9e8), [Piece(0, len(text), None, "", "", 9)], [vector])
    )


def test_what_was_found_stands_with_document_and_passage_until_a_person_approves_it(store: Store) -> None:
    document_id = put(store, f"{OWN} {ANSWER}")
    assert store.unlooked(3) == 1
    assert store.keep_look(document_id, 3, (span := (len(OWN) + 1, len(OWN) + 1 + len(ANSWER)),))
    assert not store.keep_look(document_id, 3, (span,)), "nothing new"
    document = store.document(document_id)
    assert document is not None and 0.7 < document.by_model < 0.9 and not document.approved
    (passage,) = store.passages(store.passage_ids([document_id])).values()
    assert passage.by_model == (span,) and is_by_model(passage)
    assert store.collections()[0].by_model == 1 and store.unlooked(3) == 0 and store.unlooked(4) == 1
    store.approve_model_text(document_id, approved=True)
    (passage,) = store.passages(store.passage_ids([document_id])).values()
    assert passage.by_model == () and store.collections()[0].by_model == 0
    document = store.document(document_id)
    assert document is not None and document.approved and document.by_model > 0.7, "the person can look at it still"


def test_a_file_that_is_read_anew_is_looked_at_again_and_stays_approved_only_while_it_is_the_same(store: Store) -> None:
    document_id = put(store, ANSWER)
    store.keep_look(document_id, 3, ((0, 10),))
    store.approve_model_text(document_id, approved=True)
    assert put(store, ANSWER) == document_id and store.unlooked(3) == 1
    store.keep_look(document_id, 3, ((0, 12),))
    assert (found := store.document(document_id)) is not None and found.approved
    put(store, f"{ANSWER} And more.", "b")
    store.keep_look(document_id, 3, ((0, 12),))
    assert (found := store.document(document_id)) is not None and not found.approved


def test_it_goes_with_its_document(store: Store) -> None:
    document_id = put(store, ANSWER)
    store.keep_look(document_id, 3, ((0, 10),))
    store.remove([document_id])
    assert store.db.execute("SELECT count(*) FROM model_texts").fetchone()[0] == 0
    assert not store.keep_look(document_id, 3, ((0, 10),)), "a look that was under way stores nothing"


def test_a_decision_survives_a_damaged_index(store: Store, tmp_path: Path) -> None:
    document_id = put(store, ANSWER)
    store.keep_look(document_id, 3, ((0, 10),))
    store.approve_model_text(document_id, approved=True)
    store.close()
    again = Store(tmp_path / "again.db", tmp_path / "backups")
    with again.transaction() as db:
        db.execute("DELETE FROM meta")
        salvage_documents(rows(tmp_path / "documents.db"), db)
    with closing(sqlite3.connect(tmp_path / "again.db")) as db:
        assert db.execute("SELECT approved FROM model_texts WHERE document_id = ?", (document_id,)).fetchone() == (1,)
    again.close()


# --- exports ----------------------------------------------------------------------------------------------------------


def test_exports_say_it_to_people_and_to_programs(tmp_path: Path) -> None:
    write_report(tmp_path / "a.md", "T", [], by_model=True)
    written = (tmp_path / "a.md").read_text()
    assert MARK in written and SOURCE_TYPE in written
    write_report(tmp_path / "b.md", "T", [])
    assert MARK not in (tmp_path / "b.md").read_text()
    assert SOURCE_TYPE in html_text("T", [], by_model=True) and SOURCE_TYPE not in html_text("T", [])
    import docx

    (tmp_path / "c.docx").write_bytes(docx_bytes("T", [], by_model=True))
    assert docx.Document(str(tmp_path / "c.docx")).core_properties.keywords == SOURCE_TYPE
