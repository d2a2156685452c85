"""A model of ours as a GGUF in F16, written key by key: nothing is copied from another model's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import msgspec
import numpy as np
from safetensors.torch import load as load_tensors

from trainer.publish.export import Whole, permute_rows, written
from trainer.scratch.vocabulary import PRE
from trainer.train import base


def write(folder: Path, out: Path, name: str) -> None:
    """Write a Llama's folder (config, weights, tokenizer, template) as one file that llama.cpp loads.

    Raises:
        OSError: the disk is full, or does not take it.
    """
    config, tokenizer = base.read_config(folder), base.load_tokenizer(folder)
    part = out.with_name(out.name + ".part")
    writer = gguf.GGUFWriter(part, "llama")
    _add_shape(writer, config, name)
    _add_words(writer, tokenizer, folder)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    tensors = load_tensors((folder / "model.safetensors").read_bytes())
    for key in sorted(tensors):
        values = tensors[key].float().numpy()
        if key.endswith(("q_proj.weight", "k_proj.weight")):
            values = permute_rows(values, config.num_attention_heads)
        kind = np.float16 if values.ndim > 1 else np.float32
        writer.add_tensor(names.get_name(key, try_suffixes=(".weight",)), values.astype(kind).view(Whole))
    with written(writer, part, out):
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()


def _add_shape(writer: gguf.GGUFWriter, config: Any, name: str) -> None:
    writer.add_name(name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_rope_freq_base(float(config.rope_parameters["rope_theta"]))
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _add_words(writer: gguf.GGUFWriter, tokenizer: Any, folder: Path) -> None:
    """Tokens in the order of their ids, the merges in the order in which they were learned, the marks, the template."""
    merges = msgspec.json.decode((folder / "tokenizer.json").read_bytes())["model"]["merges"]
    tokens = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    marks = set(tokenizer.all_special_tokens)
    kinds = (gguf.TokenType.CONTROL, gguf.TokenType.NORMAL)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE)
    writer.add_token_list(tokens)
    writer.add_token_types([kinds[token not in marks] for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_pad_token_id(tokenizer.pad_token_id)
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)
