"""A Hugging Face folder becomes a GGUF that says what torch says with the folder, or none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import AutoPeftModelForCausalLM
from safetensors.torch import load_file, save_file
from tiny import write_tiny
from tiny_folder import LLAMA3, write_folder

from app.errors import BadFile
from app.finetune import plan
from app.finetune.wizard import Wizard
from app.llama.gguf_reader import read_header
from app.llama.model_folders import (
    FOLDER,
    check_folder,
    folder_title,
    is_adapter_folder,
    is_meant_as_model,
    is_model_folder,
)
from app.llama.sequences import Sequences
from app.types import InstalledModel
from trainer.errors import TrainerError
from trainer.publish import from_folder, peft_folder
from trainer.spec import BaseModel
from trainer.train import base, chat, lora
from trainer.train.divergence import divergence

META = {"format": "pt"}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a real byte-pair tokenizer and a chat template."""
    home = tmp_path_factory.mktemp("tokenizer")
    return base.ensure_folder(BaseModel(path=str(write_tiny(home / "tiny.gguf"))), home / "cache")


@pytest.fixture(scope="module")
def folder(tokenizer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("folders") / "Tiny-Llama", tokenizer)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("llama", {"rope_parameters": LLAMA3, "tie_word_embeddings": False}),
        ("mistral", {"sliding_window": None}),
        ("qwen2", {}),
        ("qwen3", {}),
        ("gemma", {"head_dim": 32}),
        ("gemma2", {"head_dim": 32, "query_pre_attn_scalar": 32}),
    ],
)
def test_each_known_kind_is_written_and_agrees(tokenizer: Path, tmp_path: Path, kind: str, changes: dict) -> None:
    made = write_folder(tmp_path / kind, tokenizer, kind, **changes)
    report = from_folder.write(made, tmp_path / "out.gguf")
    assert report.kl is not None and report.kl < 1e-3
    header = read_header(tmp_path / "out.gguf")
    assert header.template and header.number("tokenizer.ggml.eos_token_id", -1) == 2


def test_keys_of_a_gguf_of_the_same_model_are_taken(folder: Path, tmp_path: Path) -> None:
    from_folder.write(folder, tmp_path / "theirs.gguf")
    report = from_folder.write(folder, tmp_path / "out.gguf", beside=tmp_path / "theirs.gguf")
    assert report.kl is not None and report.kl < 1e-3


def test_a_gguf_of_another_model_is_refused(folder: Path, tmp_path: Path) -> None:
    other = write_tiny(tmp_path / "other.gguf")
    with pytest.raises(TrainerError, match="is another model"):
        from_folder.write(folder, tmp_path / "out.gguf", beside=other)
    assert not (tmp_path / "out.gguf").exists()


def test_a_kind_that_nobody_knows_says_what_else_there_is(tokenizer: Path, tmp_path: Path) -> None:
    made = write_folder(tmp_path / "neox", tokenizer, "gpt_neox")
    with pytest.raises(TrainerError, match="“gpt_neox” cannot be written") as error:
        from_folder.write(made, tmp_path / "out.gguf")
    assert "GGUF file of the same model" in error.value.hint and "llama.cpp" in error.value.hint


def _cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1000])


def _pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


def _quantized(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "gptq"}}))


def _half_there(folder: Path) -> None:
    places = {"a": "model-00001-of-00002.safetensors", "b": "model.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
            "pickle, which may run code",
        ),
        (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer.json"),
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": '), "config.json in “copy” is damaged"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), "damaged"),
        (_cut, "is not whole"),
        (_pointer, "was not fetched"),
        (_quantized, "quantized \\(gptq\\)"),
        (_half_there, "lacks model-00001-of-00002.safetensors"),
    ],
)
def test_what_is_no_whole_folder_is_refused_before_anything_is_loaded(
    folder: Path, tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    check_folder(copy)
    spoil(copy)
    with pytest.raises(BadFile, match=said) as error:
        from_folder.write(copy, tmp_path / "out.gguf")
    assert error.value.hint and is_meant_as_model(copy), "an import says what is wrong with it"


def test_weights_that_are_not_there_or_nan_are_told_apart(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    weights = load_file(copy / "model.safetensors")
    name = "model.layers.0.mlp.down_proj.weight"
    save_file({key: value for key, value in weights.items() if key != name}, copy / "model.safetensors", META)
    with pytest.raises(TrainerError, match="Weights are missing") as error:
        from_folder.write(copy, tmp_path / "out.gguf")
    assert error.value.detail == "blk.0.ffn_down.weight"
    weights[name][0] = float("nan")
    save_file(weights, copy / "model.safetensors", META)
    with pytest.raises(TrainerError, match="does not say what the folder says"):
        from_folder.write(copy, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()


def test_code_beside_a_model_is_not_run(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    own = {"model_type": "mystery", "auto_map": {"AutoConfig": "configuration_mystery.Config"}}
    (copy / "config.json").write_text(json.dumps(config | own))
    (copy / "configuration_mystery.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(TrainerError, match="code of its own, which is not run"):
        from_folder.write(copy, tmp_path / "out.gguf")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("template", ["", "{% for m in messages %}{{ m.content "])
def test_a_template_that_is_missing_or_broken_is_said_when_the_base_is_checked(
    folder: Path, tmp_path: Path, template: str
) -> None:
    tokenizer = base.load_tokenizer(folder)
    chat.check_template(tokenizer)
    tokenizer.chat_template = template or None
    with pytest.raises(TrainerError, match="template") as error:
        chat.check_template(tokenizer)
    assert "recipe that reads documents" in error.value.hint


def _llama_cpp(folder: Path, script: str) -> Path:
    folder.mkdir()
    (folder / from_folder.CONVERTER).write_text(
        f"import shutil, sys\nout = sys.argv[sys.argv.index('--outfile') + 1]\n{script}\n"
    )
    return folder


def test_the_converter_that_is_at_hand_writes_it(folder: Path, tmp_path: Path) -> None:
    from_folder.write(folder, tmp_path / "good.gguf")
    played = _llama_cpp(tmp_path / "llama.cpp", f"shutil.copy({str(tmp_path / 'good.gguf')!r}, out)")
    report = from_folder.write(folder, tmp_path / "out.gguf", llama_cpp=played)
    assert report.kl is not None and (tmp_path / "out.gguf").read_bytes() == (tmp_path / "good.gguf").read_bytes()


def test_a_converter_that_cannot_leaves_it_to_the_other_ways(folder: Path, tmp_path: Path) -> None:
    played = _llama_cpp(tmp_path / "llama.cpp", "sys.exit('unknown pre-tokenizer')")
    assert from_folder.write(folder, tmp_path / "out.gguf", llama_cpp=played).kl is not None


def test_a_converter_that_writes_another_model_is_caught(folder: Path, tokenizer: Path, tmp_path: Path) -> None:
    from_folder.write(write_folder(tmp_path / "other", tokenizer, seed=9), tmp_path / "other.gguf")
    played = _llama_cpp(tmp_path / "llama.cpp", f"shutil.copy({str(tmp_path / 'other.gguf')!r}, out)")
    with pytest.raises(TrainerError, match="does not say what the folder says"):
        from_folder.write(folder, tmp_path / "out.gguf", llama_cpp=played)
    assert not (tmp_path / "out.gguf").exists()


def _taught(model: Any) -> dict[str, lora.LoraLinear]:
    """Adapters that are not nothing."""
    layers = lora.add_lora(model, 4, 8.0, seed=2)
    with torch.no_grad():
        for layer in layers.values():
            layer.b.normal_(std=0.1, generator=torch.Generator().manual_seed(1))
    return layers


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated")
@pytest.mark.parametrize("parts", [("_proj",), ("q_proj", "v_proj")], ids=["all linear layers", "two, as PEFT does"])
def test_an_adapter_of_a_folder_loads_by_itself(folder: Path, tmp_path: Path, parts: tuple[str, ...]) -> None:
    tensors = lora.state(_taught(base.load_model(folder, torch.float32)))
    tensors = {name: tensor for name, tensor in tensors.items() if any(part in name for part in parts)}
    lora.save_adapter(tmp_path, tensors, 4, 8.0, str(folder))
    mine = base.load_model(folder, torch.float32)
    lora.load_state(_taught(mine), lora.read_adapter(tmp_path)[0])
    theirs = AutoPeftModelForCausalLM.from_pretrained(str(tmp_path)).eval()
    ids = list(range(3, 40))
    assert base.torch_logits(theirs, ids) == pytest.approx(base.torch_logits(mine, ids), abs=1e-4)


def test_tensors_of_another_model_are_not_taken_for_an_adapter(folder: Path) -> None:
    with pytest.raises(KeyError):
        lora.load_state(
            _taught(base.load_model(folder, torch.float32)), {f"{lora.PREFIX}head.lora_A.weight": torch.ones(1)}
        )


def _adapter(out: Path, of: Path) -> Path:
    out.mkdir()
    lora.save_adapter(out, lora.state(_taught(base.load_model(of, torch.float32))), 4, 8.0, str(of))
    return out


def test_an_adapter_folder_says_with_its_model_what_torch_says(folder: Path, tokenizer: Path, tmp_path: Path) -> None:
    made, other = tmp_path / "made.gguf", write_tiny(tmp_path / "other.gguf")
    from_folder.write(folder, made)
    adapter = _adapter(tmp_path / "Tone", folder)
    assert is_adapter_folder(adapter) and not is_adapter_folder(folder)
    assert peft_folder.write(adapter, tmp_path / "tone.gguf", [other, made]) == made
    mine = base.load_model(folder, torch.float32)
    ids = list(range(3, 40))
    without = base.torch_logits(mine, ids)
    lora.load_state(lora.add_lora(mine, 4, 8.0, seed=0), lora.read_adapter(adapter)[0])
    wanted = base.torch_logits(mine, ids)
    with Sequences(made, sequences=1, cells=64, threads=1, gpu=False, adapter=tmp_path / "tone.gguf") as llama:
        assert divergence(wanted, llama.logits(ids)) < 1e-3 < divergence(wanted, without)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"use_dora": True}, "kind that is not read"),
        ({"peft_type": "IA3"}, "kind that is not read"),
        ({}, "none of your"),
    ],
)
def test_an_adapter_folder_that_is_of_no_use_says_what_to_do(
    folder: Path, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    adapter = _adapter(tmp_path / "Tone", folder)
    config = json.loads((adapter / "adapter_config.json").read_text())
    (adapter / "adapter_config.json").write_text(json.dumps(config | changes))
    with pytest.raises(TrainerError, match=said) as error:
        peft_folder.write(adapter, tmp_path / "tone.gguf", [write_tiny(tmp_path / "other.gguf")])
    assert error.value.hint
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(TrainerError, match="no whole adapter"):
        peft_folder.write(adapter, tmp_path / "tone.gguf", [])


def test_a_training_reads_the_folder_while_it_is_there(folder: Path, tmp_path: Path) -> None:
    model = InstalledModel(id="m", name="Tiny", path="/m.gguf", file_bytes=1, lineage={FOLDER: str(folder)})
    spec = plan.build_spec(Wizard(id="r"), model, ())
    assert (spec.base.path, spec.base.gguf, spec.base.file) == (str(folder), "/m.gguf", "/m.gguf")
    gone = InstalledModel(id="m", name="Tiny", path="/m.gguf", file_bytes=1, lineage={FOLDER: str(tmp_path / "gone")})
    assert plan.build_spec(Wizard(id="r"), gone, ()).base == BaseModel(path="/m.gguf", name="Tiny")


def test_folders_are_known_and_named(folder: Path, tmp_path: Path) -> None:
    assert is_model_folder(folder) and not is_model_folder(tmp_path)
    assert folder_title(Path("/hub/models--owner--Some-Model/snapshots/0123abc")) == "Some-Model"
