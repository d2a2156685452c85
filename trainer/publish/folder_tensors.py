"""The weights of a Hugging Face folder by the names, and in the order of rows, that a GGUF has them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from transformers import AutoModelForCausalLM

from app.llama.model_folders import AGAIN
from trainer.errors import TrainerError
from trainer.publish.export import PERMUTED, name_map, permute_rows

Array = NDArray[np.float32]
SHIFTED = {"gemma", "gemma2"}
"""Architectures whose norms multiply by one more than their weight; a GGUF holds the sum."""


class FolderTensors:
    """Every tensor of a folder's safetensors, read one at a time."""

    def __init__(self, folder: Path, config: Any, architecture: str) -> None:
        """Look at the names and shapes.

        Raises:
            TrainerError: a file is damaged, or a tensor has no place in a GGUF of this architecture.
        """
        self._config, self._architecture = config, architecture
        self._files: dict[str, tuple[Path, str]] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        names = name_map(architecture, int(config.num_hidden_layers))
        for file in sorted(folder.glob("*.safetensors")):
            try:
                with safe_open(file, "pt") as content:
                    for key in content.keys():  # noqa: SIM118  (it is no mapping)
                        self._take(file, key, tuple(content.get_slice(key).get_shape()), names)
            except (SafetensorError, OSError) as error:
                raise TrainerError(f"“{file.name}” cannot be read.", AGAIN, str(error), "damaged") from error
        if (factors := self._rope_factors()) is not None:
            self.shapes["rope_freqs.weight"] = factors.shape

    def _take(self, file: Path, key: str, shape: tuple[int, ...], names: Any) -> None:
        if key == "lm_head.weight" and self._config.tie_word_embeddings:
            return  # the embedding, once more
        if key.endswith("rotary_emb.inv_freq"):
            return  # computed by who reads it
        name = names.get_name(key, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise TrainerError(
                "This model has parts that cannot be written as a GGUF here.",
                "Choose a GGUF file of the same model beside it, or name a llama.cpp folder in Settings.",
                key,
                "architecture",
            )
        self._files[name] = (file, key)
        self.shapes[name] = shape

    def require_all(self) -> None:
        """Raises TrainerError where a weight that a model of this shape has is not there, or of another size."""
        with torch.device("meta"):
            whole = AutoModelForCausalLM.from_config(self._config)
        names = name_map(self._architecture, int(self._config.num_hidden_layers))
        wanted = {
            names.get_name(key, try_suffixes=(".weight", ".bias")): part for key, part in whole.named_parameters()
        }
        wrong = [str(name) for name, part in wanted.items() if name and self.shapes.get(name) != tuple(part.shape)]
        if wrong:
            message = f"Weights are missing, or are not those that config.json speaks of ({len(wrong)})."
            raise TrainerError(message, AGAIN, ", ".join(wrong[:3]), "damaged")

    def read(self, name: str) -> Array:
        """One tensor, in float32, as the GGUF has it."""
        if name == "rope_freqs.weight":
            factors = self._rope_factors()
            assert factors is not None
            return factors
        file, key = self._files[name]
        with safe_open(file, "pt") as content:
            values: Array = content.get_tensor(key).float().numpy()
        if self._architecture in PERMUTED and ".q_proj." in key:
            return permute_rows(values, int(self._config.num_attention_heads))
        if self._architecture in PERMUTED and ".k_proj." in key:
            return permute_rows(values, int(self._config.num_key_value_heads))
        if self._architecture in SHIFTED and key.endswith("norm.weight"):
            values = values + np.float32(1)
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def _rope_factors(self) -> Array | None:
        """Llama 3's stretched positions as llama.cpp wants them: what each frequency is divided by.

        The formula is that of transformers' `_compute_llama3_parameters`.
        """
        rope = self._config.rope_parameters or {}
        if rope.get("rope_type", "default") == "default":
            return None
        if rope["rope_type"] != "llama3":
            raise TrainerError(
                "This model stretches its context in a way that cannot be written as a GGUF here.",
                "Choose a GGUF file of the same model beside it, or name a llama.cpp folder in Settings.",
                f"rope {rope['rope_type']}",
                "architecture",
            )
        width = head_width(self._config)
        waves = 2 * math.pi * float(rope["rope_theta"]) ** (np.arange(0, width, 2) / width)
        low, high, factor = (float(rope[name]) for name in ("low_freq_factor", "high_freq_factor", "factor"))
        before = float(rope["original_max_position_embeddings"])
        smooth = (before / waves - low) / (high - low)
        between = 1 / ((1 - smooth) / factor + smooth)
        found: Array = np.where(waves < before / high, 1.0, np.where(waves > before / low, factor, between)).astype(
            np.float32
        )
        return found


def head_width(config: Any) -> int:
    """Numbers a head works with."""
    own = getattr(config, "head_dim", None)
    return int(own or config.hidden_size // config.num_attention_heads)


def kind_of(shape: tuple[int, ...]) -> type[np.float16] | type[np.float32]:
    """Matrices are written in 16 bits; vectors, which are small and felt, in 32."""
    return np.float16 if len(shape) > 1 else np.float32


def file_type() -> int:
    """The number that a GGUF calls such a mixture by."""
    return int(gguf.LlamaFileType.MOSTLY_F16)
