"""A Hugging Face folder as a GGUF that chats and that exports are grafted on: `python -m trainer gguf FOLDER OUT`.

Three ways, in this order: llama.cpp's own converter where a checkout of it is named and it can, the keys of a GGUF of
the same model around the folder's weights, or keys of our own for the architectures that are known here. Whatever the
way, the file counts only where llama.cpp says with it what torch says with the folder.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import msgspec
import numpy as np
from transformers import AutoConfig

from app.errors import AppError
from app.llama.gguf_reader import read_header
from app.llama.model_folders import check_folder
from trainer.errors import TrainerError, as_trainer_error
from trainer.publish import vocabulary
from trainer.publish.export import Whole, copy_keys, dequantized, written
from trainer.publish.folder_tensors import FolderTensors, file_type, head_width, kind_of
from trainer.spec import BaseModel, BaseReport
from trainer.train import base

ARCHITECTURES = {
    "llama": "llama",
    "mistral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "gemma": "gemma",
    "gemma2": "gemma2",
}
"""transformers' kinds of models that can be written here, and what a GGUF calls them."""
CONVERTER = "convert_hf_to_gguf.py"
OTHERWISE = "Choose a GGUF file of the same model beside it, or name a llama.cpp folder in Settings."


def command(folder: Path, out: Path, beside: Path | None, llama_cpp: Path | None) -> int:
    """`trainer gguf`: one JSON object on stdout, the report or what is wrong; the exit status."""
    try:
        report = write(folder, out, beside, llama_cpp)
    except (AppError, OSError) as error:
        known = as_trainer_error(error)
        said = {"problem": known.message, "hint": known.hint, "detail": known.detail}
        sys.stdout.write(msgspec.json.encode(said).decode() + "\n")
        return 1
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")
    return 0


def write(folder: Path, out: Path, beside: Path | None = None, llama_cpp: Path | None = None) -> BaseReport:
    """Write the file and hold it against the folder; a file that does not agree is removed.

    Args:
        folder: config.json, safetensors and tokenizer.json.
        out: the GGUF to write, in 16 bits.
        beside: a GGUF of the same model in any form, whose keys are taken.
        llama_cpp: a checkout of llama.cpp with its converter.

    Raises:
        BadFile: the folder is no whole model.
        TrainerError: it is of a kind that cannot be written, or the file does not say the same.
    """
    check_folder(folder)
    refused: TrainerError | None = None
    if llama_cpp is not None:
        try:
            _convert(folder, out, llama_cpp)
        except TrainerError as error:
            refused = error
    if llama_cpp is None or refused:
        try:
            _graft(folder, out, beside) if beside is not None else _compose(folder, out)
        except TrainerError as error:
            raise refused or error from error
    try:
        return base.check(BaseModel(path=str(folder), gguf=str(out)), folder, os.cpu_count() or 1)
    except BaseException as error:
        out.unlink(missing_ok=True)
        if isinstance(error, TrainerError) and error.code in ("parity", "tokenizer"):
            message = f"The GGUF made of “{folder.name}” does not say what the folder says, so it was not kept."
            raise TrainerError(message, OTHERWISE, f"{error.message} {error.detail}", error.code) from error
        raise


# --- the three ways ---------------------------------------------------------------------------------------------------


def _convert(folder: Path, out: Path, llama_cpp: Path) -> None:
    script = llama_cpp / CONVERTER
    if not script.is_file():
        hint = f"Name the folder that holds {CONVERTER}, or leave it empty."
        raise TrainerError(f"“{llama_cpp}” is no llama.cpp folder.", hint, str(script), "missing")
    part = out.with_name(out.name + ".part")
    run = subprocess.run(
        [sys.executable, str(script), str(folder), "--outfile", str(part), "--outtype", "f16"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if run.returncode or not part.is_file():
        part.unlink(missing_ok=True)
        raise TrainerError(
            "llama.cpp's converter could not write this model.",
            "Update the llama.cpp folder, or take it out of Settings and choose a GGUF of the same model.",
            run.stderr[-2000:],
            "architecture",
        )
    part.replace(out)


def _graft(folder: Path, out: Path, beside: Path) -> None:
    """The keys of a GGUF, with the folder's weights in place of its own; tensors that the folder lacks are kept."""
    reader = gguf.GGUFReader(beside)
    architecture = read_header(beside).architecture
    tensors = FolderTensors(folder, _config(folder), architecture)
    theirs = {tensor.name: tensor for tensor in reader.tensors}
    shapes = {name: tuple(int(n) for n in reversed(tensor.shape)) for name, tensor in theirs.items()}
    wrong = [n for n, shape in tensors.shapes.items() if n in shapes and shapes[n] != shape]
    if wrong or not shapes.keys() & tensors.shapes.keys():
        raise TrainerError(
            f"“{beside.name}” is another model than “{folder.name}”.",
            "Choose a GGUF file that was made of this very folder.",
            ", ".join(wrong[:3]),
            "architecture",
        )

    def read(name: str) -> Any:
        return tensors.read(name) if name in tensors.shapes else dequantized(theirs[name])

    write_tensors(out, architecture, lambda writer: copy_keys(reader, writer), {**tensors.shapes, **shapes}, read)


def _compose(folder: Path, out: Path) -> None:
    """Keys of our own."""
    config = _config(folder)
    architecture = ARCHITECTURES.get(str(config.model_type))
    window = getattr(config, "sliding_window", None)
    if architecture is None or (window and architecture == "llama") or getattr(config, "use_sliding_window", False):
        message = f"Models of the kind “{config.model_type}” cannot be written as a GGUF here."
        raise TrainerError(message, OTHERWISE, str(config.model_type), "architecture")
    tokenizer = base.load_tokenizer(folder)
    tensors = FolderTensors(folder, config, architecture)
    tensors.require_all()
    tokens = vocabulary.of_tokenizer(tokenizer, tensors.shapes["token_embd.weight"][0])

    def keys(writer: gguf.GGUFWriter) -> None:
        _shape_keys(writer, folder.name, config)
        tokens.write(writer, tokenizer)

    write_tensors(out, architecture, keys, tensors.shapes, tensors.read)


def _shape_keys(writer: gguf.GGUFWriter, name: str, config: Any) -> None:
    writer.add_name(name)
    writer.add_file_type(file_type())
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_key_length(head_width(config))
    writer.add_value_length(head_width(config))
    writer.add_rope_dimension_count(head_width(config))
    writer.add_rope_freq_base(float((config.rope_parameters or {}).get("rope_theta", 10000.0)))
    writer.add_vocab_size(config.vocab_size)
    if config.model_type == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
        writer.add_sliding_window(config.sliding_window)


def _config(folder: Path) -> Any:
    """Code beside a model is never run; a kind of model that transformers does not know by itself needs it."""
    try:
        return AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    except (ValueError, KeyError, OSError) as error:
        if "auto_map" in json.loads((folder / "config.json").read_bytes()):
            hint = "For the chat alone, import a GGUF of it."
            message = f"“{folder.name}” brings code of its own, which is not run here."
            raise TrainerError(message, hint, str(error), "architecture") from error
        raise TrainerError(f"“{folder.name}” cannot be read.", OTHERWISE, str(error), "architecture") from error


def write_tensors(
    out: Path,
    architecture: str,
    keys: Callable[[gguf.GGUFWriter], None],
    shapes: dict[str, tuple[int, ...]],
    read: Callable[[str], Any],
) -> None:
    """Keys, then one tensor after the other: the model is never in memory whole."""
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, architecture)
    keys(writer)
    for name, shape in shapes.items():
        kind = np.dtype(kind_of(shape))
        writer.add_tensor_info(name, shape, kind, int(np.prod(shape)) * kind.itemsize)
    with written(writer, part, out):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for name, shape in shapes.items():
            writer.write_tensor_data(np.ascontiguousarray(read(name).astype(kind_of(shape))).view(Whole))
