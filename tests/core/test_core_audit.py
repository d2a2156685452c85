"""The record in the core: what stands in it, that nothing of what was said does where it is kept without contents."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, get_args

import pytest
from core_world import CoreWorld, TestDoor

from app.audit.chain import Record
from app.core.calls import audit, chats, models
from app.core.calls.chat_files import ExportChats
from app.core.calls.models import LoadEngine
from app.core.protocol import DoorCall, Noted
from app.core.recorded import RECORDED
from app.settings import AUDIT
from app.types import Budget, InstalledModel, ModelInfo, Stats
from app.workers.calls.engine import Chat, Chatted, Load, Loaded

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip
PLANTED, REPLY, PLACE = "zebra-forty", "quagga-fifty", "okapi-sixty"


def begin(mode: str) -> tuple[CoreWorld, TestDoor]:
    world = CoreWorld()
    world.core.settings.set(AUDIT, mode)
    door = world.door()
    door.call(LoadEngine())
    world.engine.ready.emit(None)
    world.engine.last(Load).finish(Loaded(info=INFO))
    return world, door


def chatted(text: str) -> Chatted:
    return Chatted(
        text=text, thinking="", reason="end", stats=Stats(), budget=Budget(context=8192, used=90), passages_used=0
    )


def read(door: TestDoor, **wanted: Any) -> tuple[Record, ...]:
    found = door.result(door.call(audit.ReadRecord(**wanted)))
    assert isinstance(found, audit.RecordRead)
    return found.records


def talk(world: CoreWorld, door: TestDoor, tmp_path: Path) -> None:
    """A question in a chat, one of a command, an export and a removal."""
    asked = door.result(door.call(chats.AskInChat(text=f"What is {PLANTED}?")))
    world.engine.last(Chat).finish(chatted(f"It is {REPLY}."))
    door.call(chats.Ask(question=f"And {PLANTED} alone?", alone=True))
    world.engine.last(Chat).finish(chatted(f"Only {REPLY}."))
    door.result(door.call(ExportChats(path=str(tmp_path / f"{PLACE}.json"))))
    door.result(door.call(chats.DeleteChat(chat_id=asked.chat.id)))
    door.result(door.call(chats.PurgeChats()))


def test_with_contents_it_says_what_was_asked_answered_exported_and_removed(tmp_path: Path) -> None:
    world, door = begin("contents")
    talk(world, door, tmp_path)
    found = read(door)
    assert [each.what for each in found] == ["begun", "asked", "asked", "exported", "removed", "removed"]
    chat, alone, exported = found[1], found[2], found[3]
    assert chat.about["question"] == f"What is {PLANTED}?" and chat.about["answer"] == f"It is {REPLY}."
    assert chat.about["chat"] and chat.about["turn"] and chat.door == "window" and chat.who
    assert alone.about["question"] == f"And {PLANTED} alone?" and alone.door == "command"
    assert exported.about == {"kind": "chats", "chats": [], "to": str(tmp_path / f"{PLACE}.json")}
    assert chat.about["model"] == alone.about["model"] == "SmolLM2 135M" and found[4].about["kind"] == "chat"
    assert [each.n for each in read(door, what="asked")] == [2, 3]
    assert [each.n for each in read(door, limit=2)] == [5, 6] and [
        each.n for each in read(door, limit=2, before=6)
    ] == [4, 5]
    assert read(door, since="2999") == ()
    verified = door.result(door.call(audit.VerifyRecord())).verified
    assert verified.problem == "" and verified.records == 6
    world.core.stop()


def test_without_contents_no_word_of_it_is_anywhere(tmp_path: Path) -> None:
    world, door = begin("hashes")
    talk(world, door, tmp_path)
    found = read(door)
    assert [each.what for each in found][1:3] == ["asked", "asked"]
    question = found[1].about["question"]
    assert len(question) == 32 and int(question, 16) and question != found[2].about["question"]
    whole = b"".join(path.read_bytes() for path in world.home.audit.iterdir())
    assert not any(word.encode() in whole for word in (PLANTED, REPLY, PLACE))
    world.core.stop()


def test_turned_off_nothing_is_written(tmp_path: Path) -> None:
    world, door = begin("off")
    talk(world, door, tmp_path)
    assert read(door) == () and not world.home.audit.exists()
    assert door.result(door.call(audit.VerifyRecord())).verified.records == 0
    world.core.stop()


def test_another_model_and_a_refusal_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, door = begin("hashes")
    file = world.home.models / "other.gguf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    world.core.registry.install(
        InstalledModel(
            id="other", name="Other", path=str(file), file_bytes=1, architecture="llama", quantization="Q4_1",
            parameters=1, context_trained=64, origin="imported", lineage={"sha256": "c" * 64},
        )
    )  # fmt: skip
    door.call(models.RenameModel(model_id="other", name="Another"))
    world.core.registry.use("other")
    door.call(models.RenameModel(model_id="other", name="Other again"))  # the list is told anew
    swapped = read(door, what="swapped")[-1].about
    assert swapped["id"] == "other" and swapped["sha256"] == "c" * 64 and swapped["before"] == "starter"
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "values": {"exports": False}}))
    monkeypatch.setenv("INHOUSE_POLICY", str(policy))
    door.call(ExportChats(path=str(tmp_path / "x.json")))
    (refused,) = read(door, what="refused")
    assert refused.about["call"] == "ExportChats" and "exports" in refused.about["why"]
    end = door.end(door.call(audit.ExportRecord(path=str(tmp_path / "record.jsonl"))))
    assert end is not None and end.error is not None and end.error.code == "not allowed"
    world.core.stop()


def test_a_copy_is_plain_lines_of_json(tmp_path: Path) -> None:
    world, door = begin("contents")
    talk(world, door, tmp_path)
    path = tmp_path / "record.jsonl"
    door.result(door.call(audit.ExportRecord(path=str(path))))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["n"] for line in lines] == list(range(1, 7)) and lines[1]["about"]["question"] == f"What is {PLANTED}?"
    assert read(door)[-1].about["kind"] == "record"
    world.core.stop()


def test_a_record_that_cannot_be_written_is_said_once_and_costs_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    expected_warnings.append("The record could not be written")
    world, door = begin("contents")
    write, folder = os.write, world.home.audit

    def full(handle: int, data: bytes) -> int:
        if str(Path(f"/proc/self/fd/{handle}").readlink()).startswith(str(folder)):
            raise OSError("no space left")
        return write(handle, data)

    if not Path("/proc/self/fd").is_dir():
        pytest.skip("needs Linux to tell which file is written")
    monkeypatch.setattr(os, "write", full)
    talk(world, door, tmp_path)
    noted = [event for event in door.events() if isinstance(event, Noted)]
    assert [each.text for each in noted] == ["The record of what is done cannot be written. Free some disk space."]
    assert door.result(door.call(audit.ReadRecord())).problem
    monkeypatch.undo()
    door.result(door.call(chats.PurgeChats()))
    assert door.result(door.call(audit.ReadRecord())).problem == ""
    assert door.result(door.call(audit.VerifyRecord())).verified.problem == ""
    world.core.stop()


def test_what_is_recorded_are_calls_of_doors_and_each_removal_and_export_is() -> None:
    calls = {kind.__name__: kind for kind in get_args(DoorCall)}
    assert set(RECORDED) <= set(calls.values())
    for name, kind in calls.items():
        if name.startswith(("Export", "Delete", "Remove", "Empty", "Purge", "Publish")) and name not in UNRECORDED:
            assert kind in RECORDED, f"{name}: is it recorded?"


UNRECORDED = {
    "RemoveFromLibrary": "a person's own words, which can be brought back", "RemoveProject": "a label",
    "RemoveParts": "part of what a run made", "RemoveReader": "no contents", "RemoveEmbedder": "no contents",
    "RemoveHead": "no contents", "RemoveRuntime": "no contents", "RemoveComponent": "no contents",
    "DeleteTemplate": "a list of fields",
}  # fmt: skip


def test_without_contents_a_key_that_cannot_be_written_costs_no_answer_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    """The marks need it before the record is made; once there is room, the record begins as any other."""
    expected_warnings.append("The record could not be written")
    world, door = begin("hashes")
    world.home.audit.write_bytes(b"a file where the folder should be")
    talk(world, door, tmp_path)
    assert any(isinstance(event, Noted) for event in door.events())
    world.home.audit.unlink()
    door.result(door.call(chats.PurgeChats()))
    assert [each.what for each in read(door)] == ["begun", "removed"]
    assert door.result(door.call(audit.VerifyRecord())).verified.problem == ""
    world.core.stop()
