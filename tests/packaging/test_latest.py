"""One command makes a folder of releases a place that updates come from; what does not belong there is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from update_world import pack, sha256, write_version

from app.release_feed import newest, parse_feed, runtimes_for, this_system

ROOT = Path(__file__).resolve().parent.parent.parent


def latest(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "packaging" / "latest.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_releases_and_runtimes_of_a_folder_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "updates"
    folder.mkdir()
    for version in ("1.2", "1.10.0"):
        pack(write_version(tmp_path / "made", version), folder, f"inhouse-{version}-{this_system()}.tar.zst")
    archive = folder / f"inhouse-1.10.0-{this_system()}.tar.zst"
    (folder / f"{archive.name}.txt").write_text("Faster.\n")
    runtime = folder / f"inhouse-runtime-vulkan-0.3.16-{this_system()}.tar.gz"
    runtime.write_bytes(b"libraries")
    (folder / "inhouse-runtime-own.zip").write_bytes(b"x")
    ran = latest(folder)
    assert ran.returncode == 0 and archive.name in ran.stdout and "inhouse-runtime-own.zip is left out" in ran.stderr
    feed = parse_feed((folder / "latest.json").read_bytes(), "here")
    found = newest(feed, "1.2")
    assert found is not None and len(feed.releases) == 2
    assert (found.version, found.notes, found.built) == ("1.10.0", "Faster.", 1_790_000_000)
    assert (found.file, found.bytes, found.sha256) == (archive.name, archive.stat().st_size, sha256(archive))
    (build,) = runtimes_for(feed)
    assert (build.backend, build.llama, build.file, build.bytes) == ("Vulkan", "0.3.16", runtime.name, 9)
    assert (folder / "latest.json").stat().st_mode & 0o044 == 0o044


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_what_does_not_belong_there_is_said_and_the_list_stays(tmp_path: Path, content: bytes) -> None:
    assert "neither" in latest(tmp_path).stderr and "no folder" in latest(tmp_path / "gone").stderr
    (tmp_path / "latest.json").write_text("before")
    (tmp_path / "inhouse-1.2-linux-x86_64.tar.zst").write_bytes(content)
    ran = latest(tmp_path)
    assert ran.returncode == 1 and "damaged, or no release of Inhouse" in ran.stderr and "Traceback" not in ran.stderr
    assert (tmp_path / "latest.json").read_text() == "before"
