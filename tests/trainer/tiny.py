"""A tiny Llama as a real GGUF that torch and llama.cpp both load: two layers, bytes as tokens, random weights."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import torch

from trainer.publish.export import permute_rows

torch.set_num_threads(1)  # on so small a model a second thread only waits
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LAYERS, HIDDEN, HEADS, KV_HEADS, WIDE, CONTEXT = 2, 256, 4, 2, 256, 512
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def _bytes_as_characters() -> list[str]:
    """GPT-2's printable stand-ins for the 256 bytes."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [b for b in range(256) if b not in plain]
    table = {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(rest)}
    return [table[b] for b in range(256)]


def write_tiny(path: Path, template: str = TEMPLATE, rope_freqs: bool = False, seed: int = 3) -> Path:
    """Write the model as float32; with `rope_freqs` it has the tensor that torch's reader drops."""
    chance = np.random.default_rng(seed)
    tokens = [*SPECIAL, *_bytes_as_characters(), "th", "he"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(["t h", "h e"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    if template:
        writer.add_chat_template(template)
    head = HIDDEN // HEADS

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (chance.standard_normal((rows, columns)) * 0.05).astype(np.float32)

    writer.add_tensor("token_embd.weight", matrix(len(tokens), HIDDEN) * 4)
    writer.add_tensor("output_norm.weight", np.ones(HIDDEN, np.float32))
    if rope_freqs:
        writer.add_tensor("rope_freqs.weight", np.linspace(1, 8, head // 2, dtype=np.float32))
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        writer.add_tensor(block + "attn_norm.weight", np.ones(HIDDEN, np.float32))
        writer.add_tensor(block + "ffn_norm.weight", np.ones(HIDDEN, np.float32))
        writer.add_tensor(block + "attn_q.weight", permute_rows(matrix(HIDDEN, HIDDEN) * 2, HEADS))
        writer.add_tensor(block + "attn_k.weight", permute_rows(matrix(head * KV_HEADS, HIDDEN) * 2, KV_HEADS))
        writer.add_tensor(block + "attn_v.weight", matrix(head * KV_HEADS, HIDDEN))
        writer.add_tensor(block + "attn_output.weight", matrix(HIDDEN, HIDDEN))
        writer.add_tensor(block + "ffn_gate.weight", matrix(WIDE, HIDDEN))
        writer.add_tensor(block + "ffn_up.weight", matrix(WIDE, HIDDEN))
        writer.add_tensor(block + "ffn_down.weight", matrix(HIDDEN, WIDE))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
