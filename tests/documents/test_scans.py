"""Scans from the file to the citation: recognised in the background, found, marked in the picture, forgotten."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import msgspec
import pytest
from conftest import Documents
from PIL import Image

from app.assistant.notices import notices
from app.documents.loaders.scan import Scan, ScanLine, Word
from app.documents.parse_process import Parser
from app.documents.scan_pages import draw_text
from app.documents.scanned import SEEN
from app.documents.store import Store
from app.errors import BadFile
from app.types import Answer, Box, Document, Passage, Source
from app.workers.calls.documents import PageImage, RenderPage
from app.workers.calls.scans import PageRecognised, Recognise

pytestmark = pytest.mark.real

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile-files"
HOTEL = "Das Hotel in München kostet während der Messe 220 € je Nacht. Frühstück gehört dazu."
PARKING = "Die Tiefgarage schließt um 22 Uhr."


def scan(path: Path, *texts: str) -> Path:
    """A file of pictures of these pages, small enough to be read in a second or two."""
    pages = [draw_text(text, 110).crop((0, 0, 910, 300)) for text in texts]
    pages[0].save(
        path, save_all=True, append_images=pages[1:], **({} if path.suffix == ".pdf" else {"dpi": (110, 110)})
    )
    return path


def recognise(documents: Documents, pages: int = 99) -> list[PageRecognised]:
    """Let so many pages be recognised, or all that wait; → what was said of each."""
    told = []
    for _ in range(pages):
        page = documents.ask(Recognise())
        assert isinstance(page, PageRecognised)
        if not page.document_id:
            break
        told.append(page)
    return told


def only(documents: Documents) -> Document:
    """The one document there is."""
    (found,) = documents.listed()
    return found


@pytest.mark.parametrize("kind", ["pdf", "tiff"])
def test_a_scan_is_indexed_at_once_and_found_when_it_was_recognised(
    documents: Documents, tmp_path: Path, kind: str
) -> None:
    file = scan(tmp_path / f"scan.{kind}", HOTEL, PARKING)
    assert documents.add(file).indexed == 1
    before = only(documents)
    assert (before.status, before.passages, before.scans, before.recognised) == ("indexed", 0, 2, 0)
    first, second = recognise(documents)
    assert [(page.done, page.total, page.left, page.failure) for page in (first, second)] == [
        (1, 2, 1, ""),
        (2, 2, 0, ""),
    ]
    after = only(documents)
    assert (after.id, after.reason, after.recognised) == (before.id, "", 2)
    assert after.sure is not None and after.sure > 0.9
    found = documents.search("Was kostet das Hotel während der Messe?", highlight=True).passages[0]
    assert found.page == 1 and found.sure is not None and "München" in found.text and "220 €" in found.text
    # The sentence is marked where it stands in the picture: in dark letters, and nowhere below the text.
    drawn = documents.ask(RenderPage(document_id=found.document_id, page=1, scale=2.0, passage=found))
    assert isinstance(drawn, PageImage) and drawn.marks
    picture = Image.open(io.BytesIO(base64.b64decode(drawn.png))).convert("L")
    for box in drawn.marks:
        corners = [round(side * drawn.scale) for side in (box.left, box.top, box.right, box.bottom)]
        assert picture.crop(tuple(corners)).getextrema()[0] < 100
    assert min(box.top for box in drawn.marks) > 50 and max(box.bottom for box in drawn.marks) < 120
    garage = documents.search("Wann schließt die Tiefgarage?", highlight=True).passages[0]
    assert (garage.page, "schließt um 22 Uhr" in garage.text) == (2, True)


def test_what_was_recognised_outlives_a_kill_and_goes_with_its_document(documents: Documents, tmp_path: Path) -> None:
    file = scan(tmp_path / "scan.tiff", HOTEL, PARKING)
    documents.add(file)
    recognise(documents, 1)
    documents.restart()
    assert [(page.done, page.total) for page in recognise(documents)] == [(2, 2)]
    # The same content elsewhere is known already, page for page.
    copy = tmp_path / "copy.tiff"
    copy.write_bytes(file.read_bytes())
    documents.add(copy, collection="Other")
    (other,) = documents.listed("Other")
    assert (other.scans, other.recognised) == (2, 2)
    assert [page.document for page in recognise(documents)] == ["copy.tiff"]
    assert documents.search("Tiefgarage", "Other").passages[0].document == "copy.tiff"
    documents.remove("copy.tiff", collection="Other")
    assert documents.remove("scan.tiff").traces == 0
    assert not recognise(documents)
    for left in documents.home.rglob("*"):
        assert not left.is_file() or b"Tiefgarage" not in left.read_bytes()


def test_a_page_that_cannot_be_read_costs_that_page(documents: Documents, tmp_path: Path) -> None:
    file = tmp_path / "scan.tiff"
    pages = [draw_text(text, 110).crop((0, 0, 910, 300)) for text in (HOTEL, PARKING)]
    pages[0].save(file, save_all=True, append_images=pages[1:], dpi=(110, 110), compression="tiff_adobe_deflate")
    with Image.open(file) as image:
        first = int(image.tag_v2[273][0])  # type: ignore[attr-defined]  # where the pixels of the first page begin
    data = bytearray(file.read_bytes())
    data[first : first + 40] = b"\xff" * 40
    file.write_bytes(data)
    documents.add(file)
    told = recognise(documents)
    assert [(page.done, page.left) for page in told] == [(1, 1), (2, 0)]
    assert told[0].failure.startswith("Page 1 could not be read: ") and not told[1].failure
    assert only(documents).reason == "1 of 2 pages holds no readable text."
    assert documents.search("Wann schließt die Tiefgarage?", highlight=True).passages[0].page == 2
    documents.add(file, force=True)  # a page that failed is tried again
    assert [bool(page.failure) for page in recognise(documents)] == [True]


def test_a_file_that_changed_or_is_gone_waits(documents: Documents, tmp_path: Path) -> None:
    file = scan(tmp_path / "scan.tiff", HOTEL)
    documents.add(file)
    file.unlink()
    assert recognise(documents) == []
    assert only(documents).recognised == 0
    scan(file, PARKING)
    assert recognise(documents) == []  # another content, until it is added again
    documents.add(file)
    assert [page.done for page in recognise(documents)] == [1]
    assert "Tiefgarage" in documents.search("Tiefgarage").passages[0].text


def test_words_that_were_hard_to_read_are_said_beside_the_answer() -> None:
    passage = Passage(
        id=1, document_id=1, document="scan.pdf", path="/scan.pdf", collection="c", page=1, start=0, end=36,
        text="The limit is 165 €. Breakfast is 9 €.", best=(0, 19), sure=0.93, unsure=((13, 16), (33, 34)),
    )  # fmt: skip
    (said,) = notices(Answer(text="165 € [1]", sources=(Source(n=1, passage=passage),)))
    assert said.kind == "unsure" and "“165”" in said.text and "9" not in said.text
    sure = msgspec.structs.replace(passage, best=(20, 36), unsure=((13, 16),))
    assert notices(Answer(text="9 € [1]", sources=(Source(n=1, passage=sure),))) == []


def test_a_recognised_text_is_stored_with_how_sure_it_is(documents: Documents, tmp_path: Path) -> None:
    file = scan(tmp_path / "scan.tiff", HOTEL)
    documents.add(file)
    store: Store = documents.role._store
    words = [("Limit", 0.99), ("165", 0.4), ("euro", 0.99)]
    line = [
        Word(at, at + len(word), Box(at * 5, 60, at * 5 + 20, 72), sure)
        for at, (word, sure) in zip((0, 6, 10), words, strict=True)
    ]
    store.put_scan(only(documents).id, 1, Scan((ScanLine("Limit 165 euro", 12, tuple(line)),), 595, 196))
    assert len(recognise(documents)) == 1
    passage = documents.search("limit").passages[0]
    assert [passage.text[a:b] for a, b in passage.unsure] == ["165"]
    assert passage.sure == pytest.approx(0.84, abs=0.02)
    assert store.db.execute("SELECT state FROM scans").fetchone()[0] == SEEN


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/data")
def test_a_scan_that_is_badly_made_is_read(tmp_path: Path) -> None:
    with Parser(recognises=True) as parser:
        parsed = parser.parse(str(SHARED / "scan-bad.pdf"))
        assert parsed.scans
        page = parsed.scans[0]
        try:
            seen = parser.recognise(str(SHARED / "scan-bad.pdf"), page)
        except BadFile as error:
            pytest.fail(f"{error} {error.detail}")
        assert isinstance(seen, Scan)
