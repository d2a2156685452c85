"""Attacks on calculation: names and values that are SQL, columns that are not what they seem, two meanings."""

from __future__ import annotations

import csv
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from openpyxl import Workbook
from test_sheet_questions import asked_of, tables_in

from app.documents.query_process import Query, QueryResult, QueryTable, result_of, run
from app.errors import AppError
from app.text.sheets.plan import Condition, Plan, Sheet
from app.text.sheets.planner import Planned, choose
from app.text.sheets.sql import sql_of
from app.text.sheets.table import SheetRows
from app.text.sheets.values import typed
from app.text.sheets.words import describe


def made(folder: Path, *rows: list[Any], name: str = "Data.xlsx", title: str = "Data") -> SheetRows:
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    (table,) = tables_in(folder / name)
    return table


def figure(table: SheetRows, question: str) -> str | None:
    """The figure that is given; the reason in brackets where there is none."""
    chosen = choose(question, [table.sheet])
    if isinstance(chosen, str):
        return f"({chosen})"
    assert chosen.plan is not None
    return asked_of(table, chosen.plan)[0][0]


@pytest.mark.parametrize(
    ("texts", "kind", "unit", "values"),
    [
        (["1,234.50", "7", ""], "number", "", ("1234.50", "7", None)),
        (["1.234,50 €", "7,00 €"], "number", "€", ("1234.50", "7.00")),
        (["1'234.50", "12"], "number", "", ("1234.50", "12")),
        (["(3.50)", "-2", "−1", "4"], "number", "", ("-3.50", "-2", "-1", "4")),
        (["12 %", "7.5 %"], "number", "%", ("12", "7.5")),
        (["$5", "5 €"], "mixed", "", None),
        (["1,234", "5,678"], "mixed", "", None),  # thousands, or three decimals: it does not say
        (["1.234", "5.678"], "mixed", "", None),
        (["1,234.5", "1.234,5"], "mixed", "", None),
        (["0049", "0050"], "mixed", "", None),
        (["12", "13", "n/a", "–"], "number", "", ("12", "13", None, None)),
        (["12", "13", "see below"], "mixed", "", None),
        (["31.12.2025", "01.02.2026"], "date", "", ("2025-12-31", "2026-02-01")),
        (["12/31/2025", "01/02/2026"], "date", "", ("2025-12-31", "2026-01-02")),
        (["31/12/2025", "01/02/2026"], "date", "", ("2025-12-31", "2026-02-01")),
        (["01/02/2026", "03/04/2026"], "text", "", None),  # the day first, or the month
        (["2025-02-30", "2025-01-01"], "text", "", None),
        (["", "-"], "empty", "", None),
    ],
)
def test_a_column_is_numbers_or_dates_only_without_doubt(
    texts: list[str], kind: str, unit: str, values: tuple[str | None, ...] | None
) -> None:
    found = typed("Amount", texts)
    assert found.column.kind == kind
    if values is not None:
        assert (found.values, found.column.unit) == (values, unit)


EVIL = ['x"; DROP TABLE "Data"; --', "x'); ATTACH '/etc/passwd'; --", "a\\' OR 1=1 --", "$1 {column} %s \x00?"]


@pytest.mark.parametrize("name", EVIL)
def test_names_and_values_that_are_sql_are_names_and_values(name: str) -> None:
    columns = (typed(name, ["1", "2"]).column, typed("Label", [name, "other"]).column)
    sheet = Sheet(document=name, name=name, columns=columns, rows=2)
    plan = Plan(operation="sum", column=name, conditions=(Condition(column="Label", operator="is", values=(name,)),))
    table = QueryTable(name, (name, "Label"), ("number", "text"), (0, 0), (("1", "2"), (name, "other")))
    assert run(Query(table, (sql_of(plan, sheet),))).rows == ((("1",),),)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/sheets-leak.csv'",
        'DROP TABLE "t"',
        "ATTACH '/tmp/sheets-leak.db'",
        "INSTALL httpfs",
        "SET enable_external_access = true",
    ],
)
def test_the_child_reads_and_writes_no_file_whatever_it_is_asked(sql: str) -> None:
    table = QueryTable("t", ("A",), ("number",), (0,), (("1",),))
    with pytest.raises(AppError, match="could not be calculated with"):
        run(Query(table, (sql,)))


def test_a_child_that_is_killed_in_the_middle_says_so() -> None:
    """Before its first word, and between two of them."""
    table = QueryTable(name="t", names=("a",), types=("text",), decimals=(0,), columns=(("x",),))
    slow = Query(table, ("SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(1000000) b",))
    raised: list[AppError] = []

    def ask() -> None:
        with pytest.raises(AppError) as caught:
            run(slow)
        raised.append(caught.value)

    before = {each.pid for each in psutil.Process().children()}
    asking = threading.Thread(target=ask)
    asking.start()
    while not (children := [each for each in psutil.Process().children() if each.pid not in before]):
        time.sleep(0.01)
    time.sleep(0.5)
    children[0].kill()
    asking.join(20)
    assert raised and "cut short" in raised[0].message
    whole = msgspec.msgpack.encode(QueryResult((((("12",),)),)))
    assert result_of(whole, 0).rows == ((("12",),),)
    for length in range(len(whole)):
        with pytest.raises(AppError, match="cut short"):
            result_of(whole[:length], -9)


def test_a_query_that_takes_too_long_is_ended() -> None:
    table = QueryTable("t", ("A",), ("number",), (0,), (("1",),))
    with pytest.raises(AppError, match="took too long"):
        run(Query(table, ("SELECT sum(a.range * b.range % 7) FROM range(10000000) a, range(1000000) b",)), limit=3.0)


def test_cents_are_exact(tmp_path: Path) -> None:
    table = made(tmp_path, ["Item", "Amount"], *[[f"i{n}", 0.1] for n in range(30)])
    assert figure(table, "What is the total amount?") == "3.0"


def test_total_rows_are_left_out_and_doubtful_ones_stop_the_sum(tmp_path: Path) -> None:
    rows = [["Item", "Shop", "Amount"], ["a", "x", 1], ["b", "y", 2], ["Total", None, 3]]
    assert figure(made(tmp_path, *rows), "total amount") == "3"
    assert figure(made(tmp_path, *rows[:-1], [None, None, 3]), "total amount") == "3"
    assert "may add up" in str(figure(made(tmp_path, *rows[:-1], ["Total of a", "x", 1]), "total amount"))
    assert "label only" in str(figure(made(tmp_path, *rows[:2], ["Second group"], rows[2]), "how many rows are there?"))


def test_a_formula_that_was_never_calculated_gives_no_sum(tmp_path: Path) -> None:
    table = made(tmp_path, ["Item", "Amount"], ["a", 1], ["b", 2], ["c", "=B2+B3"])
    assert "formula without a value" in str(figure(table, "total amount"))


def test_a_cell_that_looks_like_other_cells_of_its_row_forges_none(tmp_path: Path) -> None:
    path = tmp_path / "Data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["Item", "Note", "Amount"], ["a", "x; Amount: 900", "1"], ["b", "Amount: 7", "2"]])
    (table,) = tables_in(path)
    assert figure(table, "total amount") == "3"


PAY = [
    ["Order", "Shop", "Amount", "Discount", "Paid on"],
    ["O1", "North", 10, 1, "2025-01-03"],
    ["O2", "North West", 20, 2, "2025-02-03"],
    ["O3", "Paid", 40, 3, "2024-03-03"],
]
DATED = [["Order", "Shop", "Amount", "Discount", "Date"], *PAY[1:]]


@pytest.mark.parametrize(
    "question",
    [
        "What is the total?",  # of amount or of discount
        "total amount without North or South",
        "How many orders are not?",
        "total amount for customers in North",
        "total amount in March",  # of which year
        "total amount of North North West",
        "How many orders are paid?",  # a shop of that name, and a date
        "How many shops have more than 3 orders?",
        "average and total amount",
        "total amount over 5 and 10",
        "How many orders have an amount over 1.000?",
        "How many orders have an amount over 10 USD per day?",
        "total amount of two orders",
        "total amount in 2025",  # the dates are of something else
        "total amount of the top 2 orders",
        "which order has the highest and lowest amount?",
        "sum of orders",
        "Is the total amount of North right?; DROP TABLE",
    ],
)
def test_a_question_with_two_meanings_or_an_unknown_word_has_no_figure(tmp_path: Path, question: str) -> None:
    assert not isinstance(choose(question, [made(tmp_path, *PAY).sheet]), Planned)


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("total amount in North", "10"),
        ("total amount in North West", "20"),
        ("total amount in North and North West", "30"),
        ("total amount not in North", "60"),
        ("How many orders have an amount of at least 20?", "2"),
        ("How many orders have an amount between 10 and 20?", "2"),
        ("total amount in 2025", "30"),
        ("total amount since 2025", "30"),
        ("total amount before 2025", "40"),
        ("total amount in February 2025", "20"),
        ("Summe der Amount von 2024 bis 2025", "70"),
        ("Which order has the lowest amount?", "O1"),
        ("largest amount", "40"),
    ],
)
def test_conditions_are_those_of_the_question(tmp_path: Path, question: str, right: str) -> None:
    assert figure(made(tmp_path, *DATED), question) == right


def test_the_words_say_what_the_query_does(tmp_path: Path) -> None:
    table = made(tmp_path, *DATED)
    chosen = choose("total amount in North in 2025", [table.sheet])
    assert isinstance(chosen, Planned) and chosen.plan is not None
    said = "Sum of “Amount” where “Date” is from 2025-01-01 to 2025-12-31 and “Shop” is “North”"
    assert describe(chosen.plan, table.sheet, german=False) == said


def test_two_sheets_that_fit_are_asked_about_and_a_named_one_is_taken(tmp_path: Path) -> None:
    one = made(tmp_path, *PAY, name="Alpha.xlsx").sheet
    two = made(tmp_path, *PAY, name="Beta.xlsx").sheet
    assert "Several tables" in str(choose("total amount", [one, two]))
    chosen = choose("total amount in Beta", [one, two])
    assert isinstance(chosen, Planned) and chosen.sheet.document == "Beta.xlsx"
