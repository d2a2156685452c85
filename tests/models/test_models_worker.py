"""Importing a model through the real child: checked, whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from worker_client import Client

from app.errors import AppError, BadFile, NoSpace
from app.models.registry import STARTER, Registry, find_starter
from app.models.worker import ModelsRole
from app.paths import home
from app.types import InstalledModel
from app.workers.calls.documents import ListCollections
from app.workers.calls.models import CopyProgress, ExportModel, ImportModel, ModelInstalled
from app.workers.message import Data, Done

STARTER_FILE = find_starter()
pytestmark = pytest.mark.skipif(STARTER_FILE is None, reason="the starter model is not installed")


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """The starter with its last byte changed: a sound file of other content."""
    assert STARTER_FILE is not None
    file = tmp_path / "Our own_model.gguf"
    shutil.copy(STARTER_FILE.path, file)
    with file.open("r+b") as out:
        out.seek(-1, 2)
        last = out.read(1)
        out.seek(-1, 2)
        out.write(bytes([last[0] ^ 1]))
    return file


@pytest.fixture
def client() -> Iterator[Client]:
    with Client("models", home()) as opened:
        yield opened


def brought_in(client: Client, path: Path, name: str = "") -> InstalledModel:
    done = client.call(ImportModel(path=str(path), name=name))
    assert isinstance(done, ModelInstalled)
    return done.model


def test_a_model_is_copied_whole_and_listed_once(client: Client, model_file: Path) -> None:
    seen: list[Data] = []
    done = client.call(ImportModel(path=str(model_file)), seen.append)
    assert isinstance(done, ModelInstalled)
    model = done.model
    assert (model.name, model.architecture, model.quantization) == ("Our own_model Q4_1", "llama", "Q4_1")
    assert Path(model.path).parent == home().models
    assert Path(model.path).read_bytes() == model_file.read_bytes()
    assert model.lineage["sha256"] == hashlib.sha256(model_file.read_bytes()).hexdigest()
    last = seen[-1]
    assert isinstance(last, CopyProgress) and last.done == last.total == model_file.stat().st_size
    assert [item.name for item in Registry(home()).models()] == [STARTER.name, model.name]
    with pytest.raises(BadFile, match=r"already installed as “Our own_model Q4_1”"):
        brought_in(client, model_file)
    assert STARTER_FILE is not None
    with pytest.raises(BadFile, match="already installed as “SmolLM2 135M”"):
        brought_in(client, Path(STARTER_FILE.path))
    Registry(home()).remove(model.name)
    assert brought_in(client, model_file, "Named").name == "Named"


@pytest.mark.parametrize("content", [b"", b"GGUF", b"PK\x03\x04" * 100, b"GGUF\x03\x00\x00\x00" + b"\xff" * 64])
def test_what_is_no_model_is_refused_and_leaves_nothing(client: Client, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.gguf"
    file.write_bytes(content)
    with pytest.raises(BadFile) as caught:
        brought_in(client, file)
    assert caught.value.hint
    with pytest.raises(BadFile):
        brought_in(client, tmp_path)
    with pytest.raises(BadFile):
        brought_in(client, tmp_path / "absent.gguf")
    assert not home().models.exists() or not list(home().models.glob("*.gguf*"))


def test_a_cut_file_is_refused(client: Client, model_file: Path) -> None:
    with model_file.open("r+b") as file:
        file.truncate(model_file.stat().st_size - 1000)
    with pytest.raises(BadFile, match="cut off"):
        brought_in(client, model_file)


def test_cancel_removes_the_half_copy(model_file: Path) -> None:
    role = ModelsRole(home())
    steps = role.handle(ImportModel(path=str(model_file)))
    while not list(home().models.glob("*.part")):
        next(steps)
    steps.close()
    assert list(home().models.iterdir()) == []


def test_what_a_killed_copy_left_is_removed_at_the_next_start() -> None:
    home().models.mkdir(parents=True)
    left = home().models / "big.gguf.999999999.part"
    left.write_bytes(b"half")
    list(ModelsRole(home()).background())
    assert not left.exists()


def test_a_disk_without_room_says_how_much_is_needed(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    with pytest.raises(NoSpace, match=r"0\.0 GB free, and this model needs 0\.4 GB"):
        list(ModelsRole(home()).handle(ImportModel(path=str(model_file))))
    assert list(home().models.iterdir()) == []


def test_a_file_that_lies_in_the_models_folder_is_listed_where_it_is(client: Client, model_file: Path) -> None:
    home().models.mkdir(parents=True)
    inside = home().models / "inside.gguf"
    model_file.rename(inside)
    assert brought_in(client, inside).path == str(inside)
    assert len(list(home().models.glob("*.gguf"))) == 1


def test_two_imports_of_one_file_name_at_once_keep_both_files(
    model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STARTER_FILE is not None
    second = tmp_path / "b" / model_file.name
    second.parent.mkdir()
    shutil.copy(STARTER_FILE.path, second)
    with second.open("r+b") as out:
        out.seek(-2, 2)
        out.write(b"\x55\xaa")
    sources = {"A": model_file, "B": second}
    running = {}
    for number, (name, source) in enumerate(sources.items()):
        monkeypatch.setattr(os, "getpid", lambda pid=number: 1111 + pid)
        running[name] = ModelsRole(home()).handle(ImportModel(path=str(source), name=name))
        while not isinstance(next(running[name]), CopyProgress) or len(list(home().models.glob("*.part"))) <= number:
            pass
    for steps in running.values():
        list(steps)
    for name, source in sources.items():
        assert Path(Registry(home()).find(name).path).read_bytes() == source.read_bytes()
    assert len(list(home().models.glob("*.gguf*"))) == 2


def test_a_name_from_the_current_folder_is_listed_in_full(model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home().models.mkdir(parents=True)
    model_file.rename(home().models / "own.gguf")
    monkeypatch.chdir(home().models)
    list(ModelsRole(home()).handle(ImportModel(path="own.gguf", name="Own")))
    assert Registry(home()).find("Own").path == str(home().models / "own.gguf")


def test_what_the_models_process_cannot_do_is_said(client: Client) -> None:
    for call in (ListCollections(),):
        with pytest.raises(AppError):
            client.call(call)


LINEAGE = {"base": "SmolLM2 135M", "data": "412 reviewed answers", "scores": "88% on your questions"}


@pytest.fixture
def tuned(client: Client, model_file: Path) -> InstalledModel:
    """A model that was trained here, with what only this computer knows."""
    file = home().models / "tuned-1.gguf"
    file.parent.mkdir(parents=True)
    shutil.move(model_file, file)
    private = {"run_id": "20260312-1", "documents": "7,9"}
    return Registry(home()).install(
        InstalledModel(
            name="Larkfield Assistant", path=str(file), file_bytes=file.stat().st_size, origin="finetuned",
            lineage=LINEAGE | private,
        )
    )  # fmt: skip


def test_a_model_goes_out_as_it_is(client: Client, tuned: InstalledModel, tmp_path: Path) -> None:
    out = tmp_path / "elsewhere" / "copy.gguf"
    seen: list[Data] = []
    assert client.call(ExportModel(model_id=tuned.name, path=str(out)), seen.append) == Done()
    assert out.read_bytes() == Path(tuned.path).read_bytes() and len(list(out.parent.iterdir())) == 1
    assert isinstance(seen[-1], CopyProgress) and seen[-1].done == seen[-1].total == tuned.file_bytes
    with pytest.raises(AppError, match="Inhouse itself uses"):
        client.call(ExportModel(model_id=tuned.name, path=tuned.path))
    Path(tuned.path).unlink()
    with pytest.raises(AppError, match="no longer there"):
        client.call(ExportModel(model_id=tuned.name, path=str(out)))


def test_a_shared_model_comes_in_with_its_name_and_scores(
    client: Client, tuned: InstalledModel, tmp_path: Path
) -> None:
    shared = tmp_path / "Larkfield Assistant.inhouse"
    client.call(ExportModel(model_id=tuned.name, path=str(shared), card="# Larkfield Assistant"))
    with zipfile.ZipFile(shared) as archive:
        assert archive.read("README.md") == b"# Larkfield Assistant"
        assert b"20260312" not in archive.read("about.json") and b"documents" not in archive.read("about.json")
    with pytest.raises(BadFile, match="already installed as “Larkfield Assistant”"):
        brought_in(client, shared)
    content = Path(tuned.path).read_bytes()
    Registry(home()).remove(tuned.name)
    model = brought_in(client, shared)
    assert model.name == "Larkfield Assistant" and model.origin == "finetuned" and model.architecture == "llama"
    assert {key: model.lineage[key] for key in LINEAGE} == LINEAGE and "run_id" not in model.lineage
    assert Path(model.path).read_bytes() == content
    assert len(list(home().models.glob("*.gguf*"))) == 1


def test_a_shared_model_that_is_cut_or_changed_is_refused(
    client: Client, tuned: InstalledModel, tmp_path: Path
) -> None:
    shared = tmp_path / "shared.inhouse"
    client.call(ExportModel(model_id=tuned.name, path=str(shared), card="card"))
    Registry(home()).remove(tuned.name)
    whole = shared.read_bytes()
    middle = bytearray(whole)
    middle[len(whole) // 2] ^= 1
    other = tmp_path / "other.inhouse"
    with zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("about.json", '{"version": 1, "name": "x"}')
        archive.writestr("model.gguf", bytes(50 << 20))
    newer = tmp_path / "newer.inhouse"
    with zipfile.ZipFile(newer, "w") as archive:
        archive.writestr("about.json", '{"version": 2, "name": "x"}')
    hostile = tmp_path / "hostile.inhouse"
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("about.json", '{"version": 1, "name": "../../../etc/x"}')
        archive.writestr("model.gguf", b"GGUF" + b"\xff" * 64)
    for number, content in enumerate((whole[: len(whole) // 2], bytes(middle))):
        (tmp_path / f"{number}.inhouse").write_bytes(content)
        with pytest.raises(BadFile, match="damaged"):
            brought_in(client, tmp_path / f"{number}.inhouse")
    for path, said in (
        (other, "not a model that Inhouse shared"),
        (newer, "newer Inhouse"),
        (hostile, "The model in hostile.inhouse cannot be used"),
    ):
        with pytest.raises(AppError, match=said) as caught:
            brought_in(client, path)
        assert caught.value.hint
    assert not list(home().models.glob("*.gguf*"))
    assert [model.name for model in Registry(home()).models()] == [STARTER.name]


def test_cancelling_a_save_leaves_nothing(tuned: InstalledModel, tmp_path: Path) -> None:
    for name, card in (("x.gguf", ""), ("x.inhouse", "card")):
        folder = tmp_path / name
        steps = ModelsRole(home()).handle(ExportModel(model_id=tuned.name, path=str(folder / name), card=card))
        next(steps)
        assert len(list(folder.iterdir())) == 1
        steps.close()
        assert not list(folder.iterdir())
