"""Pages as pictures, and spans of the loader's text as boxes on them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_files import pdf, text_at

from app.documents.parse_process import Parser
from app.documents.render import MAX_PIXELS
from app.errors import BadFile
from app.paths import RESOURCES

POLICY = str(RESOURCES / "samples" / "Travel-Policy-2026.pdf")
SENTENCE = "In Munich the limit is 165 € per night, breakfast included."


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as shared:
        yield shared


def pixels(png: bytes) -> tuple[int, int, list[bytes]]:
    """Width, height and RGB rows, read by the standard alone."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data, size = 8, b"", (0, 0)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + body)
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    raw = zlib.decompress(data)
    stride = size[0] * 3 + 1
    assert len(raw) == stride * size[1]
    return size[0], size[1], [raw[row * stride + 1 : (row + 1) * stride] for row in range(size[1])]


def test_page_is_drawn_at_the_scale_asked_for(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(["1 0 0 rg 0 742 100 100 re f\n"], more="/Rotate 90"))  # a red square, top left, then turned
    picture = parser.render_page(str(path), 1, 0.5)
    width, height, rows = pixels(picture.png)
    assert (width, height) == (picture.width, picture.height) == (421, 298)
    assert picture.pages == 1
    assert picture.scale == 0.5
    assert rows[10][-30:-27] == b"\xff\x00\x00", "top right after a quarter turn, red first"
    assert rows[10][30:33] == b"\xff\xff\xff"


def test_giant_page_is_drawn_smaller(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / "poster.pdf"
    path.write_bytes(pdf([text_at(60, 700, "Poster")], box="0 0 14400 14400"))
    picture = parser.render_page(str(path), 1, 4.0)
    assert picture.width * picture.height <= MAX_PIXELS * 1.01
    assert picture.scale < 1


def test_a_sentence_is_marked_tightly(parser: Parser) -> None:
    parsed = parser.parse(POLICY)
    first, last = parsed.pages[7]
    start = parsed.text.index(SENTENCE, first) - first
    (box,) = parser.span_boxes(POLICY, 8, start, start + len(SENTENCE))
    (whole,) = [line for line in parsed.lines if line.start <= first + start < line.end]
    assert box.left == pytest.approx(whole.box.left, abs=1)
    assert box.right < whole.box.right - 50, "the next sentence begins on this line and is not marked"
    assert (box.top, box.bottom) == (whole.box.top, whole.box.bottom)
    assert parser.span_boxes(POLICY, 8, 0, last - first) == tuple(
        line.box for line in parsed.lines if line.page == 8
    ), "a whole page's span is all of its lines"


def test_marks_cover_the_ink_of_their_words(parser: Parser) -> None:
    """Dark pixels inside the box, none just outside it on the same line: checked on the drawn page itself."""
    parsed = parser.parse(POLICY)
    first, _ = parsed.pages[7]
    start = parsed.text.index("Longer stays", first) - first
    (box,) = parser.span_boxes(POLICY, 8, start, start + len("Longer stays"))
    _, _, rows = pixels(parser.render_page(POLICY, 8, 2.0).png)

    def ink(left: float, right: float) -> int:
        band = rows[int(box.top * 2) : int(box.bottom * 2)]
        return sum(1 for row in band for value in row[int(left * 2) * 3 : int(right * 2) * 3] if value < 100)

    assert ink(box.left, box.right) > 300
    assert ink(box.right + 1, box.right + 100) == 0


def test_every_page_maps_onto_itself(parser: Parser) -> None:
    """The renderer makes a page's text from that page and its neighbours alone; it must be the loader's."""
    parsed = parser.parse(POLICY)
    for page, (start, end) in enumerate(parsed.pages, 1):
        expected = tuple(line.box for line in parsed.lines if line.page == page)
        assert parser.span_boxes(POLICY, page, 0, end - start) == expected, f"page {page}"


@pytest.mark.parametrize("page", [0, 14, -1])
def test_a_page_that_is_not_there(parser: Parser, page: int) -> None:
    with pytest.raises(BadFile) as refused:
        parser.render_page(POLICY, page)
    assert refused.value.code == "missing"
    with pytest.raises(BadFile):
        parser.span_boxes(POLICY, page, 0, 5)


def test_other_formats_and_locked_files_say_why(parser: Parser, tmp_path: Path) -> None:
    with pytest.raises(BadFile):
        parser.render_page(str(RESOURCES / "samples" / "Car-Fleet-Rules.md"), 1)
    path = tmp_path / "locked.pdf"
    path.write_bytes(pdf([text_at(60, 700, "Secret")], password="pw"))
    with pytest.raises(BadFile) as refused:
        parser.render_page(str(path), 1)
    assert refused.value.code == "password"
    assert parser.render_page(str(path), 1, password="pw").pages == 1
