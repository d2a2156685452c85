"""What comes with a model or to it: adapters find the model that they change, projectors the one that they let see."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tiny_gguf import LAYERS, write_tiny, write_tiny_adapter
from tiny_projector import write_tiny_projector

from app.engine.worker import EngineRole
from app.errors import BadFile
from app.models.registry import Registry
from app.models.worker import ModelsRole
from app.paths import home
from app.types import InstalledModel, Sampling
from app.workers.calls.engine import Chat, Chatted, Load, SetAdapter
from app.workers.calls.models import ImportModel, ModelInstalled
from app.workers.message import Data
from app.workers.roles import Steps


def result(steps: Steps) -> Data:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def brought_in(path: Path, **more: str) -> InstalledModel:
    done = result(ModelsRole(home()).handle(ImportModel(path=str(path), **more)))
    assert isinstance(done, ModelInstalled)
    return done.model


@pytest.fixture
def base(tmp_path: Path, data_folder: object) -> InstalledModel:
    (tmp_path / "from").mkdir()
    return brought_in(write_tiny(tmp_path / "from" / "base.gguf"), name="Base")


def test_an_adapter_is_a_model_beside_its_base_and_swaps_at_once(tmp_path: Path, base: InstalledModel) -> None:
    tuned = brought_in(write_tiny_adapter(tmp_path / "tone.gguf"), name="Tone")
    assert tuned.path == base.path and Path(tuned.adapter).parent == home().models
    assert tuned.lineage["base"] == "Base" and tuned.id != base.id
    engine = EngineRole(home())
    result(engine.handle(Load(path=base.path, context=256, threads=1)))
    said, took = [], []
    for adapter in ("", tuned.adapter, "", tuned.adapter):
        began = time.perf_counter()
        result(engine.handle(SetAdapter(path=adapter)))
        took.append((time.perf_counter() - began) * 1000)
        sampling = Sampling(temperature=0, max_tokens=12)
        done = result(engine.handle(Chat(conversation="a", question="Hi", sampling=sampling)))
        assert isinstance(done, Chatted) and done.stats.evaluated_tokens == done.stats.prompt_tokens
        said.append(done.text)
    engine.close()
    assert said[0] == said[2] != said[1] == said[3] and min(took[1:]) < 100
    Registry(home()).remove(tuned.id)
    assert not Path(tuned.adapter).exists() and Path(base.path).exists()


def test_an_adapter_without_its_base_says_what_to_do(tmp_path: Path, base: InstalledModel) -> None:
    foreign = write_tiny_adapter(tmp_path / "foreign.gguf", architecture="qwen2")
    deeper = write_tiny_adapter(tmp_path / "deeper.gguf", layers=LAYERS + 50)
    for file in (foreign, deeper):
        with pytest.raises(BadFile, match="belongs to none of yours"):
            brought_in(file)
    second = tmp_path / "second.gguf"
    brought_in(write_tiny(second, seed=4), name="Second")
    with pytest.raises(BadFile, match="several models"):
        brought_in(write_tiny_adapter(tmp_path / "tone.gguf"))
    Registry(home()).use("Second")
    assert brought_in(write_tiny_adapter(tmp_path / "tone.gguf")).lineage["base"] == "Second"


def test_a_projector_alone_is_given_to_the_model_that_it_fits(tmp_path: Path, data_folder: object) -> None:
    (tmp_path / "from").mkdir()
    eyes, wide = write_tiny_projector(tmp_path / "mmproj-a.gguf"), write_tiny_projector(tmp_path / "b.gguf", seed=6)
    foreign = write_tiny_projector(tmp_path / "mmproj-wide.gguf", projects_to=128)
    first = brought_in(write_tiny(tmp_path / "from" / "first.gguf"), name="First")
    with pytest.raises(BadFile, match="fits none of yours"):
        brought_in(foreign)
    second = brought_in(write_tiny(tmp_path / "from" / "second.gguf", seed=4), name="Second")
    with pytest.raises(BadFile, match="fits several of yours") as caught:
        brought_in(eyes)
    assert "“First”, “Second”" in caught.value.hint
    Registry(home()).use("Second")
    given = brought_in(eyes)
    assert given.id == second.id and Path(given.projector).read_bytes() == eyes.read_bytes()
    assert brought_in(wide).id == first.id  # the other one sees already
    replaced = brought_in(wide, name="Second")
    assert Path(replaced.projector).read_bytes() == wide.read_bytes() and not Path(given.projector).exists()
    assert len(list(home().models.glob("mmproj-*.gguf"))) == 2
    for model in (first, second):
        Registry(home()).remove(model.id)
    assert not list(home().models.glob("*.gguf"))


def test_a_projector_comes_with_the_model_that_it_fits(tmp_path: Path, data_folder: object) -> None:
    folder = tmp_path / "from"
    folder.mkdir()
    eyes = write_tiny_projector(folder / "mmproj-f16.gguf")
    (folder / "bad-mmproj.gguf").write_bytes(b"GGUF")
    with pytest.raises(BadFile, match="not a whole model"):
        brought_in(eyes)
    seer = brought_in(write_tiny(folder / "seer.gguf"))
    assert Path(seer.projector).read_bytes() == eyes.read_bytes()
    alone = tmp_path / "alone"
    alone.mkdir()
    assert not brought_in(write_tiny(alone / "blind.gguf", seed=7)).projector
    other = write_tiny(alone / "other.gguf", seed=8)
    with pytest.raises(BadFile, match="does not let a model see"):
        brought_in(other, projector=str(other))
    named = brought_in(other, projector=str(eyes))
    assert named.projector and named.projector != seer.projector
    Registry(home()).remove(named.id)
    assert not Path(named.projector).exists() and Path(seer.projector).exists()
