"""Watched folders in the core: looked at when something changes, read behind what a person adds, told to every door."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild

from app.core.calls import documents as c
from app.core.calls import folders as f
from app.core.clock import LoopClock
from app.core.followed import AT_ONCE, AWAY_S, POLL_S, SAFETY_S, SETTLE_S
from app.errors import WorkerGone
from app.settings import TRASH_DAYS
from app.types import Collection, Document
from app.workers.calls.documents import (
    Add,
    Added,
    Collections,
    FileEvent,
    ListCollections,
    ListTombstones,
    Remove,
    Removed,
    Tombstones,
)
from app.workers.calls.folders import (
    ChangeFolder,
    Folder,
    FolderKept,
    Folders,
    FollowFolder,
    ListFolders,
    ListTrash,
    Restored,
    RestoreDocuments,
    ScanFolder,
    Scanned,
    Trash,
    Trashed,
    UnfollowFolder,
)
from app.workers.protocol import Ready

POLICIES = Folder(id=1, collection_id=1, path="/files/policies")


@pytest.fixture
def world() -> CoreWorld:
    return CoreWorld()


def begin(world: CoreWorld, *folders: Folder) -> FakeChild:
    """The documents process comes up and knows of these folders."""
    child = world.documents
    child.set_state("ready")
    child.ready.emit(Ready(role="documents"))
    while child.waiting(ListCollections):
        child.last(ListCollections).finish(Collections(collections=(Collection(id=1, name="Policies"),)))
    child.last(ListTombstones).finish(Tombstones(ids=()))
    for job in child.waiting(ListTrash):
        job.finish(Trash(()))
    child.last(ListFolders).finish(Folders(folders))
    return child


def scanned(child: FakeChild, *due: str, folder: Folder = POLICIES, **more: float) -> None:
    child.last(ScanFolder).finish(Scanned(folder=folder, due=due, **more))  # type: ignore[arg-type]


def told(world: CoreWorld, door: TestDoor) -> f.FolderStatus:
    world.clock.pass_time(0.3)
    return [event for event in door.events() if isinstance(event, f.FoldersChanged)][-1].folders[0]


def test_a_change_is_looked_at_and_what_is_due_is_read(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, POLICIES)
    scanned(child)
    assert told(world, door).settled and not world.core.busy
    world.clock.watches[POLICIES.path].call()
    world.clock.pass_time(1)
    scanned(child, unsettled=1)
    world.clock.pass_time(SETTLE_S - 0.1)
    assert not child.waiting(ScanFolder), "a file that is written is not looked at every moment"
    world.clock.pass_time(0.2)
    scanned(child, "/files/policies/a.md")
    add = child.last(Add)
    assert add.call == Add(paths=("/files/policies/a.md",), collection_id=1) and world.core.busy
    assert told(world, door).phase == "reading"
    event = FileEvent(path="/files/policies/a.md", status="indexed", document_id=4)
    add.say(event)
    assert c.FileMoved(collection_id=1, file=event) in door.events()
    add.finish(Added(indexed=1, unchanged=0, failed=0))
    scanned(child)
    assert told(world, door).words() == "Followed" and not world.core.busy


def test_what_a_person_adds_goes_before(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, POLICIES)
    scanned(child, "/files/policies/a.md")
    followed = child.last(Add)
    door.call(c.QueueFiles(paths=("/files/mine.md",), collection_id=1))
    mine = child.last(Add)
    assert mine is not followed and followed.controls == ["pause"]
    mine.finish(Added(indexed=1, unchanged=0, failed=0))
    assert followed.controls == ["pause", "resume"]


def test_a_large_folder_is_read_in_parts_and_looked_at_in_between(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, POLICIES)
    paths = [f"/files/policies/{number}.md" for number in range(AT_ONCE + 5)]
    scanned(child, *paths)
    add = child.last(Add)
    assert len(add.call.paths) == AT_ONCE
    for path in add.call.paths:
        add.say(FileEvent(path=path, status="indexed", document_id=1))
    add.finish(Added(indexed=AT_ONCE, unchanged=0, failed=0))
    scanned(child, *paths[AT_ONCE:])
    status = told(world, door)
    assert (status.phase, status.done, status.total) == ("reading", AT_ONCE, AT_ONCE + 5)


def test_a_folder_that_is_away_is_looked_for_and_says_since_when(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, POLICIES)
    away = Folder(id=1, collection_id=1, path=POLICIES.path, absence="gone", since=1_700_000_000.0)
    scanned(child, folder=away)
    status = told(world, door)
    assert status.phase == "unreachable" and "Not reachable since 14 Nov 2023" in status.words()
    world.clock.pass_time(AWAY_S)
    scanned(child)
    assert told(world, door).phase == "watching"


def test_where_nothing_tells_of_changes_it_is_looked_at_from_time_to_time(world: CoreWorld) -> None:
    child = begin(world, Folder(id=1, collection_id=1, path="//server/policies"))
    scanned(child, folder=Folder(id=1, collection_id=1, path="//server/policies"))
    assert not world.clock.watches
    world.clock.pass_time(POLL_S)
    assert len(child.waiting(ScanFolder)) == 1


def test_a_look_that_takes_long_comes_rarer_and_files_that_failed_are_tried_again_seldom(world: CoreWorld) -> None:
    child = begin(world, POLICIES)
    scanned(child, took_s=5)
    world.clock.watches[POLICIES.path].call()
    world.clock.pass_time(49)
    assert not child.waiting(ScanFolder)
    world.clock.pass_time(SAFETY_S)
    assert child.last(ScanFolder).call.thorough is False
    scanned(child)
    world.clock.pass_time(SAFETY_S)
    assert child.last(ScanFolder).call.thorough


def test_pause_resume_and_stop(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, POLICIES)
    scanned(child, "/files/policies/a.md")
    door.call(ChangeFolder(folder_id=1, paused=True))
    paused = Folder(id=1, collection_id=1, path=POLICIES.path, paused=True)
    child.last(ChangeFolder).finish(FolderKept(paused))
    assert told(world, door).phase == "paused"
    for job in child.waiting(Add):
        job.confirm_cancel()
    world.clock.pass_time(2 * SAFETY_S)
    assert not child.waiting(ScanFolder)
    door.call(ChangeFolder(folder_id=1, paused=False))
    child.last(ChangeFolder).finish(FolderKept(POLICIES))
    scanned(child)
    key = door.call(UnfollowFolder(folder_id=1))
    child.last(UnfollowFolder).finish(Folders(()))
    assert door.result(key) == Folders(())
    world.clock.pass_time(2 * SAFETY_S)
    assert not child.waiting(ScanFolder)


def test_a_documents_process_that_dies_costs_nothing(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world, POLICIES)
    scanned(child, "/files/policies/a.md")
    for job in [job for job in child.jobs if job.active]:
        job.fail(WorkerGone("gone", ""))
    begin(world, POLICIES)
    scanned(child, "/files/policies/a.md")
    assert child.last(Add).call.paths == ("/files/policies/a.md",) and told(world, door).phase == "reading"


def test_following_and_the_trash_through_a_door(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world)
    key = door.call(FollowFolder(path=POLICIES.path, collection_id=1))
    child.last(FollowFolder).finish(FolderKept(POLICIES))
    assert door.result(key) == FolderKept(POLICIES) and child.waiting(ScanFolder)
    scanned(child, trashed=1)
    assert f.TrashChanged() in door.events() and c.DocumentsChanged(collection_id=1) in door.events()
    door.call(f.ConfirmDeletion(folder_id=1))
    assert child.last(ScanFolder).call.confirmed
    key = door.call(RestoreDocuments(ids=(4,)))
    child.last(RestoreDocuments).finish(Restored(ids=(4,)))
    assert door.result(key) == Restored(ids=(4,))


def document() -> Document:
    return Document(
        id=4, collection_id=1, collection="Policies", name="a.md", path="/a.md", format="markdown", bytes=1,
        status="indexed",
    )  # fmt: skip


def test_the_trash_is_emptied_by_a_person_and_by_time(world: CoreWorld) -> None:
    door = TestDoor(world.core)
    child = begin(world)
    key = door.call(f.EmptyTrash(collection_id=1))
    child.last(ListTrash).finish(Trash((Trashed(document(), 1.0, 1, "Policies"),)))
    child.last(Remove).finish(Removed(documents=1, passages=1, traces=0, ids=(4,)))
    child.last(ListTombstones).finish(Tombstones(ids=()))
    assert door.result(key).documents == 1
    world.core.settings.set(TRASH_DAYS, 3)
    world.clock.pass_time(3600)
    asked = child.last(ListTrash)
    assert asked.call.before > 0
    asked.finish(Trash((Trashed(document(), 1.0, 1, "Policies"),)))
    assert child.last(Remove).call == Remove(ids=(4,))


def test_a_collection_that_goes_takes_its_folders_along(world: CoreWorld) -> None:
    child = begin(world, POLICIES)
    scanned(child)
    world.core.documents.list.take(())
    world.clock.pass_time(2 * SAFETY_S)
    assert not child.waiting(ScanFolder)


def test_the_clock_of_the_loop_tells_of_changes(tmp_path: Path) -> None:
    async def run() -> list[str]:
        said: list[str] = []
        clock = LoopClock(asyncio.get_running_loop())
        watch = clock.watch(str(tmp_path), lambda: said.append("moved"), said.append)
        await asyncio.sleep(0.5)
        (tmp_path / "a.md").write_text("text")
        for _ in range(100):
            await asyncio.sleep(0.05)
            if said:
                break
        watch.cancel()
        clock.watch(str(tmp_path / "none"), lambda: None, lambda why: said.append("refused"))
        await asyncio.sleep(0.3)
        return said

    said = asyncio.run(run())
    assert said[0] == "moved" and said[-1] == "refused"


def test_a_folder_that_the_company_closes_is_left_alone_until_it_is_open_again(
    world: CoreWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is indexed of it stays: a look that read nothing would take its files for lost."""
    policy = tmp_path / "policy.json"
    monkeypatch.setenv("INHOUSE_POLICY", str(policy))
    child = begin(world, POLICIES)
    door = TestDoor(world.core)
    scanned(child, "/files/policies/a.txt")
    assert child.waiting(Add)
    policy.write_text('{"version": 1, "values": {"folders": ["/srv"]}}')
    door.call(f.WatchState())
    assert child.last(Add).controls == ["cancel"]
    shown = told(world, door)
    assert shown.problem == "Your company does not allow documents from this folder." and not shown.settled
    child.last(Add).confirm_cancel()
    world.clock.pass_time(SAFETY_S * 2)
    assert not child.waiting(ScanFolder)
    policy.write_text('{"version": 1, "values": {"folders": ["/srv", "/files"]}}')
    door.call(f.WatchState())
    scanned(child)
    assert told(world, door).problem == ""
    world.core.stop()
