"""Fifty made documents of four kinds, six fields each, with the truth known: nothing is invented."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import Documents
from made_documents import FIELDS, make

from app.documents.embed import Counter as Tokens
from app.documents.fields import DocumentFields
from app.documents.loaders import load
from app.embedder.prepared import prepared
from app.errors import AppError
from app.extraction.templates import template_named
from app.paths import home
from app.text.fields.field import Field, make_field
from app.text.fields.typed import SURE, evidence, head_passage, lone_headings, readings
from app.text.passages import cut
from app.types import Passage
from app.workers.calls.documents import FieldFound, FieldsRead, ReadFields

TUNED, HELD_OUT = (1, 2), (201, 202)
"""Seeds: the first were looked at while the reader was made, the others only counted. docs/retrieval.md has more."""


def fields_of(kind: str) -> tuple[Field, ...]:
    fields = {field.key: field for field in template_named(kind).fields}
    return tuple(fields[key] for key in FIELDS[kind])


def passages_of(path: Path, tokens: Tokens) -> tuple[str, list[Passage]]:
    parsed = load(str(path))
    found = [
        Passage(
            id=i, document_id=1, document=path.name, path="", collection="", page=piece.page, start=piece.start,
            end=piece.end, heading=piece.heading, text=parsed.text[piece.start : piece.end],
        )
        for i, piece in enumerate(cut(parsed, tokens, path.name), 1)
    ]  # fmt: skip
    return parsed.text, [head_passage(found[0], parsed.text), *found]


def counted(seeds: tuple[int, ...], folder: Path, *, unseen: bool) -> Counter[str]:
    """What becomes of the cells; each value is also held against the text that it is said to stand in."""
    tokens, counts = Tokens(prepared(home().cache)), Counter[str]()
    for seed in seeds:
        for made in make(seed, unseen=unseen):
            path = folder / made.name
            path.write_bytes(made.data)
            text, passages = passages_of(path, tokens)
            for field in fields_of(made.template):
                best = next(iter(readings(field, passages, lone_headings(text))), None)
                truth = made.truth[field.key]
                if best is None or best.chance < SURE:
                    counts["missed" if truth else "rightly not stated"] += 1
                    continue
                passage = passages[best.n - 1]
                value = passage.text[best.start : best.end]
                first, last = evidence(passage.text, best.start, best.end)
                assert value in passage.text[first:last] and passage.text in text
                counts["right" if value in truth else "wrong" if truth else "invented"] += 1
    return counts


@pytest.mark.parametrize(("seeds", "unseen"), [(TUNED, False), (HELD_OUT, True)])
def test_nothing_is_invented_and_hardly_anything_wrong(seeds: tuple[int, ...], unseen: bool, tmp_path: Path) -> None:
    counts = counted(seeds, tmp_path, unseen=unseen)
    print(seeds, dict(counts))
    assert counts.total() == len(seeds) * 50 * 6
    assert counts["invented"] == 0
    assert counts["wrong"] <= 0.03 * counts.total()
    stated = counts["right"] + counts["missed"] + counts["wrong"]
    assert counts["right"] >= 0.9 * stated  # what is stated is found, too


@pytest.mark.real
def test_the_documents_process_reads_fields_with_their_page_and_row(documents: Documents, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    made = [each for each in make(203) if each.template == "contracts"][:5]
    for each in made:
        (folder / each.name).write_bytes(each.data)
    documents.add(folder, collection="Contracts")
    truth = {each.name: each.truth for each in made}
    fields = fields_of("contracts")
    for document in documents.listed("Contracts"):
        read = documents.ask(ReadFields(document_id=document.id, fields=fields))
        assert isinstance(read, FieldsRead)
        assert [each.key for each in read.fields] == list(FIELDS["contracts"])
        for found in read.fields:
            check(found, truth[document.name][found.key], document.format == "pdf")


def check(found: FieldFound, truth: tuple[str, ...], paged: bool) -> None:
    if not found.text:
        assert found.passage is None
        return
    assert found.text in truth
    passage = found.passage
    assert passage is not None and passage.best is not None
    start, end = passage.best
    assert found.text in " ".join(passage.text[start:end].split())
    assert (passage.page == 1 and passage.boxes) if paged else passage.page is None


@pytest.mark.real
def test_a_document_that_is_gone_says_so(documents: Documents) -> None:
    with pytest.raises(AppError, match="no longer in the index"):
        documents.ask(ReadFields(document_id=77, fields=(make_field("Notice period"),)))


@pytest.mark.real
def test_a_long_document_is_searched_for_the_field(documents: Documents, tmp_path: Path) -> None:
    """Its passages are not all read: those that the field's words find are."""
    filler = "\n\n".join(f"## Part {n}\n\nThe committee of part {n} met and spoke about the garden." for n in range(60))
    text = f"# Rules\n\n{filler}\n\n## Leaving\n\nThe notice period is three months.\n\n{filler}"
    path = tmp_path / "long.md"
    path.write_text(text, encoding="utf-8")
    documents.add(path)
    document = documents.listed()[0]
    assert document.passages > 24
    asked = DocumentFields(documents.role._store, document.id).read(template_named("contracts").fields[4])
    assert asked.text == "three months"
    assert asked.passage is not None and "three months" in text[asked.passage.start : asked.passage.end]
