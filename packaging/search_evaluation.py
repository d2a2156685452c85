"""`python -m packaging.search_evaluation`: makes resources/evaluation/search.json, by which a taught reader is judged.

The sample documents are indexed by the documents process's own code. Their questions are those of sample-questions.json
and one for each fact that the trainer makes a question of by rule; with each stands what search finds for it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from app.documents.worker import DocumentsRole
from app.embedder.readers import READER
from app.formats import BY_SUFFIX
from app.paths import RESOURCES, SAMPLES, Home
from app.types import Passage
from app.workers.calls.documents import Add, CreateCollection, Documents, DocumentText, ListDocuments, ReadText, Search
from trainer import pipeline
from trainer.spec import (
    BaseModel,
    Data,
    Example,
    Input,
    Prepare,
    RunSpec,
    TextDocument,
    read_lines,
    write_json,
    write_lines,
)

TARGET = RESOURCES / "evaluation" / "search.json"
FOUND, GOOD, MOST = 10, 0.6, 60
"""Passages that the chat has read for a question; quality of a question that is made by rule; questions of both kinds,
since each costs a second or two of one core."""


def main() -> int:
    """Write the file; returns the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        role = DocumentsRole(Home(Path(folder) / "home"))
        ask(role, CreateCollection(name="Samples"))
        ask(role, Add(paths=tuple(str(p) for p in sorted(SAMPLES.iterdir()) if p.suffix in BY_SUFFIX), collection_id=1))
        asked = [
            (row["question"], row["answer"] or "")
            for row in json.loads((RESOURCES / "sample-questions.json").read_text())
        ]
        ruled = made(role, Path(folder) / "runs" / "samples")
        asked += ruled[:: -(-len(ruled) // (MOST - len(asked)))]  # of every document
        known: dict[int, Passage] = {}
        questions = []
        for question, answer in asked:
            passages = ask(role, Search(query=question, collections=(1,), k=FOUND)).result.passages
            known.update((each.id, each) for each in passages)
            questions.append((question, answer, [(each.id, each.score) for each in passages]))
        role.close()
    ids = sorted(known)
    rows = [
        {"question": question, "answer": answer, "found": [[ids.index(id_), score] for id_, score in found]}
        for question, answer, found in questions
    ]
    file = {"version": 1, "passages": [bare(known[id_], n) for n, id_ in enumerate(ids)], "questions": rows}
    TARGET.write_bytes(msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")
    sys.stdout.write(f"{len(rows)} questions, {len(ids)} passages, {TARGET.stat().st_size // 1024} KB\n")
    return 0


def bare(passage: Passage, number: int) -> dict[str, Any]:
    """What the reader needs of a passage; nothing of the machine that it was made on."""
    return {
        "id": number, "document_id": 0, "document": passage.document, "path": "", "collection": "", "start": 0,
        "end": len(passage.text), "heading": passage.heading, "header": passage.header, "text": passage.text,
    }  # fmt: skip


def made(role: DocumentsRole, run: Path) -> list[tuple[str, str]]:
    """A question and its answer for each fact that the prepare stages find."""
    listed = ask(role, ListDocuments(collection_id=1))
    assert isinstance(listed, Documents)
    texts = []
    for document in listed.documents:
        text = ask(role, ReadText(document_id=document.id))
        assert isinstance(text, DocumentText)
        row = TextDocument(
            id=document.name, text=text.text, name=document.name, document_id=document.id, pages=text.pages
        )
        texts.append(row)
    run.mkdir(parents=True)
    write_lines(run / "documents.jsonl", texts)
    spec = RunSpec(
        id="samples",
        recipe="search",
        base=BaseModel(path=str(READER)),
        data=Data(inputs=(Input(kind="documents", path=str(run / "documents.jsonl")),)),
        prepare=Prepare(heldout_documents=0.0, phrasings=3),
    )
    write_json(run / "run.json", spec)
    assert pipeline.run(run, lambda _: None) == 0
    examples = [e for e in read_lines(run / "split" / "examples.jsonl", Example) if not e.excluded]
    best: dict[str, Example] = {}
    for example in sorted(examples, key=lambda e: -(e.quality or 0.0)):
        best.setdefault(example.group, example)
    good = [each for each in best.values() if (each.quality or 0.0) >= GOOD]
    return [(each.question, each.answer) for each in good if ": " not in each.answer]  # cells are told by tables


def ask(role: DocumentsRole, call: Any) -> Any:
    """The last word of the role."""
    steps: Generator[Any, None, Any] = role.handle(call)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


if __name__ == "__main__":
    sys.exit(main())
