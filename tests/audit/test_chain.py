"""The record's chain: it goes on over kills, files and full disks, and no changed, lost or added byte stays unseen."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.audit import chain as module
from app.audit.chain import START, Chain, files_of, read_head, records, verify
from app.errors import NoSpace


def fill(folder: Path, count: int = 20) -> None:
    chain = Chain(folder)
    for number in range(count):
        about = {"question": chain.mark_of(f"question {number}"), "passages": [{"document": number, "text": "ä" * 20}]}
        chain.append("asked", about, who="someone", door="window")
    chain.close()


def test_records_are_bound_to_each_other_and_go_on_in_the_next_run(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    fill(tmp_path, 2)
    found = list(records(tmp_path))
    assert [each.what for each in found] == ["begun", *["asked"] * 5]
    assert [each.n for each in found] == [1, 2, 3, 4, 5, 6] and found[0].before == START
    checked = verify(tmp_path)
    assert checked.problem == "" and (checked.records, checked.files) == (6, 1)
    assert read_head(tmp_path) == (6, checked.head.split()[1])
    assert verify(tmp_path / "none").problem == "" and verify(tmp_path / "none").records == 0


def test_the_marks_of_a_folder_are_its_own(tmp_path: Path) -> None:
    one, other = Chain(tmp_path / "1"), Chain(tmp_path / "2")
    assert one.mark_of("hotel") == one.mark_of("hotel") != other.mark_of("hotel")
    one.close()
    other.close()


def test_a_new_file_begins_where_one_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROTATE_BYTES", 2000)
    fill(tmp_path, 30)
    fill(tmp_path, 30)
    checked = verify(tmp_path)
    assert checked.problem == "" and checked.records == 61 and checked.files == len(files_of(tmp_path)) > 5


def test_a_thousand_changed_bytes_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any byte of any file, the head and the key among them."""
    monkeypatch.setattr(module, "ROTATE_BYTES", 4000)
    fill(tmp_path)
    files = [path for path in sorted(tmp_path.iterdir()) if path.is_file()]
    sizes = [path.stat().st_size for path in files]
    assert len(files) >= 4 and verify(tmp_path).problem == ""
    rng = random.Random(14)
    for number in range(1000):
        path = files[number % len(files)] if number < 200 else rng.choices(files, sizes)[0]
        raw = path.read_bytes()
        at = rng.randrange(len(raw))
        value = rng.choice([byte for byte in range(256) if byte != raw[at]])
        path.write_bytes(raw[:at] + bytes([value]) + raw[at + 1 :])
        assert verify(tmp_path).problem, (path.name, at, value)
        path.write_bytes(raw)
    assert verify(tmp_path).problem == ""


def _lines(folder: Path) -> tuple[Path, list[bytes]]:
    (file,) = files_of(folder)
    return file, file.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    "change", ["first", "middle", "last", "swap", "twice", "cut", "added", "blank", "from another"]
)
def test_lines_that_were_taken_out_put_in_or_moved_are_found(tmp_path: Path, change: str) -> None:
    fill(tmp_path / "a", 8)
    fill(tmp_path / "b", 8)
    file, lines = _lines(tmp_path / "a")
    _, others = _lines(tmp_path / "b")
    changed = {
        "first": lines[1:],
        "middle": lines[:4] + lines[5:],
        "last": lines[:-1],
        "swap": [*lines[:3], lines[4], lines[3], *lines[5:]],
        "twice": lines[:4] + lines[3:],
        "cut": [*lines[:-1], lines[-1][:-10]],
        "added": [*lines, lines[-1]],
        "blank": [*lines[:3], b"\n", *lines[3:]],
        "from another": [*lines[:4], others[4], *lines[5:]],
    }[change]
    file.write_bytes(b"".join(changed))
    assert verify(tmp_path / "a").problem


def test_an_end_that_is_cut_together_with_its_head_is_found_by_a_head_that_was_kept_elsewhere(tmp_path: Path) -> None:
    fill(tmp_path, 5)
    kept = verify(tmp_path).head
    file, lines = _lines(tmp_path)
    file.write_bytes(b"".join(lines[:3]))
    (tmp_path / "head").write_text(f"{3:012} {lines[2][:64].decode()}\n")
    assert verify(tmp_path).problem == "", "who owns the folder can do that"
    assert "missing at the end" in verify(tmp_path, kept).problem
    fill(tmp_path, 5)
    assert "another one" in verify(tmp_path, kept).problem


def test_a_file_a_head_or_a_key_that_is_missing_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROTATE_BYTES", 2000)
    fill(tmp_path / "whole", 30)
    for name in ("record-000001.log", "record-000002.log", files_of(tmp_path / "whole")[-1].name, "head", "key"):
        copy = tmp_path / "copy"
        shutil.copytree(tmp_path / "whole", copy)
        (copy / name).unlink()
        assert verify(copy).problem, name
        shutil.rmtree(copy)


def test_what_was_cut_before_the_next_run_is_written_down_there(tmp_path: Path) -> None:
    fill(tmp_path, 5)
    file, lines = _lines(tmp_path)
    file.write_bytes(b"".join(lines[:4]))
    fill(tmp_path, 1)
    found = list(records(tmp_path))
    assert [each.what for each in found[-2:]] == ["shortened", "asked"] and found[-2].about["known"] == 6


WRITES = """
import sys
from pathlib import Path
from app.audit.chain import Chain
chain = Chain(Path(sys.argv[1]))
for number in range(100_000):
    chain.append("asked", {"question": "q" * (number % 700)}, who="someone")
    if number == 20:
        print("on", flush=True)
"""


def test_ten_kills_cost_no_record_and_leave_a_whole_chain(tmp_path: Path) -> None:
    known = 0
    for _ in range(10):
        with subprocess.Popen([sys.executable, "-c", WRITES, str(tmp_path)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            child.kill()
        written = sum(1 for _ in records(tmp_path))
        assert written >= known + 20
        known = written
        Chain(tmp_path).append("asked", {}, who="the next one")  # which mends what was torn
        assert verify(tmp_path).problem == ""
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_a_torn_line_is_taken_out_and_told(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    (file,) = files_of(tmp_path)
    with file.open("ab") as opened:
        opened.write(b"0" * 100)
    assert verify(tmp_path).problem == "The last line is not whole."
    fill(tmp_path, 1)
    assert verify(tmp_path).problem == ""
    assert [(each.what, each.about) for each in records(tmp_path)][-2] == ("mended", {"bytes": 100})


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(tmp_path)
    chain.append("asked", {}, who="someone")
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[: len(data) // 2]))
    with pytest.raises(NoSpace):
        chain.append("asked", {"question": "lost"}, who="someone")
    monkeypatch.undo()
    chain.append("asked", {"question": "kept"}, who="someone")
    chain.close()
    assert verify(tmp_path).problem == ""
    assert [each.about.get("question") for each in records(tmp_path)] == [None, None, "kept"]


def test_a_line_can_be_checked_without_us(tmp_path: Path) -> None:
    """docs/audit.md says how: the sum of what stands behind the first space."""
    import hashlib

    fill(tmp_path, 2)
    before = START
    for line in _lines(tmp_path)[1]:
        digest, _, body = line.rstrip(b"\n").partition(b" ")
        assert hashlib.sha256(body).hexdigest().encode() == digest
        assert json.loads(body)["before"] == before
        before = digest.decode()
