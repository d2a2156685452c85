"""A tiny CLIP encoder with LLaVA's projector as a real GGUF, for tests of pictures: random weights beside tiny_gguf's.

What it makes of a picture means nothing, but it depends on each of its patches, so two pictures give two answers.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray
from tiny_gguf import HIDDEN

SIDE, PATCH, WIDTH, BLOCKS, HEADS, FEED = 28, 14, 32, 2, 2, 64
TOKENS = (SIDE // PATCH) ** 2
"""Of one picture, as the language model reads it."""


def write_tiny_projector(path: Path, *, projects_to: int = HIDDEN, seed: int = 5) -> Path:
    """Write the projector of a model whose embeddings have `projects_to` dimensions."""
    chance = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_name("Tiny eyes")
    writer.add_clip_has_vision_encoder(True)
    writer.add_clip_projector_type("mlp")
    writer.add_vision_image_size(SIDE)
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

    def tensor(name: str, *shape: int) -> None:
        values: NDArray[np.float32] = (chance.standard_normal(shape) * 0.3).astype(np.float32)
        writer.add_tensor(name, values)

    def layer(name: str, rows: int, columns: int) -> None:
        tensor(f"{name}.weight", rows, columns)
        writer.add_tensor(f"{name}.bias", np.zeros(rows, np.float32))

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(WIDTH, np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(WIDTH, np.float32))

    tensor("v.class_embd", WIDTH)
    tensor("v.patch_embd.weight", WIDTH, 3, PATCH, PATCH)
    tensor("v.position_embd.weight", TOKENS + 1, WIDTH)
    norm("v.pre_ln")
    for number in range(BLOCKS):
        block = f"v.blk.{number}."
        for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
            layer(block + part, WIDTH, WIDTH)
        layer(f"{block}ffn_up", FEED, WIDTH)
        layer(f"{block}ffn_down", WIDTH, FEED)
        norm(f"{block}ln1")
        norm(f"{block}ln2")
    layer("mm.0", projects_to, WIDTH)
    layer("mm.2", projects_to, projects_to)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
