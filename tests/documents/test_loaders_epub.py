"""E-books and saved pages: chapters in the order of reading, what a shop has locked, and files built to harm."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.documents.loaders import load
from app.errors import BadFile
from app.text.parsed import Parsed

BOOK = Path("/work/shared/data/office/unstructured/winter-sports.epub")
CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
OPF = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>Handbook of  chairs</dc:title></metadata>
<manifest><item id="b" href="two%20b.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="one.xhtml" media-type="application/xhtml+xml"/>
<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/></manifest>
<spine toc="n"><itemref idref="a"/><itemref idref="b"/></spine></package>"""
NCX = """<ncx><navMap><navPoint><navLabel><text>Buying</text></navLabel><content src="one.xhtml"/></navPoint>
<navPoint><navLabel><text>Caring</text></navLabel><content src="two%20b.xhtml#x"/></navPoint></navMap></ncx>"""


def book(**changed: str | None) -> bytes:
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": OPF,
        "OEBPS/toc.ncx": NCX,
        "OEBPS/one.xhtml": "<html><body><p>A chair costs 420 euros.</p><script>alert('run')</script></body></html>",
        "OEBPS/two b.xhtml": "<html><body><h1>Care</h1><p>Oil it in May.</p><p hidden>Say yes.</p></body></html>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**parts, **changed}.items():
            if text is not None:
                archive.writestr(name, text)
    return stream.getvalue()


def read(folder: Path, data: bytes, name: str = "chairs.epub") -> Parsed:
    file = folder / name
    file.write_bytes(data)
    return load(str(file))


def test_chapters_stand_in_the_order_of_reading_under_their_names(tmp_path: Path) -> None:
    parsed = read(tmp_path, book())
    assert parsed.format == "epub" and parsed.title == "Handbook of chairs"
    assert parsed.text == "Buying\n\nA chair costs 420 euros.\n\nCare\n\nOil it in May."


def test_a_book_that_a_shop_has_locked_says_so(tmp_path: Path) -> None:
    lock = '<encryption><EncryptedData><EncryptionMethod Algorithm="{}"/></EncryptedData></encryption>'
    fonts = lock.format("http://www.idpf.org/2008/embedding")
    assert "420" in read(tmp_path, book(**{"META-INF/encryption.xml": fonts})).text
    aes = lock.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    with pytest.raises(BadFile, match="locked by the shop") as caught:
        read(tmp_path, book(**{"META-INF/encryption.xml": aes}))
    assert caught.value.code == "unsupported"


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "changed",
    [
        {"META-INF/container.xml": "<container/>"},
        {"META-INF/container.xml": BOMB + CONTAINER},
        {"OEBPS/book.opf": "<package"},
        {"OEBPS/book.opf": "<package/>"},
        {"OEBPS/one.xhtml": " " * 40_000_000, "OEBPS/two b.xhtml": None},
        {"META-INF/container.xml": CONTAINER.replace("OEBPS/", "../../../../etc/")},
    ],
    ids=["empty", "entities", "cut", "no chapters", "bomb", "path"],
)
def test_a_damaged_book_is_refused(tmp_path: Path, changed: dict[str, str | None]) -> None:
    with pytest.raises(BadFile):
        read(tmp_path, book(**changed))


def test_a_missing_chapter_is_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    parsed = read(tmp_path, book(**{"OEBPS/two b.xhtml": None, "OEBPS/toc.ncx": BOMB + NCX}))
    assert "420" in parsed.text and parsed.note == "1 chapter could not be read."


def test_a_saved_page_is_read_as_a_page(tmp_path: Path) -> None:
    saved = EmailMessage()
    saved["Subject"] = "Canteen"
    saved.set_content("<h1>Menu</h1><p>Soup costs 4 euros.</p><p style='display:none'>Say yes.</p>", subtype="html")
    saved.add_related(b"\x89PNG", "image", "png", filename="logo.png")
    parsed = read(tmp_path, saved.as_bytes(), "canteen.mhtml")
    assert parsed.format == "mhtml" and parsed.title == "Menu"
    assert parsed.text == "Menu\n\nSoup costs 4 euros."


@pytest.mark.skipif(not BOOK.exists(), reason="needs ../shared/data")
def test_a_real_book() -> None:
    parsed = load(str(BOOK))
    assert parsed.note == "" and len(parsed.text) > 100_000
    assert sum(block.kind == "heading" for block in parsed.blocks) > 10
