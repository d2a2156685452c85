"""A data folder on a drive that may only be read can be asked from the command line; nothing of it is kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.documents.store import Store
from app.paths import Home

ROOT = Path(__file__).resolve().parent.parent
MOUNT = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99; shift; exec "$@"'


@pytest.mark.skipif(shutil.which("unshare") is None, reason="mounts of its own are Linux's")
def test_a_read_only_data_folder_is_asked_and_left_as_it_is(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    store = Store(home.documents_db, home.backups)
    store.create_collection("Contracts")
    store.close()
    before = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    (tmp_path / "tmp").mkdir()
    env = {**os.environ, "INHOUSE_HOME": str(home.root), "TMPDIR": str(tmp_path / "tmp")}
    isolate = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    command = [sys.executable, "-m", "app", "collections"]
    run = subprocess.run(
        [*isolate, "sh", "-c", MOUNT, "sh", str(home.root), *command],
        capture_output=True, text=True, timeout=120, env=env, cwd=ROOT, check=False,
    )  # fmt: skip
    if run.returncode == 99 or "unshare" in run.stderr:
        pytest.skip("this system allows no mounts of its own")
    assert run.returncode == 0 and run.stdout.startswith("Contracts"), run.stderr
    assert "nothing is kept" in run.stderr
    assert {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()} == before
    assert not list((tmp_path / "tmp").glob("inhouse-*/documents.db")), "what stood in for it is gone"
