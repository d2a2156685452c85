"""A run's documents are cut as search cuts them: structure is found again, and nothing is taught twice."""

from __future__ import annotations

import pytest

from app.text.structure import parse
from trainer.prepare import facts, passages
from trainer.prepare.questions import choose
from trainer.spec import TextDocument

TEXT = """---
owner: desk
---
# 1 Travel Policy

Valid for all employees.

4.2 Limits per night

| City | Standard |
|---|---|
| Berlin | 150 € |
| Munich | 165 € |

- Complaints: at most 0.8 %.
- On time: at least 96 %.

The desk is open. It closes at 18:00.
"""


def test_headings_lists_and_tables_are_known_by_how_they_are_typed() -> None:
    parsed = parse(TEXT, "Policy_2026.md")
    found = [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]
    assert found == [
        ("heading", "1 Travel Policy"),
        ("paragraph", "Valid for all employees."),
        ("heading", "4.2 Limits per night"),
        ("header_row", "| City | Standard |"),
        ("row", "| Berlin | 150 € |"),
        ("row", "| Munich | 165 € |"),
        ("list", "- Complaints: at most 0.8 %."),
        ("list", "- On time: at least 96 %."),
        ("paragraph", "The desk is open. It closes at 18:00."),
    ]
    assert parsed.title == "Travel Policy"
    assert parse("Only text, and a full stop.", "Fleet-Rules.pdf").title == "Fleet Rules"


@pytest.mark.parametrize(
    ("line", "heading"),
    [
        ("Limits per night", True),
        ("4 Accommodation", True),
        ("Annex B Forms", True),
        ("It is open.", False),
        ("Open: 7:30", False),
        ("- an item", False),
        ("a | b", False),
        ("12 34", False),
        ("one two three four five six seven eight nine ten eleven twelve thirteen", False),
    ],
)
def test_a_heading_without_a_mark_is_a_short_line_that_ends_like_no_sentence(line: str, heading: bool) -> None:
    kinds = [block.kind for block in parse(f"Some text comes before.\n\n{line}\n\nAnd some after.").blocks]
    assert ("heading" in kinds) is heading


def test_a_table_over_several_passages_keeps_its_header_and_loses_no_row() -> None:
    rows = [f"| Part P{n}X | {n * 3 + 1} EUR |" for n in range(120)]
    text = "# Price list\n\n## Parts\n\n| Part | Price |\n|---|---|\n" + "\n".join(rows)
    cut = passages.cut(TextDocument(id="d", text=text, name="Prices.md"), 0)
    tables = [part for passage in cut for part in passage.parts if part.kind == "table"]
    assert len(tables) > 3 and all(table.rows[0] == ("Part", "Price") for table in tables)
    assert [row[0] for table in tables for row in table.rows[1:]] == [f"Part P{n}X" for n in range(120)]
    for passage in cut:
        assert passage.text == text[passage.start : passage.end]
        assert (passage.title, passage.heading) == ("Price list", "Parts") and "Part | Price" in passage.searched


def test_a_sentence_that_two_passages_share_is_one_fact() -> None:
    text = "# Rules\n\n" + " ".join(
        f"Claims of kind {chr(65 + n % 26)}{chr(65 + n // 26)} are paid within {n + 2} working days." for n in range(90)
    )
    cut = passages.cut(TextDocument(id="d", text=text, name="Rules.md"), 0)
    found = [facts.find(passage) for passage in cut]
    answers = [fact.answer for here in found for fact in here]
    assert len(cut) > 3 and len(set(answers)) < len(answers)
    chosen = [fact.answer for here in choose(found, cut, 1000) for fact in here]
    assert sorted(chosen) == sorted(set(answers))
