"""An adapter that was trained elsewhere takes the place of the training: exported, checked and compared like ours."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM

from app.errors import AppError, BadFile
from app.llama.model_folders import ADAPTER_FILES, check_adapter
from trainer.context import Context, Summary
from trainer.errors import TrainerError, as_trainer_error
from trainer.spec import BROUGHT, BaseModel, TrainResult, Written, read_spec, write_json
from trainer.train import base, lora

HALVES = (".lora_A.weight", ".lora_B.weight")
PLAIN = {"use_dora": False, "use_rslora": False, "rank_pattern": {}, "alpha_pattern": {}, "modules_to_save": None}
"""Settings of PEFT that change what the tensors mean, with the only value that is read here."""


def command(run: Path, folder: Path) -> int:
    """`trainer bring RUN FOLDER`: check the adapter and lay it into the run, whose training it replaces when that goes
    on, and print its files; else say on stderr why not. The exit status."""
    try:
        spec = read_spec(run / "run.json")
        _check(spec.base, folder)
        fresh = run / f"{BROUGHT}.part"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for name in ADAPTER_FILES:
            shutil.copyfile(folder / name, fresh / name)
        shutil.rmtree(run / BROUGHT, ignore_errors=True)
        fresh.replace(run / BROUGHT)
    except (AppError, OSError) as error:
        sys.stderr.write(f"{as_trainer_error(error)}\n")
        return 1
    written = Written(tuple(str(run / BROUGHT / name) for name in ADAPTER_FILES))
    sys.stdout.write(msgspec.json.encode(written).decode() + "\n")
    return 0


def is_there(context: Context) -> bool:
    """Whether one was brought to this run."""
    return (context.run / BROUGHT / ADAPTER_FILES[1]).exists()


def take(context: Context) -> Summary:
    """The train stage of such a run."""
    tensors, rank, alpha = _check(context.spec.base, context.run / BROUGHT)
    folder = context.stage("train")
    (folder / "adapter").mkdir(exist_ok=True)
    lora.save_adapter(folder / "adapter", tensors, rank, alpha, context.spec.base.path)
    hyper = msgspec.structs.replace(context.spec.hyper, rank=rank, alpha=alpha)
    result = TrainResult(
        adapter="train/adapter",
        steps=0,
        planned_steps=0,
        best_step=0,
        stopped="finished",
        train_loss=0.0,
        heldout_loss=None,
        heldout_before=None,
        curve=(),
        examples={},
        tokens=0,
        tokens_per_s=0.0,
        seconds=0.0,
        peak_memory_bytes=0,
        precision="",
        hyper=hyper,
        device="another computer",
    )
    write_json(folder / "result.json", result)
    return {"brought": True, "rank": rank}


def _check(model: BaseModel, folder: Path) -> tuple[dict[str, torch.Tensor], int, float]:
    """The adapter of a folder.

    Raises:
        TrainerError: it is none, is of a kind that is not read here, or fits another model.
    """
    tensors, rank, alpha = read_plain(folder)
    wrong = _misfits(model, tensors, rank)
    if wrong:
        hint = "Bring the adapter that was trained from the very model of this run."
        raise TrainerError("The adapter belongs to another model.", hint, ", ".join(wrong[:3]), "adapter")
    return tensors, rank, alpha


def read_plain(folder: Path) -> tuple[dict[str, torch.Tensor], int, float]:
    """The tensors, rank and alpha of a folder with a plain LoRA adapter on linear layers.

    Raises:
        TrainerError: it is none, or of a kind that is not read here.
    """
    try:
        config = check_adapter(folder)
        tensors, rank, alpha = lora.read_adapter(folder)
    except BadFile as error:
        raise as_trainer_error(error) from error
    except (msgspec.DecodeError, SafetensorError, KeyError, TypeError, ValueError) as error:
        hint = "Copy the folder anew, whole."
        raise TrainerError(f"The adapter in “{folder.name}” cannot be read.", hint, str(error), "adapter") from error
    odd = [name for name, plain in PLAIN.items() if config.get(name, plain) not in (plain, None, False)]
    halves = {half: {n.removesuffix(half) for n in tensors if n.endswith(half)} for half in HALVES}
    odd += [name for name in tensors if not name.startswith(lora.PREFIX) or not name.endswith(HALVES)][:3]
    if odd or config.get("peft_type") != "LORA" or halves[HALVES[0]] != halves[HALVES[1]]:
        hint = "Train a plain LoRA adapter on linear layers."
        raise TrainerError("The adapter is of a kind that is not read here.", hint, ", ".join(odd), "adapter")
    return tensors, rank, alpha


def named_base(folder: Path) -> str:
    """What an adapter says that it was made for: a folder, or a repository's name."""
    return str(check_adapter(folder).get("base_model_name_or_path") or "")


def _misfits(model: BaseModel, tensors: dict[str, torch.Tensor], rank: int) -> list[str]:
    """Names of tensors that the base has no linear layer of that size for."""
    with torch.device("meta"):
        empty = AutoModelForCausalLM.from_config(base.read_config(Path(model.path)))
    wanted: dict[str, tuple[int, ...]] = {}
    for name in lora.linear_names(empty):
        outside, inside = empty.get_submodule(name).weight.shape
        wanted[f"{lora.PREFIX}{name}.lora_A.weight"] = (rank, inside)
        wanted[f"{lora.PREFIX}{name}.lora_B.weight"] = (outside, rank)
    return sorted(name for name, tensor in tensors.items() if wanted.get(name) != tuple(tensor.shape)) or (
        [] if tensors else ["it is empty"]
    )
