"""Of ordinary questions next to none is taken for a request of another kind; docs/retrieval.md says how many."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.assistant.asking import Ask
from app.assistant.offers import MOST_SHEETS, offers
from app.documents.loaders import load
from app.text.offers.offer import Offer
from app.text.sheets.mentions import narrowed
from app.text.sheets.plan import Sheet
from app.text.sheets.table import sheets_of
from app.types import Document
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.calls.sheets import SheetsRead

QUESTIONS = 500


def document(n: int, path: Path, kind: str) -> Document:
    return Document(
        id=n, collection_id=1, collection="All", name=path.name, path=str(path), format=kind, bytes=1,
        status="indexed", passages=3,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sheets(shared_data: Path) -> dict[Document, list[Sheet]]:
    """The first office sheets, as the documents process reads them."""
    paths = [each for each in sorted((shared_data / "office").rglob("*")) if each.suffix in (".csv", ".xlsx")]
    found: dict[Document, list[Sheet]] = {}
    for n, path in enumerate(paths[:MOST_SHEETS], 1000):
        parsed = load(str(path))
        headers = {" ".join(parsed.text[b.start : b.end].split()) for b in parsed.blocks if b.kind == "header_row"}
        names = [(b.start, parsed.text[b.start : b.end]) for b in parsed.blocks if b.kind == "heading"]
        tables = sheets_of(parsed.text, headers, names, n, path.name, parsed.format, "")
        found[document(n, path, parsed.format)] = [each.sheet for each in tables]
    return found


@pytest.mark.parametrize("name", ["squad", "xquad-de"])
def test_less_than_one_in_a_hundred_ordinary_questions_is_offered_anything(
    name: str, shared_data: Path, sheets: dict[Document, list[Sheet]]
) -> None:
    folder = shared_data / name
    texts = [document(n, path, "markdown") for n, path in enumerate(sorted((folder / "documents").iterdir()), 1)]
    listed = Documents(documents=(*texts, *sheets))
    lines = (folder / "questions.jsonl").read_text(encoding="utf-8").splitlines()[:QUESTIONS]
    questions = [json.loads(line)["question"] for line in lines]
    assert len(questions) == QUESTIONS
    found = [(question, offered(question, listed, sheets)) for question in questions]
    wrong = [(question, each[0].sentence) for question, each in found if each]
    assert len(wrong) < QUESTIONS // 100, wrong


def offered(question: str, listed: Documents, sheets: dict[Document, list[Sheet]]) -> tuple[Offer, ...]:
    """What comes out where the documents process answers as it would."""
    steps = offers(Ask(question=question, collections=(1,)))
    try:
        step = next(steps)
        while True:
            if isinstance(step.call, ListDocuments):
                step = steps.send(listed)
            else:
                read = [narrowed(each, question) for tables in sheets.values() for each in tables]
                step = steps.send(SheetsRead(sheets=tuple(read)))
    except StopIteration as stop:
        found: tuple[Offer, ...] = stop.value
        return found
