"""Each rule of a company's policy, through the window, the terminal and programs: the core refuses, whoever asks."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeJob
from test_use_cases import INSIDE, TABLE

from app.core import policing
from app.core import protocol as p
from app.core.calls import api, attachments, chats, documents, models, personal, updates, vectors
from app.core.calls.models import LoadEngine
from app.core.protocol import DoorCall, DoorKind
from app.models.registry import Registry
from app.pictures import PictureFile
from app.settings import API_ENABLED
from app.types import InstalledModel, Message
from app.workers.calls.bundles import ImportCollection
from app.workers.calls.documents import Add, CompareVersions, Version
from app.workers.calls.engine import Load, Loaded, SetAdapter
from app.workers.calls.finding import Find
from app.workers.calls.folders import FollowFolder
from app.workers.calls.shares import OpenShared
from app.workers.message import Call

CLOSED = {
    "exports": False, "training": False, "servers": [], "folders": [], "mask_personal_data": True,
    "api_enabled": False, "update_source": "",
}  # fmt: skip
OPEN = {
    "exports": True, "training": True, "servers": ["models.example"], "folders": ["/srv"], "mask_personal_data": False,
    "api_enabled": True, "api_network": True,
}  # fmt: skip
DOORS: tuple[DoorKind, ...] = get_args(DoorKind)
GIVEN: dict[type[Call], Callable[[], Call]] = {
    Find: lambda: Find(plan=msgspec.convert({}, get_type_hints(Find)["plan"]), export="/tmp/x.xlsx"),
    CompareVersions: lambda: CompareVersions(left=Version(1), right=Version(2), export="/tmp/x.md"),
    Add: lambda: Add(paths=("/srv/a.txt",), collection_id=1),
    documents.QueueFiles: lambda: documents.QueueFiles(paths=("/srv/a.txt",), collection_id=1),
    attachments.AttachFiles: lambda: attachments.AttachFiles(paths=("/srv/a.txt",), collection_id=0),
    FollowFolder: lambda: FollowFolder(path="/srv/x", collection_id=1),
    ImportCollection: lambda: ImportCollection(path="/srv/x.inhouse"),
    OpenShared: lambda: OpenShared(path="/srv/x"),
    chats.Ask: lambda: chats.Ask(question="What?", attach=("/srv/a.txt",)),
    chats.AskInChat: lambda: chats.AskInChat(text="What?", pictures=(PictureFile("/srv/a.pdf", 1),)),
    personal.SetMasking: lambda: personal.SetMasking(collection_id=1, kinds=("e-mail",)),
    updates.TakeUpdate: lambda: updates.TakeUpdate(path="/srv/inhouse.tar.zst"),
}
"""Calls that a rule is about only where they say something of their own."""
INFO = {
    "path": "m.gguf", "name": "m", "architecture": "llama", "quantization": "Q4_1", "parameters": 1, "file_bytes": 1,
    "context": 99, "context_trained": 99, "backend": "CPU", "device": "test", "gpu_layers": 0, "layers": 1,
    "has_template": True, "load_ms": 1.0, "memory_bytes": 1,
}  # fmt: skip


def sample(kind: type[Call]) -> Call:
    """A call with something in each of its fields."""
    if kind in GIVEN:
        return GIVEN[kind]()
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.required:
            said = {"address": "https://models.example", "path": "/srv/x", "folder": "/srv/x"}
            values[field.name] = said.get(field.name) or _some(field.type)
    return kind(**values)


def _some(type_: Any) -> Any:
    for value in ("trl", "x", 1, True, (), {}, None):
        try:
            return msgspec.convert(value, type_, strict=True)
        except msgspec.ValidationError:
            continue
    raise AssertionError(type_)


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Lays a policy, or takes it away."""
    file = tmp_path / "policy.json"
    monkeypatch.setenv("INHOUSE_POLICY", str(file))
    number = 0

    def lay(values: dict[str, Any]) -> None:
        nonlocal number
        file.write_text(json.dumps({"version": 1, "by": "IT service", "values": values}))
        number += 1
        os.utime(file, ns=(number, number))  # a clock of the disk may be coarser than a test

    return lay


def at(world: CoreWorld, kind: DoorKind) -> TestDoor:
    door = TestDoor(world.core)
    door.kind = kind
    return door


def requests(world: CoreWorld) -> list[FakeJob]:
    return [job for _, child in world.children for job in child.jobs]


@pytest.mark.parametrize("kind", DOORS)
@pytest.mark.parametrize("call", policing.CHECKS, ids=lambda call: call.__name__)
def test_each_call_that_a_rule_is_about_is_refused_at_every_door(
    call: type[Call], kind: DoorKind, policy: Callable[[dict[str, Any]], None]
) -> None:
    policy(CLOSED)
    world = CoreWorld()
    door, before = at(world, kind), len(requests(world))
    end = door.end(door.call(sample(call)))
    assert end is not None and end.error is not None, "refused before anything begins"
    assert end.error.code == "not allowed" and "Your company does not allow" in end.error.message
    assert len(requests(world)) == before, "no child hears of it"
    policy(OPEN)
    end = door.end(door.call(sample(call)))
    assert end is None or end.error is None or end.error.code != "not allowed", "and it is the policy alone"
    world.core.stop()


BROUGHT = {
    "ImportModel": "models", "LinkModel": "models", "FitModel": "models", "FindFiles": "models",
    "ImportFolder": "models",
    "ImportEmbedder": "embedders", "AddRuntime": "add_runtimes", "FetchOfferedRuntime": "add_runtimes",
    "FetchModel": "offline", "SearchHub": "offline", "ShowRepository": "offline",
}  # fmt: skip
"""What may be brought in, since it is asked again where it is used: which rule or setting does that."""
FREE = {
    "LoadPicture": "a picture that a model is shown is not indexed",
    "ImportChats": "a person's own chats",
    "ImportLibrary": "a person's own words",
    "UnfollowFolder": "takes nothing in",
}
"""Calls with a path or an address that no rule is about, and why."""


def test_every_call_with_a_path_or_an_address_belongs_to_a_rule() -> None:
    """A new call has to be placed: in the table of policing.py, or here."""
    fields = {"path", "paths", "folder", "address", "export", "attach", "server", "source", "left", "repo", "file"}
    calls = [kind for kind in get_args(DoorCall) if TABLE[kind.__name__].why != INSIDE]
    for kind in calls:
        if fields & set(kind.__struct_fields__):
            placed = kind in policing.CHECKS or kind.__name__ in {**BROUGHT, **FREE}
            assert placed, f"{kind.__name__}: which rule is it under?"
    assert {*BROUGHT, *FREE} <= {kind.__name__ for kind in calls}
    assert set(policing.CHECKS) <= set(calls), "a check that is never asked holds nothing"


def test_a_model_is_loaded_by_the_sums_that_the_policy_names(
    policy: Callable[[dict[str, Any]], None], starter: Path
) -> None:
    """Whatever the list of models says: the engine gets the sums, and takes them of the files (tests/engine)."""
    policy({"models": ["a" * 64]})
    world = CoreWorld()
    copy = world.home.models / "copy.gguf"
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.symlink_to(starter)
    forged = InstalledModel(
        id="forged", name="Forged", path=str(copy), file_bytes=1, architecture="llama", quantization="Q4_1",
        parameters=1, context_trained=64, origin="starter", lineage={"sha256": "a" * 64},
    )  # fmt: skip
    Registry(world.home).install(forged)
    door = world.door()
    door.call(LoadEngine())
    world.engine.ready.emit(None)
    assert world.engine.last(Load).call.allowed is None, "what comes along may always answer"
    world.engine.last(Load).finish(msgspec.convert({"info": INFO}, Loaded))
    door.call(models.UseModel(model_id="forged"))
    world.engine.ready.emit(None)
    assert world.engine.last(Load).call.path == str(copy)
    assert world.engine.last(Load).call.allowed == ("a" * 64,)
    world.core.stop()


def test_an_adapter_is_loaded_with_its_weights_where_sums_are_named(
    policy: Callable[[dict[str, Any]], None], starter: Path
) -> None:
    """A swap on the loaded weights would read a file that nobody held against the list."""
    policy({"models": ["a" * 64]})
    world = CoreWorld()
    adapter = world.home.models / "a.gguf"
    adapter.parent.mkdir(parents=True, exist_ok=True)
    adapter.write_bytes(b"x")
    taught = InstalledModel(
        id="taught", name="Taught", path=str(starter), adapter=str(adapter), file_bytes=1, architecture="llama",
        quantization="Q4_1", parameters=1, context_trained=64, origin="imported",
    )  # fmt: skip
    Registry(world.home).install(taught)
    door = world.door()
    door.call(LoadEngine())
    world.engine.ready.emit(None)
    world.engine.last(Load).finish(msgspec.convert({"info": INFO | {"path": str(starter)}}, Loaded))
    first = world.engine
    door.call(models.UseModel(model_id="taught"))
    assert not first.waiting(SetAdapter) and world.engine is not first
    world.engine.ready.emit(None)
    loading = world.engine.last(Load).call
    assert (loading.adapter, loading.allowed) == (str(adapter), ("a" * 64,))
    world.core.stop()


def test_chats_are_kept_for_so_many_days(policy: Callable[[dict[str, Any]], None]) -> None:
    policy({})
    world = CoreWorld()
    store = world.core.store
    old, young = store.create("old", 0, "", 0), store.create("young", 0, "", 0)
    with store.together():
        store.add_question(old.id, "Something said long ago")
    _age(world, old.id, 31)
    world.clock.pass_time(10)
    assert {chat.id for chat in store.list_chats()} == {old.id, young.id}
    policy({"chat_days": 30})
    world.door()  # the next thing that is asked
    world.clock.pass_time(1)
    assert [chat.id for chat in store.list_chats()] == [young.id]
    assert b"long ago" not in world.home.chats_db.read_bytes()
    _age(world, young.id, 29.9)
    world.clock.pass_time(3700)
    assert [chat.id for chat in store.list_chats()] == [young.id]
    _age(world, young.id, 30.1)
    world.clock.pass_time(3700)
    assert store.list_chats() == []
    world.core.stop()


def _age(world: CoreWorld, chat_id: int, days: float) -> None:
    with world.core.store._change() as db:
        db.execute("UPDATE chats SET updated_at = ? WHERE id = ?", (time.time() - days * 86_400, chat_id))


def test_nothing_is_deleted_while_the_policy_cannot_be_read(
    policy: Callable[[dict[str, Any]], None], tmp_path: Path, expected_warnings: list[str]
) -> None:
    expected_warnings.append("cannot be read")
    policy({"chat_days": 1})
    world = CoreWorld()
    old = world.core.store.create("old", 0, "", 0)
    _age(world, old.id, 300)
    (tmp_path / "policy.json").write_text("{")
    door = world.door()
    world.clock.pass_time(10_000)
    assert [chat.id for chat in world.core.store.list_chats()] == [old.id]
    assert any("policy cannot be read" in note for note in door.result(1).notes), "every door is told as it comes"
    world.core.stop()


class FakeApi:
    """A server that is on as soon as it is made."""

    def __init__(self, *_: Any) -> None:
        self.on = False

    def start(self) -> str:
        self.on = True
        return "http://127.0.0.1:1/v1"

    def stop(self, done: Callable[[], object]) -> None:
        self.on = False
        done()


def test_a_policy_that_comes_later_is_told_to_every_door_and_ends_what_it_closes(
    policy: Callable[[dict[str, Any]], None],
) -> None:
    policy({})
    world = CoreWorld(load_api=lambda: FakeApi)
    world.core.settings.set(API_ENABLED, True)
    window, command = world.door(), world.door()
    window.call(LoadEngine())
    serving = command.call(api.ServeApi())
    assert command.end(serving) is None
    policy({"api_enabled": False})
    window.call(chats.CountPrompt(chat_id=0))
    assert any(isinstance(event, p.SettingsRead) for event in command.events())
    end = command.end(serving)
    assert end is not None and end.error is not None and end.error.code == "not allowed"
    assert window.result(window.call(api.ShowApi())).moved.on is False
    world.core.stop()


def test_documents_are_read_anew_when_masking_is_asked_for(policy: Callable[[dict[str, Any]], None]) -> None:
    policy({})
    world = CoreWorld()
    door = world.door()
    world.documents.set_state("ready")
    before = world.documents.restarts
    policy({"mask_personal_data": True})
    door.call(chats.CountPrompt(chat_id=0))
    assert world.documents.restarts == before + 1
    world.core.stop()


def test_what_is_said_before_a_question_needs_no_folder(policy: Callable[[dict[str, Any]], None]) -> None:
    policy({"folders": []})
    world = CoreWorld()
    door = world.door()
    end = door.end(door.call(chats.Ask(question="What?", alone=True, history=(Message("user", "Hi"),))))
    assert end is None or end.error is None or end.error.code != "not allowed"
    vectors_call = vectors.ShowVectorServer()
    assert policing.CHECKS.get(type(vectors_call)) is None
    world.core.stop()
