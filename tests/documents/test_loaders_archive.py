"""Archives: what is in them is listed and read in memory, each file on its own; the rest is named, bombs end soon."""

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
from pathlib import Path

import pytest
from made_files import pdf, text_at

from app.documents.loaders import load
from app.documents.loaders.inside import MAX_FILES, Names, cleaned
from app.errors import BadFile
from app.members import member_path
from app.text.parsed import Parsed

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


def inner(folder: Path, path: str, name: str = "offers.zip") -> str:
    """The text of a file inside of the archive that was read."""
    return load(member_path(str(folder / name), path)).text


def reasons(parsed: Parsed) -> dict[str, str]:
    return {each.name: each.reason for each in parsed.files}


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
def test_every_file_is_listed_and_read_on_its_own(tmp_path: Path, name: str, data: bytes) -> None:
    parsed = read(tmp_path, data, name)
    assert parsed.format == "zip" and parsed.note == ""
    assert reasons(parsed) == {"2025/offer.md": "", "contract.pdf": "", "prices.csv": ""}
    assert "prices.csv" in parsed.text and "16,800" not in parsed.text
    for wanted in ("contract.pdf", "2025/offer.md", "prices.csv", "contract.pdf"):  # in any order
        found = load(member_path(str(tmp_path / name), wanted))
        held = next(each for each in parsed.files if each.name == wanted)
        assert (found.sha256, found.size) == (held.sha256, held.size)
    assert "item: table; price: 990" in inner(tmp_path, "prices.csv", name)
    with pytest.raises(BadFile, match="does not lie in its file"):
        inner(tmp_path, "nothing.txt", name)


def test_names_are_told_apart_the_same_way_each_time() -> None:
    names = Names()
    met = ["a.txt", "a.txt", "b/a.txt", "b/a.txt", "a (2).txt", "", "/", ".env", ".env"]
    assert [names.of(each) for each in met] == [
        *("a.txt", "a (2).txt", "b/a.txt", "b/a (2).txt", "a (2) (2).txt", "file", "file (2)", ".env", ".env (2)")
    ]


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("note.txt.gz", gzip.compress(b"The key is under the mat.", mtime=0), "note.txt"),
        ("note.txt.bz2", bz2.compress(b"The key is under the mat."), "note.txt"),
        ("note.txt.xz", lzma.compress(b"The key is under the mat."), "note.txt"),
    ],
    ids=["gz", "bz2", "xz"],
)
def test_one_packed_file(tmp_path: Path, name: str, data: bytes, path: str) -> None:
    assert reasons(read(tmp_path, data, name)) == {path: ""}
    assert "under the mat" in inner(tmp_path, path, name)


def test_what_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    data = bytearray(
        zipped({"tool.exe": b"MZ" + bytes(300), "a.md": OFFER, "broken.pdf": b"%PDF-1.7", "b.txt": b"Bye."})
    )
    parsed = read(tmp_path, bytes(data))
    assert [*reasons(parsed)] == ["a.md", "broken.pdf", "b.txt"] and "tool.exe: This is a program" in parsed.note
    with pytest.raises(BadFile):
        inner(tmp_path, "broken.pdf")
    assert inner(tmp_path, "b.txt") == "Bye."


def test_a_locked_file_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.txt": b"Nobody reads this.", "open.txt": b"Everybody reads this."}))
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(mark) + flags
        data[at] |= 1
    parsed = read(tmp_path, bytes(data))
    assert reasons(parsed) == {"secret.txt": "It is locked with a password.", "open.txt": ""}


def test_a_file_whose_sum_is_wrong_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": b"One two three.", "b.txt": b"Four five six."}, zipfile.ZIP_STORED))
    data[data.index(b"One two")] = ord("X")
    parsed = read(tmp_path, bytes(data))
    assert reasons(parsed)["a.txt"].startswith("It is damaged") and inner(tmp_path, "b.txt") == "Four five six."


def test_archives_in_archives_are_read_to_a_depth(tmp_path: Path) -> None:
    packed = zipped({"deep.txt": b"The treasure is here."})
    for _ in range(4):
        packed = zipped({"inner.zip": packed, "level.txt": b"A level."})
    read(tmp_path, packed)
    path = str(tmp_path / "offers.zip")
    for level in range(3):
        assert inner(tmp_path, "//".join([*["inner.zip"] * level, "level.txt"])) == "A level."
        path = member_path(path, "inner.zip")
        if level < 2:
            assert reasons(load(path)) == {"inner.zip": "", "level.txt": ""}
    with pytest.raises(BadFile, match="more than 3 files"):
        load(path)
    with pytest.raises(BadFile, match="more than 3 files"):
        load(member_path(path, "level.txt"))


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
    assert cleaned(path) == clean


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
    assert reasons(parsed) == {"a.txt": ""}


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
        assert name in ("zero.gz", "zero.xz"), error
    else:
        said = parsed.note + "".join(each.reason for each in parsed.files)
        assert (said or name == "many.zip") and len(parsed.files) <= MAX_FILES
        assert sum(each.size for each in parsed.files) < 2**29 + 2**27
        last = [each.name for each in parsed.files if not each.reason][-1]
        assert name == "same.zip" or "Bye." in inner(tmp_path, last, name)
    assert time.monotonic() - began < 60


def test_a_file_changed_on_the_disk_is_read_anew(tmp_path: Path) -> None:
    read(tmp_path, zipped({"a.txt": b"One."}))
    assert inner(tmp_path, "a.txt") == "One."
    read(tmp_path, zipped({"b.txt": b"Three.", "a.txt": b"Two two."}))
    assert inner(tmp_path, "a.txt") == "Two two."
    (tmp_path / "offers.zip").unlink()
    with pytest.raises(BadFile, match="no longer there"):
        inner(tmp_path, "a.txt")


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tar", "a.gz"])
def test_a_cut_archive_says_so(tmp_path: Path, name: str) -> None:
    whole = {"a.zip": zipped(files()), "a.tar": tarred(files()), "a.gz": gzip.compress(OFFER)}
    data = whole.get(name, tarred(files(), "w:gz"))
    with pytest.raises(BadFile):
        read(tmp_path, data[: 300 if name == "a.tar" else 60], name)
    with pytest.raises(BadFile):
        read(tmp_path, zipped({"tool.exe": b"MZ" + bytes(300)}), name)
