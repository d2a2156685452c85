"""What the header of a GGUF file says of a model, and whether it can be true."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.errors import BadFile

Value = int | float | bool | str | list[int] | list[float] | list[bool]

FILE_TYPES: dict[int, str] = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4",
    39: "NVFP4",
    40: "Q1_0",
}


@dataclass(frozen=True)
class GgufHeader:
    """What the header says, checked against the file's size. Sizes are in bytes, of all files of a model in several."""

    path: Path
    """Of the first file."""
    file_bytes: int
    version: int
    metadata: dict[str, Value]
    lengths: dict[str, int]
    """How many items each array holds, also of those that were not kept."""
    tensors: int
    parameters: int
    tensor_bytes: dict[str, int] = field(repr=False)
    """What each tensor takes; of a model in several files, those of all."""
    tensor_shapes: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    """As ggml has them: the length of a row first."""

    def text(self, key: str) -> str:
        value = self.metadata.get(key, "")
        return value if isinstance(value, str) else ""

    def number(self, key: str, default: int = 0) -> int:
        """An integer key; of an array with a value a layer, its largest."""
        value = self.metadata.get(key, default)
        if isinstance(value, list):
            return max((_whole(item, default) for item in value), default=default)
        return _whole(value, default)

    def of_architecture(self, key: str, default: int = 0) -> int:
        return self.number(f"{self.architecture}.{key}", default)

    def by_layer(self, key: str, default: int = 0) -> list[int]:
        """A key of the architecture that has one value for all layers, or one for each."""
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if isinstance(value, list):
            return [_whole(item, default) for item in value[: self.layers]] + [default] * (self.layers - len(value))
        return [_whole(value, default)] * self.layers

    @property
    def files(self) -> int:
        """How many files the model comes in."""
        return max(self.number("split.count", 1), 1)

    @property
    def kind(self) -> str:
        """ "model", "adapter", "mmproj", …"""
        return self.text("general.type") or "model"

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    @property
    def is_projector(self) -> bool:
        """Whether it is the part by which a model sees, also one of before makers named the kind (2025)."""
        return self.kind == "mmproj" or self.architecture == "clip"

    @property
    def name(self) -> str:
        return self.text("general.name") or self.path.stem

    @property
    def quantization(self) -> str:
        if "general.file_type" not in self.metadata:
            return "unknown"
        return FILE_TYPES.get(self.number("general.file_type"), "unknown")

    @property
    def template(self) -> str:
        return self.text("tokenizer.chat_template")

    @property
    def context_trained(self) -> int:
        return self.of_architecture("context_length")

    @property
    def layers(self) -> int:
        return self.of_architecture("block_count")

    @property
    def embedding(self) -> int:
        return self.of_architecture("embedding_length")

    @property
    def vocabulary(self) -> int:
        return self.lengths.get("tokenizer.ggml.tokens", 0) or self.of_architecture("vocab_size")


def _whole(value: object, default: int) -> int:
    """A number as an integer; what is none, or not finite, is the default."""
    return int(value) if isinstance(value, int | float) and math.isfinite(value) else default


_RANGES: dict[str, tuple[int, int]] = {
    "block_count": (1, 10_000),
    "embedding_length": (1, 1 << 20),
    "context_length": (1, 1 << 30),
    "attention.head_count": (0, 1 << 16),
    "attention.head_count_kv": (0, 1 << 16),
}
"""Keys that llama.cpp divides by or allocates from."""


def check_sense(header: GgufHeader, damaged: Callable[[str], BadFile]) -> None:
    """What llama.cpp takes on trust: numbers in range, token lists of one length."""
    if not header.architecture:
        raise damaged("no general.architecture")
    if header.kind != "model":
        return
    for key, (low, high) in _RANGES.items():
        full = f"{header.architecture}.{key}"
        value = header.metadata.get(full)
        if value is not None and (isinstance(value, str) or not low <= header.number(full) <= high):
            raise damaged(f"{full} = {value}")
    if header.layers < 1 or header.tensors < 1:
        raise damaged("no layers")
    _check_vocabulary(header, damaged)


def _check_vocabulary(header: GgufHeader, damaged: Callable[[str], BadFile]) -> None:
    tokens = header.lengths.get("tokenizer.ggml.tokens")
    if tokens is None:
        return
    for key in ("tokenizer.ggml.token_type", "tokenizer.ggml.scores"):
        if header.lengths.get(key, tokens) != tokens:
            raise damaged(f"{key} has {header.lengths[key]} items for {tokens} tokens")
    for key, value in header.metadata.items():
        is_id = key.startswith("tokenizer.ggml.") and key.endswith("_token_id")
        if is_id and (not isinstance(value, int) or (not -1 <= value < tokens and value != 0xFFFFFFFF)):
            raise damaged(f"{key} = {value}")
