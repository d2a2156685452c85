"""Tiny vision encoders with their projectors as real GGUFs, for tests of pictures: random weights beside tiny_gguf's.

What it makes of a picture means nothing, but it depends on each of its patches, so two pictures give two answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import gguf
import numpy as np
from numpy.typing import NDArray
from tiny_gguf import HIDDEN

SIDE, PATCH, WIDTH, BLOCKS, HEADS, FEED = 28, 14, 32, 2, 2, 64
TOKENS = (SIDE // PATCH) ** 2
"""Of one picture, as the language model reads it."""


Kind = Literal["mlp", "qwen2vl_merger", "gemma3"]
"""LLaVA's; one whose positions have four numbers (M-RoPE); one whose parts all look at each other."""
SIDES: dict[Kind, int] = {"mlp": SIDE, "qwen2vl_merger": 56, "gemma3": 112}


def write_tiny_projector(path: Path, *, projects_to: int = HIDDEN, seed: int = 5, kind: Kind = "mlp") -> Path:
    """Write the projector of a model whose embeddings have `projects_to` dimensions."""
    writer = gguf.GGUFWriter(path, "clip")
    made = _Made(writer, seed)
    _describe(writer, kind, projects_to)
    made.tensor("v.patch_embd.weight", WIDTH, 3, PATCH, PATCH)
    for number in range(BLOCKS):
        made.block(f"v.blk.{number}.")
    if kind == "mlp":
        made.tensor("v.class_embd", WIDTH)
        made.tensor("v.position_embd.weight", TOKENS + 1, WIDTH)
        made.norm("v.pre_ln")
        made.layer("mm.0", projects_to, WIDTH)
        made.layer("mm.2", projects_to, projects_to)
    elif kind == "qwen2vl_merger":
        made.tensor("v.patch_embd.weight.1", WIDTH, 3, PATCH, PATCH)
        made.norm("v.post_ln")
        made.layer("mm.0", 4 * WIDTH, 4 * WIDTH)
        made.layer("mm.2", projects_to, 4 * WIDTH)
    else:
        made.zeros("v.patch_embd.bias", WIDTH)
        made.tensor("v.position_embd.weight", (SIDES[kind] // PATCH) ** 2, WIDTH)
        made.norm("v.post_ln")
        made.tensor("mm.input_projection.weight", WIDTH, projects_to)
        made.tensor("mm.soft_emb_norm.weight", WIDTH)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: gguf.GGUFWriter, kind: Kind, projects_to: int) -> None:
    writer.add_type("mmproj")
    writer.add_name("Tiny eyes")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type(kind)
    writer.add_vision_image_size(SIDES[kind])
    writer.add_vision_patch_size(PATCH)
    writer.add_vision_embedding_length(WIDTH)
    writer.add_vision_feed_forward_length(FEED)
    writer.add_vision_projection_dim(projects_to)
    writer.add_vision_block_count(BLOCKS)
    writer.add_vision_head_count(HEADS)
    writer.add_vision_attention_layernorm_eps(1e-5)
    writer.add_vision_image_mean([0.5, 0.5, 0.5])
    writer.add_vision_image_std([0.5, 0.5, 0.5])
    writer.add_vision_use_gelu(True)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


class _Made:
    """A file in the making."""

    def __init__(self, writer: gguf.GGUFWriter, seed: int) -> None:
        self._writer, self._chance = writer, np.random.default_rng(seed)

    def tensor(self, name: str, *shape: int) -> None:
        values: NDArray[np.float32] = (self._chance.standard_normal(shape) * 0.3).astype(np.float32)
        self._writer.add_tensor(name, values)

    def zeros(self, name: str, size: int) -> None:
        self._writer.add_tensor(name, np.zeros(size, np.float32))

    def layer(self, name: str, rows: int, columns: int) -> None:
        self.tensor(f"{name}.weight", rows, columns)
        self.zeros(f"{name}.bias", rows)

    def norm(self, name: str) -> None:
        self._writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
        self.zeros(f"{name}.bias", WIDTH)

    def block(self, block: str) -> None:
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            self.layer(block + part, WIDTH, WIDTH)
        self.layer(f"{block}ffn_up", FEED, WIDTH)
        self.layer(f"{block}ffn_down", WIDTH, FEED)
        self.norm(f"{block}ln1")
        self.norm(f"{block}ln2")
