"""Lines found in a picture become text as a PDF's own would: columns, rows, divided words, pages on their side."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from PIL import Image

from app.documents.loaders.boxes import joined
from app.documents.loaders.image import load_image, picture_of
from app.documents.loaders.scan import Scan, ScanLine, Word, scan_line
from app.documents.scan_pages import GERMAN_ROWS, page_of
from app.documents.scanned import UNSURE, certainty
from app.errors import BadFile
from app.text.parsed import Parsed
from app.types import Box

PROSE = (
    "The limit for a hotel in",
    "Munich is 165 euro a night,",
    "and 220 euro while the trade",
    "fair lasts. Breakfast is a",
    "part of it. Larger amounts",
    "need an approval.",
)


def line(left: float, top: float, text: str, sure: float = 0.99, size: float = 10) -> ScanLine:
    """A line whose letters are half as wide as high."""
    words = []
    at = 0
    for word in text.split():
        at = text.index(word, at)
        box = Box(left + at * size / 2, top, left + (at + len(word)) * size / 2, top + size * 1.22)
        words.append(Word(at, at + len(word), box, sure))
        at += len(word)
    return ScanLine(text, size * 1.22, tuple(words))


def read(*lines: ScanLine, turn: int = 0, skew: float = 0.0) -> Parsed:
    """A picture file with one page, on which this was recognised."""
    page = io.BytesIO()
    Image.new("L", (595, 842), 255).save(page, "PNG")
    return load_image(page.getvalue(), "", scans={1: Scan(lines, 595, 842, turn, skew)})


def test_columns_are_read_one_after_the_other_however_their_lines_stand() -> None:
    other = tuple(text.replace("hotel", "room").replace("Munich", "Vienna") for text in PROSE)
    title = line(60, 40, "A title that runs over the whole width of both of the columns below it here")
    for shift in (0, 5):  # level with each other, and not
        left = [line(60, 80 + 14 * n, text) for n, text in enumerate(PROSE)]
        right = [line(320, 80 + shift + 14 * n, text) for n, text in enumerate(other)]
        text = read(title, *(each for pair in zip(left, right, strict=True) for each in pair)).text
        assert " ".join(PROSE) in text
        assert " ".join(other) in text
        assert text.index("title") < text.index("Munich") < text.index("Vienna")


def test_rows_of_a_table_stand_on_a_line_each() -> None:
    rows = [("City", "A night"), ("Munich", "165 €"), ("Cologne", "130 €")]
    cells = [line(60 + 200 * at, 60 + 20 * n, cell) for n, row in enumerate(rows) for at, cell in enumerate(row)]
    parsed = read(*cells)
    assert parsed.text == "City | A night\nMunich | 165 €\nCologne | 130 €"
    assert [block.kind for block in parsed.blocks] == ["header_row", "row", "row"]


def test_a_gap_within_a_found_line_parts_cells() -> None:
    words = (Word(0, 6, Box(60, 60, 90, 72), 0.9), Word(7, 10, Box(300, 60, 315, 72), 0.9))
    assert read(ScanLine("Munich 165", 12.2, words), line(60, 80, "below"), line(300, 80, "7")).text.startswith(
        "Munich | 165"
    )


def test_a_word_that_the_line_divides_is_joined_and_keeps_both_boxes() -> None:
    parsed = read(line(60, 60, "Das ist eine Übernach-"), line(60, 74, "tung in Nah- und Fern-"), line(60, 88, "zügen"))
    assert parsed.text == "Das ist eine Übernachtung in Nah- und Fernzügen"
    start = parsed.text.index("Übernachtung")
    boxes = [each.box for each in parsed.lines if each.start < start + 12 and each.end > start]
    assert len(boxes) == 2
    assert boxes[0].top < boxes[1].top
    kept = read(line(60, 60, "Wir fahren mit Nah-"), line(60, 74, "und Fernverkehr"))
    assert kept.text == "Wir fahren mit Nah- und Fernverkehr"


def test_words_of_a_page_on_its_side_are_read_in_order() -> None:
    """Turned once clockwise the lines run across; on the page as it is shown they run upwards, the first one left."""
    lines = []
    for number, text in enumerate(("first line", "second line")):
        x = 60.0 + 14 * number
        words, low = [], 700.0
        for at, word in enumerate(text.split()):
            start = text.index(word)
            words.append(Word(start, start + len(word), Box(x, low - 40, x + 12, low), 0.9 + at / 100))
            low -= 50
        lines.append(ScanLine(text, 12.2, tuple(words)))
    parsed = read(*reversed(lines), turn=1)
    assert parsed.text.split() == ["first", "line", "second", "line"]
    assert all(a.box.left <= b.box.left for a, b in pairwise(parsed.lines))


def test_lines_askew_are_rows_all_the_same() -> None:
    rise = 0.035  # two degrees
    rows = [("Munich", "165"), ("Vienna", "180"), ("Lisbon", "120")]
    cells = []
    for number, (city, price) in enumerate(rows):
        for left, text in ((60.0, city), (460.0, price)):
            cells.append(line(left, 100 + 20 * number - left * rise, text))
    assert read(*cells, skew=rise).text == "Munich | 165\nVienna | 180\nLisbon | 120"


def test_words_that_cannot_be_placed_are_spread_over_their_line() -> None:
    found = scan_line("two words", [("zwei", 0.9, Box(0, 0, 1, 1))], Box(0, 0, 90, 10), 0.7, 10)
    assert found is not None
    assert [(word.box.left, word.box.right, word.sure) for word in found.words] == [(0, 30, 0.7), (40, 90, 0.7)]
    assert scan_line("  ", [], Box(0, 0, 1, 1), 0.9, 10) is None


def test_boxes_of_words_become_one_for_each_line() -> None:
    level = [Box(0, 0, 30, 12), Box(34, 0, 60, 12), Box(0, 14, 30, 26)]
    assert joined(level) == (Box(0, 0, 60, 12), Box(0, 14, 30, 26))
    askew = [Box(0, 0, 30, 12), Box(34, 8, 60, 20)]
    assert joined(askew) == tuple(askew)


def test_what_was_hard_to_make_out_is_known_by_the_letter() -> None:
    parsed = read(ScanLine("Limit 165 euro", 12.2, (*line(60, 60, "Limit").words, Word(6, 9, Box(95, 60, 110, 72), 0.4),
                                                    Word(10, 14, Box(115, 60, 135, 72), 1.0))))  # fmt: skip
    sure, unsure = certainty(parsed.lines, 0, len(parsed.text))
    assert [parsed.text[a:b] for a, b in unsure] == ["165"]
    assert sure == pytest.approx((5 * 0.99 + 3 * 0.4 + 4 * 1.0) / 12, abs=0.001)
    assert UNSURE > 0.4
    assert certainty((), 0, 5) == (None, ())


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF"])
def test_every_kind_of_picture_is_a_document_of_pages(kind: str) -> None:
    first, second = (page_of("table", "", GERMAN_ROWS[:n]).resize((200, 283)) for n in (2, 3))
    file = io.BytesIO()
    first.save(file, kind, **({"save_all": True, "append_images": [second]} if kind in ("TIFF", "GIF", "WEBP") else {}))
    parsed = load_image(file.getvalue())
    pages = 2 if kind == "TIFF" else 1  # what moves is no document of pages
    assert (parsed.format, parsed.text, parsed.scans) == ("image", "", tuple(range(1, pages + 1)))
    picture, width, height, count = picture_of(file.getvalue(), pages, 1.0, 10_000)
    assert count == pages
    assert picture.shape[0] * picture.shape[1] <= 10_000
    assert (round(width), round(height)) == (595, 842)


def test_pictures_that_are_none_or_too_large_are_refused() -> None:
    with pytest.raises(BadFile) as refused:
        load_image(b"\x89PNG\r\n\x1a\n" + bytes(40))
    assert refused.value.code == "damaged"
    huge = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(huge, "PNG")
    with pytest.raises(BadFile) as refused:
        load_image(huge.getvalue())
    assert refused.value.code == "too_large"


def test_a_photo_is_turned_as_its_camera_was() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # held upright: 90 degrees
    photo = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(photo, "JPEG", exif=exif)
    picture, width, height, _ = picture_of(photo.getvalue(), 1, 2.0, 10_000_000)
    assert picture.shape[:2] == (400, 300)
    assert height > width
