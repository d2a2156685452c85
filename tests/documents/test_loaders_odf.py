"""OpenDocument texts, sheets and presentations: what a person sees of them, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_office import odf, packed

from app.documents.loaders import load
from app.documents.loaders.ods import load_ods
from app.documents.loaders.odt import load_odp, load_odt
from app.errors import BadFile
from app.places import Cells, Slide

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
STYLES = """<style:style style:name="Off" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="White" style:family="paragraph"><style:text-properties fo:color="#FFFFFF"/></style:style>
<style:style style:name="Child" style:family="paragraph" style:parent-style-name="White"/>
<style:style style:name="Dark" style:family="table-cell">
<style:table-cell-properties fo:background-color="#000000"/></style:style>
<style:style style:name="Away" style:family="table"><style:table-properties table:display="false"/></style:style>
<style:style style:name="NoShow" style:family="drawing-page">
<style:drawing-page-properties prese:visibility="hidden"/></style:style>
<text:list-style style:name="Num"><text:list-level-style-number style:num-format="1"/></text:list-style>"""


def blocks(body: str) -> list[tuple[str, str]]:
    parsed = load_odt(odf("text", body, STYLES))
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_headings_lists_notes_and_comments_are_named_as_what_they_are() -> None:
    assert blocks(
        '<text:h text:outline-level="2">Travel</text:h>'
        "<text:p>Hotels<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Taxes too."
        '</text:p></text:note-body></text:note> are<text:s text:c="2"/><text:span>paid</text:span>.<offic:annotation>'
        "<dc:creator>Reviewer</dc:creator><text:p>Really?</text:p></offic:annotation></text:p>"
        '<text:list text:style-name="Num"><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>'
        "deep</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>two</text:p>"
        "</text:list-item></text:list>"
    ) == [
        ("heading", "Travel"),
        ("paragraph", "Hotels are  paid."),
        ("paragraph", "Comment by Reviewer: Really?"),
        ("list", "1. one"),
        ("list", "1. deep"),
        ("list", "2. two"),
        ("paragraph", "Note 1: Taxes too."),
    ]


def test_what_is_hidden_or_deleted_is_left_out_and_said() -> None:
    parsed = load_odt(
        odf(
            "text",
            "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
            "</text:changed-region></text:tracked-changes>"
            '<text:p>Seen <text:span text:style-name="Off">unseen</text:span>too</text:p>'
            '<text:p text:style-name="Child">white</text:p>'
            '<text:section text:display="none"><text:p>secret</text:p></text:section>'
            "<text:section><text:p>Open</text:p></text:section>",
            STYLES,
        )
    )
    assert parsed.text == "Seen too\n\nOpen"
    assert parsed.note == "2 hidden texts and 1 hidden section were left out."


def test_a_table_is_rows_and_white_on_black_is_read() -> None:
    cell = "<table:table-cell{}><text:p{}>{}</text:p></table:table-cell>"
    white = ' table:style-name="Dark"', ' text:style-name="White"'
    assert blocks(
        "<table:table><table:table-header-rows><table:table-row>"
        + cell.format(*white, "City")
        + cell.format(*white, "Rate")
        + "</table:table-row></table:table-header-rows><table:table-row>"
        + cell.format(' table:number-rows-spanned="2"', "", "Bonn")
        + cell.format("", "", "90 €")
        + "</table:table-row><table:table-row><table:covered-table-cell/>"
        + cell.format("", "", "95 €")
        + "</table:table-row></table:table>"
    ) == [("header_row", "City | Rate"), ("row", "Bonn | 90 €"), ("row", "Bonn | 95 €")]


def test_a_sheet_keeps_types_and_leaves_out_what_is_hidden() -> None:
    def row(*cells: str, more: str = "") -> str:
        return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"

    def cell(kind: str, shown: str, more: str = "") -> str:
        return f'<table:table-cell offic:value-type="{kind}" {more}><text:p>{shown}</text:p></table:table-cell>'

    def name(text: str) -> str:
        return cell("string", text)

    price = cell("currency", "1.234,50 €", 'offic:value="1234.5" offic:currency="EUR"')
    day = cell("date", "03.05.26", 'offic:date-value="2026-05-03"')
    rate = cell("percentage", "19 %", 'offic:value="0.19"')
    note = "<offic:annotation><text:p>Old price</text:p></offic:annotation>"
    body = (
        '<table:table table:name="Prices"><table:table-column table:number-columns-repeated="4"/>'
        '<table:table-column table:visibility="collapse"/>'
        + row(name("Item"), name("Price"), name("Since"), name("Tax"), name("Secret"))
        + row(name("Chair").replace("<text:p>", f"{note}<text:p>"), price, day, rate, name("s"))
        + row(name("Hidden"), price, day, rate, more='table:visibility="filter"')
        + row("<table:table-cell/>", more='table:number-rows-repeated="1048000"')
        + "</table:table>"
        + f'<table:table table:name="Gone" table:style-name="Away">{row(name("x"))}</table:table>'
    )
    parsed = load_ods(odf("spreadsheet", body, STYLES))
    assert parsed.text == (
        "Prices\n\nItem | Price | Since | Tax\nChair | 1,234.50 EUR | 2026-05-03 | 19%\n\nComment: Old price"
    )
    assert parsed.note == "1 hidden row, 1 hidden column and 1 hidden sheet were left out."
    assert [spot.place for spot in parsed.spots] == [Cells("Prices", (1, 4), (1, 2)), Cells("Prices", (1, 1), (2,))]


def test_slides_and_their_notes_are_places() -> None:
    def frame(kind: str, text: str, y: int) -> str:
        at = f'svg:x="1cm" svg:y="{y}cm" svg:width="9cm" svg:height="1cm"'
        box = f"<drawi:text-box><text:p>{text}</text:p></drawi:text-box>"
        return f'<drawi:frame {at} prese:class="{kind}">{box}</drawi:frame>'

    notes = f"<prese:notes>{frame('notes', 'Say hello.', 0)}{frame('page-number', '1', 0)}</prese:notes>"
    body = (
        f"<drawi:page>{frame('outline', 'below', 9)}{frame('outline', 'above', 4)}{frame('title', 'Offer', 1)}"
        f"{frame('footer', 'foot', 12)}{notes}</drawi:page>"
        f'<drawi:page drawi:style-name="NoShow">{frame("title", "secret", 1)}</drawi:page>'
    )
    parsed = load_odp(odf("presentation", body, STYLES))
    assert parsed.text == "Offer\n\nabove\n\nbelow\n\nSay hello."
    assert [spot.place for spot in parsed.spots] == [Slide(1), Slide(1, notes=True)]
    assert parsed.note == "1 hidden slide was left out."


def test_the_kind_is_what_the_file_says_it_is(tmp_path: Path) -> None:
    def refused(name: str, data: bytes) -> BadFile:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(BadFile) as caught:
            load(str(tmp_path / name))
        return caught.value

    whole = odf("text", "<text:p>words</text:p>")
    (tmp_path / "x.ods").write_bytes(whole)
    assert load(str(tmp_path / "x.ods")).format == "odt"
    assert "drawing" in refused("x.odg", odf("graphics", "")).message
    assert refused("x.odt", odf("text", "")).code == "empty"
    assert refused("x.odt", whole[: len(whole) // 2]).code == "damaged"
    mimetype = {"mimetype": "application/vnd.oasis.opendocument.text"}
    assert refused("x.odt", packed(mimetype)).code == "damaged"
    locked = {"META-INF/manifest.xml": "<x><manifest:encryption-data/></x>", "content.xml": "noise"}
    assert "password" in refused("x.odt", packed({**mimetype, **locked})).message
    assert "declaration" in refused("x.odt", packed({**mimetype, "content.xml": "<!DOCTYPE x><x/>"})).detail
    words = 'offic:value-type="string" table:number-columns-repeated="16384"'
    many = f"<table:table-cell {words}><text:p>x</text:p></table:table-cell>"
    rows = f'<table:table-row table:number-rows-repeated="1048576">{many}</table:table-row>'
    bomb = f'<table:table table:name="B">{rows}</table:table>'
    assert refused("x.ods", odf("spreadsheet", bomb)).code == "too_large"


def test_deep_nesting_ends() -> None:
    deep = "<text:section>" * 5000 + "<text:p>deep</text:p>" + "</text:section>" * 5000
    assert load_odt(odf("text", f"<text:p>top</text:p>{deep}")).text == "top"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared office files are not here")
def test_a_real_text_is_read() -> None:
    parsed = load(str(SHARED / "office" / "unstructured" / "fake.odt"))
    assert parsed.text == (
        "Lorem ipsum dolor sit amet.\n\nHeader row | Mon | Wed | Fri\nColor | Blue | Red | Green\n"
        "Time | 1pm | 2pm | 3pm\nLeader | Sarah | Mark | Ryan"
    )
