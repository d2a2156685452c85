"""Importing folders as a door does: a core, the real trainer in a process of its own, and the list of models."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from core_world import CoreWorld, TestDoor
from tiny import write_tiny
from tiny_folder import write_folder

from app.core.calls import models as c
from app.errors import AppError
from app.types import InstalledModel
from app.workers.calls.models import ModelInstalled
from trainer.spec import BaseModel
from trainer.train import base, lora


@pytest.fixture
def door(data_folder: object) -> TestDoor:
    return CoreWorld().door()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("folders")
    tokenizer = base.ensure_folder(BaseModel(path=str(write_tiny(home / "tiny.gguf"))), home / "cache")
    return write_folder(home / "Tiny-Llama", tokenizer)


def brought(door: TestDoor, path: Path) -> InstalledModel | AppError:
    end = door.end(door.call(c.ImportFolder(path=str(path))))
    assert end is not None
    if end.error is not None:
        return AppError(end.error.message, end.error.hint)
    data = end.data
    assert isinstance(data, ModelInstalled)
    return data.model


def test_a_model_folder_then_its_adapter_are_two_models_and_what_is_neither_leaves_nothing(
    door: TestDoor, folder: Path, tmp_path: Path
) -> None:
    adapter = tmp_path / "Tone"
    adapter.mkdir()
    layers = lora.add_lora(base.load_model(folder, torch.float32), 4, 8.0, seed=2)
    lora.save_adapter(adapter, lora.state(layers), 4, 8.0, str(folder))
    early = brought(door, adapter)
    assert isinstance(early, AppError) and "none of your models" in early.message and "made for first" in early.hint
    model, tuned = brought(door, folder), brought(door, adapter)
    assert isinstance(model, InstalledModel) and isinstance(tuned, InstalledModel)
    assert model.name == "Tiny-Llama" and model.lineage["folder"] == str(folder) and not model.adapter
    assert tuned.name == "Tone" and tuned.path == model.path and Path(tuned.adapter).is_file()
    assert tuned.lineage == {"base": "Tiny-Llama", "file": "Tone"} and tuned.id != model.id
    again, torso = brought(door, folder), brought(door, tmp_path)
    assert isinstance(again, AppError) and "installed as “Tiny-Llama”" in again.message
    assert isinstance(torso, AppError) and "no config.json" in torso.message and torso.hint
    there = sorted(each.name for each in Path(model.path).parent.glob("*.gguf*"))
    assert there == ["Tiny-Llama.gguf", "Tone.gguf"], "nothing half written is left"
