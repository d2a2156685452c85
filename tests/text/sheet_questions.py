"""Sixty questions over ten sheets with what is right, computed from the rows in plain Python, by no query.

The first of each pair tuned the rules, the second is only counted. None: the sheet does not say, or not clearly, and no
figure may be given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, NamedTuple

from sheet_files import SHARED, Rows, ducks, employees, expenses, meters, orders, projekte, rechnungen, sales, stock

Right = float | str | dict[str, float] | None


class Asked(NamedTuple):
    question: str
    right: Callable[[Rows], Right]


def total(rows: Iterable[dict[str, Any]], name: str) -> float:
    return sum(row[name] or 0 for row in rows)


def mean(rows: Iterable[dict[str, Any]], name: str) -> float:
    values = [row[name] for row in rows if row[name] is not None]
    return sum(values) / len(values)


def where(rows: Rows, **texts: Any) -> Rows:
    return [row for row in rows if all(row[name.replace("_", " ")] == value for name, value in texts.items())]


def by(rows: Rows, group: str, figure: Callable[[Rows], float]) -> dict[str, float]:
    return {value: figure([row for row in rows if row[group] == value]) for value in {row[group] for row in rows}}


def in_year(rows: Rows, name: str, year: int) -> Rows:
    return [row for row in rows if row[name].year == year]


def nothing(_: Rows) -> Right:
    return None


# fmt: off
QUESTIONS: dict[str, tuple[Callable[..., Rows], list[Asked]]] = {
    "Employees.xlsx": (
        employees,
        [
            Asked("How many employees are there?", lambda r: len(r)),
            Asked("How many employees work in Munich?", lambda r: len(where(r, City="Munich"))),
            Asked("What is the average salary?", lambda r: mean(r, "Salary")),
            Asked("What is the average salary in Finance?", lambda r: mean(where(r, Department="Finance"), "Salary")),
            Asked("How many employees were hired in 2024?", lambda r: len(in_year(r, "Hire date", 2024))),
            Asked("Average weekly hours per department",
                lambda r: by(r, "Department", lambda g: mean(g, "Weekly hours"))),
            Asked("How many employees left in 2024?", nothing),
            Asked("How many employees have a salary of more than 60,000 €?",
                lambda r: sum(x["Salary"] > 60_000 for x in r)),
        ],
    ),
    "Orders.xlsx": (
        orders,
        [
            Asked("What is the total amount of all orders?", lambda r: total(r, "Amount")),
            Asked("How many orders are open?", lambda r: len(where(r, Status="open"))),
            Asked("Total amount in North", lambda r: total(where(r, Region="North"), "Amount")),
            Asked("total amount per region", lambda r: by(r, "Region", lambda g: total(g, "Amount"))),
            Asked("Which customer has the highest total amount?", lambda r: _top(r, "Customer", "Amount")),
            Asked("What share of orders are paid?", lambda r: 100 * len(where(r, Status="paid")) / len(r)),
            Asked("How many orders are overdue?", nothing),
            Asked("How many orders were placed by Alder GmbH in 2024?", nothing),
        ],
    ),
    "Rechnungen.csv": (
        rechnungen,
        [
            Asked("Wie viele Rechnungen gibt es?", lambda r: len(r)),
            Asked("Wie hoch ist die Summe der Beträge im Jahr 2024?",
                lambda r: total(in_year(r, "Datum", 2024), "Betrag") / 100),
            Asked("Wie hoch ist der durchschnittliche Betrag je Kunde?",
                lambda r: by(r, "Kunde", lambda g: mean(g, "Betrag") / 100)),
            Asked("Wie viele Rechnungen haben einen Betrag über 10.000 €?",
                lambda r: sum(x["Betrag"] > 1_000_000 for x in r)),
            Asked("Was ist der höchste Betrag?", lambda r: max(x["Betrag"] for x in r) / 100),
            Asked("Wie hoch ist die Summe für die Adler KG?",
                lambda r: total(where(r, Kunde="Adler KG"), "Betrag") / 100),
        ],
    ),
    "Stock.xlsx": (
        stock,
        [
            Asked("How many items are there?", lambda r: len(r)),
            Asked("What is the total quantity of Tools?", lambda r: total(where(r, Category="Tools"), "Quantity")),
            Asked("Which item has the highest unit price?", lambda r: max(r, key=lambda x: x["Unit price"])["Item"]),
            Asked("total quantity per category", lambda r: by(r, "Category", lambda g: total(g, "Quantity"))),
            Asked("What is the total price?", nothing),
            Asked("What is the cheapest item?", lambda r: min(r, key=lambda x: x["Unit price"])["Item"]),
        ],
    ),
    "Expenses.csv": (
        expenses,
        [
            Asked("What is the total cost of travel?", lambda r: total(where(r, Category="Travel"), "Cost") / 100),
            Asked("How much did software cost in total?", lambda r: total(where(r, Category="Software"), "Cost") / 100),
            Asked("Total cost of the Red team in 2025",
                lambda r: total(in_year(where(r, Team="Red"), "Date", 2025), "Cost") / 100),
            Asked("Total cost per category", lambda r: by(r, "Category", lambda g: total(g, "Cost") / 100)),
            Asked("How many rows have a cost of at least $1,000?", lambda r: sum(x["Cost"] >= 100_000 for x in r)),
            Asked("What is the average cost of meals in the first quarter of 2025?", lambda r: _quarter(r)),
        ],
    ),
    "Projekte.xlsx": (
        projekte,
        [
            Asked("Wie viele Stunden sind es insgesamt?", lambda r: total(r, "Stunden")),
            Asked("Wie viele Projekte hat Herr Becker?", lambda r: len(where(r, Leitung="Herr Becker"))),
            Asked("Wie hoch ist die Summe der Budgets?", nothing),
            Asked("Was ist der durchschnittliche Fortschritt?", lambda r: 100 * mean(r, "Fortschritt")),
            Asked("Welches Projekt hat die meisten Stunden?", lambda r: max(r, key=lambda x: x["Stunden"])["Projekt"]),
            Asked("Wie viele Projekte haben mehr als 200 Stunden?", lambda r: sum(x["Stunden"] > 200 for x in r)),
        ],
    ),
    "Energy.xlsx": (
        meters,
        [
            Asked("What is the total for 2024?", lambda r: total(r, "2024")),
            Asked("What is the total for 2023 in Austria?", lambda r: total(where(r, Country="Austria"), "2023")),
            Asked("Which site has the highest 2024?", lambda r: max(r, key=lambda x: x["2024"])["Site"]),
            Asked("How many sites are in Germany?", lambda r: len(where(r, Country="Germany"))),
            Asked("What is the total consumption?", nothing),
            Asked("What is the average for 2023?", lambda r: mean(r, "2023")),
        ],
    ),
    "docling/xlsx_02_sample_sales_data.xlsm": (
        sales,
        [
            Asked("What is the total revenue?", lambda r: total(r, "Revenue")),
            Asked("What is the total quantity of Widget B?", lambda r: total(where(r, Product="Widget B"), "Quantity")),
            Asked("How many products are there?", lambda r: len({x["Product"] for x in r})),
            Asked("What is the lowest revenue of Widget C?",
                lambda r: min(x["Revenue"] for x in where(r, Product="Widget C"))),
            Asked("Which product has the most revenue?", lambda r: _top(r, "Product", "Revenue")),
            Asked("What is the total profit?", nothing),
        ],
    ),
    "docling/xlsx_03_chartsheet.xlsx": (
        ducks,
        [
            Asked("How many ducks were there in 2021?", lambda r: total(where(r, Year=2021), "Ducks")),
            Asked("How many saltwater ducks were there in 2022?",
                lambda r: total(where(r, Year=2022), "Saltwater Ducks")),
            Asked("What is the average number of freshwater ducks?", lambda r: mean(r, "Freshwater Ducks")),
            Asked("How many geese were there in 2021?", nothing),
        ],
    ),
    "unstructured/stanley-cups.xlsx": (
        lambda: [{"Team": "Blues", "n": 1}, {"Team": "Flyers", "n": 2}, {"Team": "Maple Leafs", "n": 13}],
        [
            Asked("How many Stanley cups have the Maple Leafs won?", nothing),
            Asked("How many Stanley cups are there in total?", nothing),
            Asked("Which team has the most Stanley cups?", nothing),
            Asked("What is the average age of the players?", nothing),
        ],
    ),
}
# fmt: on
"""Of a made file by its name, of a real one by its path below the shared office files."""


def _top(rows: Rows, group: str, name: str) -> str:
    sums = by(rows, group, lambda found: total(found, name))
    return max(sums, key=lambda value: sums[value])


def _quarter(rows: Rows) -> float:
    found = [x for x in where(rows, Category="Meals") if date(2025, 1, 1) <= x["Date"] <= date(2025, 3, 31)]
    return mean(found, "Cost") / 100


__all__ = ["QUESTIONS", "SHARED"]
