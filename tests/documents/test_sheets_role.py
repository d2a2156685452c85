"""Figures over sheets of the real index: out of the stored texts, through the child, with the rows cited."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from app.assistant.asking import Step
from app.assistant.calculate import calculate
from app.errors import AppError
from app.paths import home
from app.types import Answer
from app.workers.calls.documents import ReadText
from app.workers.calls.sheets import ReadSheets, RunPlan

pytestmark = pytest.mark.real


def answered(documents: Any, steps: Generator[Step, Any, Answer]) -> Answer:
    try:
        step = next(steps)
        while True:
            step = steps.send(documents.ask(step.call))
    except StopIteration as stop:
        answer: Answer = stop.value
        return answer


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    folder = tmp_path / "sheets"
    folder.mkdir()
    book = Workbook()
    book.active.title = "Costs"
    book.active.append(["Item", "Team", "Amount"])
    long = "A long remark about this item that goes on. " * 60  # more than a passage may hold
    for number in range(120):
        name = long if number == 7 else f"Item {number}"
        book.active.append([name, ["Red", "Blue"][number % 2], number / 4])
        book.active.cell(book.active.max_row, 3).number_format = '#,##0.00 "€"'
    book.create_sheet("Teams").append(["Team", "Floor", "Desks"])
    book["Teams"].append(["Red", "first", 12])
    book.save(folder / "Costs.xlsx")
    (folder / "list.csv").write_text("Badge;Owner;Fee\nB1;Red;1,50\nB2;Blue;2,25\n", encoding="utf-8")
    return folder


def test_a_sum_cites_the_rows_that_it_is_made_of(documents: Any, sheets: Path) -> None:
    documents.add(sheets)
    answer = answered(documents, calculate("What is the total amount of Red?"))
    right = sum(number / 4 for number in range(0, 120, 2))
    assert answer.text == f"Sum of “Amount” where “Team” is “Red”: **{right:,.2f} €** [1] [2] [3]"
    assert answer.note == "60 of 120 rows went in. The first 3 are cited."
    assert answer.calculation is not None
    assert answer.calculation.sql == 'SELECT SUM("Amount") FROM "Costs" WHERE "Team" = \'Red\''
    assert (answer.calculation.sheet, answer.calculation.rows, answer.calculation.of) == ("Costs", 60, 120)
    for number, source in zip((0, 2, 4), answer.sources, strict=True):
        passage = source.passage
        assert passage.best is not None
        assert passage.text[slice(*passage.best)] == f"Item {number} | Red | {number / 4:.2f} €"
        whole = documents.ask(ReadText(document_id=passage.document_id)).text
        assert whole[passage.start : passage.end] == passage.text


def test_the_sheet_that_fits_is_found_among_all(documents: Any, sheets: Path) -> None:
    documents.add(sheets)
    assert "**12**" in answered(documents, calculate("total desks")).text
    assert "**3.75**" in answered(documents, calculate("What is the total fee?")).text
    names = [each.name for each in documents.ask(ReadSheets(question="")).sheets]
    assert names == ["Costs", "Teams", ""]
    refused = answered(documents, calculate("How many elephants are there?"))
    assert refused.not_found and "“elephants”" in refused.text


def test_a_group_is_a_table(documents: Any, sheets: Path) -> None:
    documents.add(sheets)
    text = answered(documents, calculate("average amount per team")).text
    assert text.endswith("| Team | Average of “Amount” |\n|---|---:|\n| Blue | 15.00 € |\n| Red | 14.75 € |")


def test_a_document_that_went_or_changed_says_so(documents: Any, sheets: Path) -> None:
    documents.add(sheets)
    steps = calculate("total desks")
    read = next(steps)
    run = steps.send(documents.ask(read.call))
    assert isinstance(run.call, RunPlan)
    documents.remove("Costs.xlsx")
    with pytest.raises(AppError, match="no longer in the index"):
        documents.ask(run.call)


def test_others_have_their_turn_while_a_long_sheet_is_read(documents: Any, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("Badge,Owner,Fee\n" + "".join(f"B{n},Red,1.50\n" for n in range(200)), encoding="utf-8")
    documents.add(path)
    text = "Badge | Owner | Fee\n" + "Badge: B1; Owner: Red; Fee: 1.50\n" * 20_000  # as if all were indexed, in no time
    with contextlib.closing(sqlite3.connect(home().documents_db)) as db, db:
        db.execute("UPDATE texts SET text = ?", (text,))
    steps = documents.role.handle(ReadSheets(question="What is the sum of the fees?"))
    turns = sum(1 for _ in steps)
    assert turns > 2, "one step a document would keep a search waiting"
