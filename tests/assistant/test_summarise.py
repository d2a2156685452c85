"""Summaries, driven by hand: what asks for one, which document is meant, and how parts become a text with citations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.assistant.asking import Ask, Step, Stopped, run
from app.assistant.summarise import NOTHING, WORD_FOR_WORD, Target, respond, summarise
from app.assistant.summary_report import save_summary
from app.assistant.summary_request import SummaryRequest, named, summary_request
from app.errors import AppError
from app.types import Answer, Document, Excerpt, Part, Passage, Topic
from app.workers.calls.digest import Extract, Extracted, FindTopics, Outline, Outlined, Topics
from app.workers.calls.documents import Documents, ListDocuments, Search
from app.workers.message import Data

WHOLE = SummaryRequest("document")
HERE = SummaryRequest("collection")


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Summarise Travel-Policy-2026.pdf", SummaryRequest("name", "Travel-Policy-2026.pdf")),
        ("please summarize the travel policy for me.", SummaryRequest("name", "the travel policy")),
        ("Can you give me a short summary of “Warranty Terms”?", SummaryRequest("name", "Warranty Terms")),
        ("Summarise the whole document", WHOLE),
        ("summarize this file in three sentences", WHOLE),
        ("Fasse das gesamte Dokument bitte kurz zusammen.", WHOLE),
        ("Kannst du die Reiserichtlinie zusammenfassen?", SummaryRequest("name", "die Reiserichtlinie")),
        ("Summarise", SummaryRequest("document", pointed=True)),
        ("summarise it", SummaryRequest("document", pointed=True)),
        ("What is in this collection?", HERE),
        ("what's in here", HERE),
        ("What are these documents about?", HERE),
        ("Was ist in dieser Sammlung?", HERE),
        ("What is in Price-List.md?", SummaryRequest("name", "Price-List.md")),
        ("What is in the canteen?", None),
        ("What is the hotel limit in Munich?", None),
        ("What is the warranty about to cover in 2027?", None),
        ("Who wrote the summary of the audit?", None),
        ("Does the policy summarise the limits?", None),
    ],
)
def test_only_a_question_that_is_nothing_else_asks_for_a_summary(question: str, wanted: SummaryRequest | None) -> None:
    assert summary_request(question) == wanted


def document(n: int, name: str, **more: object) -> Document:
    given = {"collection_id": 1, "collection": "Rules", "passages": 3, "format": "pdf", "status": "indexed", **more}
    return Document(id=n, name=name, path=f"/d/{name}", bytes=9, **given)  # type: ignore[arg-type]


POLICY, LIST, RULES = (
    document(1, "Travel-Policy-2026.pdf"),
    document(2, "Price-List-2026-Q1.md"),
    document(3, "Rules.txt"),
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Travel-Policy-2026.pdf", POLICY),
        ("the file travel-policy-2026", POLICY),
        ("the travel policy", POLICY),
        ("our price list 2026", LIST),
        ("rules", RULES),
        ("travel", None),  # half of a name is a subject, not a document
        ("the rules for hotels", None),
        ("2026", None),
    ],
)
def test_a_document_is_meant_by_its_name_or_most_of_it(name: str, meant: Document | None) -> None:
    assert named(name, [POLICY, LIST, RULES]) == meant


def excerpt(document_id: int, text: str, at: int = 0) -> Excerpt:
    passage = Passage(
        id=at + 1, document_id=document_id, document="x", path="", collection="Rules", start=at, end=at + len(text),
        heading="Policy › 2 Hotels", text=text, best=(0, len(text)),
    )  # fmt: skip
    return Excerpt(text=text, passage=passage)


class Reader:
    """Plays the documents process."""

    def __init__(self, *documents: Document) -> None:
        self.documents = documents
        self.steps: list[Step] = []
        self.parts = (
            Part(heading="Hotels", start=0, end=100),
            Part(heading="", start=100, end=200),
            Part(heading="Empty", start=200, end=300),
        )
        self.stop_at = 0
        self.says = True

    def __call__(self, step: Step) -> Data:
        self.steps.append(step)
        if self.stop_at == len(self.steps):
            raise Stopped()
        match step.call:
            case ListDocuments():
                return Documents(documents=self.documents)
            case Outline():
                return Outlined(document=self.documents[0], parts=self.parts)
            case FindTopics():
                return Topics(topics=(Topic(name="Trips", documents=(1, 2), excerpt=excerpt(1, "Trips").passage),))
            case Extract(start=200) | Extract(count=0):
                return Extracted(excerpts=())
            case Extract():
                text = "This policy is short." if step.call.opening else f"The limit is {step.call.start} EUR."
                return Extracted(excerpts=(excerpt(step.call.document_id, text, step.call.start),) if self.says else ())
            case _:
                raise AppError("The documents process is gone.")

    @property
    def streamed(self) -> str:
        return "".join(step.written for step in self.steps)


def test_a_document_is_told_part_by_part_and_what_streams_stays() -> None:
    reader = Reader(POLICY)
    done = run(summarise(Target(document_id=1)), reader)
    first, part, other = (line for line in done.text.split("\n") if line)
    assert first == "This policy is short [1]."
    assert (part, other) == ("- **Hotels:** The limit is 0 EUR [2].", "- **Hotels:** The limit is 100 EUR [3].")
    assert done.text.startswith(reader.streamed.strip()) and "100 EUR" in reader.streamed
    assert [source.n for source in done.sources] == [1, 2, 3] and not done.unsupported
    assert (done.note, done.searched, done.model) == (WORD_FOR_WORD.format(name=POLICY.name), "Rules", "")
    fractions = [step.fraction for step in reader.steps if step.fraction]
    assert fractions == sorted(fractions) and 0 < fractions[0] < fractions[-1] < 1
    last = reader.steps[-1].call
    assert isinstance(last, Extract) and (0, 21) in last.without, "no part repeats what was said"


def test_stopped_it_keeps_what_had_come() -> None:
    reader = Reader(POLICY)
    reader.stop_at = 4
    done = run(summarise(Target(document_id=1)), reader)
    assert done.stopped and done.text.endswith("The limit is 0 EUR [2].") and len(done.sources) == 2


def test_a_document_without_sentences_says_so() -> None:
    reader = Reader(POLICY)
    reader.says = False
    done = run(summarise(Target(document_id=1)), reader)
    assert done.text == NOTHING.format(name=POLICY.name) and not done.sources and not done.note


def test_a_collection_is_told_by_kind_topic_and_document() -> None:
    failed = document(4, "bad.pdf", passages=0, status="failed")
    reader = Reader(POLICY, LIST, failed, document(5, "b.pdf", pages=4, modified=1.8e9))
    done = run(summarise(Target(collections=(1,))), reader)
    first, *lines = [line for line in done.text.split("\n") if line]
    assert first.startswith("3 documents: 3 PDF, 4 pages of PDF, last changed on ") and "1 more file could not" in first
    assert "- Trips [1] (2 documents)" in lines and "- **b.pdf** (4 pages, " in done.text
    assert len([line for line in lines if "This policy is short" in line]) == 3 and len(done.sources) == 4


def asked(question: str, reader: Reader, collections: tuple[int, ...] | None = (1,)) -> Answer:
    return run(respond(Ask(question=question, collections=collections, searched="Rules", model="M")), reader)


def test_the_only_document_is_meant_and_of_several_it_is_asked_which() -> None:
    assert "The limit is 0 EUR [2]." in asked("Summarise the whole document", Reader(POLICY)).text
    which = asked("Summarise the whole document", Reader(POLICY, LIST))
    assert which.text.startswith("Which document?") and f"- {LIST.name}" in which.text and which.model == "M"
    reader = Reader(POLICY, LIST)
    assert asked("Summarise the price list", reader).sources
    assert any(isinstance(step.call, Outline) and step.call.document_id == 2 for step in reader.steps)


@pytest.mark.parametrize("question", ["Summarise the rules for hotels", "summarise it", "What is the limit?"])
def test_everything_else_is_searched_as_ever(question: str) -> None:
    reader = Reader(POLICY, LIST)
    with pytest.raises(AppError):
        asked(question, reader)
    assert isinstance(reader.steps[-1].call, Search)


def test_a_summary_is_saved_with_its_sources(tmp_path: Path) -> None:
    done = run(summarise(Target(document_id=1)), Reader(POLICY))
    save_summary(tmp_path / "s.md", "Summary", done)
    text = (tmp_path / "s.md").read_text(encoding="utf-8")
    assert text.startswith("# Summary\n") and "**Hotels:** The limit is 0 EUR" in text and "## Sources" in text
    assert len(re.findall(r"^\\\[\d\\\] x: ", text, re.MULTILINE)) == 3
    save_summary(tmp_path / "s.docx", "Summary", done)
    assert (tmp_path / "s.docx").read_bytes()[:2] == b"PK"


def test_of_files_attached_to_the_chat_the_only_one_is_meant_before_its_collection() -> None:
    steps = respond(Ask(question="Summarise it", collections=(7, 2), attached=7))
    assert next(steps).call == ListDocuments(collection_id=7)
    offer = Document(
        id=5, collection_id=7, collection="Attached files", name="Offer.pdf", path="/Offer.pdf", format="pdf", bytes=1,
        status="indexed", passages=2,
    )  # fmt: skip
    assert steps.send(Documents(documents=(offer,))).call == Outline(document_id=5)
    steps.close()

    steps = respond(Ask(question="Summarise the travel policy", collections=(7, 2), attached=7))
    next(steps)
    assert steps.send(Documents(documents=(offer,))).call == ListDocuments(collection_id=7), "then everything is asked"
    assert steps.send(Documents(documents=(offer,))).call == ListDocuments(collection_id=2)
