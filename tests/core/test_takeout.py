"""Everything in one archive: whole or not there, readable without us, and what cannot be read is named."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from core_world import CoreWorld, TestDoor

from app.core import takeout as module
from app.core.calls.chats import PurgeChats
from app.core.calls.takeout import TakenOut, TakeOut, TakingOut
from app.extraction.records import Table
from app.extraction.store import TableStore
from app.settings import AUDIT
from app.text.fields.field import Field
from app.types import Document
from app.workers.calls.documents import Collections, Documents, ListCollections, ListDocuments

LISTED = Documents(
    documents=(
        Document(
            id=1, collection_id=1, collection="=cmd|'/c calc'!A1", name="Maße.pdf", path="/docs/Maße.pdf", format="pdf",
            bytes=9, status="indexed", pages=2, passages=3, indexed_at=1.7e9,
        ),
    )
)  # fmt: skip


@pytest.fixture
def world() -> CoreWorld:
    made = CoreWorld()
    made.core.settings.set(AUDIT, "contents")
    for number in range(3):
        chat = made.core.store.create(f"Chat {number}: a/b?", 0, "", 0)
        made.core.store.add_question(chat.id, f"Question {number} is where?")
    field = Field(key="sum", name="Sum", question="What is the sum?", kind="text")
    table = Table(id=0, name="Contracts", collection_id=1, fields=(field,))
    TableStore(made.home.tables_db, made.home.backups).keep(table)
    run = made.home.runs / "run-1"
    (run / "questions").mkdir(parents=True)
    (run / "wizard.json").write_text("{}")
    (run / "questions" / "examples.jsonl").write_text('{"question": "mine"}\n')
    (run / "questions" / "weights.safetensors").write_bytes(b"0" * 99)
    return made


def ask(world: CoreWorld, path: Path) -> tuple[TestDoor, int]:
    door = world.door()
    door.result(door.call(PurgeChats()))
    key = door.call(TakeOut(path=str(path)))
    world.documents.last(ListDocuments).finish(LISTED)
    world.documents.last(ListCollections).finish(Collections(collections=()))
    return door, key


def test_everything_is_there_and_other_programs_read_it(world: CoreWorld, tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    door, key = ask(world, path)
    assert not path.exists(), "not before it is whole"
    world.clock.pass_time(1)
    taken = door.result(key)
    assert isinstance(taken, TakenOut) and taken.left_out == () and taken.bytes == path.stat().st_size
    assert taken.parts["chats"] == 3 and taken.parts["tables"] == 1
    assert [event.done for event in door.events(key) if isinstance(event, TakingOut)][-1] > 8
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        chats = json.loads(archive.read("chats.json"))
        assert len(chats["chats"]) == 3
        page = next(name for name in names if name.startswith("chats/") and "Chat 1" in name)
        assert "Question 1 is where?" in archive.read(page).decode()
        rows = list(csv.reader(io.StringIO(archive.read("documents.csv").decode("utf-8-sig"))))
        assert rows[1][:3] == ["'=cmd|'/c calc'!A1", "Maße.pdf", "/docs/Maße.pdf"], "no spreadsheet runs it"
        assert any(name.startswith("tables/") and name.endswith("Contracts.xlsx") for name in names)
        assert archive.read("trainings/run-1/questions/examples.jsonl") == b'{"question": "mine"}\n'
        assert not any(name.endswith("safetensors") for name in names)
        assert b'"what":"begun"' in archive.read("record.jsonl")
        assert json.loads(archive.read("settings.json"))["values"]["audit"] == "contents"
        assert b"SmolLM2" in archive.read("models.csv") and b"encrypted" in archive.read("README.txt")
        assert all(not name.startswith("/") and ".." not in name for name in names)
    assert not list(tmp_path.glob("*.part"))
    world.core.stop()


def test_cancelled_and_failed_ones_leave_nothing(world: CoreWorld, tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(b"before")
    door, key = ask(world, path)
    door.control(key, "cancel")
    world.clock.pass_time(1)
    end = door.end(key)
    assert end is not None and end.kind == "cancelled"
    door, key = ask(world, tmp_path / "none" / "mine.zip")
    end = door.end(key)
    assert end is not None and end.error is not None and "could not be written" in end.error.message
    assert [each.name for each in tmp_path.iterdir() if each.suffix in (".zip", ".part")] == ["mine.zip"]
    assert path.read_bytes() == b"before" and not world.core.busy
    world.core.stop()


def test_what_cannot_be_read_is_named_and_the_rest_comes(
    world: CoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST", 5)
    door, key = ask(world, tmp_path / "mine.zip")
    world.clock.pass_time(1)
    (left,) = door.result(key).left_out
    assert left.startswith("trainings/run-1/questions/examples.jsonl: It is too large")
    world.core.stop()
