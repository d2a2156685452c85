"""Documents of Word 97 to 2003: real ones, what nobody sees of them, and files that are none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from app.documents.loaders import load
from app.documents.loaders.doc import load_doc
from app.errors import BadFile

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "office"
SAMPLE = SHARED / "docling" / "legacy_sample.doc"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared office files are not here")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@shared
def test_headings_lists_and_tables_of_a_real_document() -> None:
    parsed = load(str(SAMPLE))
    kinds = {parsed.text[block.start : block.end]: block.kind for block in parsed.blocks}
    assert kinds["Swimming in the lake"] == kinds["Let’s eat"] == "heading"
    assert kinds["- Paddle about"] == "list"
    assert kinds["Berries | Blueberry, Strawberry, Cranberry | 150"] == "row"
    assert "HYPERLINK" not in parsed.text and "\x13" not in parsed.text
    german = load(str(SHARED / "docling" / "greek_heading_styles.doc")).text
    assert german.startswith("Überschriften in nicht‑englischer Sprache")
    assert load(str(SHARED / "unstructured" / "duplicate-paragraphs.doc")).text.count("some text") == 6


@shared
@pytest.mark.parametrize(("code", "note"), [(b"\x3c\x08\x01", "hidden text"), (b"\x00\x08\x01", "")])
def test_hidden_and_deleted_text_is_left_out(code: bytes, note: str) -> None:
    data = SAMPLE.read_bytes()
    bold = b"\x35\x08\x81"  # sprmCFBold: what was bold becomes hidden, or deleted
    assert bold in data
    changed, whole = load_doc(data.replace(bold, code)), load_doc(data)
    assert len(changed.text) < len(whole.text)
    assert note in changed.note and bool(note) == bool(changed.note)


@shared
def test_every_damaged_byte_is_read_or_refused() -> None:
    data = SAMPLE.read_bytes()
    for at in range(0, len(data), len(data) // 150):
        broken = data[:at] + bytes(4 * [0xFF]) + data[at + 4 :]
        try:
            load_doc(broken)
        except BadFile as error:
            assert error.code in ("damaged", "empty", "unsupported", "too_large")
    for size in (600, 5000, len(data) // 2):
        with pytest.raises(BadFile):
            load_doc(data[:size])


def test_files_that_are_no_document_say_why(tmp_path: Path) -> None:
    (tmp_path / "x.doc").write_bytes(OLE + bytes(600) + "WordDocument\0".encode("utf-16-le"))
    with pytest.raises(BadFile) as damaged:
        load(str(tmp_path / "x.doc"))
    assert damaged.value.code == "damaged"
    (tmp_path / "x.doc").write_bytes(b"just text")
    with pytest.raises(BadFile) as text:
        load(str(tmp_path / "x.doc"))
    assert text.value.code == "damaged"


@shared
def test_a_locked_document_and_one_of_word_95_are_called_so() -> None:
    data = bytearray(SAMPLE.read_bytes())
    begin = data.index(struct.pack("<H", 0xA5EC))
    data[begin + 11] |= 0x01
    with pytest.raises(BadFile) as locked:
        load_doc(bytes(data))
    assert "password" in locked.value.message
    data[begin + 11] &= 0xFE
    data[begin + 2 : begin + 4] = struct.pack("<H", 0x0065)
    with pytest.raises(BadFile) as old:
        load_doc(bytes(data))
    assert "Word 95" in old.value.message
