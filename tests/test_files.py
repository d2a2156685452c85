"""Files that are whole or not there, locks between processes, and a data folder that nobody else reads."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.chats.store import ChatStore
from app.errors import AppError, Busy, NoSpace
from app.files import discard, free_name, hold, kept_aside, locked, secure, set_aside, write_atomic
from app.paths import Home, home

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX systems")
HOLD = """
import sys; from pathlib import Path; from app.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def test_a_lock_is_waited_for_and_goes_with_its_holder(tmp_path: Path) -> None:
    lock = tmp_path / "made" / "a.lock"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(lock)], stdin=pipe, stdout=pipe) as other:
        assert other.stdout is not None and other.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match="saving right now"), locked(lock, wait_s=0.05):
            raise AssertionError("two hold it")
        with pytest.raises(Busy, match="Mine"):
            hold(lock, Busy("Mine is taken."))
        threading.Timer(0.2, other.kill).start()
        with locked(lock, wait_s=20):
            pass
    held = hold(lock, Busy("Mine is taken."))
    with pytest.raises(Busy), locked(lock, wait_s=0):
        raise AssertionError("two hold it")
    held.release()
    with locked(lock, wait_s=0):
        pass


def test_a_lock_in_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NoSpace), locked(tmp_path / "file" / "a.lock"):
        raise AssertionError("nothing is held")


@posix
def test_an_open_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    place = Home(tmp_path / "data")
    for name in (
        "models/a.gguf",
        "runs/1/train/adapter.bin",
        "cache/vectors/x",
        "logs/core.log",
        "chats.db",
        "other.txt",
    ):
        file = place.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
        file.chmod(0o644)
        for folder in file.relative_to(place.root).parents:
            (place.root / folder).chmod(0o755)
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (place.models / "link").symlink_to(outside, target_is_directory=True)
    secure(place)
    found = modes(place.root)
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700
    assert {name for name, mode in found.items() if mode & 0o077} == {"other.txt", "models/link"}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755, "what a link leads to is not ours"
    (place.logs / "late.log").write_text("x")
    assert modes(place.root)["logs/late.log"] == 0o600, "and so is what comes later"


@posix
def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "report.txt").write_text("x")
    (shared / "report.txt").chmod(0o644)
    shared.chmod(0o755)
    secure(Home(shared))
    assert modes(shared) == {"report.txt": 0o644} and stat.S_IMODE(shared.stat().st_mode) == 0o755
    (shared / "chats.db").write_text("x")
    (shared / "chats.db").chmod(0o644)
    shared.chmod(0o1777)  # as /tmp
    secure(Home(shared))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    secure(Home(tmp_path / "nowhere"))


@posix
def test_a_store_is_private_whatever_the_umask() -> None:
    old = os.umask(0o022)
    try:
        store = ChatStore(home().chats_db, home().backups)
        store.create("x")
        write_atomic(home().settings_file, b"{}")
        assert set(modes(home().root).values()) == {0o600}
        assert stat.S_IMODE(home().root.stat().st_mode) == 0o700
        assert len(modes(home().root)) >= 4, "the log of the database too"
        store.close()
    finally:
        os.umask(old)


def test_what_was_set_aside_can_be_found_and_deleted(data_folder: Path) -> None:
    place = home()
    (place.models).mkdir(parents=True)
    for path in (place.chats_db, place.settings_file, place.models / "models.json"):
        path.write_text("damaged")
        set_aside(path)
        path.write_text("damaged again")
        set_aside(path)
    (place.root / "documents-damaged-20260101-120000.db").write_text("of 0.1.0")
    (place.root / "documents-damaged-20260101-120000.db-wal").write_text("its log")
    kept = kept_aside(place)
    assert len(kept) == len(set(kept)) == 7
    for name in ("chats.db", "../settings.json", "documents-damaged-20260101-120000.db-wal"):
        with pytest.raises(AppError, match="was set aside"):
            discard(place, name)
    for path in kept:
        assert discard(place, path.name) == path
    assert kept_aside(place) == [] and list(place.root.rglob("*damaged*")) == []


def test_a_name_is_never_taken_twice(tmp_path: Path) -> None:
    names = set()
    for _ in range(3):
        path = free_name(tmp_path / "a.db", ".broken-")
        path.touch()
        names.add(path.name)
    assert len(names) == 3
