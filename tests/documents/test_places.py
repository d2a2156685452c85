"""Where a passage stands: rows of a sheet, slides, mails and members of archives, from the loader to the words."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from openpyxl import Workbook

from app.cited import cited_as, where
from app.documents.grid import read_grid
from app.documents.loaders.table import load_table
from app.documents.loaders.xlsx import load_xlsx
from app.documents.store import NewDocument, Store
from app.errors import AppError
from app.places import Cells, MailPart, Member, Place, Slide, cell_range, column_name
from app.text.parsed import Parsed
from app.text.passages import Piece, cut
from app.types import Passage
from app.workers.calls.grid import ReadGrid


class Words:
    """Counts words as tokens."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        at, found = 0, []
        for word in text.split():
            start = text.index(word, at)
            at = start + len(word)
            found.append((start, at))
        return found


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "Prices"
    sheet["B2"] = "All prices in euros"
    for row in range(5, 305):
        for column, value in enumerate(("Pump", f"P-{row}", row), 2):
            sheet.cell(row, column, value)
    for column, name in enumerate(("Item", "Number", "Price"), 2):
        sheet.cell(4, column, name)
    sheet.row_dimensions[7].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def passage(parsed: Parsed, piece: Piece, **more: object) -> Passage:
    return Passage(
        id=1, document_id=1, document="Prices.xlsx", path="/Prices.xlsx", collection="C", page=piece.page,
        place=piece.place, start=piece.start, end=piece.end, text=parsed.text[piece.start : piece.end],
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_each_row_of_each_passage_is_cited_by_its_own_cells() -> None:
    parsed = load_xlsx(workbook())
    pieces = cut(parsed, Words())
    assert len(pieces) > 5, "the sheet is cut into several passages"
    seen = []
    for piece in pieces:
        held = passage(parsed, piece)
        at = 0
        for line in held.text.splitlines(keepends=True):
            if "P-" in line:
                number = int(line.split("P-")[1].split()[0].rstrip("|"))
                row = passage(parsed, piece, best=(at, at + len(line.rstrip())))
                assert where(row) == f"sheet Prices, B{number}:D{number}"
                seen.append(number)
            at += len(line)
    assert seen == [5, 6, *range(8, 305)], "the hidden row is no row, and counts in the numbers of those below"
    assert cited_as(passage(parsed, pieces[-1])).endswith(":D304")


def test_rows_of_a_csv_file_count_as_a_spreadsheet_shows_them() -> None:
    parsed = load_table(b'City,Limit\nMunich,165\n\n"Ham\nburg",195\nBremen,120\n')
    (piece,) = cut(parsed, Words())
    held = passage(parsed, piece)
    start = held.text.index("City: Bremen")
    assert where(held) == "rows 1 to 5"
    assert where(passage(parsed, piece, best=(start, start + 10))) == "row 5"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Slide(4), "slide 4"),
        (Slide(4, notes=True), "slide 4, notes"),
        (Cells("Q1", (27, 27), (3,)), "sheet Q1, AA3"),
        (Cells("Q1", (1, 2), (0, 0)), "sheet Q1"),
        (MailPart(sent="2025-05-03"), "mail of 2025-05-03"),
        (
            MailPart(sent="2025-05-03", message=2, attachment="Offer.pdf"),
            "message 2 of 2025-05-03, attachment Offer.pdf",
        ),
        (Member("a/b.pdf", page=3), "a/b.pdf, page 3"),
        (Member("b.xlsx", place=Cells("S", (1, 3), (2, 3))), "b.xlsx, sheet S, A2:C3"),
        (None, ""),
    ],
)
def test_places_in_words(place: Place | None, words: str) -> None:
    held = Passage(
        id=1, document_id=1, document="A", path="", collection="", start=0, end=1, text="a\nb", place=place
    )  # fmt: skip
    assert where(held) == words


def test_columns_have_letters() -> None:
    assert [column_name(n) for n in (1, 26, 27, 52, 53, 702, 703)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    assert cell_range(Cells("S", (2, 2), (7,))) == "B7"


def test_the_sheet_round_a_passage_is_put_together_from_the_stored_passages(tmp_path: Path) -> None:
    store = Store(tmp_path / "documents.db", tmp_path / "backups")
    try:
        parsed = msgspec.structs.replace(load_xlsx(workbook()), sha256="x", size=1)
        pieces = cut(parsed, Words())
        collection = store.create_collection("C")
        vectors = [bytes(4 * 384)] * len(pieces)
        new = NewDocument(collection_id=collection, path="/Prices.xlsx", parsed=parsed, pieces=pieces, vectors=vectors,
                          recipe="r", seen=(1, 1.0))  # fmt: skip
        store.put(new)
        held = list(store.passages(store.passage_ids([1])).values())[-1]
        start = held.text.index("P-304") - len("Pump | ")
        grid = read_grid(store, ReadGrid(passage=msgspec.structs.replace(held, best=(start, start + 5))))
        assert (grid.sheet, grid.names, grid.marked) == ("Prices", ("Item", "Number", "Price"), (304,))
        assert [row.number for row in grid.rows] == [5, 6, *range(8, 305)] and grid.before == grid.after == 0
        assert grid.rows[-1].cells == ("Pump", "P-304", "304")
        with pytest.raises(AppError, match="no sheet"):
            read_grid(store, ReadGrid(passage=msgspec.structs.replace(held, start=0, end=6, text="Prices", best=None)))
    finally:
        store.close()
