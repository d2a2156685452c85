"""A real file of each kind that is read, written by a program of another house: tests/data/formats/SOURCES.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import Struct

from app.documents.loaders import load
from app.documents.loaders.scan import Scans
from app.documents.recognition import recognised
from app.formats import FORMATS
from app.members import member_path
from app.places import Cells, Place, Slide
from app.text.parsed import Parsed

HELD = Path(__file__).resolve().parents[1] / "data" / "formats"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "office"
WORKBOOKS = ("any_sheets.xls", "any_sheets.xlsb", "any_sheets.ods")


class Real(Struct, frozen=True):
    """What must come out of a file: blocks of its text as they stand, and where one of them is."""

    key: str
    name: str
    blocks: tuple[str, ...]
    at: Place | None = None  # of the first block
    inside: str = ""  # the name of a file in it, which is a document of its own and holds the blocks


ATTACHED = "Hey this is a fake attachment!"
PICTURED = ("The store room is open on", "Tuesday from 9 to 12 hours.")
REAL = (
    Real("pdf", "crazyones.pdf", ("The Crazy Ones", "The round pegs in the square holes.")),
    Real("docx", "blk-inner-content.docx", ("P1", "T2", "P3")),
    Real("doc", "harmless-clean.doc", ("This is a harmless test document.",)),
    *(Real(name[-4:].strip("."), name, ("1 | 2", "5 | 6"), Cells("Visible", (1, 2), (1, 2, 3))) for name in WORKBOOKS),
    Real("xlsx", "table-multiple.xlsx", ("Item | Price", "Sales_Bob"), Cells("Sheet2", (1, 2), (1, 2, 3, 4, 5))),
    Real("pptx", "txt-text.pptx", ("Text run in table cell",), Slide(2)),
    Real("ppt", "docling/legacy_sample.ppt", ("Some notes on the second slide.",), Slide(2, notes=True)),
    Real("odt", "simpletable.odt", ("Cell 1 | Cell 2", "Cell 3 (bold) | Cell 4 (italic)")),
    Real("odp", "cols.odp", ("11 Lorem ipsum dolor sit amet, consectetur adipiscing elit. Sed vitae.",), Slide(1)),
    Real("rtf", "SimpleService.rtf", ("To install SimpleService, copy it into ~/Library/Services, log out",)),
    Real("markdown", "README.md", ("## Install", "> Returns true if the value is a finite number.")),
    Real("text", "LICENSE.txt", ("The MIT License (MIT)",)),
    Real("html", "olemeta.html", ("How to use olemeta in Python applications",)),
    Real("csv", "csv-comma.csv", ("Index | Customer Id | First Name",), Cells("", (1, 12), (1, 2, 3, 4, 5, 6))),
    Real("image", "python-powered.png", ("python", "powered")),
    *(Real("image", f"page.{kind}", PICTURED) for kind in ("jpg", "tif", "bmp", "gif", "webp")),
    Real("mail", "fake-email-attachment.eml", (ATTACHED,), inside="fake-attachment.txt"),
    Real("mail", "fake-email-attachment.msg", (ATTACHED,), inside="fake-attachment.txt"),
    Real("mail", "patches.mbox", ("Keys are handed out at the front desk.",)),
    Real("zip", "is-number-7.0.0.tgz", ("name: is-number", "main: index.js"), inside="package/package.json"),
    Real("epub", "unstructured/winter-sports.epub", ("WINTER SPORTS IN SWITZERLAND",)),
    Real("mhtml", "simple.mht", ("Hey, I’m zsx!", "我只是在测试文件而已（笑）")),
    Real("json", "package.json", ("name: is-number", "license: MIT")),
    Real("xml", "app.xml", ("Microsoft Macintosh Word",)),
    Real("code", "index.js", ("'use strict';",)),
)  # fmt: skip


def _path(name: str) -> Path:
    path = SHARED / name if "/" in name else HELD / name
    if not path.exists() and "/" in name:
        pytest.skip("the shared office files are not here")
    return path


def _read(path: Path, key: str) -> Parsed:
    scans: Scans = {1: recognised(str(path), 1)} if key == "image" else {}
    return load(str(path), scans=scans)


def test_each_kind_has_a_real_file() -> None:
    assert {real.key for real in REAL} == {form.key for form in FORMATS}


@pytest.mark.parametrize("real", REAL, ids=lambda real: real.name.rpartition("/")[2])
def test_a_real_file_is_read_with_its_places(real: Real) -> None:
    path = _path(real.name)
    parsed = _read(path, real.key)
    assert parsed.format == real.key
    if real.inside:
        assert real.inside in [held.name for held in parsed.files]
        parsed = load(member_path(str(path), real.inside))
    for block in real.blocks:
        assert block in parsed.text
    if real.at is not None:
        places = [spot.place for spot in parsed.spots if real.blocks[0] in parsed.text[spot.start : spot.end]]
        assert real.at in places
