"""Questions over sheets: no wrong figure, and how many are given at all. docs/retrieval.md says what came out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from sheet_questions import QUESTIONS, SHARED, Right

from app.documents.loaders import load
from app.documents.query_process import Query, QueryTable, run
from app.text.sheets.plan import Plan
from app.text.sheets.planner import Planned, choose
from app.text.sheets.sql import rows_sql, sql_of
from app.text.sheets.table import SheetRows, sheets_of

Outcome = tuple[str, str, object]
"""right, wrong or refused; the question; what came."""


def tables_in(path: Path) -> list[SheetRows]:
    """The tables of a file, as the documents process reads them from its index."""
    parsed = load(str(path))
    headers = {" ".join(parsed.text[b.start : b.end].split()) for b in parsed.blocks if b.kind == "header_row"}
    names = [(block.start, parsed.text[block.start : block.end]) for block in parsed.blocks if block.kind == "heading"]
    return sheets_of(parsed.text, headers, names, 1, path.name, parsed.format, parsed.note)


def asked_of(table: SheetRows, plan: Plan) -> tuple[tuple[str | None, ...], ...]:
    """The rows of a plan's result, out of the real child."""
    columns = [each.column for each in table.columns]
    query = QueryTable(
        name=table.sheet.name or table.sheet.document,
        names=tuple(each.name for each in columns),
        types=tuple(each.kind if each.kind in ("number", "date") else "text" for each in columns),
        decimals=tuple(each.decimals for each in columns),
        columns=tuple(each.values for each in table.columns),
    )
    return run(Query(query, (sql_of(plan, table.sheet), rows_sql(plan, table.sheet)))).rows[0]


def is_right(rows: tuple[tuple[str | None, ...], ...], plan: Plan, right: Right) -> bool:
    if isinstance(right, dict):
        got = {row[0]: row[1] for row in rows}
        return got.keys() == right.keys() and all(near(got[key], value) for key, value in right.items())
    if isinstance(right, str):
        return bool(rows) and rows[0][0] == right
    return right is not None and len(rows[:1]) == 1 and not plan.group and near(rows[0][0], right)


def near(got: str | None, right: float) -> bool:
    return got is not None and abs(Decimal(got) - Decimal(str(right))) <= Decimal(str(abs(right))) * Decimal("1e-9")


def outcomes(half: int, folder: Path) -> Iterator[Outcome]:
    for name, (make, asked) in QUESTIONS.items():
        real = "/" in name
        if real and not SHARED.is_dir():
            continue
        path = SHARED / name if real else folder / name
        rows = make() if real else make(folder)
        tables = tables_in(path)
        for question, right in asked[half::2]:
            chosen = choose(question, [each.sheet for each in tables])
            if not isinstance(chosen, Planned):
                yield "right" if right(rows) is None else "refused", question, chosen
                continue
            assert chosen.plan is not None
            got = asked_of(tables[chosen.sheet.number], chosen.plan)
            yield "right" if is_right(got, chosen.plan, right(rows)) else "wrong", question, (chosen.plan, got[:5])


@pytest.mark.parametrize(("half", "least"), [(0, 28), (1, 22)], ids=["tuned on", "only counted"])
def test_no_figure_is_wrong_and_most_are_given(half: int, least: int, tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared office files are not here")
    found = list(outcomes(half, tmp_path))
    if "SHEETS_SHOWN" in os.environ:
        print("\n".join(map(str, found)))
    counts = Counter(outcome for outcome, _, _ in found)
    assert [each for each in found if each[0] == "wrong"] == []
    assert len(found) == 30 and counts["right"] >= least, [each for each in found if each[0] == "refused"]


def test_without_the_shared_files_no_made_sheet_gives_a_wrong_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("test_sheet_questions.SHARED", tmp_path / "none")
    assert not [each for half in (0, 1) for each in outcomes(half, tmp_path) if each[0] == "wrong"]
