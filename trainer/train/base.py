"""The model that is taught, in torch: read from a GGUF (once, then from a cache) or a Hugging Face folder.

Template, end token and special tokens come from the GGUF's own keys, because the readers in between drop them for some
files. A GGUF trains only after torch and llama.cpp have been seen to agree on it (`check`).
"""

from __future__ import annotations

import gc
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig
from transformers.utils.logging import disable_progress_bar
from transformers.utils.quantization_config import GgufConfig

from app.llama.gguf_reader import read_header
from app.llama.planner import SHARE
from app.llama.sequences import Sequences
from trainer.errors import TrainerError
from trainer.spec import BaseModel, BaseReport
from trainer.train.divergence import Logits, divergence

ANOTHER = "It cannot be trained here, and can still chat. Choose another model to start from."
PARITY_LIMIT = 0.01  # nats a token; 0.00015 for F16 and 0.0046 for Q4_1 were measured, a wrong RoPE gives more than 1
FULL_PRECISION_BELOW = 1_000_000_000  # parameters: the cache keeps float32 up to here, bfloat16 above
MOST_FULL = 8 << 30
"""Bytes of a folder from which on a check is content with 16 bits: it would take minutes."""
PARITY_TEXT = (
    "The river rose during the night, and by morning the lower fields lay under water. Nobody had expected it so early "
    "in the year: the dams were built for April. “We will lose the barley,” said the older farmer, counting on his "
    "fingers, “but the wheat stands higher.” In 1954 the same thing had happened; 3,200 hectares were flooded within "
    "36 hours. Engineers now measure the level every 15 minutes and publish it: 4.27 m at noon, 4.61 m at six. "
    "def area(width, height): return width * height. The committee meets on Tuesday to decide whether the old bridge "
    "can be repaired or must be replaced, and who will pay for it. Fünf Kilometer weiter südlich blieb alles trocken."
)
DIGIT_WAYS = ("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b")
"""Ways to cut text by which llama.cpp takes each digit by itself first. transformers forgets it as it reads a GGUF, and
then two spaces before a figure are other tokens."""
UNPACKED = 2
"""How a GGUF is unpacked: a folder of an earlier way is made anew."""

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32, "nf4": torch.bfloat16}


def identity(path: Path) -> str:
    """A file's (or folder's) identity for lineage and caches: its size with its first and last MiB."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted([*path.glob("*.safetensors"), path / "config.json"])
    for file in files:
        size = file.stat().st_size
        digest.update(str(size).encode())
        with file.open("rb") as content:
            digest.update(content.read(1 << 20))
            content.seek(max(0, size - (1 << 20)))
            digest.update(content.read(1 << 20))
    return digest.hexdigest()


def is_gguf(base: BaseModel) -> bool:
    """Whether the base is a GGUF file (else a Hugging Face folder)."""
    return Path(base.path).is_file()


def ensure_folder(base: BaseModel, cache: Path, progress: Callable[[str], None] = lambda _: None) -> Path:
    """A Hugging Face folder of the base: its own, or a cached one made from the GGUF (made again where it is missing).

    Raises:
        BadFile: the file is no sound GGUF.
        TrainerError: it cannot be read into torch.
    """
    path = Path(base.path)
    if not path.exists():
        raise TrainerError(f"The model “{path.name}” is missing.", "Import it again.", str(path), "missing")
    if path.is_dir():
        return path
    folder = _cached(path, cache)
    if (folder / "complete").exists():
        return folder
    progress("Unpacking the model")
    for old in cache.glob("base-*"):  # one is enough: it can always be made again
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(parents=True)
    _unpack(path, folder)
    (folder / "complete").touch()
    return folder


def folder_at_hand(base: BaseModel, cache: Path) -> Path | None:
    """The folder of a base where nothing has to be made for it."""
    path = Path(base.path)
    folder = path if path.is_dir() else _cached(path, cache)
    return folder if path.is_dir() or (folder / "complete").exists() else None


def _cached(path: Path, cache: Path) -> Path:
    return cache / f"base-{identity(path)[:16]}-{UNPACKED}"


def _unpack(path: Path, folder: Path) -> None:
    header = read_header(path)
    if header.files > 1:
        raise TrainerError(
            f"This model comes in {header.files} files, and training reads one.",
            "Choose the model's original Hugging Face folder as the base, or the same model in a single file.",
            path.name,
            "architecture",
        )
    if "rope_freqs.weight" in header.tensor_bytes:
        raise TrainerError(
            "This model stretches its context in a way that is lost when it is read for training.",
            ANOTHER,
            "tensor rope_freqs.weight",
            "parity",
        )
    disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
        config = AutoConfig.from_pretrained(str(path.parent), gguf_file=path.name)
        small = count_parameters(config) < FULL_PRECISION_BELOW
        model = AutoModelForCausalLM.from_pretrained(
            str(path.parent),
            gguf_file=path.name,
            dtype=torch.float32 if small else torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
        )
    except (ValueError, KeyError, NotImplementedError, RuntimeError, OSError) as error:
        raise TrainerError(
            f"“{path.name}” cannot be read for training.",
            ANOTHER,
            str(error),
            "architecture",
        ) from error
    if header.text("tokenizer.ggml.pre") in DIGIT_WAYS:
        cut = [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
        tokenizer.backend_tokenizer.pre_tokenizer = Sequence(cut)
    tokenizer.chat_template = header.template or None
    eos = header.number("tokenizer.ggml.eos_token_id", -1)
    if eos >= 0:
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(eos)
        model.config.eos_token_id = model.generation_config.eos_token_id = eos
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    del model
    gc.collect()


def read_config(path: Path) -> Any:
    """The model's shape, from a GGUF or a folder, without its weights.

    Raises:
        TrainerError: the file is not understood.
    """
    try:
        if path.is_dir():
            return AutoConfig.from_pretrained(str(path), local_files_only=True)
        return AutoConfig.from_pretrained(str(path.parent), gguf_file=path.name)
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise TrainerError(
            f"“{path.name}” cannot be read for training.", ANOTHER, str(error), "architecture"
        ) from error


def count_parameters(config: Any) -> int:
    """How many weights a model of this shape has; none is made."""
    with torch.device("meta"):
        return sum(part.numel() for part in AutoModelForCausalLM.from_config(config).parameters())


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a folder that `ensure_folder` gave."""
    return AutoTokenizer.from_pretrained(str(folder), local_files_only=True)


def load_model(folder: Path, dtype: torch.dtype, device: str = "cpu", four_bit: bool = False) -> Any:
    """The model of a folder in a precision, in evaluation mode; `four_bit` is NF4 with double quantization."""
    disable_progress_bar()
    quantized = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    options = {"quantization_config": quantized, "device_map": device} if four_bit else {}
    model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=dtype, local_files_only=True, **options)
    if not four_bit:
        return model.to(device).eval()
    for part in model.modules():
        # bitsandbytes repacks 4-bit weights at the first answer on some processors, and that form passes no gradient
        if hasattr(part, "support_avx512bf16_for_cpu"):
            part.support_avx512bf16_for_cpu = False
    for parameter in model.parameters():
        # what stays in 16 bits lies in the mapped file, which would stay in memory whole for its sake
        if parameter.device.type == "cpu" and parameter.is_floating_point():
            parameter.data = parameter.data.clone()
    return model.eval()


@torch.inference_mode()  # type: ignore[untyped-decorator]
def torch_logits(model: Any, tokens: list[int]) -> Logits:
    """Logits at each position: (tokens, vocabulary), float32."""
    ids = torch.tensor([tokens], device=next(model.parameters()).device)
    logits: Logits = model(input_ids=ids, use_cache=False).logits[0].float().cpu().numpy()
    return logits


def check(base: BaseModel, folder: Path, threads: int, text: str = PARITY_TEXT) -> BaseReport:
    """The parity gate: torch and llama.cpp must split the same text alike and agree on what follows each token.

    Raises:
        TrainerError: they do not; training on it would teach a different model from the one that is used.
    """
    tokenizer = load_tokenizer(folder)
    config = AutoConfig.from_pretrained(str(folder), local_files_only=True)
    file = Path(base.path) if is_gguf(base) else (Path(base.gguf) if base.gguf else None)
    header = read_header(file) if file else None
    divergent = None
    if file is not None:
        divergent = _measure(file, folder, tokenizer, threads, text)
        if not divergent < PARITY_LIMIT:
            raise TrainerError(
                "This model behaves differently when it is read for training.",
                ANOTHER,
                f"KL {divergent:.4f} nats a token, limit {PARITY_LIMIT}",
                "parity",
            )
    return BaseReport(
        path=base.path,
        name=base.name or (header.name if header else Path(base.path).name),
        architecture=header.architecture if header else str(config.model_type),
        parameters=count_parameters(config),
        layers=int(config.num_hidden_layers),
        vocabulary=int(config.vocab_size),
        context=int(config.max_position_embeddings),
        kl=divergent,
        template=tokenizer.chat_template or "",
        eos=tokenizer.eos_token or "",
        sha256=identity(Path(base.path)),
    )


def _measure(file: Path, folder: Path, tokenizer: Any, threads: int, text: str) -> float:
    with Sequences(file, sequences=1, cells=512, threads=threads, gpu=False) as llama:
        tokens = llama.tokenize(text)[:500]
        ours = tokenizer(text, add_special_tokens=False)["input_ids"][:500]
        if tokens != list(ours):
            raise TrainerError(
                "This model splits text differently when it is read for training.",
                ANOTHER,
                f"{len(tokens)} against {len(ours)} tokens",
                "tokenizer",
            )
        theirs = llama.logits(tokens)
    model = load_model(folder, checking_dtype(folder))
    mine = torch_logits(model, tokens)
    return divergence(mine, theirs) if np.isfinite(mine).all() else float("inf")


def checking_dtype(folder: Path) -> torch.dtype:
    """In which a check loads the model on the processor: float32, or bfloat16 where that would not fit the memory."""
    if folder_bytes(folder) > MOST_FULL:
        return torch.bfloat16
    whole = count_parameters(read_config(folder)) * 4
    return torch.float32 if whole < psutil.virtual_memory().available * SHARE else torch.bfloat16


def folder_bytes(folder: Path) -> int:
    """Bytes of a folder's weights."""
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))
