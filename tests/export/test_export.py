"""Exported files are read back with the libraries that other programs use, and refuse in plain words."""

from __future__ import annotations

import os
from pathlib import Path

import docx
import openpyxl
import pytest

from app.errors import AppError, NoSpace
from app.export.content import Heading, Paragraph, Run, Table, runs
from app.export.reports import write_report
from app.export.tables import write_table

COLUMNS = ("Document", "Amount", "Note")
ROWS = (
    ("Contract | A.pdf", 1250.5, '=HYPERLINK("http://example.com")'),
    ("Vertrag_Ü.docx", 7, "two\nlines\x07"),
    ("Empty.md", None, ""),
)
LINKS = {(0, 0): "file:///documents/Contract%20A.pdf"}


def test_a_sheet_has_numbers_links_and_no_formulas(tmp_path: Path) -> None:
    path = tmp_path / "answers.xlsx"
    write_table(path, "Answers: [all]/2025 of a very long name", COLUMNS, ROWS, LINKS)
    sheet = openpyxl.load_workbook(path).active
    assert sheet.title == "Answers all 2025 of a very long"
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    assert [sheet["B2"].value, sheet["B3"].value, sheet["B4"].value] == [1250.5, 7, None]
    assert sheet["C2"].data_type == "s"
    assert sheet["C2"].value == ROWS[0][2]
    assert sheet["C3"].value == "two\nlines\ufffd"
    assert sheet["A2"].hyperlink.target == LINKS[0, 0]
    assert sheet.auto_filter.ref == "A1:C4"
    assert sheet.freeze_panes == "A2"


def test_a_table_for_word_and_markdown_says_the_same(tmp_path: Path) -> None:
    write_table(tmp_path / "a.docx", "Answers", COLUMNS, ROWS, LINKS)
    document = docx.Document(str(tmp_path / "a.docx"))
    (table,) = document.tables
    assert [cell.text for cell in table.rows[0].cells] == list(COLUMNS)
    assert [cell.text for cell in table.rows[2].cells] == ["Vertrag_Ü.docx", "7", "two\nlines\ufffd"]
    assert table.rows[1].cells[0].paragraphs[0].hyperlinks[0].address == LINKS[0, 0]
    assert document.core_properties.author == "Inhouse"
    write_table(tmp_path / "a.md", "Answers", COLUMNS, ROWS, LINKS)
    lines = (tmp_path / "a.md").read_text(encoding="utf-8").splitlines()
    assert lines[2:5] == [
        "| Document | Amount | Note |",
        "|---|---|---|",
        '| [Contract \\| A.pdf](<file:///documents/Contract%20A.pdf>) | 1250.5 | =HYPERLINK("http://example.com") |',
    ]
    assert lines[5] == "| Vertrag\\_Ü.docx | 7 | two<br>lines\ufffd |"


BLOCKS = [
    Heading("What changed", 1),
    Paragraph((Run("Payment within "), Run("30 days ", "removed"), Run("14 days", "added"), Run(".", "faint"))),
    Table(("Old", "New"), ((runs("# one"), runs("*two*", "strong")),)),
]


def test_a_report_keeps_its_marks(tmp_path: Path) -> None:
    write_report(tmp_path / "r.docx", "Comparison", BLOCKS)
    document = docx.Document(str(tmp_path / "r.docx"))
    removed, added = document.paragraphs[2].runs[1:3]
    assert (removed.text, removed.font.strike, added.text, added.bold) == ("30 days ", True, "14 days", True)
    assert document.paragraphs[0].text == "Comparison"
    assert document.paragraphs[1].style.name == "Heading 1"
    write_report(tmp_path / "r.md", "Comparison", BLOCKS)
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    assert "## What changed\n\nPayment within ~~30 days~~ **14 days**.\n" in text
    assert "| # one | **\\*two\\*** |" in text


def test_a_long_table_takes_seconds_at_most(tmp_path: Path) -> None:
    rows = [[f"Document {i}.pdf", i, "text " * 20, None, "x"] for i in range(1000)]
    for name in ("t.docx", "t.xlsx", "t.md"):
        write_table(tmp_path / name, "T", ["a", "b", "c", "d", "e"], rows)
    assert len(docx.Document(str(tmp_path / "t.docx")).tables[0].rows) == 1001


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.doc"])
def test_another_format_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(AppError, match=r"ends in \.xlsx, \.docx or \.md"):
        write_table(tmp_path / name, "T", ["a"], [["b"]])
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        target = Path("/proc/comparison.md")
    else:
        tmp_path.chmod(0o500)
        target = tmp_path / "comparison.md"
    with pytest.raises(AppError, match="could not be"):
        write_report(target, "T", BLOCKS)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.md"
    write_report(path, "First", BLOCKS)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoSpace, match="Free some disk space"):
        write_report(path, "Second", BLOCKS)
    assert path.read_text(encoding="utf-8").startswith("# First")
    assert [each.name for each in tmp_path.iterdir()] == ["r.md"]


def test_a_file_that_another_program_keeps_open_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(self: Path, target: Path) -> Path:
        raise PermissionError(13, "The process cannot access the file")

    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(AppError, match="open in another program"):
        write_table(tmp_path / "r.xlsx", "T", ["a"], [["b"]])
    assert not list(tmp_path.iterdir())
