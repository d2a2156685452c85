"""The queue of downloads in the core: two at a time, kept on disk, and gone on with whoever ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild, FakeJob

from app.core.calls import catalogue as c
from app.core.calls.embedders import EmbeddersChanged
from app.core.calls.models import ModelsChanged, Switching
from app.core.downloads import START_S
from app.core.protocol import SettingsChanged
from app.embedder.embedders import Manifest
from app.errors import AppError, WorkerGone
from app.hub import Download
from app.models.server_keys import ServerKeys
from app.settings import CATALOGUE, OFFLINE, Settings
from app.types import InstalledModel
from app.workers.calls.embedders import EmbedderImported, ImportEmbedder
from app.workers.calls.models import EmbedderFetched, FetchFile, FetchProgress, HubFound, ModelInstalled


@pytest.fixture(autouse=True)
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")


def fetch(door: TestDoor, name: str) -> Download:
    shown = door.result(door.call(c.FetchModel(repo="o/r", file=f"{name}.gguf", name=name)))
    return next(each for each in shown.downloads if each.name == name)


def running(world: CoreWorld) -> list[FakeJob]:
    return [job for _, child in world.children for job in child.waiting(FetchFile)]


def states(world: CoreWorld) -> list[tuple[str, str]]:
    door = world.door()
    return [(each.name, each.state) for each in door.result(door.call(c.ListDownloads())).downloads]


def child_of(world: CoreWorld, job: FakeJob) -> FakeChild:
    return next(child for _, child in world.children if job in child.jobs)


def test_two_run_the_others_wait_and_a_finished_one_is_a_model() -> None:
    world = CoreWorld()
    door = world.door()
    for name in ("a", "b", "d"):
        fetch(door, name)
    assert states(world) == [("a", "running"), ("b", "running"), ("d", "waiting")]
    fetch(door, "a")  # asked for twice
    assert len(states(world)) == 3 and world.core.busy
    first, _ = running(world)
    first.say(FetchProgress(done=30, total=130, bytes_per_s=50.0))
    told = [each for each in door.events() if isinstance(each, c.DownloadsMoved)][-1].downloads[0]
    assert (told.done, told.total, told.seconds_left) == (30, 130, 2.0)
    model = InstalledModel(id="m", name="A", path="", file_bytes=1, lineage={"repo": "o/r", "repo_file": "a.gguf"})
    world.core.registry.install(model)
    first.finish(ModelInstalled(model=model))
    assert states(world) == [("b", "running"), ("d", "running")]
    assert any(isinstance(each, ModelsChanged) for each in door.events())
    end = door.end(door.call(c.FetchModel(repo="o/r", file="a.gguf")))
    assert end is not None and end.error is not None and "already installed" in end.error.message


@pytest.mark.parametrize("chosen_meanwhile", [False, True])
def test_what_was_fetched_to_answer_answers_once_it_is_here(tmp_path: Path, chosen_meanwhile: bool) -> None:
    world = CoreWorld()
    door = world.door()
    starter = world.core.registry.active()
    assert starter is not None

    def installed(name: str) -> InstalledModel:
        file = tmp_path / f"{name}.gguf"
        file.write_bytes(b"x")
        made = InstalledModel(id=name, name=name, path=str(file), file_bytes=1)
        return world.core.registry.install(made)

    door.result(door.call(c.FetchModel(repo="o/r", file="a.gguf", name="a", use=True)))
    assert (
        json.loads((world.home.models / "downloads" / "queue.json").read_text())["queue"][0]["replaces"] == starter.id
    )
    if chosen_meanwhile:
        world.core.registry.use(installed("b").name)
    (job,) = running(world)
    job.finish(ModelInstalled(model=installed("a")))
    switching = [each for each in door.events() if isinstance(each, Switching)]
    assert [each.model_id for each in switching[:1]] == ([] if chosen_meanwhile else ["a"])
    assert states(world) == []


def test_an_embedder_is_brought_in_by_the_documents_process() -> None:
    world = CoreWorld()
    door = world.door()
    key = fetch(door, "e").id
    running(world)[0].finish(EmbedderFetched(path="/e.gguf", name="E"))
    (job,) = world.documents.waiting(ImportEmbedder)
    assert job.call == ImportEmbedder(path="/e.gguf", name="E") and states(world) == [("e", "running")]
    job.fail(AppError("It is no embedder.", "Choose another."))
    assert states(world) == [("e", "failed")]
    door.result(door.call(c.ResumeDownload(id=key)))
    running(world)[0].finish(EmbedderFetched(path="/e.gguf", name="E"))
    world.documents.waiting(ImportEmbedder)[0].finish(EmbedderImported(embedder=Manifest()))
    assert states(world) == [] and not world.core.busy
    assert any(isinstance(each, EmbeddersChanged) for each in door.events())  # every door lists it


def test_pause_resume_cancel_and_a_failure_that_says_what_to_do() -> None:
    world = CoreWorld()
    door = world.door()
    key = fetch(door, "a").id
    folder = world.home.models / "downloads" / key
    folder.mkdir()
    child = child_of(world, running(world)[0])
    door.result(door.call(c.PauseDownload(id=key)))
    assert states(world) == [("a", "paused")] and child.gone and not world.core.busy
    door.result(door.call(c.ResumeDownload(id=key)))
    (job,) = running(world)
    job.fail(AppError("The disk is full.", "Free some space."))
    (failed,) = door.result(door.call(c.ListDownloads())).downloads
    assert (failed.state, failed.problem, failed.advice) == ("failed", "The disk is full.", "Free some space.")
    door.result(door.call(c.ResumeDownload(id=key)))
    for _ in range(2):  # a process that ends is started again by itself
        running(world)[0].fail(WorkerGone("It ended."))
        assert states(world) == [("a", "running")]
    running(world)[0].fail(WorkerGone("It ended."))
    assert states(world) == [("a", "failed")] and folder.is_dir()
    door.result(door.call(c.CancelDownload(id=key)))
    world.clock.pass_time(1)
    assert states(world) == [] and not folder.exists()
    end = door.end(door.call(c.PauseDownload(id=key)))
    assert end is not None and end.error is not None


def test_the_queue_survives_its_core_and_goes_on_by_itself() -> None:
    world = CoreWorld()
    door = world.door()
    fetch(door, "a")
    running(world)[0].say(FetchProgress(done=7, total=9))
    door.result(door.call(c.PauseDownload(id=fetch(door, "b").id)))
    (world.home.models / "downloads" / "left-by-a-cancel").mkdir()
    again = CoreWorld(world.home)  # the first one was killed
    assert states(again) == [("a", "waiting"), ("b", "paused")]
    again.clock.pass_time(START_S)
    assert states(again) == [("a", "running"), ("b", "paused")]
    assert not (world.home.models / "downloads" / "left-by-a-cancel").exists()


def test_a_damaged_queue_is_set_aside(expected_warnings: list[str]) -> None:
    expected_warnings.append("cannot be read")
    world = CoreWorld()
    file = world.home.models / "downloads" / "queue.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    assert states(CoreWorld(world.home)) == [] and list(file.parent.glob("queue.broken-*"))


def test_offline_stops_what_comes_and_locks_what_could(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    world = CoreWorld()
    door = world.door()
    fetch(door, "a")
    settings = Settings(world.home)
    settings.set(OFFLINE, True)
    door.result(door.call(SettingsChanged()))
    assert states(world) == [("a", "waiting")] and not world.core.busy
    for call in (c.FetchModel(repo="o/r", file="x.gguf"), c.SearchHub(query="x")):
        end = door.end(door.call(call))
        assert end is not None and end.error is not None
        assert "turned off in Settings" in end.error.message and "Bring the file" in end.error.hint
    assert "turned off" in door.result(door.call(c.ShowCatalogue())).blocked
    settings.set(OFFLINE, False)
    door.result(door.call(SettingsChanged()))
    assert states(world) == [("a", "running")]
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"version": 1, "values": {"offline": True}}))
    monkeypatch.setenv("INHOUSE_POLICY", str(policy))
    locked = Settings(world.home)
    assert locked.get(OFFLINE) and locked.is_locked(OFFLINE)
    with pytest.raises(AppError, match="set by your company"):
        locked.set(OFFLINE, False)
    other = CoreWorld(world.home).door()
    assert "Your company has turned downloads off" in other.result(other.call(c.ShowCatalogue())).blocked


def test_the_list_is_the_companys_where_it_has_one_and_the_hub_is_asked_by_one_process(tmp_path: Path) -> None:
    world = CoreWorld()
    door = world.door()
    shown = door.result(door.call(c.ShowCatalogue()))
    assert len(shown.offers) > 15 and shown.source == "" and shown.hub
    assert not [child for role, child in world.children if role == "models"]
    own = tmp_path / "own.json"
    own.write_text('{"version": 1, "models": [{"id": "a", "name": "A", "repo": "o/a", "files": []}]}')
    Settings(world.home).set(CATALOGUE, str(own))
    door.result(door.call(SettingsChanged()))
    assert door.result(door.call(c.ShowCatalogue())).source == str(own)
    first, second = door.call(c.SearchHub(query="a")), door.call(c.SearchHub(query="b"))
    (child,) = [child for role, child in world.children if role == "models"]
    child.waiting(c.SearchHub)[0].finish(HubFound(offers=()))
    assert door.result(first).offers == () and door.end(second) is None
    door.result(door.call(c.KeepHubToken(token=" hf_x ")))
    assert ServerKeys(world.home).get("hub") == "hf_x"
