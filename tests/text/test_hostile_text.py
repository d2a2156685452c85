"""Texts made to keep rules busy: what reads questions and cells takes time in proportion to their length."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from app.text.compare.units import tokenized, units
from app.text.find.dates import read_dates
from app.text.find.request import find_request, plan_of
from app.text.find.text_dates import dates_in
from app.text.limits import limits
from app.text.plain import plain, unmarked
from app.text.sheets.mentions import narrowed, read
from app.text.sheets.plan import Column, Sheet
from app.text.sheets.planner import choose
from app.text.sheets.table import sheets_of
from app.text.sheets.values import typed
from app.text.sheets.words import figure
from app.text.structure import parse
from app.text.tables import bare, row_cells, tables_of

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


def cut(text: str) -> None:
    list(units(text, "pdf", ((0, len(text)),)))


def wide(text: str) -> None:
    """A table of as many columns as there are letters; some of its rows are as long as its header, some short."""
    header = " | ".join(f"{letter}{n}" for n, letter in enumerate(text))
    row = "; ".join(f"{letter}{n}: 1" for n, letter in enumerate(text) if n % 2)
    tables_of("\n".join([header, *[row] * 3, *[header] * 3]))
    row_cells([row, "x"] * 3, header.split(" | "), named=True)


SHORT, TIMES, SQUARE = 6_000, 4, 9.0
"""A text four times as long takes four times as long, and sixteen times where the rule takes its square."""


@pytest.mark.parametrize(
    ("read", "piece"),
    [
        *((read, piece) for read in (bare, lambda text: plain(text, markdown=True)) for piece in (
            "[", "![", "[a](", "[](x '", "**a ", "__a ", "*a ", "`", "\\", "**", "[[a]](x) ", "<br ", "_a*",
        )),
        (lambda text: plain(f"---{text}x", markdown=True), " "),
        (lambda text: plain(f"|{text}x", markdown=True), "--- "),
        (lambda text: unmarked(f"a | b\n{text}", markdown=True), "|"),
        (lambda text: unmarked(text, markdown=True), "a | b\n"),
        (wide, "c"),
        (cut, " "),
        (cut, "|"),
        (cut, "a |"),
        (lambda text: cut(f"| a |\n|{text}|\n| b |"), " "),
        (lambda text: cut(f"1{text}"), "/"),
        (lambda text: cut(f"a\n\n{text}\n\nb"), " "),
        (lambda text: tokenized(f"a-{text}", 0, len(text) + 2), "\n"),
        (lambda text: parse(f"# a{text}b"), " "),
        (lambda text: parse(f"# a{text}b"), "#"),
        (dates_in, "1 May "),
        (dates_in, "2026-"),
        (dates_in, "die "),
        (lambda text: parse(f"a\n{text}\nb"), " "),
    ],
)  # fmt: skip
def test_four_times_the_text_takes_no_sixteen_times_as_long(read: Callable[[str], object], piece: str) -> None:
    assert growth(read, piece * SHORT) < SQUARE


def growth(read: Callable[[str], object], text: str) -> float:
    """How much longer a text takes that is four times as long; the shortest of three times is the least disturbed."""
    return taken(read, text * TIMES) / taken(read, text)


def taken(read: Callable[[str], object], text: str) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        read(text)
        times.append(time.process_time() - began)
    return max(min(times), 1e-4)
