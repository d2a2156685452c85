"""Models in several files: brought in by any of them, loaded by the real engine, removed as a whole, and what is said
where one is missing."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path

import pytest
from tiny_gguf import write_split, write_tiny
from tiny_projector import write_tiny_projector
from worker_client import Client

from app.core.ahead import read_ahead
from app.errors import AppError, BadFile
from app.llama.gguf_reader import read_header, read_header_from
from app.llama.needs import needs_of
from app.llama.split_files import first_part, parts_of, stem_of
from app.models.model_files import is_missing, missing_file
from app.models.registry import Registry
from app.models.stores import found_in
from app.models.worker import ModelsRole
from app.paths import home
from app.types import InstalledModel, Sampling
from app.workers.calls.engine import Chat, Chatted, Load
from app.workers.calls.models import (
    CopyProgress,
    ExportModel,
    FitModel,
    ImportModel,
    LinkModel,
    ModelFitted,
    ModelInstalled,
)
from app.workers.message import Data
from app.workers.protocol import AnyCall


def result(call: AnyCall, seen: list[Data] | None = None) -> Data:
    steps = ModelsRole(home()).handle(call)
    while True:
        try:
            said = next(steps)
        except StopIteration as stop:
            return stop.value
        if said is not None and seen is not None:
            seen.append(said)


def brought_in(path: Path, seen: list[Data] | None = None) -> InstalledModel:
    done = result(ImportModel(path=str(path)), seen)
    assert isinstance(done, ModelInstalled)
    return done.model


class Far:
    """A file of which only ranges can be had."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self.size = len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]


def _far(folder: Path, name: str) -> Far:
    return Far(folder / name)


def answer(model: InstalledModel) -> str:
    """What the real engine, in a process of its own, says with this model."""
    with Client("engine", home()) as engine:
        engine.call(Load(path=model.path, context=256, threads=1))
        sampling = Sampling(temperature=0, max_tokens=8)
        done = engine.call(Chat(conversation="a", question="Hi", sampling=sampling))
    assert isinstance(done, Chatted)
    return done.text


@pytest.mark.parametrize("empty_first", [False, True], ids=["tensors in each", "keys alone in the first"])
def test_a_set_is_one_model_whichever_file_is_chosen(tmp_path: Path, empty_first: bool) -> None:
    whole = brought_in(write_tiny(tmp_path / "whole.gguf"))
    parts = write_split(tmp_path / "stick", empty_first=empty_first)
    assert len(parts) == (4 if empty_first else 3)
    seen: list[Data] = []
    model = brought_in(parts[-1], seen)
    copies = sorted(Path(model.path).parent.glob("*.gguf"))
    assert [each.read_bytes() for each in copies] == [each.read_bytes() for each in parts]
    assert Path(model.path) == copies[0] and model.name == "tiny F32" and stem_of(copies[0].name) == "tiny"
    assert model.file_bytes == sum(each.stat().st_size for each in parts) and model.parameters == whole.parameters
    last = seen[-1]
    assert isinstance(last, CopyProgress) and last.done == last.total == model.file_bytes
    assert answer(model) == answer(whole)
    with pytest.raises(BadFile, match="already installed as “tiny"):
        brought_in(parts[1])
    Registry(home()).remove(model.id)
    assert not Path(model.path).parent.exists() and all(each.is_file() for each in parts)


def test_the_header_is_that_of_all_files_here_and_far_away(tmp_path: Path) -> None:
    one = read_header(write_tiny(tmp_path / "whole.gguf"))
    for folder, empty in ((tmp_path / "full", False), (tmp_path / "empty", True)):
        parts = write_split(folder, empty_first=empty)
        here = read_header(parts[0])
        assert here.files == len(parts) and here.tensor_bytes == one.tensor_bytes and here.parameters == one.parameters
        assert needs_of(here) == needs_of(one)
        far = read_header_from(Far(parts[0]), parts[0].name, partial(_far, folder))
        assert far.tensor_bytes == here.tensor_bytes and far.file_bytes == here.file_bytes
    fitted = [result(FitModel(path=str(path))) for path in (tmp_path / "whole.gguf", parts[2])]
    assert all(isinstance(each, ModelFitted) for each in fitted) and fitted[0] == fitted[1]


def test_a_missing_file_is_named_before_and_after(tmp_path: Path, data_folder: Path) -> None:
    parts = write_split(tmp_path / "stick")
    whole = shutil.copytree(tmp_path / "stick", tmp_path / "whole")
    parts[1].unlink()
    for chosen in (parts[0], parts[2]):
        with pytest.raises(BadFile, match=r"“tiny-00002-of-00003.gguf” is missing: this model comes in 3 files"):
            brought_in(chosen)
    with pytest.raises(BadFile, match=r"“tiny-00002-of-00003.gguf” is missing"):
        found_in(str(tmp_path / "stick"))
    parts[0].unlink()
    with pytest.raises(BadFile, match=r"“tiny-00001-of-00003.gguf” is missing"):
        found_in(str(tmp_path / "stick"))
    model = brought_in(whole / parts[0].name)
    gone = Path(model.path).with_name(parts[2].name)
    gone.unlink()
    assert is_missing(model) and missing_file(model) == str(gone)
    with pytest.raises(
        AppError, match=r"“tiny-00003-of-00003.gguf” is no longer there, one of the 3 files of “tiny F32”"
    ):
        Registry(home()).use(model.id)
    with Client("engine", home()) as engine, pytest.raises(BadFile, match=r"“tiny-00003-of-00003.gguf” is missing"):
        engine.call(Load(path=model.path, context=256, threads=1))
    read_ahead(model.path)  # that one is gone its loader says


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path, data_folder: Path) -> None:
    parts, others = write_split(tmp_path / "a"), write_split(tmp_path / "b", each=10)
    kept = parts[1].read_bytes()
    parts[1].write_bytes(parts[2].read_bytes())
    with pytest.raises(BadFile, match=r"tiny-00002-of-00003.gguf is not file 2 of 3"):
        brought_in(parts[0])
    parts[1].write_bytes(kept[: len(kept) // 2])
    with pytest.raises(BadFile, match=r"tiny-00002-of-00003.gguf is cut off"):
        brought_in(parts[0])
    renamed = others[0].rename(tmp_path / "renamed.gguf")
    with pytest.raises(BadFile, match="first of 2 files of a model, and its name does not say so"):
        brought_in(renamed)
    later = others[1].rename(tmp_path / "later.gguf")
    with pytest.raises(BadFile, match="is file 2 of 2 of a model"):
        brought_in(later)
    write_tiny(tmp_path / "whole-00001-of-00002.gguf")
    shutil.copy(tmp_path / "whole-00001-of-00002.gguf", tmp_path / "whole-00002-of-00002.gguf")
    with pytest.raises(BadFile, match="is a whole model, and its name says"):
        brought_in(tmp_path / "whole-00002-of-00002.gguf")
    assert not [each for each in Registry(home()).models() if each.origin == "imported"]


def test_a_set_in_another_programs_store_is_linked_and_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    parts = write_split(tmp_path / ".lmstudio" / "models" / "owner" / "tiny-GGUF")
    eyes = write_tiny_projector(parts[0].with_name("mmproj-tiny.gguf"))
    (file,) = found_in("lmstudio")
    assert file.name == "tiny" and file.path == str(parts[0]) and file.bytes == sum(p.stat().st_size for p in parts)
    done = result(LinkModel(path=file.path, name=file.name, store="LM Studio"))
    assert isinstance(done, ModelInstalled) and done.model.projector == str(eyes)
    Registry(home()).remove(done.model.id)
    assert all(each.is_file() for each in (*parts, eyes))


def test_a_set_with_its_projector_is_kept_saved_and_found_again(tmp_path: Path, data_folder: Path) -> None:
    parts = write_split(tmp_path / "stick")
    eyes = write_tiny_projector(parts[0].with_name("mmproj-f16.gguf"))
    model = brought_in(parts[0])
    assert Path(model.projector).read_bytes() == eyes.read_bytes()
    assert Path(model.projector).parent == Path(model.path).parent
    result(ExportModel(model_id=model.id, path=str(tmp_path / "out" / "mine.gguf")))
    names = [f"mine-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == [each.read_bytes() for each in parts]
    assert read_header(tmp_path / "out" / names[0]).files == 3
    with pytest.raises(AppError, match="comes in 3 files, and a file to share holds one"):
        result(ExportModel(model_id=model.id, path=str(tmp_path / "out" / "mine.inhouse"), card="# Mine"))
    (home().models / "models.json").write_text("{")
    registry = Registry(home())
    (found,) = [each for each in registry.models() if each.origin == "imported"]
    assert (found.path, found.projector, found.file_bytes, found.name) == (
        model.path, model.projector, model.file_bytes, "tiny",
    )  # fmt: skip
    registry.remove(found.id)
    assert not Path(model.path).parent.exists()


def test_names_of_the_files_of_a_set() -> None:
    assert parts_of("a-00002-of-00002.gguf") == ("a-00001-of-00002.gguf", "a-00002-of-00002.gguf")
    for odd in ("a.gguf", "a-00003-of-00002.gguf", "a-00000-of-00002.gguf", "a-1-of-2.gguf", "a-00001-of-99999.gguf"):
        assert parts_of(odd) == (odd,)
    assert first_part(Path("/nowhere/a-00002-of-00002.gguf")) == Path("/nowhere/a-00001-of-00002.gguf")
