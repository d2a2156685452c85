"""What the source panel shows without pages of its own: slides as LibreOffice draws them, and the header of a mail."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import msgspec
import psutil
import pytest
from made_files import pdf, text_at
from made_office import packed, pptx, shape

from app.documents import slides_child
from app.documents.presentations import NEEDS_OFFICE, office
from app.documents.slide_marks import found_runs
from app.errors import AppError
from app.spawn import child_command
from app.text.mail_header import header_at
from app.types import Passage
from app.workers.calls.attached import LoadPicture
from app.workers.calls.documents import PageImage, ReadText, RenderPage

pytestmark = pytest.mark.real

LIMIT = "A hotel in Munich may cost 165 euros per night."
DECK = (
    shape("Travel in short", role="title") + shape("Book early", "Take the train", role="body"),
    shape("Hotels", role="title") + shape(LIMIT, "Breakfast is included.", role="body"),
)
PLAYED = """#!{python}
import json, pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
with open(here / "asked", "a") as asked:
    asked.write(json.dumps(sys.argv[1:]) + "\\n")
time.sleep(float((here / "seconds").read_text()))
shutil.copy(here / "drawn.pdf", pathlib.Path(sys.argv[sys.argv.index("--outdir") + 1]) / "slides.pdf")
"""


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in LibreOffice's place: its folder, with what it is to draw and how long that takes."""
    if sys.platform == "win32":
        pytest.skip("a script with a first line that names its program")
    folder = tmp_path / "office"
    folder.mkdir()
    pages = [text_at(72, 600, "Travel in short"), text_at(72, 600, "Hotels") + text_at(72, 500, LIMIT)]
    (folder / "drawn.pdf").write_bytes(pdf(pages))
    (folder / "seconds").write_text("0")
    program = folder / "soffice"
    program.write_text(PLAYED.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def cited(documents, tmp_path: Path) -> Passage:
    """What a question about the deck finds: its second slide."""
    deck = tmp_path / "deck.pptx"
    deck.write_bytes(pptx(*DECK))
    documents.add(deck)
    return documents.search("How much may a hotel in Munich cost?", "Policies", highlight=True).passages[0]


def test_the_header_of_each_message_is_found_in_its_text(documents, tmp_path: Path) -> None:
    head = "From a@example.com Tue Jun  3 09:15:00 2025\nFrom: Ann <ann@example.com>\nTo: all@example.com\n"
    head += "Date: Tue, 03 Jun 2025 09:15:00 +0000\n"
    box = "\n".join(f"{head}Subject: Chair {n}\n\nChair {n} costs {n}0 euros.\n" for n in (1, 2))
    (tmp_path / "box.mbox").write_text(box)
    documents.add(tmp_path / "box.mbox")
    text = documents.ask(ReadText(document_id=documents.listed()[0].id))
    found = [dict(header_at(text.text, start)[0]) for start in text.messages]
    assert [each["Subject"] for each in found] == ["Chair 1", "Chair 2"]
    assert found[0]["From"] == "Ann <ann@example.com>" and found[1]["To"] == "all@example.com"


def render(documents, passage: Passage, page: int = 2) -> PageImage:
    return documents.ask(RenderPage(document_id=passage.document_id, page=page, passage=passage))


def kept(documents) -> list[Path]:
    folder = documents.home / "cache" / "slides"
    return sorted(folder.rglob("*")) if folder.exists() else []


def test_a_slide_is_drawn_once_marked_and_gone_with_its_document(documents, played: Path, cited: Passage) -> None:
    image = render(documents, cited)
    assert image.pages == 2
    assert [(round(box.left), round(842 - box.bottom)) for box in image.marks] == [(72, 498)], "the line, alone"
    assert render(documents, cited, 1).marks == (), "the slide beside it"
    assert len((played / "asked").read_text().splitlines()) == 1
    assert len(kept(documents)) == 1, "no profile and no copy stays"
    stray = documents.home / "cache" / "slides" / "0f0f-1.pdf"
    stray.write_bytes(b"%PDF of a document that a killed process removed")
    documents.idle()
    assert not stray.exists() and kept(documents)
    removed = documents.remove("deck.pptx")
    assert removed.traces == 0 and kept(documents) == []


def test_a_picture_without_the_cited_words_is_no_evidence(documents, played: Path, cited: Passage) -> None:
    (played / "drawn.pdf").write_bytes(pdf([text_at(72, 600, "One"), text_at(72, 600, "A chart without words")]))
    with pytest.raises(AppError, match="not to be seen on the picture"):
        render(documents, cited)


def test_a_slide_is_shown_to_a_model_as_it_is_drawn(documents, played: Path, cited: Passage) -> None:
    picture = documents.ask(LoadPicture(path=cited.path, page=2)).picture
    assert picture.name == "deck.pptx, page 2" and picture.documents == (cited.document_id,)
    assert picture.data[:3] == b"\xff\xd8\xff"


def test_a_removal_ends_the_drawing_and_all_that_it_started(documents, played: Path, cited: Passage) -> None:
    (played / "seconds").write_text("600")
    steps = documents.role.handle(RenderPage(document_id=cited.document_id, page=2, passage=cited))
    until = time.monotonic() + 20
    while not (played / "asked").exists() and time.monotonic() < until:
        next(steps)
    program = str(played / "soffice")
    at_work = [each for each in psutil.process_iter(["cmdline"]) if program in (each.info["cmdline"] or [])]
    assert at_work
    began = time.monotonic()
    assert documents.remove("deck.pptx").traces == 0
    assert time.monotonic() - began < 10 and kept(documents) == []
    assert not psutil.wait_procs(at_work, timeout=5)[1]


def test_without_libreoffice_one_line_says_so(
    documents, cited: Passage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AppError, match=NEEDS_OFFICE):
        render(documents, cited)


def test_words_are_found_in_their_order_and_not_by_chance() -> None:
    page = ["hotels", "the", "limit", "in", "munich", "is", "165", "euros", "breakfast", "is", "included"]
    assert found_runs(["limit", "in", "munich", "is", "165", "euros"], page) == [range(2, 8)]
    assert found_runs(["the", "city", "is", "not", "included"], page) == [], "words that stand everywhere"
    assert found_runs(["included"], page) == [range(10, 11)]


@pytest.mark.skipif(office() is None, reason="LibreOffice is not installed: its own drawing is not tested")
def test_libreoffice_draws_hidden_slides_too_and_fetches_nothing(documents, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        deck = tmp_path / "-deck of $(me);.pptx"
        hidden = 'show="0" ' + shape("Not for the board", role="title")
        far = FAR.format(address=f"http://127.0.0.1:{server.getsockname()[1]}/far.png")
        deck.write_bytes(linked(pptx(DECK[0] + PICTURE, hidden, DECK[1]), far))
        documents.add(deck)
        passage = documents.search("How much may a hotel in Munich cost?", "Policies", highlight=True).passages[0]
        image = render(documents, passage, 3)
        assert image.pages == 3 and len(image.marks) == 1
        with pytest.raises(TimeoutError):
            server.accept()


FAR = (
    '<Relationship Id="far" TargetMode="External" Target="{address}" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>'
)
PICTURE = (
    "<p:pic><p:nvPicPr><p:cNvPr id='7' name='far'/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill>"
    "<a:blip r:link='far'/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm><a:off x='0' y='0'/>"
    "<a:ext cx='900000' cy='900000'/></a:xfrm><a:prstGeom prst='rect'/></p:spPr></p:pic>"
)


def linked(data: bytes, link: str) -> bytes:
    """The presentation with one more link of its first slide."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    name = "ppt/slides/_rels/slide1.xml.rels"
    members[name] = members[name].replace(b"</Relationships>", link.encode() + b"</Relationships>")
    return packed(dict(members))


def test_a_drawing_that_does_not_end_is_ended(played: Path, tmp_path: Path) -> None:
    (played / "seconds").write_text("600")
    (tmp_path / "work").mkdir()
    order = slides_child.Order(str(played / "soffice"), str(tmp_path / "work"), "slides.pptx", time_limit=2.0)
    command = child_command("--child", "slides")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as helper:
        assert helper.stdin is not None and helper.stdout is not None
        helper.stdin.write(msgspec.json.encode(order) + b"\n")
        helper.stdin.flush()
        assert helper.stdout.read() == b"too_slow"
    program = str(played / "soffice")
    assert not [each for each in psutil.process_iter(["cmdline"]) if program in (each.info["cmdline"] or [])]
