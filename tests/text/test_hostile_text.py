"""Texts made to keep rules busy: what reads questions and cells takes time in proportion to their length."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from app.text.find.dates import read_dates
from app.text.find.request import find_request, plan_of
from app.text.limits import limits
from app.text.sheets.mentions import narrowed, read
from app.text.sheets.plan import Column, Sheet
from app.text.sheets.planner import choose
from app.text.sheets.table import sheets_of
from app.text.sheets.values import typed
from app.text.sheets.words import figure

LONG = 20_000
LIMIT_S = 2.0
"""Each took more than three seconds, most of them minutes; now they take a few hundredths."""


def many_alike(text: str) -> None:
    header = " | ".join([text] * 2000)
    row = " | ".join("1" for _ in range(2000))
    sheets_of(f"{header}\n{row}\n{row}", {header}, [], 1, "Wide.xlsx", "xlsx", "")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (limits, "1" * LONG),
        (limits, "1," * (LONG // 2)),
        (read_dates, "die " * (LONG // 4)),
        (read_dates, "und files " * (LONG // 10)),
        (find_request, "die " * (LONG // 4)),
        (find_request, "which documents mention " + "die " * (LONG // 4)),
        (plan_of, "die " * (LONG // 4)),
        (plan_of, "please " * (LONG // 7)),
        (many_alike, "x"),
    ],
)
def test_it_takes_no_longer_than_its_length_asks_for(read: Callable[[str], object], text: str) -> None:
    began = time.perf_counter()
    read(text)
    assert time.perf_counter() - began < LIMIT_S


def test_thousands_of_digits_are_no_number() -> None:
    assert typed("Amount", ["1" * 5000, "2"]).column.kind != "number"


def test_a_figure_of_thirty_digits_is_written_out() -> None:
    column = Column(name="Amount", kind="number")
    assert figure(str(Decimal("1" * 30)), column, german=False).replace(",", "") == "1" * 30


def test_a_sheet_of_two_thousand_columns_is_read_at_once() -> None:
    columns = tuple(Column(name=f"Col number {n}", kind="number") for n in range(2000))
    began = time.perf_counter()
    choose("What is the sum of Col number 7 please?", [Sheet(document="a.csv", rows=5, columns=columns)])
    assert time.perf_counter() - began < LIMIT_S


def test_of_thousands_of_texts_those_go_to_the_core_that_the_question_mentions() -> None:
    values = ("North", "north east", *(f"Value {n}" for n in range(5000)))
    sheet = Sheet(document="a.csv", rows=5, columns=(Column(name="Region", kind="text", values=values),))
    question = "How many rows are in the north?"
    assert narrowed(sheet, question).columns[0].values == ("North", "north east")
    assert read(question, narrowed(sheet, question), german=False) == read(question, sheet, german=False)
