"""The documents process compares what it stores, and files that it does not, and saves reports."""

from __future__ import annotations

from pathlib import Path

import docx
import openpyxl
import pytest
from made_files import pdf, text_at

from app.errors import AppError, BadFile
from app.workers.calls.documents import Compared, CompareProgress, CompareVersions, ListDocuments, Version

pytestmark = pytest.mark.real

OLD = """# Travel policy

## 1 Hotels

A night in Vienna costs at most 180 €. The travel desk books it.

| City | Limit |
|---|---|
| Graz | 120 € |
| Linz | 115 € |

## 2 Meals

Breakfast is part of the price. A dinner costs at most 35 €.
"""
NEW = OLD.replace("180 €", "195 €").replace("| Linz | 115 € |\n", "").replace("A dinner", "A supper")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    old, new = tmp_path / "policy-2025.md", tmp_path / "policy-2026.md"
    old.write_text(OLD, encoding="utf-8")
    new.write_text(NEW, encoding="utf-8")
    return old, new


def said(found: Compared) -> list[tuple[str, str]]:
    return [(change.kind, change.words) for change in found.comparison.changes]


EXPECTED = [
    ("number", "“180 €” became “195 €”."),
    ("removed", "The row “Linz, 115 €” was removed."),
    ("changed", "“dinner” became “supper”."),
]


def test_two_documents_of_the_index_are_compared(documents, files: tuple[Path, Path]) -> None:
    documents.add(*files)
    ids = {each.name: each.id for each in documents.listed()}
    sides = [Version(document_id=ids[path.name]) for path in files]
    for path in files:
        path.unlink()  # what is stored is compared
    found = documents.ask(CompareVersions(left=sides[0], right=sides[1]))
    assert said(found) == EXPECTED
    assert (found.left.name, found.right.text) == ("policy-2025.md", NEW.strip())
    fractions = [event.fraction for event in documents.events if isinstance(event, CompareProgress)]
    assert fractions == sorted(fractions)
    assert fractions


def test_two_files_are_compared_and_nothing_of_them_is_kept(documents, files: tuple[Path, Path]) -> None:
    found = documents.ask(CompareVersions(left=Version(path=str(files[0])), right=Version(path=str(files[1]))))
    assert said(found) == EXPECTED
    assert documents.listed() == ()


def test_a_pdf_and_its_markdown_are_the_same_where_they_say_the_same(documents, tmp_path: Path) -> None:
    lines = ["The buyer pays within 30 days.", "The seller delivers on Mondays."]
    (tmp_path / "a.pdf").write_bytes(pdf([text_at(72, 700, lines[0]) + text_at(72, 600, lines[1])]))
    (tmp_path / "b.md").write_text("\n\n".join(lines).replace("30", "14"))
    sides = [Version(path=str(tmp_path / name)) for name in ("a.pdf", "b.md")]
    found = documents.ask(CompareVersions(left=sides[0], right=sides[1]))
    assert said(found) == [("number", "“30 days” became “14 days”.")]
    assert found.comparison.changes[0].left.page == 1


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".md"])
def test_a_report_cites_both_sides(documents, files: tuple[Path, Path], tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"report{suffix}"
    sides = [Version(path=str(each)) for each in files]
    documents.ask(CompareVersions(left=sides[0], right=sides[1], export=str(path)))
    if suffix == ".docx":
        document = docx.Document(str(path))
        assert "3 differences (figures 1, wording 1, removed 1)." in [p.text for p in document.paragraphs]
        first = document.tables[0]
        assert [cell.text for cell in first.rows[0].cells] == ["policy-2025.md, 1 Hotels", "policy-2026.md, 1 Hotels"]
        struck = [run.text for run in first.rows[1].cells[0].paragraphs[0].runs if run.font.strike]
        assert struck == ["180"]
    elif suffix == ".xlsx":
        rows = list(openpyxl.load_workbook(path).active.values)
        assert rows[1][:6] == (1, "Figures", "“180 €” became “195 €”.", "1 Hotels", None, rows[1][5])
        assert rows[1][5] == "A night in Vienna costs at most 180 €."
        assert rows[1][9:] == ("180 €", "195 €", "policy-2025.md", "policy-2026.md")
        assert len(rows) == 4
    else:
        text = path.read_text(encoding="utf-8")
        assert "A night in Vienna costs at most ~~180~~ €." in text
        assert "| Graz" not in text
        assert "policy-2026.md, 2 Meals" in text


def test_what_cannot_be_compared_says_why(documents, files: tuple[Path, Path], tmp_path: Path) -> None:
    good = Version(path=str(files[0]))
    torn = tmp_path / "torn.pdf"
    torn.write_bytes(b"%PDF-1.7 cut off")
    with pytest.raises(BadFile, match=r"“torn\.pdf” cannot be compared"):
        documents.ask(CompareVersions(left=good, right=Version(path=str(torn))))
    with pytest.raises(BadFile, match=r"gone\.md"):
        documents.ask(CompareVersions(left=good, right=Version(path=str(tmp_path / "gone.md"))))
    with pytest.raises(AppError, match="no longer in the index"):
        documents.ask(CompareVersions(left=good, right=Version(document_id=4711)))
    documents.add(torn)
    (failed,) = documents.ask(ListDocuments(collection_id=documents.collection("Policies"))).documents
    with pytest.raises(AppError, match="could not be read"):
        documents.ask(CompareVersions(left=Version(document_id=failed.id), right=good))
    with pytest.raises(AppError, match=r"ends in \.xlsx, \.docx or \.md"):
        documents.ask(CompareVersions(left=good, right=good, export=str(tmp_path / "report.pdf")))


def test_a_comparison_that_is_cancelled_leaves_no_process(documents, files: tuple[Path, Path]) -> None:
    steps = documents.role.handle(CompareVersions(left=Version(path=str(files[0])), right=Version(path=str(files[1]))))
    assert isinstance(next(steps), CompareProgress)
    steps.close()
    assert documents.listed() == ()
