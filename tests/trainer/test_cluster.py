"""A training elsewhere: what is exported is run by TRL itself, and its adapter comes back into the run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
import yaml
from test_several import SPEC, made

from trainer import __main__ as program
from trainer.context import Context
from trainer.errors import TrainerError
from trainer.publish import cluster
from trainer.spec import Example, Preference, RunSpec, TrainResult, Turn, read_json, write_lines
from trainer.train import base, brought, lora

ROOT = Path(__file__).resolve().parents[2]


def context(folder: Path, **changes: object) -> Context:
    run = made(folder / "run", msgspec.structs.replace(SPEC, **changes))
    return Context(read_json(run / "run.json", RunSpec), run, lambda _: None)


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.timeout(1800)
def test_trl_trains_what_was_exported_and_the_adapter_comes_back(tmp_path: Path) -> None:
    here, out = context(tmp_path), tmp_path / "out"
    assert program.main(["export-config", str(here.run), "trl", str(out)]) == 0
    train, held = rows(out / "train.jsonl"), rows(out / "validation.jsonl")
    assert len(train) + len(held) >= 23 and not {json.dumps(row) for row in train} & {json.dumps(row) for row in held}
    assert {"prompt", "completion"} == train[0].keys() and train[0]["completion"][0]["role"] == "assistant"  # type: ignore[index]
    folder = base.ensure_folder(here.spec.base, here.cache)
    environment = {**os.environ, "BASE": str(folder), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    ended = subprocess.run(
        [sys.executable, "train.py"], cwd=out, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    readme = (out / "README.md").read_text(encoding="utf-8")
    assert "inhouse train one --bring-adapter FOLDER" in readme and "accelerate launch train.py" in readme
    assert program.main(["bring", str(here.run), str(out / "adapter")]) == 0
    assert brought.is_there(here)
    assert brought.take(here) == {"brought": True, "rank": 4}
    tensors, rank, alpha = lora.read_adapter(here.run / "train" / "adapter")
    assert (rank, alpha) == (4, 8.0) and any(tensor.abs().max() > 0 for name, tensor in tensors.items() if "_B" in name)
    assert read_json(here.run / "train" / "result.json", TrainResult).device == "another computer"


def test_axolotls_yaml_says_what_the_run_says(tmp_path: Path) -> None:
    here, out = context(tmp_path), tmp_path / "out"
    cluster.export(here, "axolotl", out)
    told = yaml.safe_load((out / "axolotl.yml").read_text(encoding="utf-8"))
    assert (told["lora_r"], told["lora_alpha"], told["learning_rate"], told["num_epochs"]) == (4, 8.0, 2e-3, 2)
    assert told["datasets"][0]["roles_to_train"] == ["assistant"] and told["adapter"] == "qlora"
    assert [turn["role"] for turn in rows(out / "train.jsonl")[0]["messages"]] == ["user", "assistant"]  # type: ignore[attr-defined]


def test_preferences_keep_their_two_answers(tmp_path: Path) -> None:
    here = context(tmp_path, recipe="prefer")
    asked = (Turn("user", "Who pays?"),)
    pairs = [
        Preference(id=f"p{n}", messages=asked, chosen=f"We do {n}.", rejected="No.", approved=True) for n in range(6)
    ]
    write_lines(here.run / "pairs.jsonl", pairs)
    data = msgspec.structs.replace(here.spec.data, examples="", preferences=str(here.run / "pairs.jsonl"))
    spec = msgspec.structs.replace(here.spec, data=data)
    cluster.export(Context(spec, here.run, here.emit), "trl", tmp_path / "out")
    first = rows(tmp_path / "out" / "train.jsonl")[0]
    assert first["chosen"] == [{"role": "assistant", "content": "We do 0."}] and first.keys() >= {"prompt", "rejected"}
    script = (tmp_path / "out" / "train.py").read_text(encoding="utf-8")
    assert "DPOTrainer(" in script and "beta=0.1," in script
    compile(script, "train.py", "exec")


def test_what_cannot_be_exported_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, out = context(tmp_path), tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert program.main(["export-config", str(here.run), "trl", str(out)]) == 1
    assert capsys.readouterr().err == "“out” is not empty. Name a folder that is empty, or not there yet.\n"
    write_lines(here.run / "examples.jsonl", [Example(id="a", messages=(Turn("user", "?"),), origin="model")])
    with pytest.raises(TrainerError, match="No example is approved"):
        cluster.export(here, "trl", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_an_adapter_of_another_model_or_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, folder = context(tmp_path), tmp_path / "adapter"
    folder.mkdir()

    def said() -> str:
        assert program.main(["bring", str(here.run), str(folder)]) == 1
        assert not brought.is_there(here)
        return capsys.readouterr().err

    assert said().startswith("There is no whole adapter in “adapter”.")
    name = f"{lora.PREFIX}model.layers.0.self_attn.q_proj"
    fitting = {f"{name}.lora_A.weight": torch.ones(4, 256), f"{name}.lora_B.weight": torch.ones(256, 4)}
    lora.save_adapter(folder, {**fitting, f"{name}.lora_A.weight": torch.ones(4, 128)}, 4, 8.0, "x")
    assert said().startswith("The adapter belongs to another model. Bring the adapter that was trained from")
    lora.save_adapter(folder, fitting, 4, 8.0, "x")
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps({**config, "use_dora": True}))
    assert said().startswith("The adapter is of a kind that is not read here.")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    whole = (folder / "adapter_model.safetensors").read_bytes()
    (folder / "adapter_model.safetensors").write_bytes(whole[: len(whole) // 2])
    assert said().startswith("“adapter_model.safetensors” is not whole.")
    (folder / "adapter_model.safetensors").write_bytes(whole)
    assert program.main(["bring", str(here.run), str(folder)]) == 0
