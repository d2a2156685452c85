"""Models of a folder, and of the stores of Ollama and LM Studio: found, linked and never touched."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from tiny_gguf import write_tiny
from tiny_projector import write_tiny_projector

from app.errors import AppError, BadFile
from app.models.registry import Registry
from app.models.stores import found_in
from app.models.worker import ModelsRole
from app.paths import home
from app.types import InstalledModel
from app.workers.calls.models import FilesFound, FindFiles, LinkModel, ModelInstalled


def link(call: LinkModel) -> InstalledModel:
    steps = ModelsRole(home()).handle(call)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            assert isinstance(stop.value, ModelInstalled)
            return stop.value.model


def test_ollamas_models_are_found_by_their_names_linked_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "ollama"
    monkeypatch.setenv("OLLAMA_MODELS", str(store))
    with pytest.raises(AppError, match="Ollama keeps no models"):
        found_in("ollama")
    blobs, library = store / "blobs", store / "manifests" / "registry.example" / "library" / "tiny"
    blobs.mkdir(parents=True)
    library.mkdir(parents=True)
    model = write_tiny(tmp_path / "model.gguf")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    blob = model.rename(blobs / f"sha256-{digest}")
    layers = [
        {"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:" + "0" * 64},
        {"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": 1},
        {"mediaType": "application/vnd.ollama.image.projector", "digest": "sha256:" + "e" * 64},
    ]
    eyes = write_tiny_projector(blobs / f"sha256-{'e' * 64}")
    (library / "1b").write_text(json.dumps({"schemaVersion": 2, "layers": layers}))
    (library / "bad").write_text("{")
    hostile = [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:../../../etc/passwd"}]
    (library / "hostile").write_text(json.dumps({"layers": hostile}))
    (file,) = found_in("Ollama")
    assert (file.name, file.path, file.sha256) == ("tiny:1b", str(blob), digest)
    told = LinkModel(path=file.path, name=file.name, sha256=file.sha256, store="Ollama", projector=file.projector)
    linked = link(told)
    assert linked.projector == str(eyes)
    assert (linked.path, linked.lineage["linked"]) == (str(blob), "Ollama") and not list(home().models.glob("*.gguf"))
    with pytest.raises(BadFile, match="already installed as “tiny:1b”"):
        link(LinkModel(path=file.path))
    found = _found("ollama")
    assert found.files[0].store == "Ollama" and found.files[0].installed == linked.id
    assert _found("").files == found.files, "all stores that are here"
    Registry(home()).remove(linked.id)
    assert blob.is_file() and eyes.is_file()


def _found(where: str) -> FilesFound:
    steps = ModelsRole(home()).handle(FindFiles(where=where))
    next(steps)
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert isinstance(stop.value.value, FilesFound)
    return stop.value.value


def test_lm_studios_folders_and_any_folder_give_whole_models_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".lmstudio" / "models" / "owner" / "tiny-GGUF"
    folder.mkdir(parents=True)
    write_tiny(folder / "b.gguf")
    (folder / "a.gguf").symlink_to(folder / "b.gguf")
    (folder / "broken.gguf").write_bytes(b"GGUF")
    for name in ("mmproj-b.gguf", "c-00001-of-00002.gguf", "readme.txt"):
        (folder / name).write_bytes((folder / "b.gguf").read_bytes())
    assert [Path(file.path).name for file in found_in("lmstudio")] == ["a.gguf"]  # one file by two names
    assert [file.name for file in found_in(str(tmp_path))] == ["a"]
    with pytest.raises(AppError, match="no folder"):
        found_in(str(tmp_path / "none"))
