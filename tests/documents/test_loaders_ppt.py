"""Presentations of PowerPoint 97 to 2003: a real one, its hidden slides, and files that are none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from app.documents.loaders import load
from app.documents.loaders.ppt import load_ppt
from app.errors import BadFile
from app.places import Slide

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "office"
SAMPLE = SHARED / "docling" / "legacy_sample.ppt"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared office files are not here")


@shared
def test_slides_tables_and_notes_of_a_real_presentation() -> None:
    parsed = load(str(SAMPLE))
    places = [(spot.place, parsed.text[spot.start : spot.end]) for spot in parsed.spots]
    assert [place for place, _ in places] == [
        Slide(1), Slide(2), Slide(2, notes=True), Slide(3), Slide(3, notes=True)
    ]  # fmt: skip
    assert places[0][1].startswith("Test Table Slide\n\n") and "R1 | True | False" in places[0][1]
    assert "- With foo\n- Bar" in places[1][1] and "A rectangle shape with this text inside." in places[1][1]
    assert places[2][1] == "Some notes on the second slide."
    assert parsed.title == "Test Table Slide"


@shared
def test_a_hidden_slide_and_its_notes_are_left_out_and_said() -> None:
    data = SAMPLE.read_bytes()
    colours = struct.pack("<HI", 0x07F0, 32)  # a slide's colours become its SlideShowSlideInfoAtom
    notes = []
    for at in (at for at in range(len(data)) if data.startswith(colours, at)):
        body = bytearray(data[at + 6 : at + 38])
        body[10] = 4
        switched = data[:at] + struct.pack("<HI", 0x03F9, 32) + bytes(body) + data[at + 38 :]
        changed = load_ppt(switched)
        notes += [changed.note]
        slides = [each for each in changed.hidden if each.kind == "slide"]
        assert len(slides) == bool(changed.note) and all(each.text and each.page for each in slides)
        assert load_ppt(switched, "", True).text == load_ppt(data).text
        assert ("Some notes on the second slide." in changed.text) or changed.note
    assert notes.count("1 hidden slide was left out.") == 3


@shared
def test_every_damaged_byte_is_read_or_refused() -> None:
    data = SAMPLE.read_bytes()
    for at in range(0, len(data), len(data) // 150):
        for broken in (bytes(4 * [0xFF]), bytes(4)):
            try:
                load_ppt(data[:at] + broken + data[at + 4 :])
            except BadFile as error:
                assert error.code in ("damaged", "empty", "unsupported", "too_large")
    for size in (600, 5000, len(data) // 2):
        with pytest.raises(BadFile):
            load_ppt(data[:size])


def test_files_that_are_no_presentation_say_why(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "PowerPoint Document\0".encode("utf-16-le")
    for content in (ole, b"just text"):
        (tmp_path / "x.ppt").write_bytes(content)
        with pytest.raises(BadFile) as damaged:
            load(str(tmp_path / "x.ppt"))
        assert damaged.value.code == "damaged"
