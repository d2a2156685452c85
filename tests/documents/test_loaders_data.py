"""JSON, XML, code and settings: what is said with where it is said, and files that are built to harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from app.documents.loaders import load
from app.errors import BadFile
from app.text.parsed import Parsed


def read(folder: Path, data: bytes | str, name: str) -> Parsed:
    file = folder / name
    file.write_bytes(data if isinstance(data, bytes) else data.encode())
    return load(str(file))


def test_values_of_json_stand_with_their_paths_and_like_objects_as_rows(tmp_path: Path) -> None:
    text = """{"company": {"name": "Larkfield", "sites": ["Oslo", "Vienna"]}, "open": true, "closed": null,
    "staff": [{"name": "Ann", "home": {"city": "Oslo"}}, {"name": "Bob", "tags": ["a", "b"]}], "odd": [1, {"x": 2}]}"""
    parsed = read(tmp_path, text, "staff.json")
    assert parsed.format == "json"
    assert parsed.text == (
        "company.name: Larkfield\ncompany.sites: Oslo, Vienna\nopen: true\n\nstaff\n\nname | home.city | tags\n"
        "name: Ann; home.city: Oslo\nname: Bob; tags: a, b\n\nodd[1]: 1\nodd[2].x: 2"
    )
    kinds = [block.kind for block in parsed.blocks]
    assert kinds == ["list", "list", "list", "heading", "header_row", "row", "row", "list", "list"]


def test_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    text = '{"price": 1.50, "id": %s, "rate": 1e999, "\\ud800k": "a\\udc00b"}' % ("9" * 5000)
    parsed = read(tmp_path, text, "a.json")
    assert parsed.text == f"price: 1.50\n\nid: {'9' * 5000}\n\nrate: 1e999\nk: ab"


def test_json_lines_are_rows_and_a_broken_one_is_counted(tmp_path: Path) -> None:
    lines = "".join(f'{{"id": {at}, "city": "Oslo"}}\n' for at in range(20)) + '{"id": 3\n'
    parsed = read(tmp_path, lines, "log.jsonl")
    assert "id: 19; city: Oslo" in parsed.text and parsed.note == "1 line is no JSON."


@pytest.mark.parametrize("text", ["{", "[1, 2", "nothing", '{"a": 1}}', "[" * 5_000_000, '{"a":' * 1_000_000])
def test_what_is_no_json_is_refused_soon(tmp_path: Path, text: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadFile) as caught:
        read(tmp_path, text, "a.json")
    assert caught.value.code == "damaged"
    assert time.monotonic() - began < 20


def test_deep_json_that_can_be_read_stays_small(tmp_path: Path) -> None:
    data = '{"a long name": ' * 400 + "1" + "}" * 400
    assert len(read(tmp_path, data, "a.json").text) < 400


def test_xml_by_the_names_of_its_elements(tmp_path: Path) -> None:
    text = """<?xml version="1.0" encoding="ISO-8859-1"?>
    <!DOCTYPE catalog SYSTEM "http://example.com/x.dtd">
    <catalog owner="Müller" xmlns:x="http://example.com/y"><title>Chairs 2025</title>
    <x:item id="7"><name>Chair</name><price currency="EUR">420</price></x:item>
    <item id="8"><name>Table</name><price currency="EUR">990</price></item>
    <text><b>Note</b>: the <i>offer</i> ends in <b>August</b>.</text><para>Short one.</para></catalog>"""
    parsed = read(tmp_path, text.encode("latin-1"), "catalog.xml")
    assert parsed.title == "Chairs 2025" and parsed.format == "xml"
    assert parsed.text.split("\n") == [
        "Chairs 2025", "", "item: id: 7; name: Chair; price: 420 (currency: EUR)",
        "item: id: 8; name: Table; price: 990 (currency: EUR)", "catalog: owner: Müller", "",
        "Note: the offer ends in August.", "", "Short one.",
    ]  # fmt: skip


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{at} "&a;&a;&a;&a;">' for at in range(20)) + "]><x>&a9;</x>"
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS,
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><x>y</x>',
        "<x>" * 2_000_000,
        "<x><y></x>",
        "<x/>",
        "no xml",
    ],
    ids=["laughs", "file", "parameter", "deep", "torn", "empty", "text"],
)
def test_xml_that_harms_is_refused_soon(tmp_path: Path, text: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadFile):
        read(tmp_path, text, "a.xml")
    assert time.monotonic() - began < 20


def test_a_wide_xml_with_many_attributes_ends_soon(tmp_path: Path) -> None:
    began = time.monotonic()
    wide = "<x><y a='1'>b</y>" + "<y a='1'>b</y>t" * 100_000 + "</x>"
    assert "b" in read(tmp_path, wide, "a.xml").text
    assert time.monotonic() - began < 20


CODE = '''"""A module."""

import os


def first(value: int) -> int:
    """Doubles."""

    return 2 * value


class Second:
    name = "second"

    def run(self) -> None:
        print(self.name)
'''


def test_functions_stay_whole_and_the_text_as_it_is(tmp_path: Path) -> None:
    parsed = read(tmp_path, CODE, "a.py")
    assert parsed.format == "code" and parsed.text == CODE.rstrip()
    assert len(parsed.blocks) == 1
    long = CODE + "".join(f"\n\ndef number_{at}():\n    a = {at}\n\n    return a + {'1' * 300}\n" for at in range(30))
    parsed = read(tmp_path, long, "a.py")
    pieces = [parsed.text[block.start : block.end] for block in parsed.blocks]
    assert len(pieces) > 5 and all(block.kind == "code" for block in parsed.blocks)
    assert all(piece.count("def number") == piece.count("return a +") for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(parsed.text.split())


@pytest.mark.parametrize("name", ["a.yaml", "a.toml", "a.ini", "a.sql", "a.sh", "a.conf"])
def test_settings_and_scripts_are_texts(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, "#!/bin/sh\nlimit = 210\n", name).format == "code"


def test_a_long_row_of_empty_lines_ends_soon(tmp_path: Path) -> None:
    began = time.monotonic()
    read(tmp_path, "a" + "\n \t" * 1_000_000 + "\n" + "b\n\n" * 300_000, "a.py")
    assert time.monotonic() - began < 20
