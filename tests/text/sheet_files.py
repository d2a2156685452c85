"""Sheets as companies keep them, made from a seed: the files, and their rows as plain Python to compute with."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font

Rows = list[dict[str, Any]]

SHARED = Path("/work/shared/data/office")


def _days(rng: random.Random, first: date, count: int) -> list[date]:
    return [first + timedelta(days=rng.randrange(700)) for _ in range(count)]


def employees(folder: Path) -> Rows:
    """XLSX: a title above the header, one hidden row, salaries as currency."""
    rng = random.Random(1)
    book = Workbook()
    sheet = book.active
    sheet.title = "Employees"
    sheet.append(["Staff list, confidential"])
    sheet.append([])
    sheet.append(["Employee", "Department", "City", "Hire date", "Salary", "Weekly hours"])
    rows: Rows = []
    for number, day in enumerate(_days(rng, date(2023, 3, 1), 42)):
        row = {
            "Employee": f"Person {chr(65 + number % 26)}{number}",
            "Department": rng.choice(["Sales", "Finance", "Production", "IT"]),
            "City": rng.choice(["Munich", "Hamburg", "Bad Homburg"]),
            "Hire date": day,
            "Salary": rng.randrange(38_000, 96_000, 500),
            "Weekly hours": rng.choice([20, 30, 40]),
        }
        rows.append(row)
        sheet.append(list(row.values()))
        sheet.cell(sheet.max_row, 4).number_format = "dd.mm.yyyy"
        sheet.cell(sheet.max_row, 5).number_format = '#,##0 "€"'
    sheet.append(["Hidden person", "Sales", "Munich", date(2024, 1, 1), 999_999, 40])
    sheet.row_dimensions[sheet.max_row].hidden = True
    book.save(folder / "Employees.xlsx")
    return rows


def orders(folder: Path) -> Rows:
    """XLSX: cents, two regions of a longer name, a total row at the end, an empty cell here and there."""
    rng = random.Random(2)
    book = Workbook()
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(["Order No", "Customer", "Region", "Order date", "Amount", "Status"])
    rows: Rows = []
    for number, day in enumerate(_days(rng, date(2024, 2, 1), 60)):
        row = {
            "Order No": 5001 + number,
            "Customer": rng.choice(["Alder GmbH", "Birch AG", "Cedar Ltd", "Dogwood Inc"]),
            "Region": rng.choice(["North", "North West", "South"]),
            "Order date": day,
            "Amount": None if number % 17 == 5 else rng.randrange(1_000, 900_000) / 100,
            "Status": rng.choice(["paid", "open", "cancelled"]),
        }
        rows.append(row)
        sheet.append(list(row.values()))
        sheet.cell(sheet.max_row, 5).number_format = "#,##0.00 [$€-407]"
    total = sum(round(100 * (row["Amount"] or 0)) for row in rows) / 100
    sheet.append(["Total", None, None, None, total, None])
    sheet.cell(sheet.max_row, 5).font = Font(bold=True)
    book.save(folder / "Orders.xlsx")
    return rows


def rechnungen(folder: Path) -> Rows:
    """CSV from a German program: semicolons, decimal commas, days with points."""
    rng = random.Random(3)
    rows: Rows = []
    for number, day in enumerate(_days(rng, date(2024, 1, 5), 48)):
        rows.append(
            {
                "Rechnung": f"R-{1000 + number}",
                "Kunde": rng.choice(["Adler KG", "Buche GmbH", "Eiche AG"]),
                "Datum": day,
                "Betrag": rng.randrange(5_000, 2_500_000),
                "Kostenstelle": rng.choice(["Vertrieb", "Einkauf", "Werk Süd"]),
            }
        )
    with (folder / "Rechnungen.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["Rechnung", "Kunde", "Datum", "Betrag (EUR)", "Kostenstelle"])
        for row in rows:
            cents = row["Betrag"]
            amount = f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"
            day = row["Datum"]
            writer.writerow([row["Rechnung"], row["Kunde"], f"{day:%d.%m.%Y}", amount, row["Kostenstelle"]])
    return rows


def stock(folder: Path) -> Rows:
    """XLSX: groups as merged cells, a merged title, unit prices beside quantities."""
    rng = random.Random(4)
    book = Workbook()
    sheet = book.active
    sheet.title = "Stock"
    sheet.append(["Stock on 30 June"])
    sheet.merge_cells("A1:D1")
    sheet.append(["Category", "Item", "Quantity", "Unit price"])
    rows: Rows = []
    for category in ("Tools", "Fittings", "Paint"):
        first = sheet.max_row + 1
        for number in range(5):
            row = {
                "Category": category,
                "Item": f"{category[:2].upper()} {number + 1}",
                "Quantity": rng.randrange(3, 400),
                "Unit price": rng.randrange(50, 9_000) / 100,
            }
            rows.append(row)
            sheet.append([category if not number else None, row["Item"], row["Quantity"], row["Unit price"]])
            sheet.cell(sheet.max_row, 4).number_format = '"$"#,##0.00'
        sheet.merge_cells(start_row=first, end_row=sheet.max_row, start_column=1, end_column=1)
    book.save(folder / "Stock.xlsx")
    return rows


def expenses(folder: Path) -> Rows:
    """CSV from an American program: commas in thousands, month first."""
    rng = random.Random(5)
    rows: Rows = []
    for day in _days(rng, date(2024, 6, 1), 40):
        rows.append(
            {
                "Category": rng.choice(["Travel", "Meals", "Software", "Training"]),
                "Team": rng.choice(["Red", "Blue"]),
                "Date": day,
                "Cost": rng.randrange(1_500, 450_000),
            }
        )
    with (folder / "Expenses.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Category", "Team", "Date", "Cost"])
        for row in rows:
            writer.writerow([row["Category"], row["Team"], f"{row['Date']:%m/%d/%Y}", f"${row['Cost'] / 100:,.2f}"])
    return rows


def projekte(folder: Path) -> Rows:
    """XLSX in German: progress in percent, numbers that came as text among the budgets of one column."""
    rng = random.Random(6)
    book = Workbook()
    sheet = book.active
    sheet.title = "Projekte"
    sheet.append(["Projekt", "Leitung", "Stunden", "Fortschritt", "Budget"])
    rows: Rows = []
    for number in range(24):
        row = {
            "Projekt": f"Vorhaben {number + 1}",
            "Leitung": rng.choice(["Frau Anders", "Herr Becker", "Frau Çelik"]),
            "Stunden": rng.randrange(10, 900) / 2,
            "Fortschritt": rng.randrange(0, 101) / 100,
            "Budget": "offen" if number in (3, 9) else rng.randrange(10, 90) * 1000,
        }
        rows.append(row)
        sheet.append(list(row.values()))
        sheet.cell(sheet.max_row, 4).number_format = "0%"
    book.save(folder / "Projekte.xlsx")
    return rows


def meters(folder: Path) -> Rows:
    """XLSX: a column a year, kWh as numbers with their unit."""
    rng = random.Random(7)
    book = Workbook()
    sheet = book.active
    sheet.title = "Energy"
    sheet.append(["Site", "Country", "2023", "2024"])
    rows: Rows = []
    for number in range(12):
        row = {
            "Site": f"Plant {number + 1}",
            "Country": rng.choice(["Germany", "Austria", "France"]),
            "2023": rng.randrange(10_000, 400_000),
            "2024": rng.randrange(10_000, 400_000),
        }
        rows.append(row)
        sheet.append(list(row.values()))
        for column in (3, 4):
            sheet.cell(sheet.max_row, column).number_format = '#,##0 "kWh"'
    book.save(folder / "Energy.xlsx")
    return rows


def sales() -> Rows:
    """The real workbook's rows, as its expected text has them."""
    return _markdown_rows(SHARED / "docling" / "expected" / "xlsx_02_sample_sales_data.xlsm.md")


def ducks() -> Rows:
    return _markdown_rows(SHARED / "docling" / "expected" / "xlsx_03_chartsheet.xlsx.md")


def _markdown_rows(path: Path) -> Rows:
    """The first table of a text."""
    text = path.read_text(encoding="utf-8")
    lines = text[text.index("|") :].partition("\n\n")[0].splitlines()
    header, *body = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if set(line) - set("|-: ")]
    return [{name: _value(cell) for name, cell in zip(header, row, strict=True)} for row in body]


def _value(cell: str) -> int | str:
    return int(cell) if cell.lstrip("-").isdigit() else cell
