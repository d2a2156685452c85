"""The disposable process: one bad file costs that file, whatever it is and whatever happens to the child."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_files import docx, paragraph, pdf, table, text_at

from app.documents import parse_process
from app.documents.loaders import CONTAINERS, LOADERS, load
from app.documents.parse_process import CODES, Parser
from app.errors import BadFile
from app.formats import BY_KEY, FORMATS
from app.spawn import child_command

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PAGE = text_at(60, 700, "All employees keep their receipts.")
posix = pytest.mark.skipif(os.name != "posix", reason="needs pipes and signals of POSIX")


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as shared:
        yield shared


def code_of(parser: Parser, path: Path, password: str = "") -> str:
    with pytest.raises(BadFile) as refused:
        parser.parse(str(path), password)
    assert refused.value.code in CODES
    assert refused.value.message.endswith(".")
    return refused.value.code


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_result_is_the_loaders_with_hash_and_size(parser: Parser, tmp_path: Path) -> None:
    path = write(tmp_path, "a.pdf", pdf([PAGE, PAGE]))
    parsed = parser.parse(str(path))
    assert parsed == load(str(path))
    assert parsed.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert parsed.size == path.stat().st_size
    assert len(parsed.lines) == 2


def test_every_suffix_that_dialogs_offer_has_a_loader() -> None:
    assert {*LOADERS, *CONTAINERS} == {*BY_KEY} and not {*LOADERS} & {*CONTAINERS} and len(BY_KEY) == len(FORMATS)


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("report.txt", pdf([PAGE]), "pdf"),
        ("report", pdf([PAGE]), "pdf"),
        ("letter.pdf", docx(paragraph("Hello")), "docx"),
        ("page.docx", b"<!DOCTYPE html><html><p>Hello</p></html>", "html"),
        ("page.md", b"<html><body><p>Hello</p></body></html>", "html"),
        ("junk.pdf", b"\r\n\r\nmailed\r\n" + pdf([PAGE]), "pdf"),
        ("NOTES.TXT", b"Hello there", "text"),
        ("list.tsv", b"a\tb\n1\t2\n", "csv"),
    ],
)
def test_a_wrong_name_still_finds_the_right_loader(
    parser: Parser, tmp_path: Path, name: str, data: bytes, form: str
) -> None:
    assert parser.parse(str(write(tmp_path, name, data))).format == form


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.pdf", b"", "empty"),
        ("blank.txt", b" \n ", "empty"),
        ("text.pdf", b"just some text", "damaged"),
        ("text.docx", b"just some text", "damaged"),
        ("half.docx", docx(table(("a", "b")))[:200], "damaged"),
        ("half.pdf", pdf([PAGE])[:60], "damaged"),
        ("binary.md", bytes(range(256)) * 9, "damaged"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n" + bytes(40), "damaged"),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unsupported"),
        ("boxes.rar", b"Rar!\x1a\x07\x00hello", "unsupported"),
        ("boxes.zip", b"no archive", "damaged"),
        ("data.xyz", b"hello", "unsupported"),
        ("noname", b"hello", "unsupported"),
        ("locked.pdf", pdf([PAGE], password="secret"), "password"),
    ],
)
def test_each_bad_file_has_its_reason(parser: Parser, tmp_path: Path, name: str, data: bytes, code: str) -> None:
    assert code_of(parser, write(tmp_path, name, data)) == code


def test_locked_office_files_say_so(parser: Parser, tmp_path: Path) -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(BadFile, match="locked with a password"):
        parser.parse(str(write(tmp_path, "a.docx", data)))


def test_password_opens(parser: Parser, tmp_path: Path) -> None:
    path = write(tmp_path, "a.pdf", pdf([PAGE], password="secret"))
    assert code_of(parser, path, "wrong") == "password"
    assert "receipts" in parser.parse(str(path), "secret").text


def test_what_is_no_file_is_not_opened(parser: Parser, tmp_path: Path) -> None:
    assert code_of(parser, tmp_path / "gone.pdf") == "missing"
    assert code_of(parser, tmp_path / ("n" * 300 + ".pdf")) == "missing"
    assert code_of(parser, tmp_path / "a\0b.pdf") == "missing"
    assert code_of(parser, tmp_path) == "not_a_file"


@posix
def test_pipes_sockets_devices_and_loops(parser: Parser, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    (tmp_path / "loop.pdf").symlink_to(tmp_path / "loop.pdf")
    (tmp_path / "dangling.pdf").symlink_to(tmp_path / "nothing")
    (tmp_path / "zero.pdf").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s.pdf"))
        assert code_of(parser, tmp_path / "s.pdf") == "not_a_file"
    assert code_of(parser, tmp_path / "pipe.pdf") == "not_a_file"
    assert code_of(parser, tmp_path / "loop.pdf") == "not_a_file"
    assert code_of(parser, tmp_path / "zero.pdf") == "not_a_file"
    assert code_of(parser, tmp_path / "dangling.pdf") == "missing"


@posix
@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may read everything")
def test_no_permission(parser: Parser, tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"hello")
    path.chmod(0)
    assert code_of(parser, path) == "permission"


def test_a_file_that_grows_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operating system is the only thing that is bent here: the file grows as soon as its size is known."""
    path = write(tmp_path, "log.txt", b"first line\n")
    real = os.fstat

    def grow(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        with path.open("ab") as file:
            file.write(b"more\n")
        return status

    monkeypatch.setattr(os, "fstat", grow)
    with pytest.raises(BadFile) as refused:
        load(str(path))
    assert refused.value.code == "changed"


@posix
def test_a_file_larger_than_the_limit_is_not_read(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(600 * 1024 * 1024)  # a hole: it takes no room
    assert code_of(parser, path) == "too_large"


def test_memory_bomb(tmp_path: Path) -> None:
    """300 MB of Word text in a 300 KB file; the next file is read as if nothing had been."""
    path = write(tmp_path, "bomb.docx", _bomb())
    with Parser() as parser:
        assert code_of(parser, path) == "too_large"
        good = write(tmp_path, "good.txt", b"fine")
        assert parser.parse(str(good)).text == "fine"


SLOW = b"[" + b",".join([b'{"a": {"b": [1, {"c": "d"}]}}'] * 700_000) + b"]"
"""Values that take a child ten seconds and more."""


def _bomb() -> bytes:
    import io
    import zipfile

    buffer = io.BytesIO(docx(paragraph("x")))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("word/document.xml", b" " * (300 * 1024 * 1024))
    return buffer.getvalue()


def test_a_file_that_takes_too_long_costs_itself_alone(tmp_path: Path) -> None:
    slow = write(tmp_path, "slow.json", SLOW)
    good = write(tmp_path, "good.txt", b"fine")
    with Parser(time_limit=5.0) as parser:  # a good file takes a second on a busy machine, with the start of the child
        assert parser.parse(str(good)).text == "fine"
        began = time.monotonic()
        assert code_of(parser, slow) == "too_slow"
        assert time.monotonic() - began < 30
        assert parser.parse(str(good)).text == "fine"


@posix
def test_a_child_that_dies_is_replaced(tmp_path: Path) -> None:
    slow = write(tmp_path, "slow.json", SLOW)
    good = write(tmp_path, "good.txt", b"fine")
    with Parser() as parser:
        assert parser.parse(str(good)).text == "fine"
        process = parser._process
        assert process is not None
        threading.Timer(0.3, lambda: os.kill(process.pid, signal.SIGKILL)).start()
        assert code_of(parser, slow) == "damaged"
        assert parser.parse(str(good)).text == "fine"
        first = parser._process
        assert first is not None
        os.kill(first.pid, signal.SIGKILL)  # between two files
        first.wait()
        assert parser.parse(str(good)).text == "fine"


def test_closing_stops_a_file_under_way(tmp_path: Path) -> None:
    slow = write(tmp_path, "slow.json", SLOW)
    parser = Parser()
    threading.Timer(0.5, parser.close).start()
    began = time.monotonic()
    assert code_of(parser, slow) == "stopped"
    assert time.monotonic() - began < 5
    assert code_of(parser, slow) == "stopped", "a closed parser starts no child again"


def test_a_child_is_used_again_and_replaced_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_process, "REUSE", 3)
    good = write(tmp_path, "good.txt", b"fine")
    pids = []
    with Parser() as parser:
        for _ in range(6):
            parser.parse(str(good))
            assert parser._process is not None
            pids.append(parser._process.pid)
    assert len(set(pids[:3])) == len(set(pids[3:])) == 1
    assert pids[2] != pids[3]


def test_child_is_light_and_ends_with_its_input() -> None:
    heavy = ["torch", "chromadb", "sentence_transformers", "numpy", "PySide6", "llama_cpp", "pypdfium2", "psutil"]
    code = f"import sys, app.documents.parse_process; sys.exit(any(name in sys.modules for name in {heavy!r}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    done = subprocess.run(child_command("--child", "parse"), input=b"", capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is not here")
def test_hostile_files_give_text_or_a_plain_reason(parser: Parser) -> None:
    texts = 0
    for path in sorted((SHARED / "hostile-files").iterdir()):
        try:
            texts += bool(parser.parse(str(path)).text)
        except BadFile as error:
            assert error.code in CODES - {"stopped", "too_slow"}, path.name
            assert "ended with status" not in error.detail, f"{path.name} killed the child"
    assert texts >= 15
