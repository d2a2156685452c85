"""The core, the engine and the window, each killed 25 times in the middle of an answer, an import or a removal.

What was acknowledged is there afterwards, what was removed is nowhere, and the next call works.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.chats.store import ChatStore
from app.core.calls import chats
from app.core.calls.documents import ContinueAdding, FileMoved, ListAdding, QueueFiles
from app.core.calls.models import LoadEngine
from app.core.door import CoreDoor
from app.errors import AppError
from app.paths import Home
from app.settings import MAX_TOKENS, Settings
from app.workers.calls.documents import CreateCollection, Documents, ListDocuments, Remove, Search
from app.workers.message import Call

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets"),
]

KILLS = 25
QUESTION = "Write a long story about a lighthouse keeper and the sea."
SEED = 20_261_129
WINDOW = Path(__file__).with_name("kill_window.py")
MOMENTS = ("writing", "file", "removing")
"""What is seen to be under way when the kill comes, in turn."""


def word(number: int) -> str:
    """A word that stands in one document only."""
    return f"Quellwort{number:04}"


class House:
    """A data folder with documents that can be removed one after the other, and what it has acknowledged."""

    def __init__(self, home: Home, files: Path) -> None:
        self.home, self.files = home, files
        self.chance = random.Random(SEED)
        self.asked: list[tuple[int, int]] = []
        """Chat and answer."""
        self.queued: list[Path] = []
        self.removed: list[int] = []
        Settings(home).set(MAX_TOKENS, 120)  # long enough to be killed in the middle of
        with self.door() as door:
            self.collection = door.call(CreateCollection(name="Rules")).collection.id
            paths = tuple(str(self.write(number)) for number in range(KILLS))
            door.call(QueueFiles(paths=paths, collection_id=self.collection))
            self.wait_for_adds(door)
            self.before = {each.name: each.id for each in self.listed(door)}
        assert len(self.before) == KILLS

    def environment(self) -> dict[str, str]:
        tests = Path(__file__).parents[1]
        folders = (tests.parent, tests, tests / "gui")
        return {**os.environ, "INHOUSE_HOME": str(self.home.root), "PYTHONPATH": os.pathsep.join(map(str, folders))}

    def write(self, number: int) -> Path:
        path = self.files / f"note-{number}.md"
        lines = (f"Paragraph {n} of {word(number)} tells how the pump of hall {n} is cleaned." for n in range(30))
        path.write_text(f"# Note {number}\n\n" + "\n\n".join(lines) + "\n")
        return path

    def door(self) -> CoreDoor:
        return CoreDoor(self.home)

    def listed(self, door: CoreDoor) -> tuple[Any, ...]:
        found = door.call(ListDocuments(collection_id=self.collection))
        assert isinstance(found, Documents)
        return found.documents

    def wait_for_adds(self, door: CoreDoor) -> None:
        """Until nothing is left to index; what a kill interrupted is taken up."""
        until(lambda: self._is_added(door), "the files")

    def _is_added(self, door: CoreDoor) -> bool:
        phase = door.call(ListAdding()).state.phase
        if phase == "interrupted":
            door.call(ContinueAdding())
        return phase in ("idle", "finished")

    def child(self, role: str) -> psutil.Process:
        """A child of the core that runs now."""
        with self.door() as door:
            core = psutil.Process(door.connect().pid)
        found: list[psutil.Process] = []

        def look() -> bool:
            found[:] = [each for each in core.children() if role in each.cmdline()]
            return bool(found)

        until(look, role)
        return found[0]


def until(condition: Callable[[], object], what: str, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)


@pytest.fixture
def house(data_folder: Path, tmp_path: Path) -> Iterator[House]:
    files = tmp_path / "files"
    files.mkdir()
    yield House(Home(data_folder), files)


class Round:
    """A question, an import and a removal at once, each through a door of its own, and one that listens."""

    def __init__(self, house: House, number: int) -> None:
        self._house = house
        self.seen = {moment: threading.Event() for moment in MOMENTS}
        self._over = False
        path, document = house.write(1000 + number), house.before[f"note-{number}.md"]
        ready = threading.Event()
        queue = QueueFiles(paths=(str(path),), collection_id=house.collection)
        jobs: tuple[Callable[[], None], ...] = (
            partial(self._listen, ready),
            partial(self._send, chats.AskInChat(text=QUESTION), self._asked),
            partial(self._send, queue, lambda _: house.queued.append(path)),
            partial(self._send, Remove(ids=(document,)), self._removed, self.seen["removing"]),
        )
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        self._threads[0].start()
        assert ready.wait(60)
        for thread in self._threads[1:]:
            thread.start()

    def wait(self, moment: str) -> None:
        """Until this is under way, and a little longer."""
        assert self.seen[moment].wait(120), moment
        time.sleep(self._house.chance.uniform(0, 0.3))

    def end(self) -> None:
        """Until every call has its reply, or its door is lost."""
        for thread in self._threads[1:]:
            thread.join(120)
            assert not thread.is_alive()
        self._over = True
        while self._threads[0].is_alive():
            self._wake_listener()
            self._threads[0].join(0.2)

    def _asked(self, data: chats.ChatAsked) -> None:
        self._house.asked.append((data.chat.id, data.answer.id))

    def _removed(self, data: Any) -> None:
        self._house.removed += data.ids

    def _send(self, call: Call, acknowledged: Callable[[Any], object], sent: threading.Event | None = None) -> None:
        with contextlib.suppress(AppError), self._house.door() as door:
            door.connect()
            if sent is not None:
                sent.set()
            acknowledged(door.call(call))

    def _listen(self, ready: threading.Event) -> None:
        def told(data: object) -> bool:
            if isinstance(data, chats.AnswerMoved) and data.stage == "writing":
                self.seen["writing"].set()
            if isinstance(data, FileMoved):
                self.seen["file"].set()
            return self._over

        with contextlib.suppress(AppError), self._house.door() as door:
            door.on_broadcast = told
            door.connect()
            ready.set()
            door.listen(told)

    def _wake_listener(self) -> None:
        """It looks whether it is over when something is told."""
        with self._house.door() as door, contextlib.suppress(AppError):
            chat, _ = self._house.asked[-1]
            door.call(chats.RenameChat(chat_id=chat, title="Over"))


def test_the_core_is_killed(house: House) -> None:
    for number in range(KILLS):
        with house.door() as door:
            core = door.connect().pid
            door.call(LoadEngine())
            going = Round(house, number)
            going.wait(MOMENTS[number % 3])
            os.kill(core, signal.SIGKILL)
            going.end()
    check(house)


def test_the_engine_is_killed(house: House) -> None:
    """It happens in the middle of an answer, while a file comes in and another goes."""
    for number in range(KILLS):
        with house.door() as door:
            door.call(LoadEngine())
        going = Round(house, number)
        going.wait("writing")
        house.child("engine").kill()
        going.end()
        assert_answers(house, {"done", "stopped"})  # and so the core has seen it
    check(house)
    assert len(house.asked) == len(house.queued) == len(house.removed) == KILLS, "the core took all of them"


def killed_window(house: House, arguments: tuple[str, ...], moment: str) -> dict[str, Any]:
    """What a window said until it was killed, some time after this moment."""
    command = [sys.executable, str(WINDOW), *arguments]
    said: dict[str, Any] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=house.environment()) as window:
        assert window.stdout is not None
        for line in window.stdout:
            told = json.loads(line)
            said[told["what"]] = told["data"]
            if moment in said and window.poll() is None:
                time.sleep(house.chance.uniform(0, 0.3))
                window.kill()  # what it has said by now is still read
    return said


def test_the_window_is_killed(house: House) -> None:
    """What it asked for goes on without it: the answers are whole."""
    with house.door() as other:
        other.connect()  # the core stays, and need not load everything 25 times
        for number in range(KILLS):
            path = house.write(1000 + number)
            arguments = (QUESTION, str(path), str(house.collection), str(house.before[f"note-{number}.md"]))
            wanted = ("writing", "file", "sent")[number % 3]
            said = killed_window(house, arguments, wanted)
            assert wanted in said, said
            house.asked += [tuple(said["asked"])] if "asked" in said else []
            house.queued += [path] if "queued" in said else []
            house.removed += [said["removed"]] if "removed" in said else []
    check(house)
    assert_answers(house, {"done"})


def check(house: House) -> None:
    """What was acknowledged is there, what was removed is nowhere, and all of it still works."""
    with house.door() as door:
        door.connect()
        house.wait_for_adds(door)
        names = {each.name for each in house.listed(door)}
        gone = {name for name, id_ in house.before.items() if id_ in house.removed}
        assert {path.name for path in house.queued} <= names
        assert not gone & names
        kept = sorted(house.before.keys() & names)
        for name in [*kept, *(path.name for path in house.queued)]:
            found = door.call(Search(query=word(int(name[5:-3])), collections=(house.collection,))).result
            assert found.passages and found.passages[0].document == name, name
        answer = door.call(chats.Ask(question="Say hello.", alone=True))
        assert answer.answer.text
    assert len(house.asked) >= KILLS // 2 and len(house.queued) >= KILLS // 2
    assert_answers(house, {"done", "stopped"})
    for file in (house.home.documents_db, house.home.chats_db):
        stored = b"".join(part.read_bytes() for part in file.parent.glob(file.name + "*"))
        for name in gone:
            assert word(int(name[5:-3])).encode() not in stored, name


def assert_answers(house: House, states: set[str]) -> None:
    """Each question that was taken has its answer, whole or as far as it came."""
    store = ChatStore.open_reader(house.home.chats_db)
    assert store is not None
    with contextlib.closing(store):
        for chat, answer in house.asked:
            until(lambda answer=answer: store.turn(answer).state != "writing", "the answer")  # type: ignore[misc]
            turns = store.turns(chat)
            assert [turn.role for turn in turns] == ["question", "answer"]
            assert turns[0].text == QUESTION and turns[1].id == answer
            assert turns[1].state in states
