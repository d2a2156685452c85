"""Models that lie once on a computer for all of its users."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tiny_gguf import write_tiny

from app.errors import AppError
from app.models.computer_models import NAMED, computer_models
from app.models.registry import Registry
from app.paths import Home


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "for all"
    made.mkdir()
    monkeypatch.setenv(NAMED, str(made))
    return made


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(Home(tmp_path / "home"))


def test_they_are_listed_used_and_stay(folder: Path, registry: Registry) -> None:
    write_tiny(folder / "House.gguf")
    (model,) = computer_models()
    assert (model.name, model.path, model.origin) == ("House", str(folder / "House.gguf"), "computer")
    assert registry.use("House").id == model.id and registry.active() is not None
    registry.set_speed(model.id, 12.5)
    assert registry.find("House").tokens_per_s == 12.5
    for change in (lambda: registry.remove("House"), lambda: registry.rename("House", "Mine"),
                   lambda: registry.set_projector(model.id, folder / "x")):  # fmt: skip
        with pytest.raises(AppError, match="all users"):
            change()
    assert sorted(path.name for path in folder.iterdir()) == ["House.gguf"], "nothing is written there"


def test_one_that_goes_leaves_the_starter_in_use(folder: Path, registry: Registry) -> None:
    write_tiny(folder / "House.gguf")
    registry.use("House")
    (folder / "House.gguf").unlink()
    active = registry.active()
    assert active is not None and active.id == "starter"


def test_broken_files_and_a_missing_folder_hurt_nothing(
    folder: Path, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected_warnings: list[str]
) -> None:
    expected_warnings.append("cannot be used")
    write_tiny(folder / "House.gguf")
    (folder / "Broken.gguf").write_bytes(b"GGUF and nothing else")
    (folder / "notes.txt").write_text("x")
    (folder / "Gone.gguf").symlink_to(tmp_path / "nowhere")
    assert [each.name for each in computer_models()] == ["House"]
    monkeypatch.setenv(NAMED, str(tmp_path / "no folder"))
    assert computer_models() == [] and registry.models()


def test_a_file_that_changed_is_read_again(folder: Path) -> None:
    write_tiny(folder / "House.gguf")
    before = computer_models()[0].file_bytes
    with (folder / "House.gguf").open("ab") as file:
        file.write(bytes(64))
    os.utime(folder / "House.gguf", (1, 1))
    assert computer_models()[0].file_bytes == before + 64


def test_one_s_own_model_of_the_same_name_keeps_it(folder: Path, registry: Registry) -> None:
    write_tiny(folder / "SmolLM2 135M.gguf")
    names = [model.name for model in registry.models()]
    assert names[0] == "SmolLM2 135M" and len(set(names)) == 2
