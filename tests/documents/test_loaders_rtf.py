"""RTF as Word and other programs write it: encodings, tables, notes, and what nobody sees."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.documents.loaders import load
from app.documents.loaders.rtf import load_rtf
from app.errors import BadFile

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\uc1\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 MS;}"
    r"{\f3\fcharset2 Symbol;}}"
    r"{\colortbl;\red255\green0\blue0;\red255\green255\blue255;}"
    r"{\stylesheet{\ql Normal;}{\s1\b\fs32 heading 1;}{\*\cs10 Default;}}{\info{\title unseen}}"
)


def blocks(body: str) -> list[tuple[str, str]]:
    parsed = load_rtf((HEAD + body + "}").encode("latin-1"))
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def text_of(body: str) -> str:
    return load_rtf((HEAD + body + "}").encode("latin-1")).text


def test_headings_lists_notes_and_comments_are_named_as_what_they_are() -> None:
    assert blocks(
        r"{\header Running head\par}\pard\plain\s1\b Travel\par\pard\plain Hotels"
        r"{\footnote\pard\plain\s1 Taxes {\i too}.}"
        r" are paid{\*\atnauthor Reviewer}{\*\annotation {\*\annotationdate 1}Really?}.\par"
        r"{\listtext\pard\plain\f3 \'b7\tab}one\par{\listtext 2.\tab}two\par"
        r"{\field{\*\fldinst HYPERLINK x}{\fldrslt link}}"
    ) == [
        ("heading", "Travel"),
        ("paragraph", "Hotels are paid."),
        ("list", "- one"),
        ("list", "2. two"),
        ("paragraph", "link"),
        ("paragraph", "Note: Taxes too."),
        ("paragraph", "Comment by Reviewer: Really?"),
    ]


def test_letters_of_every_code_page_and_of_unicode() -> None:
    assert text_of(
        r"\'e4 \u8364? {\f1 \'cf\'f0\'e8} {\f2 \'93\'fa\'96{} x} \u-10179?\u-8704?{\uc0 \u228}\u228\'e4."
    ) == ("ä € При 日 x 😀ää.")
    assert text_of(r"a\emdash b\~c\{d\}\\e\line f") == "a—b c{d}\\e\nf"


def test_what_nobody_sees_is_left_out_and_said() -> None:
    data = HEAD + r"Seen{\v  hidden}{\deleted  gone}{\cf2  white}{\fs2  dust}{\cf2\highlight1  shown}\v off\v0  end.}"
    parsed = load_rtf(data.encode())
    assert parsed.text == "Seen shown end."
    assert parsed.note == "4 hidden texts were left out."


def test_a_table_is_rows_under_its_header() -> None:
    row = r"\trowd\trhdr\cellx1000\cellx2000\pard\intbl City\cell Rate\cell\row"
    body = r"\trowd\clvmgf\cellx1000\cellx2000\pard\intbl Bonn\cell 90\par more\cell\row"
    below = r"\trowd\clvmrg\cellx1000\cellx2000\pard\intbl\cell 95\cell\row\pard After\par"
    assert blocks(r"Before\par" + row + body + below) == [
        ("paragraph", "Before"),
        ("header_row", "City | Rate"),
        ("row", "Bonn | 90 more"),
        ("row", "Bonn | 95"),
        ("paragraph", "After"),
    ]


def test_hostile_files_end_soon_and_say_why(tmp_path: Path) -> None:
    start = time.monotonic()
    assert load_rtf(b"{\\rtf1 " + b"{" * 90_000 + b"x").text == "x"
    assert load_rtf(b"{\\rtf1 x\\bin99999999999 \\'}" + b"}" * 50_000 + b"\\u99999999999?").text
    with pytest.raises(BadFile):
        load_rtf(b"{\\rtf1 " + b"{" * 200_000)
    with pytest.raises(BadFile) as empty:
        load_rtf(b"{\\rtf1 {\\v nothing}}")
    assert empty.value.code == "empty"
    assert time.monotonic() - start < 20
    (tmp_path / "letter.doc").write_bytes(b"{\\rtf1 saved as RTF}")
    assert load(str(tmp_path / "letter.doc")).format == "rtf"
