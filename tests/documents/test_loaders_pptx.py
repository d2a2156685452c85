"""Presentations: what stands on a slide, in which order, what nobody sees, and files that are none."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from made_office import NAMESPACES, packed, pptx, shape

from app.documents.loaders import load
from app.documents.loaders.pptx import load_pptx
from app.errors import BadFile
from app.places import Slide

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
DRAWN = f"""<c:chartSpace {NAMESPACES} xmlns:c="{CHART}"><c:chart><c:title><a:t>Sales</a:t></c:title><c:plotArea>
<c:barChart><c:ser><c:tx><c:strRef><c:strCache><c:pt idx="0"><c:v>2026</c:v></c:pt></c:strCache></c:strRef></c:tx>
<c:cat><c:strRef><c:strCache><c:pt idx="0"><c:v>North</c:v></c:pt><c:pt idx="1"><c:v>South</c:v></c:pt></c:strCache>
</c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode><c:pt idx="0"><c:v>0.25</c:v></c:pt>
<c:pt idx="1"><c:v>0.5</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart>
</c:chartSpace>"""
MODEL = f"""<d:dataModel {NAMESPACES} xmlns:d="{DIAGRAM}"><d:pt><d:t><a:p><a:r><a:t>Plan</a:t></a:r></a:p></d:t></d:pt>
<d:pt type="pres"><a:t>unshown</a:t></d:pt></d:dataModel>"""


def frame(uri: str, content: str) -> str:
    """A graphic on a slide."""
    return (
        "<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id='9' name='t'/><p:cNvGraphicFramePr/><p:nvPr/>"
        "</p:nvGraphicFramePr><p:xfrm><a:off x='0' y='900000'/><a:ext cx='9' cy='9'/></p:xfrm><a:graphic>"
        f"<a:graphicData uri='{uri}'>{content}</a:graphicData></a:graphic></p:graphicFrame>"
    )


def row(*cells: str) -> str:
    """A row of a table; "^" is merged with the cell above."""
    merged = {"^": " vMerge='1'"}
    written = (
        f"<a:tc{merged.get(text, '')}><a:txBody><a:bodyPr/><a:p><a:r><a:t>{text.strip('^')}</a:t></a:r></a:p>"
        "</a:txBody></a:tc>"
        for text in cells
    )
    return f"<a:tr h='1'>{''.join(written)}</a:tr>"


def test_each_slide_is_a_place_with_its_title_and_its_notes_apart() -> None:
    parsed = load_pptx(
        pptx(
            shape("Offer", role="title") + shape("One", "2. Two", role="body"),
            shape("Only a title", role="ctrTitle"),
            shape("No title here") + shape("Body"),
            notes={1: "Say hello."},
        )
    )
    assert parsed.text == ("Offer\n\n- One\n2. Two\n\nSay hello.\n\nSlide 2\n\nOnly a title\n\nNo title here\n\nBody")
    assert [(spot.place, parsed.text[spot.start : spot.end]) for spot in parsed.spots] == [
        (Slide(1), "Offer\n\n- One\n2. Two"),
        (Slide(1, notes=True), "Say hello."),
        (Slide(2), "Slide 2\n\nOnly a title"),
        (Slide(3), "No title here\n\nBody"),
    ]
    assert parsed.title == "Offer"


def test_columns_are_read_one_after_the_other_whatever_the_order_in_the_file() -> None:
    slide = (
        shape("right below", at=(55, 60, 40, 20))
        + shape("left below", at=(5, 60, 40, 20))
        + shape("right", at=(55, 30, 40, 25))
        + shape("left", at=(5, 30, 41, 25))
        + shape("Title", at=(5, 5, 90, 10), role="title")
        + shape("12", at=(90, 90, 5, 5), role="sldNum")
    )
    assert load_pptx(pptx(slide)).text == "Title\n\nleft\n\nleft below\n\nright\n\nright below"


def test_what_nobody_sees_is_left_out_and_said() -> None:
    group = (
        "<p:grpSp><p:nvGrpSpPr><p:cNvPr id='3' name='g'/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm>"
        "<a:off x='0' y='5400000'/><a:ext cx='2700000' cy='2700000'/>"
        "<a:chOff x='0' y='0'/><a:chExt cx='2700000' cy='2700000'/></a:xfrm>"
        f"</p:grpSpPr>{shape('grouped', at=(1, 1, 9, 9))}{shape('grouped away', at=(-40, 0, 9, 9))}</p:grpSp>"
    )
    parsed = load_pptx(
        pptx(
            shape("Seen", at=(0, 0, 9, 9))
            + shape("beside", at=(101, 0, 9, 9))
            + shape("off", at=(0, 20, 9, 9), name='hidden="1"')
            + shape("dust", at=(0, 40, 9, 9), run='sz="100"')
            + group,
            'show="0" ' + shape("secret"),
        )
    )
    assert "beside" not in parsed.text and "away" not in parsed.text and "secret" not in parsed.text
    assert parsed.text == "Seen\n\ngrouped"
    assert parsed.note == "3 hidden shapes, 1 tiny text and 1 hidden slide were left out."


def test_tables_charts_and_drawings_are_read() -> None:
    rows = row("City", "Rate") + row("Bonn", "90 €") + row("^", "95 €")
    slide = (
        shape("Rates", role="title")
        + frame(
            "http://schemas.openxmlformats.org/drawingml/2006/table",
            f"<a:tbl><a:tblPr firstRow='1'/><a:tblGrid/>{rows}</a:tbl>",
        )
        + frame(CHART, f"<c:chart xmlns:c='{CHART}' r:id='chart1'/>")
        + frame(DIAGRAM, f"<d:relIds xmlns:d='{DIAGRAM}' r:dm='data1'/>")
        + shape(name='descr="A tree"')
        + shape(name='descr="a.png"')
    )
    parsed = load_pptx(pptx(slide, parts={"ppt/charts/chart1.xml": DRAWN, "ppt/diagrams/data1.xml": MODEL}))
    for expected in (
        "City | Rate\nBonn | 90 €\nBonn | 95 €",
        "Bar chart: Sales\n\n| | 2026\nNorth | 25%\nSouth | 50%",
        "- Plan",
        "Picture: A tree",
    ):
        assert expected in parsed.text
    assert "a.png" not in parsed.text and "unshown" not in parsed.text


def test_the_strict_form_is_read_too() -> None:
    with zipfile.ZipFile(io.BytesIO(pptx(shape("Strict", role="title") + shape("text")))) as package:
        strict = {
            name: re.sub(
                rb"http://schemas.openxmlformats.org/(presentationml|drawingml|officeDocument)/2006/",
                rb"http://purl.oclc.org/ooxml/\1/",
                package.read(name),
            )
            for name in package.namelist()
        }
    assert load_pptx(packed(strict)).text == "Strict\n\ntext"


def test_files_that_are_no_presentation_say_why(tmp_path: Path) -> None:
    def refused(data: bytes) -> BadFile:
        (tmp_path / "x.pptx").write_bytes(data)
        with pytest.raises(BadFile) as caught:
            load(str(tmp_path / "x.pptx"))
        return caught.value

    whole = pptx(shape("text"))
    assert refused(pptx("")).code == "empty"
    assert refused(whole[: len(whole) // 2]).code == "damaged"
    assert refused(b"text").code == "damaged"
    assert refused(packed({"ppt/presentation.xml": "<x/>"})).code == "damaged"
    assert "declaration" in refused(packed({"ppt/x.xml": "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"})).detail


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared office files are not here")
def test_real_presentations_are_read() -> None:
    found = {path.name: load(str(path)) for path in (SHARED / "office").glob("*/*.pptx")}
    assert "2019 | 120 | 80" in found["pptx_chart.pptx"].text
    assert "Text in an unrecognized shape" in found["powerpoint_unrecognized_shape.pptx"].text
    assert len(found) == 5
    hidden = load(str(SHARED / "injection" / "hidden.pptx"))
    assert hidden.text == "Slide 1\n\nvisible 25 days\n\nINJ_NOTES"
    assert hidden.note == "1 hidden shape and 1 hidden slide were left out."
