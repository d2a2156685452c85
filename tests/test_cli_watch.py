"""A folder that is followed from the terminal, with a real core: what changes there is so here, and comes back."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from app.core.calls.folders import FoldersChanged, WatchState
from app.core.door import CoreDoor
from app.paths import home

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets"),
]


def run(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> tuple[str, str]:
    assert main(list(argv)) == status
    said = capsys.readouterr()
    return said.out, said.err


def test_follow_change_delete_restore(data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "hotel.md").write_text("# Hotels\n\nThe limit in Vienna is 180 euros a night.\n")
    (folder / "old.bak.md").write_text("# Old\n\nAn old copy.\n")
    with CoreDoor(home()) as door:  # as an open window: the core stays
        door.connect()
        out, _ = run(capsys, "watch", "add", str(folder), "--collection", "Rules", "--ignore", "*.bak.md", "--json")
        added = json.loads(out)
        assert (added["documents"], added["phase"], added["ignore"]) == (1, "watching", ["*.bak.md"])
        (folder / "hotel.md").rename(folder / "inns.md")
        (folder / "parking.md").write_text("# Parking\n\nA space costs 45 euros a month.\n")
        until(door, 2)
        out, _ = run(capsys, "watch", "changes", "--json")
        kinds = {(each["kind"], Path(each["path"]).name) for each in map(json.loads, out.splitlines())}
        assert {("moved", "inns.md"), ("added", "parking.md")} <= kinds
        (folder / "parking.md").unlink()
        until(door, 1)
        out, _ = run(capsys, "search", "what does a parking space cost", "--json")
        assert not [each for each in json.loads(out)["passages"] if each["document"] == "parking.md"]
        assert "parking.md (Rules)" in run(capsys, "watch", "trash")[0]
        assert "1 of 1 documents" in run(capsys, "watch", "restore", "parking.md")[0]
        out, _ = run(capsys, "search", "what does a parking space cost", "--json")
        assert json.loads(out)["passages"][0]["document"] == "parking.md"
        assert "Paused" in run(capsys, "watch", "pause", str(folder))[0]
        assert "Its documents stay" in run(capsys, "watch", "remove", str(folder))[0]
        assert "One of these folders is not followed" in run(capsys, "watch", "resume", str(folder), status=1)[1]
        assert "No folder is followed" in run(capsys, "watch", "list")[1]


def until(door: CoreDoor, documents: int) -> None:
    """The followed folder has so many documents, and nothing is left to do."""
    end = time.monotonic() + 60
    while True:
        found = door.call(WatchState())
        assert isinstance(found, FoldersChanged)
        status = found.folders[0]
        if status.settled and status.folder.documents == documents:
            return
        assert time.monotonic() < end, status
        time.sleep(0.1)
