"""Newer versions from a file: checked, put beside, switched to in one step, and gone back from."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from old_home import unpack_old_home
from update_world import pack, write_version

from app import settings, updates
from app.chats.store import ChatStore
from app.cli.main import main
from app.database import versions
from app.database.going_back import FILES, keep_files
from app.documents.store import Store
from app.errors import AppError, BadFile, NoSpace
from app.evaluation import arena
from app.library import store as library
from app.models import registry
from app.paths import Home
from app.updates import CURRENT, apply, go_back, previous, release_of, sweep

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder form is Linux's")
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 1.0 is installed and runs."""
    folder = write_version(tmp_path / "apps", "1.0")
    monkeypatch.setenv("INHOUSE_BUNDLE", str(folder / "_internal"))
    return folder


def newer(tmp_path: Path, version: str = "1.1", **how: object) -> Path:
    return pack(write_version(tmp_path / "made", version, **how), tmp_path)  # type: ignore[arg-type]


def test_a_newer_version_is_taken_and_gone_back_from(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    archive = newer(tmp_path, "1.10")
    assert main(["update", "apply", str(archive)]) == 0
    said = capsys.readouterr()
    assert "1.10 is used from the next start on" in said.out and "no checksum" in said.err
    new = here.parent / "Inhouse-1.10"
    assert (here.parent / CURRENT).resolve() == new and here.is_dir() and release_of(new)["version"] == "1.10"
    assert not list(here.parent.glob(".*"))
    monkeypatch.setenv("INHOUSE_BUNDLE", str(new / "_internal"))
    assert previous(new) == here
    assert main(["update"]) == 0 and "Beside it: 1.0" in capsys.readouterr().out
    assert go_back() == "1.0" and (here.parent / CURRENT).resolve() == here
    monkeypatch.setenv("INHOUSE_BUNDLE", str(here / "_internal"))
    with pytest.raises(AppError, match="no version from before"):
        go_back()


def test_a_program_for_all_users_stays_one(here: Path, tmp_path: Path) -> None:
    archive = newer(tmp_path)
    before = os.umask(0o077)  # as the process has it that takes it
    try:
        apply(archive)
    finally:
        os.umask(before)
    new = (here.parent / CURRENT).resolve()
    assert {oct(each.stat().st_mode & 0o777) for each in (new, new / "_internal")} == {"0o755"}


def test_what_is_not_good_changes_nothing(here: Path, tmp_path: Path) -> None:
    good = newer(tmp_path)
    text = tmp_path / "Inhouse-2.tar.zst"
    text.write_bytes(b"no archive")
    strange = tmp_path / "strange"
    strange.mkdir()
    (strange / "x").write_text("x")
    cases = {
        "is damaged": text,
        "is not there": tmp_path / "gone.tar.zst",
        "is not Inhouse": pack(strange, tmp_path),
        "1.0 is in use": newer(tmp_path, "0.9"),
        "does not start": newer(tmp_path, "1.2", says="something else"),
    }
    for reason, path in cases.items():
        with pytest.raises(BadFile, match=reason):
            apply(path)
    good.with_name(good.name + ".sha256").write_text("0" * 64)
    with pytest.raises(BadFile, match="checksum"):
        apply(good)
    assert [path.name for path in here.parent.iterdir()] == ["Inhouse-1.0"]
    good.with_name(good.name + ".sha256").write_text(f"{hashlib.sha256(good.read_bytes()).hexdigest()}  {good.name}\n")
    assert apply(good) == ("1.1", True)


@pytest.mark.parametrize("line", range(6))
def test_a_kill_between_two_steps_leaves_a_version_that_starts(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: int
) -> None:
    class Killed(BaseException):
        pass

    steps = 0

    def dying(do: Callable[..., object]) -> Callable[..., object]:
        def step(*args: object, **named: object) -> object:
            nonlocal steps
            steps += 1
            if steps > line:
                raise Killed
            return do(*args, **named)

        return step

    for name in ("_unpack", "_look_at", "_point", "sync_folder"):
        monkeypatch.setattr(updates, name, dying(getattr(updates, name)))
    monkeypatch.setattr(updates.shutil, "rmtree", lambda *_, **__: None)  # a killed process cleans nothing up
    with pytest.raises(Killed):
        apply(newer(tmp_path))
    monkeypatch.undo()
    monkeypatch.setenv("INHOUSE_BUNDLE", str(here / "_internal"))
    link = here.parent / CURRENT
    assert release_of(here)["version"] == "1.0" and (not link.is_symlink() or release_of(link.resolve()))
    sweep(here)
    assert apply(tmp_path / "Inhouse-1.1-linux.tar.zst")[0] == "1.1" and link.resolve().name == "Inhouse-1.1"


def test_where_it_is_the_system_s_it_says_who_updates_it(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr(updates, "is_writable", lambda _: False)
    with pytest.raises(AppError, match="for this computer") as caught:
        apply(newer(tmp_path))
    assert "package manager" in caught.value.hint
    monkeypatch.delenv("INHOUSE_BUNDLE")
    assert main(["update", "back"]) == 1 and "from its source" in capsys.readouterr().err


def test_a_full_disk_leaves_the_version_in_use(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extract", full)
    with pytest.raises(NoSpace):
        apply(newer(tmp_path))
    assert [path.name for path in here.parent.iterdir()] == ["Inhouse-1.0"]


def test_going_back_brings_the_data_that_the_version_before_can_read_and_keeps_the_newer(
    here: Path, tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (here / "release.json").write_text(json.dumps({"version": "1.0", "data": {"chats": 1, "documents": 1}}))
    apply(newer(tmp_path))
    monkeypatch.setenv("INHOUSE_BUNDLE", str(here.parent / "Inhouse-1.1" / "_internal"))
    place = unpack_old_home(data_folder)
    chats = ChatStore(place.chats_db, place.backups)  # brings the chats to the newest version, after a copy
    before = len(chats.list_chats())
    chats.create("A chat of the newer version")
    chats.close()
    Store(place.documents_db, place.backups).close()
    copies = sorted(place.backups.glob("*-v1-*.db"))
    assert len(copies) == 2
    copies[0].rename(tmp_path / copies[0].name)
    assert main(["update", "back"]) == 1, "without a copy nothing is changed"
    assert "cannot read the data of this one: Your chats." in capsys.readouterr().err
    assert (here.parent / CURRENT).resolve().name == "Inhouse-1.1" and version(place.documents_db) > 1
    (tmp_path / copies[0].name).rename(copies[0])
    assert main(["update", "back"]) == 0
    assert "What is newer is kept as backups/chats-v9" in capsys.readouterr().err
    assert version(place.chats_db) == version(place.documents_db) == 1
    assert (here.parent / CURRENT).resolve() == here
    with sqlite3.connect(place.chats_db) as db:
        assert db.execute("SELECT count(*) FROM chats WHERE title LIKE 'A chat of%'").fetchone() == (0,)
    db.close()
    (kept,) = place.backups.glob(f"chats-v{versions.CHATS}-*.db")
    again = ChatStore(kept, tmp_path / "none")
    assert len(again.list_chats()) == before + 1
    again.close()
    forward = ChatStore(place.chats_db, place.backups)  # and in the other direction once more
    assert len(forward.list_chats()) == before and not forward.note
    forward.close()


def test_small_files_come_back_where_the_version_before_cannot_read_them(
    here: Path, tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    files = {"settings": 2, "models": 2, "assistants": 1}
    (here / "release.json").write_text(json.dumps({"version": "1.0", "files": files}))
    place = Home(data_folder)
    place.models.mkdir(parents=True)
    before = {
        place.settings_file: b'{"version": 2, "values": {"theme": "dark"}}',
        place.models / "models.json": b'{"version": 2, "models": [], "active": ""}',
        place.library_file: b'{"version": 1, "assistants": [], "prompts": []}',
    }
    for path, raw in before.items():
        path.write_bytes(raw)
    keep_files(place)
    keep_files(place)
    assert len(list(place.backups.glob("*.json"))) == 3, "what was copied already is not copied again"
    apply(newer(tmp_path))
    monkeypatch.setenv("INHOUSE_BUNDLE", str(here.parent / "Inhouse-1.1" / "_internal"))
    place.settings_file.write_bytes(b'{"version": 3, "values": {"theme": "light"}}')
    (place.models / "models.json").write_bytes(b'{"version": 2, "models": [], "active": "x"}')
    place.library_file.write_bytes(b'{"version": 7}')
    for copy in place.backups.glob("assistants-*"):
        copy.rename(tmp_path / copy.name)
    assert main(["update", "back"]) == 1, "without a copy nothing is changed"
    assert "cannot read the data of this one: Your assistants." in capsys.readouterr().err
    assert place.settings_file.read_bytes().startswith(b'{"version": 3')
    for copy in tmp_path.glob("assistants-*"):
        copy.rename(place.backups / copy.name)
    assert main(["update", "back"]) == 0
    assert "Your settings: again as in settings-v2-" in capsys.readouterr().err
    assert place.settings_file.read_bytes() == before[place.settings_file]
    assert place.library_file.read_bytes() == before[place.library_file]
    assert b'"x"' in (place.models / "models.json").read_bytes(), "what can be read stays as it is"
    (kept,) = place.backups.glob("settings-v3-*.json")
    assert b"light" in kept.read_bytes() and (here.parent / CURRENT).resolve() == here


def test_the_forms_of_the_small_files_are_what_their_modules_write() -> None:
    stated = {
        "settings": len(settings.MIGRATIONS) + 1,
        "models": registry.VERSION,
        "assistants": library.VERSION,
        "arena": arena.VERSION,
    }
    assert stated == versions.FILES == dict.fromkeys(FILES, 0) | versions.FILES


def version(path: Path) -> int:
    with sqlite3.connect(path) as db:
        found = db.execute("PRAGMA user_version").fetchone()[0]
    db.close()
    return int(found)
