"""What is marked on the page is the sentence: real files, held against what pdfium itself finds in the boxes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from conftest import Documents
from made_files import chinese_at, pdf, text_at

from app.errors import AppError
from app.text.evidence import pieces_of_passage
from app.text.fields.typed import head_passage
from app.types import Box, Passage
from app.workers.calls.documents import Mark, Marked, PageImage, RenderPage

LEFT, RIGHT = 60, 320
BEFORE = "The travel desk books all hotels for the staff of the company."
SAID = "In Norway the limit for a hotel is 160 euros a night."
AFTER = "Receipts are handed in within one month of the journey."


def column(x: float, top: float, *lines: str, font: str = "F1") -> str:
    return "".join(text_at(x, top - 14 * n, line, font=font) for n, line in enumerate(lines))


def cited(documents: Documents, path: Path, words: str) -> Passage:
    """The passage of the file that holds the sentence with these words, as an answer cites it."""
    documents.add(path)
    (document,) = documents.listed()
    store = documents.role._store
    for passage in store.passages(store.passage_ids([document.id])).values():
        for piece in pieces_of_passage(passage):
            if words in " ".join(piece.text.split()):
                chosen = msgspec.structs.replace(passage, best=(piece.start, piece.end))
                marked = documents.ask(Mark(passages=(chosen,)))
                assert isinstance(marked, Marked)
                return marked.passages[0]
    raise AssertionError(f"no sentence holds {words!r}")


def drawn(documents: Documents, passage: Passage, page: int | None = None) -> PageImage:
    page = page or passage.page
    assert page is not None
    image = documents.ask(RenderPage(document_id=passage.document_id, page=page, scale=1.0, passage=passage))
    assert isinstance(image, PageImage)
    return image


def words_in(path: str, page: int, boxes: Sequence[Box]) -> str:
    """What pdfium reads inside these boxes, without spaces: a character counts where its middle is inside."""
    with pypdfium2.PdfDocument(path) as document:
        sheet = document[page - 1]
        height, text = sheet.get_height(), sheet.get_textpage()
        found = []
        for box in boxes:
            for at in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(at)
                x, y = (left + right) / 2, height - (top + bottom) / 2
                if box.left <= x <= box.right and box.top <= y <= box.bottom:
                    found.append(text.get_text_range(at, 1))
        text.close()
        sheet.close()
    return "".join("".join(found).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


ASIDE = [f"and what the rule number {n} says" for n in range(11, 28)]
CASES = {
    "between two others": (
        column(LEFT, 700, f"{BEFORE} In Norway the limit", f"for a hotel is 160 euros a night. {AFTER}"),
        SAID,
    ),
    "ligatures": (
        column(LEFT, 700, "The of\x01ce pays for \x01ve nights. The \x01rst night is free of charge.", font="F3")
        + column(LEFT, 686, "We \x01nd a room for you.", font="F3"),
        "The first night is free of charge.",
    ),
    "Chinese": (
        chinese_at(LEFT, 700, "酒店由旅行部门预订。挪威的酒店每晚限额为一百六十")
        + chinese_at(LEFT, 684, "欧元。收据在旅行结束后一个月内提交给财务部门办理。"),
        "挪威的酒店每晚限额为一百六十欧元。",
    ),
    "columns": (
        column(LEFT, 700, "The desk books", *ASIDE, "is held. In Norway the limit")
        + column(RIGHT, 700, "for a hotel is 160 euros a night.", "Receipts are kept", *ASIDE, "is held."),
        SAID,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_sentence_alone_is_marked(documents: Documents, tmp_path: Path, case: str) -> None:
    content, said = CASES[case]
    path = tmp_path / "travel.pdf"
    path.write_bytes(pdf([content]))
    passage = cited(documents, path, said)
    image = drawn(documents, passage)
    assert words_in(str(path), 1, image.marks).replace("\ufb01", "fi") == squeezed(said)
    rest = words_in(str(path), 1, image.faint).replace("\ufb01", "fi")
    assert len(rest) + len(squeezed(said)) == len(squeezed(passage.text)), "and all else of the passage faintly"


def test_a_divided_word_is_marked_on_both_lines(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "travel.pdf"
    path.write_bytes(pdf([column(LEFT, 700, f"{AFTER} The desk pays the accommo-", f"dation of guests. {BEFORE}")]))
    image = drawn(documents, cited(documents, path, "The desk pays the accommodation of guests."))
    assert words_in(str(path), 1, image.marks).replace("\x02", "-") in (
        "Thedeskpaystheaccommo-dationofguests.",
        "Thedeskpaystheaccommodationofguests.",
    )
    assert len(image.marks) == 2


def test_a_sentence_over_two_pages_is_marked_on_both(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "travel.pdf"
    pages = [
        column(LEFT, 100, BEFORE, "In Norway the limit for a"),
        column(LEFT, 800, "hotel is 160 euros a night.", AFTER),
    ]
    path.write_bytes(pdf(pages))
    passage = cited(documents, path, SAID)
    assert passage.page == 1, "the page on which it begins is opened"
    first, second = drawn(documents, passage), drawn(documents, passage, 2)
    assert words_in(str(path), 1, first.marks) == squeezed("In Norway the limit for a")
    assert words_in(str(path), 2, second.marks) == squeezed("hotel is 160 euros a night.")
    assert words_in(str(path), 1, first.faint) == squeezed(BEFORE)
    assert words_in(str(path), 2, second.faint) == squeezed(AFTER)


def test_a_title_that_stands_in_no_passage(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "travel.pdf"
    path.write_bytes(
        pdf([text_at(LEFT, 720, "Hotels in Norway", size=18, font="F2") + column(LEFT, 690, BEFORE, AFTER)])
    )
    passage = cited(documents, path, BEFORE)
    text, _ = documents.role._store.text(passage.document_id)
    title = msgspec.structs.replace(head_passage(passage, text), best=(0, len("Hotels in Norway")))
    image = drawn(documents, title)
    assert words_in(str(path), 1, image.marks) == "HotelsinNorway"
    assert words_in(str(path), 1, image.faint) == squeezed(BEFORE + AFTER)


def test_a_sentence_in_a_cell_of_several(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "rules.pdf"
    rows = [("Rule", "What it says"), ("Hotels", SAID), ("Trains", "Second class is booked. First class is not.")]
    table = "".join(text_at(60 + 150 * c, 700 - 20 * r, row[c]) for r, row in enumerate(rows) for c in range(2))
    path.write_bytes(pdf([table]))
    passage = cited(documents, path, "First class")
    at = passage.text.index("First class is not.")
    inside = msgspec.structs.replace(passage, best=(at, at + len("First class is not.")))
    assert words_in(str(path), 1, drawn(documents, inside).marks) == "Firstclassisnot."


def test_a_row_is_marked_and_none_of_its_neighbours(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "limits.pdf"
    rows = [("City", "Standard", "Trade fair"), ("Berlin", "150 EUR", "190 EUR"), ("Munich", "165 EUR", "220 EUR")]
    cells = "".join(
        text_at(60 + 150 * c, 700 - 20 * r, cell) for r, row in enumerate(rows) for c, cell in enumerate(row)
    )
    path.write_bytes(pdf([text_at(60, 740, "The limits below include breakfast.") + cells]))
    image = drawn(documents, cited(documents, path, "165 EUR"))
    assert words_in(str(path), 1, image.marks) == "Munich165EUR220EUR"
    assert image.faint == (), "a neighbour's figure is no evidence, however faint"


def test_right_to_left(documents: Documents, shared_data: Path) -> None:
    path = shared_data / "office" / "docling" / "right_to_left_01.pdf"
    documents.add(path)
    (document,) = documents.listed()
    store = documents.role._store
    passage = next(iter(store.passages(store.passage_ids([document.id])).values()))
    pieces = [piece for piece in pieces_of_passage(passage) if len(piece.text) > 60]
    assert len(pieces) > 2
    for piece in pieces[:6]:
        marked = documents.ask(Mark(passages=(msgspec.structs.replace(passage, best=(piece.start, piece.end)),)))
        assert isinstance(marked, Marked)
        image = drawn(documents, marked.passages[0])
        found = words_in(str(path), image_page(marked), image.marks)
        wanted = squeezed(piece.text)
        same = sum(min(found.count(each), wanted.count(each)) for each in set(wanted))
        assert same >= 0.97 * len(wanted) and len(found) <= 1.05 * len(wanted), (wanted, found)


def image_page(marked: Marked) -> int:
    page = marked.passages[0].page
    assert page is not None
    return page


def test_a_document_that_reads_differently_now_is_not_marked_wrongly(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "travel.pdf"
    path.write_bytes(pdf([column(LEFT, 700, BEFORE, SAID, AFTER)]))
    passage = cited(documents, path, SAID)
    path.write_bytes(pdf([column(LEFT, 700, "A new first line.", BEFORE, SAID.replace("160", "190"), AFTER)]))
    os.utime(path, (1, 1))
    with pytest.raises(AppError, match="changed since it was indexed"):
        drawn(documents, passage)
    documents.add(path)
    with pytest.raises(AppError, match="changed since this was found"):
        drawn(documents, passage)


def test_a_passage_that_moved_is_marked_where_it_is_now(documents: Documents, tmp_path: Path) -> None:
    path = tmp_path / "travel.pdf"
    path.write_bytes(pdf([column(LEFT, 700, BEFORE, SAID, AFTER)]))
    passage = cited(documents, path, SAID)
    path.write_bytes(pdf([column(LEFT, 700, "A new first line says more than it did.", BEFORE, SAID, AFTER)]))
    os.utime(path, (1, 1))
    documents.add(path)
    assert words_in(str(path), 1, drawn(documents, passage).marks) == squeezed(SAID)
    path.write_bytes(pdf([column(LEFT, 700, "Another page"), column(LEFT, 700, BEFORE, SAID, AFTER)]))
    os.utime(path, (2, 2))
    documents.add(path)
    with pytest.raises(AppError, match="changed since this was found"):
        drawn(documents, passage)
