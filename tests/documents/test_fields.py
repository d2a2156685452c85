"""Fifty made documents of four kinds, six fields each, with the truth known: nothing is invented."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import Documents
from made_documents import FIELDS, make

from app.documents.embed import Counter as Tokens
from app.documents.loaders import load
from app.embedder.prepared import prepared
from app.errors import AppError
from app.extraction.templates import template_named, typed_field
from app.paths import home
from app.text.fields.field import Field, make_field
from app.text.fields.typed import BY_LABEL, SURE, evidence, head_passage, lone_headings, readings
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
    (asked,) = read_fields(documents, document.id, template_named("contracts").fields[4])
    assert asked.text == "three months"
    assert asked.passage is not None and "three months" in text[asked.passage.start : asked.passage.end]


def read_fields(documents: Documents, document_id: int, *fields: Field) -> tuple[FieldFound, ...]:
    read = documents.ask(ReadFields(document_id=document_id, fields=fields))
    assert isinstance(read, FieldsRead)
    return read.fields


DEAL = """# Frame contract

The contract was signed by Ines Albrecht on 4 May 2026 in Graz.

## Delivery

For each day of a late delivery the supplier pays a penalty of 250 euros. The pallets are returned within a week.

## Notice

Either side may leave with a notice period of three months.
Notice period: 3 months
"""
QUIET = """# Frame contract

The parties met on 4 May 2026. The last contract was signed by Tomasz Nowak.

## References

The contract with the dairy was signed by Karin Lindqvist.

## Notice

Notice period: 3 months
Notice period: 6 months
"""


@pytest.mark.real
def test_what_no_label_says_the_reader_finds_in_a_sentence(documents: Documents, tmp_path: Path) -> None:
    """A question in words, its value with the whole sentence; and nothing where others or nobody signed."""
    fields = tuple(
        typed_field(each)
        for each in (
            "Who signed the contract?",
            "When was the contract signed?",
            "What is the penalty for a late delivery?",
        )
    )
    assert [each.kind for each in fields] == ["name", "date", "text"]
    (tmp_path / "deal.md").write_text(DEAL, encoding="utf-8")
    (tmp_path / "quiet.md").write_text(QUIET, encoding="utf-8")
    documents.add(tmp_path / "deal.md", tmp_path / "quiet.md")
    deal, quiet = documents.listed()
    who, when, penalty = read_fields(documents, deal.id, *fields)
    assert (who.text, when.text) == ("Ines Albrecht", "4 May 2026") and "250 euros" in penalty.text
    for found in (who, when):
        assert found.passage is not None and found.passage.best is not None
        said = found.passage.text[slice(*found.passage.best)]
        assert said == "The contract was signed by Ines Albrecht on 4 May 2026 in Graz."
        assert DEAL[found.passage.start : found.passage.end] == found.passage.text
    assert [each.text for each in read_fields(documents, quiet.id, *fields)] == ["", "", ""]


@pytest.mark.real
def test_the_reader_settles_no_labels(documents: Documents, tmp_path: Path) -> None:
    """A label that is certain is not read otherwise, and two that contradict each other stay not stated."""
    field = make_field("Notice period")
    (tmp_path / "deal.md").write_text(DEAL, encoding="utf-8")
    (tmp_path / "quiet.md").write_text(QUIET, encoding="utf-8")
    documents.add(tmp_path / "deal.md", tmp_path / "quiet.md")
    deal, quiet = documents.listed()
    (certain,) = read_fields(documents, deal.id, field)
    assert certain.chance == BY_LABEL and certain.text in ("3 months", "three months")
    (open_,) = read_fields(documents, quiet.id, field)
    assert open_.text == "" and open_.passage is None
