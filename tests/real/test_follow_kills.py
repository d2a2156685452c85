"""A core that follows a folder is killed in the middle of it, several times: the next one goes on, and nothing is lost,
half done or there twice."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from kill_world import assert_whole, count, kill, until

from app.core.calls.folders import FoldersChanged, FolderStatus, WatchState
from app.core.door import CoreDoor
from app.paths import Home
from app.workers.calls.documents import CreateCollection, Search
from app.workers.calls.folders import FollowFolder, ListTrash

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets"),
]
FILES, KILLS = 60, 4


def status(door: CoreDoor) -> FolderStatus:
    found = door.call(WatchState())
    assert isinstance(found, FoldersChanged)
    return found.folders[0]


def test_a_core_that_is_killed_while_it_follows_goes_on(data_folder: Path, tmp_path: Path) -> None:
    home, folder, chance = Home(data_folder), tmp_path / "followed", random.Random(10)
    folder.mkdir()
    for number in range(FILES):
        text = "\n\n".join(f"Paragraph {n} of word{number:03} says how hall {n} is cleaned." for n in range(12))
        (folder / f"{number:03}.md").write_text(f"# Note {number}\n\n{text}\n")
    with CoreDoor(home) as door:
        collection_id = door.call(CreateCollection(name="Rules")).collection.id
        door.call(FollowFolder(path=str(folder), collection_id=collection_id))
        before = count(home)
        for _ in range(KILLS):
            goal = min(before + chance.randint(3, 12), FILES - 3)
            until(lambda goal=goal: count(home) >= goal, "some documents")
            kill(door)
            assert count(home) >= goal
            before = count(home)
            door.close()
            door = CoreDoor(home)
            assert status(door).folder.path == str(folder)
        (folder / "000.md").rename(folder / "moved.md")
        (folder / "001.md").unlink()
        until(lambda: count(home) == FILES and status(door).settled, "the whole folder")
        assert len(door.call(ListTrash()).documents) == 1
        assert door.call(Search(query="word000 hall", k=1)).result.passages[0].document == "moved.md"
        door.close()
    assert_whole(home)
