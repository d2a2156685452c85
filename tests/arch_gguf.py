"""Random-weight GGUF files of several architectures, as llama.cpp loads them: for sums of memory and for odd models.

A file may be hollow: all of its header and its full length, but no weights on the disk. So a model of 70 billion
weights costs a test a few megabytes, and llama.cpp can still say what it would take (`no_alloc`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import gguf
import numpy as np
from tiny_gguf import CHATML, SPECIAL, byte_letters


@dataclass(frozen=True)
class Sizes:
    """What a model is made of; the defaults are those of a tiny one."""

    layers: int = 4
    hidden: int = 256
    heads: int = 4
    kv_heads: int = 2
    head: int = 64
    wide: int = 512
    """Of the feed-forward part, or of one expert."""
    vocabulary: int = 2048
    context: int = 16384
    window: int = 512
    experts: int = 0
    used: int = 0
    latent: int = 128
    """MLA: what of keys and values is kept, beside the rotary part."""
    state: int = 64
    groups: int = 1
    tied: bool = False


def write_model(path: Path, architecture: str, sizes: Sizes | None = None, *, hollow: bool = False) -> Path:
    """Write a model of one of `ARCHITECTURES`; matrices as float16, as conversions do it."""
    writer = gguf.GGUFWriter(path, architecture)
    made = _Made(writer, sizes or Sizes(), hollow)
    _describe(made)
    ARCHITECTURES[architecture](made)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    if not hollow:
        writer.write_tensors_to_file()
        writer.close()
        return path
    writer.write_ti_data_to_file()
    writer.close()
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        file.truncate(-(-end // 32) * 32 + made.bytes)
    return path


class _Made:
    """A file in the making: its writer, its sizes, and the bytes of its tensors so far."""

    def __init__(self, writer: gguf.GGUFWriter, sizes: Sizes, hollow: bool) -> None:
        self.writer, self.sizes, self.hollow = writer, sizes, hollow
        self.bytes = 0
        self.bare = {"ssm_a", "ssm_d"} | ({"ffn_norm"} if writer.arch == "falcon-h1" else set())
        """Tensors whose names end there, without `.weight`."""
        self._chance = np.random.default_rng(3)

    def tensor(self, name: str, *shape: int) -> None:
        """Rows first, as numpy has it; vectors and what belongs to states as float32."""
        wide = len(shape) > 1 and min(shape) > 8
        kind = np.dtype(np.float16 if wide else np.float32)
        size = int(np.prod(shape)) * kind.itemsize
        self.bytes += -(-size // 32) * 32
        if self.hollow:
            self.writer.add_tensor_info(name, shape, kind, size)
            return
        vector = len(shape) == 1
        values = np.ones(shape, kind) if vector else (self._chance.standard_normal(shape) * 0.05).astype(kind)
        self.writer.add_tensor(name, values)

    def layer(self, index: int, tensors: dict[str, tuple[int, ...]]) -> None:
        for name, shape in tensors.items():
            end = name if "." in name or name in self.bare else f"{name}.weight"
            self.tensor(f"blk.{index}.{end}", *shape)


def _describe(made: _Made) -> None:
    writer, sizes = made.writer, made.sizes
    writer.add_name(f"Tiny {writer.arch}")
    writer.add_block_count(sizes.layers)
    writer.add_context_length(sizes.context)
    writer.add_embedding_length(sizes.hidden)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_layer_norm_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    first = [*SPECIAL, *byte_letters()]
    tokens = first + [f"ab{number}" for number in range(sizes.vocabulary - len(first))]
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHATML)
    made.tensor("token_embd.weight", sizes.vocabulary, sizes.hidden)
    made.tensor("token_embd_norm.weight" if writer.arch == "lfm2" else "output_norm.weight", sizes.hidden)
    if not sizes.tied and writer.arch not in ("gemma3", "lfm2"):
        made.tensor("output.weight", sizes.vocabulary, sizes.hidden)


def _attention_keys(made: _Made, kv_heads: int | list[int] | None = None) -> None:
    writer, sizes = made.writer, made.sizes
    writer.add_head_count(sizes.heads)
    writer.add_head_count_kv(sizes.kv_heads if kv_heads is None else kv_heads)
    writer.add_key_length(sizes.head)
    writer.add_value_length(sizes.head)
    writer.add_rope_dimension_count(sizes.head)


def _attention(sizes: Sizes, *, normed: bool = False) -> dict[str, tuple[int, ...]]:
    hidden, own = sizes.hidden, sizes.heads * sizes.head
    tensors: dict[str, tuple[int, ...]] = {
        "attn_norm": (hidden,),
        "attn_q": (own, hidden),
        "attn_k": (sizes.kv_heads * sizes.head, hidden),
        "attn_v": (sizes.kv_heads * sizes.head, hidden),
        "attn_output": (hidden, own),
    }
    if normed:
        tensors |= {"attn_q_norm": (sizes.head,), "attn_k_norm": (sizes.head,)}
    return tensors


def _dense(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    hidden, wide = sizes.hidden, sizes.wide
    return {"ffn_norm": (hidden,), "ffn_gate": (wide, hidden), "ffn_up": (wide, hidden), "ffn_down": (hidden, wide)}


def _experts(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    hidden, wide, count = sizes.hidden, sizes.wide, sizes.experts
    return {
        "ffn_norm": (hidden,),
        "ffn_gate_inp": (count, hidden),
        "ffn_gate_exps": (count, wide, hidden),
        "ffn_up_exps": (count, wide, hidden),
        "ffn_down_exps": (count, hidden, wide),
    }


def _mamba2(sizes: Sizes) -> dict[str, tuple[int, ...]]:
    inner = 2 * sizes.hidden
    mixed = inner + 2 * sizes.groups * sizes.state
    heads = inner // sizes.head
    return {
        "attn_norm": (sizes.hidden,),
        "ssm_in": (inner + mixed + heads, sizes.hidden),
        "ssm_conv1d": (mixed, 4),
        "ssm_conv1d.bias": (mixed,),
        "ssm_dt.bias": (heads,),
        "ssm_a": (heads, 1),
        "ssm_d": (heads, 1),
        "ssm_norm": (sizes.groups, inner // sizes.groups),
        "ssm_out": (sizes.hidden, inner),
    }


def _mamba2_keys(made: _Made) -> None:
    writer, sizes = made.writer, made.sizes
    writer.add_ssm_conv_kernel(4)
    writer.add_ssm_inner_size(2 * sizes.hidden)
    writer.add_ssm_state_size(sizes.state)
    writer.add_ssm_time_step_rank(2 * sizes.hidden // sizes.head)
    writer.add_ssm_group_count(sizes.groups)


def _llama(made: _Made) -> None:
    _attention_keys(made)
    made.writer.add_feed_forward_length(made.sizes.wide)
    for index in range(made.sizes.layers):
        made.layer(index, _attention(made.sizes) | _dense(made.sizes))


def _qwen3(made: _Made) -> None:
    _attention_keys(made)
    made.writer.add_feed_forward_length(made.sizes.wide)
    for index in range(made.sizes.layers):
        made.layer(index, _attention(made.sizes, normed=True) | _dense(made.sizes))


def _qwen2vl(made: _Made) -> None:
    """Positions of four numbers (M-RoPE), and what is added to queries, keys and values."""
    sizes = made.sizes
    _attention_keys(made)
    made.writer.add_feed_forward_length(sizes.wide)
    made.writer.add_rope_dimension_sections([sizes.head // 8, sizes.head * 3 // 16, sizes.head * 3 // 16, 0])
    own, others = (sizes.heads * sizes.head,), (sizes.kv_heads * sizes.head,)
    added = {"attn_q.bias": own, "attn_k.bias": others, "attn_v.bias": others}
    for index in range(sizes.layers):
        made.layer(index, _attention(sizes) | _dense(sizes) | added)


def _qwen3moe(made: _Made) -> None:
    sizes = made.sizes = made.sizes if made.sizes.experts else replace(made.sizes, experts=8, used=2)
    _attention_keys(made)
    made.writer.add_feed_forward_length(sizes.wide)
    made.writer.add_expert_feed_forward_length(sizes.wide)
    made.writer.add_expert_count(sizes.experts)
    made.writer.add_expert_used_count(sizes.used)
    for index in range(sizes.layers):
        made.layer(index, _attention(sizes, normed=True) | _experts(sizes))


def _gemma3(made: _Made) -> None:
    _attention_keys(made)
    made.writer.add_feed_forward_length(made.sizes.wide)
    made.writer.add_sliding_window(made.sizes.window)
    hidden = made.sizes.hidden
    after: dict[str, tuple[int, ...]] = {"post_attention_norm": (hidden,), "post_ffw_norm": (hidden,)}
    for index in range(made.sizes.layers):
        made.layer(index, _attention(made.sizes, normed=True) | _dense(made.sizes) | after)


def _deepseek2(made: _Made) -> None:
    """MLA: one latent of keys and values a token; the first layer dense, experts in the others."""
    sizes = made.sizes = made.sizes if made.sizes.experts else replace(made.sizes, experts=8, used=2)
    writer, rope, plain, heads, latent = made.writer, sizes.head // 2, sizes.head, sizes.heads, sizes.latent
    writer.add_head_count(heads)
    writer.add_head_count_kv(1)
    writer.add_key_length(latent + rope)
    writer.add_value_length(latent)
    writer.add_key_length_mla(plain + rope)
    writer.add_value_length_mla(plain)
    writer.add_q_lora_rank(latent)
    writer.add_kv_lora_rank(latent)
    writer.add_rope_dimension_count(rope)
    writer.add_feed_forward_length(4 * sizes.wide)
    writer.add_leading_dense_block_count(1)
    writer.add_expert_count(sizes.experts)
    writer.add_expert_used_count(sizes.used)
    writer.add_expert_feed_forward_length(sizes.wide)
    writer.add_expert_shared_count(1)
    attention: dict[str, tuple[int, ...]] = {
        "attn_norm": (sizes.hidden,),
        "attn_q_a": (latent, sizes.hidden),
        "attn_q_a_norm": (latent,),
        "attn_q_b": (heads * (plain + rope), latent),
        "attn_kv_a_mqa": (latent + rope, sizes.hidden),
        "attn_kv_a_norm": (latent,),
        "attn_k_b": (heads, latent, plain),
        "attn_v_b": (heads, plain, latent),
        "attn_output": (sizes.hidden, heads * plain),
    }
    hidden, wide = sizes.hidden, sizes.wide
    shared = {"ffn_gate_shexp": (wide, hidden), "ffn_up_shexp": (wide, hidden), "ffn_down_shexp": (hidden, wide)}
    for index in range(sizes.layers):
        parts = _experts(sizes) | shared if index else _dense(replace(sizes, wide=4 * sizes.wide))
        made.layer(index, attention | parts)


def _mamba2_model(made: _Made) -> None:
    _mamba2_keys(made)
    for index in range(made.sizes.layers):
        made.layer(index, _mamba2(made.sizes))


def _falcon_h1(made: _Made) -> None:
    """Attention and a recurrent state in every layer."""
    _attention_keys(made)
    _mamba2_keys(made)
    made.writer.add_feed_forward_length(made.sizes.wide)
    for index in range(made.sizes.layers):
        made.layer(index, _mamba2(made.sizes) | _attention(made.sizes) | _dense(made.sizes))


def _granite_hybrid(made: _Made) -> None:
    """One layer in four with attention, recurrent states in the others."""
    sizes = made.sizes
    pattern = [sizes.kv_heads if index % 4 == 3 else 0 for index in range(sizes.layers)]
    _attention_keys(made, pattern)
    _mamba2_keys(made)
    made.writer.add_feed_forward_length(sizes.wide)
    for index, kv_heads in enumerate(pattern):
        made.layer(index, (_attention(sizes) if kv_heads else _mamba2(sizes)) | _dense(sizes))


def _lfm2(made: _Made) -> None:
    """One layer in four with attention, short convolutions in the others."""
    sizes = made.sizes
    pattern = [sizes.kv_heads if index % 4 == 3 else 0 for index in range(sizes.layers)]
    _attention_keys(made, pattern)
    made.writer.add_feed_forward_length(sizes.wide)
    made.writer.add_shortconv_l_cache(3)
    hidden = sizes.hidden
    short: dict[str, tuple[int, ...]] = {
        "attn_norm": (hidden,),
        "shortconv.conv.weight": (hidden, 3),
        "shortconv.in_proj.weight": (3 * hidden, hidden),
        "shortconv.out_proj.weight": (hidden, hidden),
    }
    for index, kv_heads in enumerate(pattern):
        made.layer(index, (_attention(sizes, normed=True) if kv_heads else short) | _dense(sizes))


ARCHITECTURES: dict[str, Callable[[_Made], None]] = {
    "llama": _llama,
    "qwen3": _qwen3,
    "qwen2vl": _qwen2vl,
    "qwen3moe": _qwen3moe,
    "gemma3": _gemma3,
    "deepseek2": _deepseek2,
    "mamba2": _mamba2_model,
    "falcon-h1": _falcon_h1,
    "granitehybrid": _granite_hybrid,
    "lfm2": _lfm2,
}
