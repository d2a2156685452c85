"""What is fetched as one thing though it lies in several files: models in parts, and the file by which a model sees."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from gguf import PoolingType
from hub_server import Fault, Repo
from hub_world import World, world_with
from tiny_embedder import write_gguf
from tiny_gguf import write_split, write_tiny
from tiny_projector import write_tiny_projector
from worker_client import Client

from app.errors import AppError, BadFile, WorkerGone
from app.models.registry import Registry
from app.types import InstalledModel, Sampling
from app.workers.calls.engine import Chat, Chatted, Load, Loaded
from app.workers.calls.models import (
    FetchFile,
    FetchProgress,
    FitModel,
    ImportModel,
    ModelFitted,
    ModelInstalled,
    RepositoryShown,
    ShowRepository,
)
from app.workers.message import Data

SPLIT, SEER = "owner/split-GGUF", "owner/seer-GGUF"
EYES = "mmproj-model-f16.gguf"


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world_with(tmp_path_factory.mktemp("hub")) as made:
        yield made


@pytest.fixture
def world(shared_world: World) -> Iterator[World]:
    yield shared_world
    shared_world.forget()


@pytest.fixture
def parts(world: World, tmp_path: Path) -> list[Path]:
    """A model in three files, in a folder of its repository."""
    made = write_split(tmp_path / "split", "big-Q8_0")
    world.hub.repos[SPLIT] = Repo({f"Q8_0/{each.name}": each for each in made}, total=300_000)
    return made


@pytest.fixture
def seer(world: World, tmp_path: Path) -> tuple[Path, Path]:
    """A model that sees: its file, and its projector."""
    folder = tmp_path / "seer"
    folder.mkdir()
    made = write_tiny(folder / "seer-Q8_0.gguf", seed=6), write_tiny_projector(folder / EYES)
    world.hub.repos[SEER] = Repo({"seer-Q8_0.gguf": made[0], EYES: made[1]}, total=100_000)
    return made


def bytes_of(files: list[Path] | tuple[Path, ...]) -> int:
    return sum(each.stat().st_size for each in files)


def first_name(parts: list[Path]) -> str:
    return f"Q8_0/{parts[0].name}"


def says(world: World, model: InstalledModel) -> str:
    with Client("engine", world.home) as engine:
        engine.call(Load(path=model.path, projector=model.projector, context=256, threads=1))
        done = engine.call(Chat(conversation="a", question="Hi", sampling=Sampling(temperature=0, max_tokens=4)))
    assert isinstance(done, Chatted)
    return done.text


def test_a_model_in_parts_is_one_download_and_one_model(world: World, parts: list[Path]) -> None:
    seen: list[Data] = []
    model = world.fetch("split", seen, file=first_name(parts), repo=SPLIT)
    assert world.hub.sent == bytes_of(parts) == model.file_bytes and model.name == "big-Q8_0"
    told = [each for each in seen if isinstance(each, FetchProgress)]
    assert {each.total for each in told} == {bytes_of(parts)} and told[-1].done == bytes_of(parts)
    assert [each.done for each in told] == sorted(each.done for each in told)
    folder = Path(model.path).parent
    assert [each.read_bytes() for each in sorted(folder.glob("*.gguf"))] == [each.read_bytes() for each in parts]
    assert says(world, model)
    with pytest.raises(BadFile, match="already installed as “big-Q8_0”"):
        world.client.call(ImportModel(path=str(parts[1])))
    Registry(world.home).remove(model.id)
    assert not folder.exists()


def test_each_part_has_its_own_check_sum_and_only_a_wrong_one_comes_again(world: World, parts: list[Path]) -> None:
    world.hub.faults = [Fault("body", wrong=True, after=1)]
    with pytest.raises(BadFile, match="check sum"):
        world.fetch("wrong", file=first_name(parts), repo=SPLIT)
    assert Registry(world.home).active() is not None and world.hub.sent == bytes_of(parts[:2])
    world.hub.sent = 0
    model = world.fetch("wrong", file=first_name(parts), repo=SPLIT)
    assert world.hub.sent == bytes_of(parts[1:]) and Path(model.path).read_bytes() == parts[0].read_bytes()


def test_a_killed_process_goes_on_in_the_middle_of_a_part(world: World, parts: list[Path]) -> None:
    world.hub.pause_s = 0.03
    call = FetchFile(id="killed", repo=SPLIT, file=first_name(parts))
    with Client("models", world.home) as client:
        thread = Thread(target=_until_gone, args=(client, call), daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while world.hub.sent < bytes_of(parts[:1]) + parts[1].stat().st_size // 2 and time.monotonic() < until:
            time.sleep(0.002)
        client.kill()
        thread.join()
    world.hub.pause_s = 0.0
    model = world.fetch("killed", file=call.file, repo=SPLIT)
    assert world.hub.sent - bytes_of(parts) <= 128 << 10  # what lay in buffers of the killed one
    assert says(world, model)


def _until_gone(client: Client, call: FetchFile) -> None:
    with pytest.raises(WorkerGone):
        client.call(call)


def test_what_is_shown_and_fitted_is_all_that_comes(world: World, parts: list[Path], seer: tuple[Path, Path]) -> None:
    for repo, files, name in ((SPLIT, parts, first_name(parts)), (SEER, seer, "seer-Q8_0.gguf")):
        shown = world.client.call(ShowRepository(repo=repo))
        assert isinstance(shown, RepositoryShown)
        (offer,) = shown.offers
        assert (offer.file.name, offer.file.bytes, offer.file.about) == (name, bytes_of(files), False)
        world.hub.sent = 0
        far = world.client.call(FitModel(repo=repo, file=name))
        near = world.client.call(FitModel(path=str(files[0])))
        assert (
            isinstance(far, ModelFitted)
            and isinstance(near, ModelFitted)
            and far.fit.needs_bytes == near.fit.needs_bytes
        )
    blind = seer[0].rename(seer[0].with_name("alone.gguf"))
    seer[1].unlink()
    without = world.client.call(FitModel(path=str(blind)))
    assert isinstance(without, ModelFitted) and isinstance(near, ModelFitted)
    assert near.fit.needs_bytes > without.fit.needs_bytes


def test_a_projector_comes_along_and_goes_with_its_model(world: World, seer: tuple[Path, Path]) -> None:
    seen: list[Data] = []
    model = world.fetch("seer", seen, file="seer-Q8_0.gguf", repo=SEER)
    last = [each for each in seen if isinstance(each, FetchProgress)][-1]
    assert last.done == last.total == bytes_of(seer) == world.hub.sent
    eyes = Path(model.projector)
    assert eyes.read_bytes() == seer[1].read_bytes() and eyes.parent == Path(model.path).parent
    with Client("engine", world.home) as engine:
        loaded = engine.call(Load(path=model.path, projector=model.projector, context=256, threads=1))
        assert isinstance(loaded, Loaded) and loaded.info.sees
    Registry(world.home).remove(model.id)
    assert not eyes.exists() and not eyes.parent.exists()


def test_a_mirror_that_lists_nothing_still_gives_the_model_and_its_eyes_can_follow(
    world: World, seer: tuple[Path, Path]
) -> None:
    world.hub.faults = [Fault("api", status=404)]
    model = world.fetch("listless", file="seer-Q8_0.gguf", repo=SEER)
    assert not model.projector and world.hub.sent == seer[0].stat().st_size
    given = world.client.call(ImportModel(path=str(seer[1])))
    assert isinstance(given, ModelInstalled) and given.model.id == model.id
    eyes = Path(given.model.projector)
    assert eyes.read_bytes() == seer[1].read_bytes()
    with pytest.raises(BadFile, match="not a whole model, and fits none of yours"):
        world.client.call(ImportModel(path=str(seer[1])))  # it has one now
    Registry(world.home).remove(model.id)
    assert not eyes.exists()


def test_a_reranker_is_refused_in_words(world: World, tmp_path: Path) -> None:
    ranks = write_gguf(tmp_path / "ranks.gguf", pooling=PoolingType.RANK)
    world.hub.repos["owner/ranks-GGUF"] = Repo({"ranks-F32.gguf": ranks})
    with pytest.raises(AppError, match="This is a reranker, which Inhouse cannot use"):
        world.fetch("ranks", file="ranks-F32.gguf", repo="owner/ranks-GGUF")
