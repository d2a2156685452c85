"""Newer versions as every door asks for them: looked for once a day, taken only by a call, and one thing at a time."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from core_world import CoreWorld, TestDoor
from update_world import write_version

from app.core import protocol as p
from app.core.calls.runtimes import FetchOfferedRuntime, RuntimesShown, ShowRuntimes
from app.core.calls.updates import (
    CancelUpdate,
    LookForUpdate,
    MakeWay,
    ShowUpdate,
    TakeUpdate,
    UpdateMoved,
    UpdateShown,
)
from app.errors import AppError
from app.release_feed import Feed, Release, RuntimeBuild, this_system
from app.runtimes import Runtime
from app.settings import OFFLINE, UPDATE_SOURCE
from app.updates import CURRENT, PREVIOUS
from app.workers.calls.models import FetchProgress
from app.workers.calls.runtimes import RuntimeAdded
from app.workers.calls.updates import FeedRead, FetchRuntime, ReadFeed, ReleaseTaken, TakeRelease, Unpacked
from app.workers.message import Call, Done

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder form is Linux's")
RELEASE = Release(version="1.2", system=this_system(), file="x.tar.zst", bytes=1000, sha256="0" * 64, notes="New.")
READ = FeedRead(feed=Feed(releases=(RELEASE,)))
HTTPS = "https://updates.example"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 1.0 is installed and runs."""
    folder = write_version(tmp_path / "apps", "1.0")
    monkeypatch.setenv("INHOUSE_BUNDLE", str(folder / "_internal"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return folder


def shown(door: TestDoor, call: Call | None = None) -> UpdateShown:
    said = door.result(door.call(call or ShowUpdate()))
    assert isinstance(said, UpdateShown)
    return said


def refused(door: TestDoor, call: Call) -> str:
    end = door.end(door.call(call))
    assert end is not None and end.error is not None
    return f"{end.error.message} {end.error.hint}"


def readers(world: CoreWorld) -> int:
    return sum(
        isinstance(job.call, ReadFeed) for role, child in world.children if role == "models" for job in child.jobs
    )


def test_nothing_is_asked_until_a_place_is_set_and_then_once_a_day(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = CoreWorld()
    door = world.door()
    world.clock.pass_time(4000)
    assert readers(world) == 0 and shown(door).source == ""
    assert "No place is set" in refused(door, LookForUpdate())
    world.core.settings.set(UPDATE_SOURCE, HTTPS)
    world.core.settings.set(OFFLINE, True)
    world.clock.pass_time(4000)
    assert readers(world) == 0 and "turned off" in refused(door, LookForUpdate()) and shown(door).blocked
    world.core.settings.set(OFFLINE, False)
    world.clock.pass_time(4000)
    assert readers(world) == 1
    world.last("models").jobs[-1].finish(READ)
    offered = [each.shown.offered for each in door.events() if isinstance(each, UpdateMoved)]
    assert offered[-1] == RELEASE and shown(door).source == "updates.example"
    world.clock.pass_time(10 * 3600)
    assert readers(world) == 1, "a day is not over"
    tomorrow = time.time() + 86_401
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    world.clock.pass_time(4000)
    assert readers(world) == 2
    world.last("models").jobs[-1].fail(AppError("It is away."))
    said = shown(door)
    assert said.unreachable == "It is away." and said.offered == RELEASE, "what was known stays known"
    again = CoreWorld(world.home)
    assert shown(again.door()).offered == RELEASE
    again.core.settings.set(UPDATE_SOURCE, "https://other.example")
    assert shown(again.door()).offered is None, "of another place nothing is known"


def test_never_at_the_start_and_never_from_source(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = CoreWorld()
    world.core.settings.set(UPDATE_SOURCE, HTTPS)
    world.clock.pass_time(31)
    assert readers(world) == 0
    world.core.stop()
    monkeypatch.delenv("INHOUSE_BUNDLE")
    source = CoreWorld(world.home)
    source.clock.pass_time(90_000)
    assert readers(source) == 0
    door = source.door()
    key = door.call(LookForUpdate())
    source.last("models").jobs[-1].finish(READ)
    said = door.result(key)
    assert "from its source" in said.cannot and said.who
    assert "from its source" in refused(door, TakeUpdate())


def test_a_folder_may_be_looked_at_without_the_internet(here: Path, tmp_path: Path) -> None:
    world = CoreWorld()
    world.core.settings.set(UPDATE_SOURCE, str(tmp_path))
    world.core.settings.set(OFFLINE, True)
    door = world.door()
    key = door.call(LookForUpdate())
    job = world.last("models").jobs[-1]
    assert job.call == ReadFeed(source=str(tmp_path))
    job.finish(READ)
    assert door.result(key).offered == RELEASE
    world.core.settings.set(UPDATE_SOURCE, "http://updates.example")
    assert "https only" in refused(door, LookForUpdate())


def test_it_is_taken_once_also_by_two_doors_and_goes_on_without_them(here: Path) -> None:
    world = CoreWorld()
    world.core.settings.set(UPDATE_SOURCE, HTTPS)
    one, two = world.door(), world.door()
    assert "No newer version is offered" in refused(one, TakeUpdate())
    key = one.call(LookForUpdate())
    world.last("models").jobs[-1].finish(READ)
    assert one.end(key) is not None
    key = one.call(TakeUpdate())
    job = world.last("models").jobs[-1]
    assert job.call == TakeRelease(source=HTTPS, release=RELEASE) and world.core.busy
    assert "Wait until" in refused(two, TakeUpdate()) and "being taken" in refused(two, MakeWay())
    job.say(FetchProgress(done=400, total=1000))
    said = shown(two)
    assert (said.doing, said.done, said.total) == ("fetching", 400, 1000)
    one.leave()
    job.say(Unpacked(done=10, total=1000))
    assert shown(two).doing == "unpacking"
    new = write_version(here.parent, "1.2")
    (here.parent / CURRENT).symlink_to(new.name)
    (here.parent / PREVIOUS).symlink_to(here.name)
    job.finish(ReleaseTaken(version="1.2", checked=True))
    said = shown(two)
    assert (said.following, said.before, said.offered, said.doing) == ("1.2", "1.0", None, "")
    assert not world.core.busy
    assert json.loads((world.home.cache / "updates.json").read_bytes())["source"] == HTTPS


def test_it_can_be_cancelled_and_what_went_wrong_is_kept(here: Path, expected_warnings: list[str]) -> None:
    expected_warnings.append("could not be taken")
    world = CoreWorld()
    door = world.door()
    key = door.call(TakeUpdate(path="/x/Inhouse.tar.zst"))
    job = world.last("models").jobs[-1]
    assert shown(door, CancelUpdate()).doing == "stopping" and job.controls == ["cancel"]
    job.say(Unpacked(done=1, total=2))
    assert shown(door).doing == "stopping"
    job.confirm_cancel()
    end = door.end(key)
    assert end is not None and end.kind == "cancelled" and not shown(door).problem
    key = door.call(TakeUpdate(path="/x/Inhouse.tar.zst"))
    world.last("models").jobs[-1].fail(AppError("It is damaged.", "Copy it again.", "why"))
    said = shown(door)
    assert (said.problem, said.advice, said.details) == ("It is damaged.", "Copy it again.", "why")


def test_the_core_makes_way_for_a_newer_version_and_refuses_an_older_one(here: Path) -> None:
    world = CoreWorld()
    door = world.door()
    assert door.result(door.call(p.Hello(door="window", program="1.0")))
    assert "start Inhouse again" in refused(door, p.Hello(door="window", program="0.9"))
    assert not world.core.updates.gives_way
    key = door.call(p.Hello(door="window", program="1.1"))
    assert door.end(key) is None and world.core.updates.gives_way
    world = CoreWorld(world.home)
    assert world.door().result(1) and not world.core.updates.gives_way
    door = world.door()
    assert door.result(door.call(MakeWay())) == Done() and world.core.updates.gives_way


def test_builds_of_llama_cpp_come_from_the_same_place(here: Path) -> None:
    build = RuntimeBuild(
        backend="Vulkan", system=this_system(), llama="0.3.36", file="v.tar.gz", bytes=60, sha256="0" * 64
    )
    other = RuntimeBuild(backend="CUDA", system="other-os", llama="0.3.36", file="c.zip", bytes=60, sha256="0" * 64)
    world = CoreWorld()
    door = world.door()
    assert "not offered" in refused(door, FetchOfferedRuntime(file=build.file))
    world.core.settings.set(UPDATE_SOURCE, HTTPS)
    door.call(LookForUpdate())
    world.last("models").jobs[-1].finish(FeedRead(feed=Feed(runtimes=(build, other))))
    listed = door.result(door.call(ShowRuntimes()))
    assert isinstance(listed, RuntimesShown) and listed.offered == (build,), "another system's is of no use here"
    key = door.call(FetchOfferedRuntime(file=build.file))
    asked = world.last("models").last(FetchRuntime)
    assert asked.call == FetchRuntime(source=HTTPS, build=build)
    kept = Runtime(id="v-1", name="Vulkan", backends=("Vulkan",), version="1", bytes=60)
    asked.finish(RuntimeAdded(runtime=kept))
    said = door.result(key)
    assert isinstance(said, RuntimeAdded) and said.runtime == kept
    world.core.settings.set(OFFLINE, True)
    assert "turned off" in refused(door, FetchOfferedRuntime(file=build.file))
