"""A tiny Llama as a real GGUF, for tests of what surrounds a model: random weights, bytes as tokens, quick batches.

It babbles in ASCII letters, one a token, and never ends by itself. Its file can be made wrongly on purpose.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import gguf
import numpy as np
from numpy.typing import NDArray

LAYERS, HIDDEN, HEADS, WIDE, CONTEXT = 2, 64, 2, 128, 2048
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
Flaw = Literal["", "norm of a wrong type", "no tokenizer model", "NaN epsilon", "experts", "NaN weights"]


def byte_letters() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in plain]
    table = {byte: chr(byte) for byte in plain} | {byte: chr(256 + i) for i, byte in enumerate(rest)}
    return [table[byte] for byte in range(256)]


def write_split(
    folder: Path, name: str = "tiny", *, seed: int = 3, each: int = 8, empty_first: bool = False
) -> list[Path]:
    """Write the model in several files of at most `each` of its 20 tensors, named as llama.cpp wants them; with
    `empty_first` the first one has only the keys."""
    folder.mkdir(parents=True, exist_ok=True)
    write_tiny(folder / f"{name}.gguf", seed=seed, split=each, empty_first=empty_first)
    return sorted(folder.glob(f"{name}-*-of-*.gguf"))


def write_tiny(
    path: Path,
    *,
    template: str = CHATML,
    flaw: Flaw = "",
    seed: int = 3,
    split: int = 0,
    empty_first: bool = False,
) -> Path:
    """Write the model as float32."""
    chance = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama", split_max_tensors=split, small_first_shard=empty_first)
    tokens = [*SPECIAL, *byte_letters()]
    _describe(writer, tokens, template, flaw)

    def matrix(rows: int, columns: int) -> NDArray[np.float32]:
        return (chance.standard_normal((rows, columns)) * 0.2).astype(np.float32)

    embedding = matrix(len(tokens), HIDDEN)
    quiet = np.array([token in SPECIAL or not "!" <= token <= "~" for token in tokens])
    embedding[quiet] *= 0.01  # these are the output's weights too: it writes visible letters and never ends by itself
    if flaw == "NaN weights":
        embedding[5] = np.nan
    writer.add_tensor("token_embd.weight", embedding)
    norm = np.ones(HIDDEN, np.float16 if flaw == "norm of a wrong type" else np.float32)
    writer.add_tensor("output_norm.weight", norm)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{block}{name}.weight", np.ones(HIDDEN, np.float32))
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{block}{name}.weight", matrix(HIDDEN, HIDDEN))
        for name, shape in (("gate", (WIDE, HIDDEN)), ("up", (WIDE, HIDDEN)), ("down", (HIDDEN, WIDE))):
            writer.add_tensor(f"{block}ffn_{name}.weight", matrix(*shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _describe(writer: gguf.GGUFWriter, tokens: list[str], template: str, flaw: Flaw) -> None:
    writer.add_name("Tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_layer_norm_rms_eps(float("nan") if flaw == "NaN epsilon" else 1e-5)
    if flaw == "experts":
        writer.add_expert_count(8)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    if flaw != "no tokenizer model":
        writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(["t h"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(template)


def write_tiny_adapter(path: Path, *, architecture: str = "llama", layers: int = LAYERS, seed: int = 9) -> Path:
    """A LoRA of rank 4 on the values of each layer, strong enough that the model says something else."""
    chance = np.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 4.0)
    for layer in range(layers):
        for name, shape in (("lora_a", (4, HIDDEN)), ("lora_b", (HIDDEN, 4))):
            values = chance.standard_normal(shape).astype(np.float32)
            writer.add_tensor(f"blk.{layer}.attn_v.weight.{name}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
