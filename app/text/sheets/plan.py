"""What a sheet is to a calculation, and what a question asks of it. Column names are the sheet's own."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ColumnKind = Literal["number", "date", "text", "mixed", "empty"]
Operation = Literal["count", "distinct", "sum", "average", "min", "max", "list", "share"]
Operator = Literal["is", "is not", "above", "at least", "below", "at most"]


class Column(Struct, frozen=True, kw_only=True):
    """A column with what its cells are."""

    name: str  # unlike any other of its sheet, case aside
    kind: ColumnKind
    unit: str = ""  # "€", "%", "kg"
    prefixed: bool = False  # the unit stands before the figure
    decimals: int = 0
    empty: int = 0  # rows without a value
    identifier: bool = False  # numbers that name something: years, order numbers
    unique: bool = False  # no value stands twice
    values: tuple[str, ...] = ()  # the different texts of a text column as they are written; first and last date
    why_mixed: str = ""  # for the user

    @property
    def measures(self) -> bool:
        """Whether its numbers say how much."""
        return self.kind == "number" and not self.identifier


class Sheet(Struct, frozen=True, kw_only=True):
    """A table of a document, without its rows."""

    document_id: int = 0
    document: str = ""  # file name
    name: str = ""  # of the sheet; "" of a CSV file
    number: int = 0  # of the table in its document, from 0
    columns: tuple[Column, ...]
    rows: int
    totals: int = 0  # rows that add up others; they are left out
    labels: int = 0  # rows that hold a label only; they are left out
    doubtful: str = ""  # the first cell of a row of which it cannot be said whether it adds up others
    note: str = ""  # what reading the document left out

    def column(self, name: str) -> Column | None:
        """The column of this name."""
        return next((each for each in self.columns if each.name == name), None)

    @property
    def title(self) -> str:
        """ "Sales.xlsx, sheet “North”"."""
        return f"{self.document}, “{self.name}”" if self.name else self.document


class Condition(Struct, frozen=True, kw_only=True):
    """What rows must hold. Several values: one of them. A date is ISO 8601, a number has a point and no separators."""

    column: str
    operator: Operator
    values: tuple[str, ...]


class Plan(Struct, frozen=True, kw_only=True):
    """A query. `column` is what is counted differently, added up, …; "" counts rows.

    `group`: a figure for each of its values. `order` sorts by the figure (by `column` in a list); `limit` 0 is all.
    `show` are the columns of a list. `share` is of the count, or of the sum of `column`, that meets the conditions.
    """

    operation: Operation
    column: str = ""
    conditions: tuple[Condition, ...] = ()
    group: str = ""
    order: Literal["", "down", "up"] = ""
    limit: int = 0
    show: tuple[str, ...] = ()
