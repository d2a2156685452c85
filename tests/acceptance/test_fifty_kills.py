"""A core that is killed fifty times while it follows a folder, recognises, imports and re-embeds: nothing is lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from kill_world import assert_whole, kill, rows, until
from PIL import Image, ImageDraw, ImageFont
from tiny_embedder import write_sentence_folder

from app.core.calls.embedders import ChooseEmbedder, ShowEmbedders
from app.core.calls.folders import WatchState
from app.core.door import CoreDoor
from app.errors import AppError
from app.paths import Home
from app.workers.calls.bundles import ExportCollection, ImportCollection
from app.workers.calls.documents import Add, CreateCollection, ListCollections, Search
from app.workers.calls.embedders import ImportEmbedder
from app.workers.calls.folders import FollowFolder

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
KILLS, SEED = 50, 10
WORDS = ("anchor", "barrel", "candle", "drawer", "engine", "ferry", "garden", "hammer", "island", "jacket")


def note(folder: Path, number: int, edition: int) -> None:
    text = "\n\n".join(f"Paragraph {n} of note{number:03} says how hall {n} is cleaned." for n in range(8))
    (folder / f"{number:03}.md").write_text(f"# Note {number}, edition {edition}\n\n{text}\n")


def scan(folder: Path, number: int) -> None:
    picture = Image.new("L", (900, 300), 255)
    word = WORDS[number % len(WORDS)]
    ImageDraw.Draw(picture).text((40, 100), f"Invoice {number + 4100} {word}", 0, ImageFont.load_default(48))
    picture.save(folder / f"scan{number:03}.png")


class Work:
    """What goes on when the core is killed."""

    def __init__(self, home: Home, root: Path) -> None:
        self.home, self.chance = home, random.Random(SEED)
        self.followed, self.added, self.bundle = root / "followed", root / "added", root / "rules.inhouse"
        self.notes, self.scans, self.edition, self.imports = set[int](), set[int](), 0, 0
        self.embedder, self.wanted = "", ""
        for folder in (self.followed, self.added):
            folder.mkdir()
        for number in range(30):
            note(self.followed, number, 0)
            self.notes.add(number)
        for number in range(3):
            self.draw(number)

    def draw(self, number: int) -> None:
        scan(self.followed, number)
        self.scans.add(number)

    def begin(self, door: CoreDoor, embedder: Path) -> None:
        rules = door.call(CreateCollection(name="Rules")).collection.id
        door.call(FollowFolder(path=str(self.followed), collection_id=rules))
        own = door.call(CreateCollection(name="Bundle")).collection.id
        for number in range(20):
            note(self.added, number, 0)
        door.call(Add(paths=(str(self.added),), collection_id=own))
        door.call(ExportCollection(collection_id=own, path=str(self.bundle)))
        self.embedder = door.call(ImportEmbedder(path=str(embedder), name="tiny")).embedder.id

    def change(self, door: CoreDoor) -> None:
        """The followed folder: some notes written anew, one more, one less."""
        self.edition += 1
        for number in self.chance.sample(sorted(self.notes), 4):
            note(self.followed, number, self.edition)
        new, gone = 100 + self.edition, self.chance.choice(sorted(self.notes))
        note(self.followed, new, self.edition)
        (self.followed / f"{gone:03}.md").unlink()
        self.notes = (self.notes | {new}) - {gone}

    def recognise(self, door: CoreDoor) -> None:
        for number in range(len(self.scans), len(self.scans) + 2):
            self.draw(number)

    def bring(self, door: CoreDoor) -> None:
        self.imports += 1
        door.call(ImportCollection(path=str(self.bundle), name=f"Import {self.imports}"))

    def read(self, door: CoreDoor) -> None:
        own = door.call(CreateCollection(name="Bundle")).collection.id
        for number in range(20):
            note(self.added, number, self.edition + 1000)
        door.call(Add(paths=(str(self.added),), collection_id=own))

    def reembed(self, door: CoreDoor) -> None:
        self.wanted = "" if self.wanted else self.embedder
        door.call(ChooseEmbedder(embedder_id=self.wanted))


def in_background(work: Callable[[CoreDoor], None], home: Home) -> threading.Thread:
    """The call goes through a door of its own, which the kill cuts off."""

    def run() -> None:
        with suppress(AppError, OSError), CoreDoor(home) as door:
            work(door)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_fifty_kills_lose_nothing(data_folder: Path, tmp_path: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append("")
    home = Home(data_folder)
    work = Work(home, tmp_path)
    with CoreDoor(home) as door:
        work.begin(door, write_sentence_folder(tmp_path / "tiny-words"))
    kinds = (work.change, work.recognise, work.bring, work.read, work.reembed)
    for number in range(KILLS):
        door = CoreDoor(home)
        door.call(ListCollections())
        thread = in_background(kinds[number % len(kinds)], home)
        _wait(home, work.chance, long=number % 2 == 0)
        kill(door)
        door.close()
        thread.join(60)
        assert not thread.is_alive(), "a door waits for a core that is gone"
        assert_whole(home)
        print(f"kill {number + 1}: {rows(home, 'SELECT count(*), sum(passages) FROM documents')}", flush=True)
    with CoreDoor(home) as door:
        _settle(door, home, work)
        assert_whole(home)
        for number in work.scans:
            found = door.call(Search(query=f"Invoice {number + 4100}", k=3)).result.passages
            assert any(f"scan{number:03}.png" == each.document for each in found)


def _wait(home: Home, chance: random.Random, *, long: bool) -> None:
    """Until any moment; the long way into the middle of what is stored, however slow the machine is."""
    if long:
        before, end = _stored(home), time.monotonic() + 60
        while _stored(home) == before and time.monotonic() < end:
            time.sleep(0.05)
    time.sleep(chance.uniform(0.05, 3.0))


def _stored(home: Home) -> list[tuple[object, ...]]:
    return rows(home, "SELECT count(*), max(id), max(indexed_at) FROM documents")


def _settle(door: CoreDoor, home: Home, work: Work) -> None:
    here = f"SELECT path FROM documents WHERE path LIKE '{work.followed}%' AND status = 'indexed'"
    wanted = {f"{number:03}.md" for number in work.notes} | {f"scan{number:03}.png" for number in work.scans}

    def settled() -> bool:
        folder = door.call(WatchState()).folders[0]
        names = {Path(str(path)).name for (path,) in rows(home, here)}
        return wanted <= names and folder.settled

    until(settled, "the followed folder", 600)
    until(lambda: rows(home, "SELECT count(*) FROM scans WHERE state = 0") == [(0,)], "the scans", 600)
    until(lambda: door.call(ShowEmbedders()).coming is None, "the other embedder", 600)
    assert door.call(ShowEmbedders()).active.id == (work.wanted or door.call(ShowEmbedders()).active.id)
    live = rows(home, "SELECT name FROM collections WHERE hidden = 0")
    for (name,) in live:
        if str(name).startswith("Import"):
            sql = (
                f"SELECT count(*) FROM documents d JOIN collections c ON c.id = d.collection_id WHERE c.name = '{name}'"
            )
            assert rows(home, sql) == [(20,)], "an imported collection is whole or not there"
