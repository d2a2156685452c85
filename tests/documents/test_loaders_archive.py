"""Archives: what is in them is read in memory and cited with its path; the rest is named, and bombs end soon."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import time
import zipfile
import zlib
from functools import partial
from pathlib import Path

import pytest
from made_files import pdf, text_at

from app.documents.loaders import load
from app.documents.loaders.archive import _cleaned
from app.documents.loaders.builder import Builder
from app.documents.loaders.inside import Inside, Members, member
from app.documents.loaders.text import load_text
from app.errors import BadFile
from app.places import place_words
from app.text.parsed import Parsed
from app.text.passages import cut

OFFER = b"# Offer\n\nForty chairs cost 16,800 euros."


def zipped(files: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def read(folder: Path, data: bytes, name: str = "offers.zip") -> Parsed:
    file = folder / name
    file.write_bytes(data)
    before = sorted(folder.iterdir())
    try:
        return load(str(file))
    finally:
        assert sorted(folder.iterdir()) == before  # nothing is unpacked to the disk


def place_of(parsed: Parsed, words: str) -> str:
    at = parsed.text.index(words)
    return next(place_words(spot.place) for spot in parsed.spots if spot.start <= at < spot.end)


def files() -> dict[str, bytes]:
    contract = pdf([text_at(72, 700, "Contract for chairs"), text_at(72, 700, "The notice period is six weeks.")])
    table = b"item,price\nchair,420\ntable,990\nlamp,75\n"
    return {"2025/offer.md": OFFER, "contract.pdf": contract, "prices.csv": table, "__MACOSX/._offer.md": b"x"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("offers.zip", zipped(files())),
        ("offers.tar", tarred(files())),
        ("offers.tar.gz", tarred(files(), "w:gz")),
        ("offers.tgz", tarred(files(), "w:gz")),
        ("offers.tar.bz2", tarred(files(), "w:bz2")),
        ("offers.tar.xz", tarred(files(), "w:xz")),
    ],
)
def test_every_file_is_read_and_cited_with_its_path(tmp_path: Path, name: str, data: bytes) -> None:
    parsed = read(tmp_path, data, name)
    assert parsed.format == "zip" and parsed.note == ""
    assert place_of(parsed, "16,800") == "2025/offer.md"
    assert place_of(parsed, "six weeks") == "contract.pdf, page 2"
    assert "item: table; price: 990" in parsed.text
    assert [text for text in parsed.text.split("\n") if "MACOSX" in text] == []


class Words:
    """A tokenizer of words, for passages."""

    def spans(self, text: str) -> list[tuple[int, int]]:
        found, at = [], 0
        for word in text.split():
            at = text.index(word, at)
            found.append((at, at + len(word)))
            at += len(word)
        return found


def test_passages_keep_to_one_file_and_name_rows_of_a_table_in_it(tmp_path: Path) -> None:
    rows = b"item,price\n" + b"".join(b"chair number %d of the long list of chairs,%d\n" % (at, at) for at in range(90))
    parsed = read(tmp_path, zipped({"a.txt": b"Apples are red.", "b.txt": b"Bears are brown.", "c.csv": rows}))
    pieces = cut(parsed, Words(), "offers")
    assert not any("Apples" in parsed.text[p.start : p.end] and "Bears" in parsed.text[p.start : p.end] for p in pieces)
    last = next(p for p in pieces if "number 89" in parsed.text[p.start : p.end])
    assert last.heading == "offers › c.csv"
    words = place_words(last.place)
    assert words.startswith("c.csv, rows ") and words.endswith(" to 91")
    assert int(words.split()[2]) > 20


@pytest.mark.parametrize(
    ("name", "data", "inner"),
    [
        ("note.txt.gz", gzip.compress(b"The key is under the mat."), "note.txt"),
        ("note.txt.bz2", bz2.compress(b"The key is under the mat."), "note.txt"),
        ("note.txt.xz", lzma.compress(b"The key is under the mat."), "note.txt"),
    ],
)
def test_one_packed_file(tmp_path: Path, name: str, data: bytes, inner: str) -> None:
    assert place_of(read(tmp_path, data, name), "under the mat") == inner


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = bytearray(
        zipped({"tool.exe": b"MZ" + bytes(300), "a.md": OFFER, "broken.pdf": b"%PDF-1.7", "b.txt": b"Bye."})
    )
    parsed = read(tmp_path, bytes(data))
    assert "16,800" in parsed.text and "Bye." in parsed.text
    assert "tool.exe: This is a program" in parsed.note and "broken.pdf: " in parsed.note


def test_a_locked_file_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.txt": b"Nobody reads this.", "open.txt": b"Everybody reads this."}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + flags
        data[at] |= 1
    parsed = read(tmp_path, bytes(data))
    assert "Everybody" in parsed.text
    assert parsed.note == "secret.txt: It is locked with a password."


def test_a_file_whose_sum_is_wrong_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": b"One two three.", "b.txt": b"Four five six."}, zipfile.ZIP_STORED))
    data[data.index(b"One two")] = ord("X")
    parsed = read(tmp_path, bytes(data))
    assert "Four five six." in parsed.text and "three" not in parsed.text
    assert parsed.note.startswith("a.txt: It is damaged")


def test_archives_in_archives_are_read_to_a_depth(tmp_path: Path) -> None:
    inner = zipped({"deep.txt": b"The treasure is here."})
    for _ in range(2):
        inner = zipped({"inner.zip": inner, "level.txt": b"A level."})
    assert place_of(read(tmp_path, inner), "treasure") == "inner.zip/inner.zip/deep.txt"
    for _ in range(3):
        inner = zipped({"inner.zip": inner, "level.txt": b"A level."})
    parsed = read(tmp_path, inner)
    assert "treasure" not in parsed.text and "A level." in parsed.text and "more than 3 files" in parsed.note


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\Users\\x\\a.txt", "Users/x/a.txt"),
        ("/root/./a//b.txt", "root/a/b.txt"),
        ("a\u202etxt.exe", "atxt.exe"),
        ("\n\t", ""),
    ],
)
def test_paths_lead_nowhere(path: str, clean: str) -> None:
    assert _cleaned(path) == clean


def test_links_and_devices_in_a_tar_are_passed_over(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind, target in (
            ("passwd.txt", tarfile.SYMTYPE, "/etc/passwd"),
            ("shadow.txt", tarfile.LNKTYPE, "/etc/shadow"),
            ("zero.txt", tarfile.CHRTYPE, ""),
            ("pipe.txt", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        info = tarfile.TarInfo("a.txt")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"Bye."))
    parsed = read(tmp_path, stream.getvalue(), "links.tar")
    assert "Bye." in parsed.text and "root:" not in parsed.text


def overlapping(count: int, size: int) -> bytes:
    """Many entries that all name the same packed bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(size)) + packer.flush()
    sums = zlib.crc32(bytes(size))
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, sums, len(packed), size, 5, 0) + b"a.txt" + packed
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, sums, len(packed), size, 5, 0, 0, 0, 0, 0, 0)
    central = (entry + b"a.txt") * count
    return local + central + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(central), len(local), 0)


def lying(size: int) -> bytes:
    data = bytearray(zipped({"a.txt": bytes(1000), "b.txt": b"Bye."}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + at, size)
    return bytes(data)


BOMBS = {
    "one.zip": lambda: zipped({"zero.txt": bytes(300_000_000), "b.txt": b"Bye."}),
    "many.zip": lambda: zipped({**{f"{at}.txt": b" " * 30_000_000 for at in range(12)}, "b.txt": b"Bye."}),
    "crowd.zip": lambda: zipped({f"{at}.txt": b"Bye. %d" % at for at in range(20_000)}, zipfile.ZIP_STORED),
    "same.zip": lambda: overlapping(5_000, 1_000_000),
    "lies.zip": lambda: lying(0xFFFFFFFF),
    "small.zip": lambda: lying(3),
    "zero.gz": lambda: gzip.compress(bytes(400_000_000)),
    "zero.tar.gz": lambda: gzip.compress(tarred({"b.txt": b"Bye."})[:1024] + tarred({"zero.txt": bytes(400_000_000)})),
    "zero.xz": lambda: lzma.compress(bytes(300_000_000), preset=0),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_soon(tmp_path: Path, name: str) -> None:
    data = BOMBS[name]()
    began = time.monotonic()
    try:
        parsed = read(tmp_path, data, name)
    except BadFile as error:
        assert name in ("same.zip", "zero.gz", "zero.xz"), error
    else:
        assert "Bye." in parsed.text and parsed.note
    assert time.monotonic() - began < 60


def test_a_file_that_never_ends_costs_itself_only() -> None:
    def read(data: bytes, name: str, password: str, inside: Inside) -> Parsed:
        while name == "slow.txt":
            pass
        return load_text(data)

    builder = Builder()
    members = Members(builder, Inside(read, each=0.2))
    for name in ("a.txt", "slow.txt", "b.txt"):
        members.add(b"Bye.", name, partial(member, name), 1)
    assert members.read == 2 and members.note() == "slow.txt: Reading it took too long."
    time.sleep(0.5)  # the others' time is over, and nobody is struck
    assert builder.text() == "a.txt\n\nBye.\n\nb.txt\n\nBye."


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.gz"])
def test_a_cut_archive_says_so(tmp_path: Path, name: str) -> None:
    whole = {"a.zip": zipped(files()), "a.tar": tarred(files()), "a.gz": gzip.compress(OFFER)}
    data = whole.get(name, tarred(files(), "w:gz"))
    with pytest.raises(BadFile):
        read(tmp_path, data[: 300 if name == "a.tar" else 60], name)
    with pytest.raises(BadFile):
        read(tmp_path, zipped({"tool.exe": b"MZ" + bytes(300)}), name)
