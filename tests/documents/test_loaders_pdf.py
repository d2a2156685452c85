"""PDF: text in reading order, structure, places, and what must not be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_files import pdf, text_at

from app.documents.loaders.pdf import load_pdf
from app.errors import BadFile
from app.text.parsed import Parsed

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
BODY = "All employees keep their receipts until the claim was paid by the team."


def blocks(parsed: Parsed) -> list[tuple[str, str]]:
    last = 0
    for block in parsed.blocks:
        assert last <= block.start < block.end <= len(parsed.text)
        last = block.end
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def lines(*texts: str, x: float = 60, y: float = 700, step: float = 14, **options: object) -> str:
    return "".join(text_at(x, y - at * step, text, **options) for at, text in enumerate(texts))  # type: ignore[arg-type]


def test_paragraphs_headings_and_lists() -> None:
    page = (
        text_at(60, 760, "Travel Policy", size=20)
        + text_at(60, 730, "4.2 Limits per night", font="F2")
        + lines("The limits below include breakfast and local taxes, and they hold in", "every city of the table.")
        + lines("A second paragraph stands apart, and it goes on over the end of the", "line as well.", y=660)
        + lines("- Take the train when the journey there takes less than four hours and", "thirty minutes.", y=620)
        + lines("- Keep every receipt.", y=592)
    )
    parsed = load_pdf(pdf([page]))
    assert blocks(parsed) == [
        ("heading", "Travel Policy"),
        ("heading", "4.2 Limits per night"),
        (
            "paragraph",
            "The limits below include breakfast and local taxes, and they hold in every city of the table.",
        ),
        ("paragraph", "A second paragraph stands apart, and it goes on over the end of the line as well."),
        ("list", "- Take the train when the journey there takes less than four hours and thirty minutes."),
        ("list", "- Keep every receipt."),
    ]
    assert [block.level for block in parsed.blocks[:2]] == [1, 2]
    assert parsed.title == "Travel Policy"
    assert parsed.pages == ((0, len(parsed.text)),)


def test_table_rows_with_wrapped_cells() -> None:
    page = (
        text_at(60, 700, "City", font="F2")
        + text_at(200, 700, "Limit", font="F2")
        + text_at(60, 680, "Berlin")
        + text_at(200, 680, "150")
        + lines("Munich and", "its suburbs", y=660)
        + lines("165, and 220 during", "trade fairs", y=660, x=200)
        + text_at(60, 620, "Vienna")
        + text_at(200, 620, "160")
    )
    parsed = load_pdf(pdf([page]))
    assert blocks(parsed) == [
        ("header_row", "City | Limit"),
        ("row", "Berlin | 150"),
        ("row", "Munich and its suburbs | 165, and 220 during trade fairs"),
        ("row", "Vienna | 160"),
    ]
    assert len(parsed.lines) == 3 + 4, "a row of one line is one box, a taller one has a box for each line of each cell"


def test_two_columns_written_line_by_line_are_read_one_after_the_other() -> None:
    left = [f"Left column, line {n} of the text here" for n in range(8)]
    right = [f"Right column, line {n} of the text now" for n in range(8)]
    page = "".join(text_at(50, 700 - 14 * n, left[n]) + text_at(310, 700 - 14 * n, right[n]) for n in range(8))
    text = load_pdf(pdf([page])).text
    assert " ".join(left) in text
    assert " ".join(right) in text


def test_lines_are_boxes_from_the_top_left() -> None:
    parsed = load_pdf(pdf([text_at(100, 742, "Where am I", size=10)]))
    (line,) = parsed.lines
    assert parsed.text[line.start : line.end] == "Where am I"
    assert line.page == 1
    assert line.box.left == pytest.approx(100, abs=2)
    assert line.box.top < 842 - 742 < line.box.bottom < 842 - 742 + 5
    width = 50.02  # Helvetica's widths of these letters (AFM): 944+556+556+333+556+278+667+833+278+278 = 5,002 a 1,000
    assert line.box.right - line.box.left == pytest.approx(width, abs=3)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_boxes_on_turned_and_cropped_pages(turn: int) -> None:
    """A dot of text near one corner of the crop box must come near the corner where a viewer shows it."""
    more = f"/Rotate {turn} /CropBox [100 200 500 800]"
    (line,) = load_pdf(pdf([text_at(110, 780, "ab", size=10)], more=more)).lines
    x, y = (line.box.left + line.box.right) / 2, (line.box.top + line.box.bottom) / 2
    from_left, from_top = 16, 17  # of the unturned crop box, 400 by 600
    expected = {
        90: (600 - from_top, from_left),
        180: (400 - from_left, 600 - from_top),
        270: (from_top, 400 - from_left),
    }[turn]
    assert (x, y) == pytest.approx(expected, abs=6)


def test_running_headers_and_page_numbers_are_left_out() -> None:
    pages = []
    for number in range(1, 7):
        page = text_at(60, 810, "Larkfield Components") + text_at(290, 30, f"Page {number} of 6")
        pages.append(
            page
            + lines(BODY + " And", f"this is page number {['one', 'two', 'three', 'four', 'five', 'six'][number - 1]}.")
        )
    parsed = load_pdf(pdf(pages))
    assert parsed.text.count("Larkfield") == 1, "the first page that bears it keeps it"
    assert "Page " not in parsed.text
    for number, (start, end) in enumerate(parsed.pages, 1):
        assert ["one", "two", "three", "four", "five", "six"][number - 1] in parsed.text[start:end]


def test_repeated_lines_elsewhere_and_different_lines_at_the_edge_stay() -> None:
    pages = [text_at(60, 810, title) + text_at(60, 400, "Same line") for title in ("Rome", "Oslo", "Bern")]
    parsed = load_pdf(pdf(pages))
    assert parsed.text.count("Same line") == 3
    assert all(title in parsed.text for title in ("Rome", "Oslo", "Bern"))


def test_a_sentence_goes_on_overleaf_in_one_block() -> None:
    first = lines(BODY, "The claim is then sent to the expense team and its amount")
    parsed = load_pdf(pdf([first, lines("is paid with the next salary.", y=780)]))
    assert blocks(parsed) == [
        ("paragraph", f"{BODY} The claim is then sent to the expense team and its amount is paid with the next salary.")
    ]
    start, end = parsed.pages[1]
    assert parsed.text[start:end] == "is paid with the next salary."


@pytest.mark.parametrize(
    "hidden",
    [
        text_at(60, 600, "INJ", extra="1 g"),
        text_at(60, 600, "INJ", extra="3 Tr"),
        text_at(60, 600, "INJ", size=0.5),
        text_at(60, 900, "INJ"),
        text_at(-300, 600, "INJ"),
        text_at(60, 600, "INJ") + "1 g 50 590 100 30 re f\n",
    ],
    ids=["white", "invisible", "tiny", "above the page", "left of the page", "covered"],
)
def test_text_that_no_reader_sees_is_not_read(hidden: str) -> None:
    assert load_pdf(pdf([lines(BODY) + hidden])).text == BODY


@pytest.mark.parametrize(
    "shown",
    [
        "0 0 0.4 rg 50 590 100 30 re f\n" + text_at(60, 600, "Seen", extra="1 g"),
        "1 g 50 590 100 30 re f 0 g\n" + text_at(60, 600, "Seen"),
        "q 200 0 0 200 50 500 cm /Im Do Q\n" + text_at(60, 600, "Seen", extra="3 Tr"),
        text_at(60, 600, "Seen") + "0 g 50 595 m 150 595 l S\n",
        text_at(60, 600, "Seen", size=5),
    ],
    ids=["white on dark", "on a white box", "recognised behind a scan", "underlined", "small print"],
)
def test_text_that_a_reader_sees_stays(shown: str) -> None:
    assert "Seen" in load_pdf(pdf([lines(BODY) + shown], picture=True)).text


def test_scans() -> None:
    scan = "q 500 0 0 700 50 50 cm /Im Do Q\n"
    whole = load_pdf(pdf([scan, scan], picture=True))
    assert (whole.text, whole.scans, whole.note) == ("", (1, 2), "2 of 2 pages hold no readable text.")
    mixed = load_pdf(pdf([scan, lines(BODY), scan], picture=True))
    assert mixed.note == "2 of 3 pages hold no readable text."
    assert [mixed.text[a:b] for a, b in mixed.pages] == ["", BODY, ""]
    assert mixed.scans == (1, 3)
    with pytest.raises(BadFile) as refused:
        load_pdf(pdf([""]))
    assert refused.value.code == "empty"


def test_password() -> None:
    locked = pdf([lines(BODY)], password="Grün 7")
    for password in ("", "wrong"):
        with pytest.raises(BadFile) as refused:
            load_pdf(locked, password)
        assert refused.value.code == "password"
    assert load_pdf(locked, "Grün 7").text == BODY


@pytest.mark.parametrize("cut", [9, 300, -400])
def test_cut_off_files_never_raise_anything_else(cut: int) -> None:
    whole = pdf([lines(BODY)])
    try:
        assert BODY.startswith(load_pdf(whole[:cut]).text[:20])
    except BadFile as error:
        assert error.code in ("damaged", "empty")


def test_lost_first_line_is_forgiven() -> None:
    assert load_pdf(pdf([lines(BODY)]).replace(b"%PDF-1.4\n", b"")).text == BODY


def test_hyphens_at_the_end_of_a_line() -> None:
    page = lines(
        "The department pays the accommo-", "dation, and documents of ISO-", "9001 audits stay in the ware-", "house."
    )
    assert "accommodation, and documents of ISO-9001 audits stay in the warehouse." in load_pdf(pdf([page])).text


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_shared_documents() -> None:
    assert load_pdf((SHARED / "injection" / "hidden.pdf").read_bytes()).text.count("INJ") == 0
    office = SHARED / "office"
    paper = load_pdf((office / "unstructured" / "multi-column-2p.pdf").read_bytes())
    assert paper.title == "Dense Passage Retrieval for Open-Domain Question Answering"
    assert "is a task that answers factoid questions using a large collection of documents." in paper.text
    arabic = load_pdf((office / "docling" / "right_to_left_01.pdf").read_bytes())
    assert arabic.text.startswith("تحسين الإنتاجية وحل المشكلات"), "lam-alef ligatures are spelled in order"
    found = wanted = 0
    for path in sorted((office / "docling").glob("*.pdf")):
        words = (office / "docling" / "expected" / f"{path.name}.md").read_text(encoding="utf-8").split()
        text = load_pdf(path.read_bytes()).text
        wanted += len(words)
        found += sum(1 for word in words if word.strip("*_#`|") in text)
    assert found / wanted > 0.95
