"""Tiny embedders as real files, to test what surrounds one: a BERT with random weights knows a text by its words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

LAYERS, HIDDEN, HEADS, WIDE, POSITIONS = 2, 64, 2, 128, 128
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
SYLLABLES = [a + b for a in "bcdfghjklmnpqrstvwxyz" for b in "aeiou"]


def pieces() -> list[str]:
    """Letters and short syllables, at the beginning of a word and within one."""
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    units = [*letters, *SYLLABLES]
    return [*SPECIAL, *units, *(f"##{unit}" for unit in units)]


def weights(seed: int = 5) -> dict[str, NDArray[np.float32]]:
    """Large random words, and layers that change little: the mean of a text's tokens tells its words."""
    chance = np.random.default_rng(seed)

    def matrix(rows: int, columns: int, scale: float = 0.02) -> NDArray[np.float32]:
        return (chance.standard_normal((rows, columns)) * scale).astype(np.float32)

    state = {
        "embeddings.word_embeddings.weight": matrix(len(pieces()), HIDDEN, 1.0),
        "embeddings.position_embeddings.weight": matrix(POSITIONS, HIDDEN, 0.01),
        "embeddings.token_type_embeddings.weight": matrix(2, HIDDEN, 0.01),
    }
    norms = ["embeddings.LayerNorm"]
    for layer in range(LAYERS):
        block = f"encoder.layer.{layer}."
        norms += [f"{block}attention.output.LayerNorm", f"{block}output.LayerNorm"]
        for name, rows, columns in (
            *((f"attention.self.{part}", HIDDEN, HIDDEN) for part in ("query", "key", "value")),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", WIDE, HIDDEN),
            ("output.dense", HIDDEN, WIDE),
        ):
            state[f"{block}{name}.weight"] = matrix(rows, columns)
            state[f"{block}{name}.bias"] = np.zeros(rows, np.float32)
    for norm in norms:
        state |= {f"{norm}.weight": np.ones(HIDDEN, np.float32), f"{norm}.bias": np.zeros(HIDDEN, np.float32)}
    return state


def write_sentence_folder(folder: Path, *, seed: int = 5, pooling: str = "mean", **config: Any) -> Path:
    """A sentence-transformers folder; `config` goes into config.json."""
    (folder / "1_Pooling").mkdir(parents=True)
    kinds = ("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize")
    listed = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (kind, path) in enumerate(kinds)
    ]
    _write(folder / "modules.json", listed)
    _write(folder / "config_sentence_transformers.json", {"prompts": {"query": "ask: ", "document": "say: "}})
    modes = {f"pooling_mode_{kind}": kind.startswith(pooling) for kind in ("cls_token", "mean_tokens", "max_tokens")}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": HIDDEN, **modes})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": 96, "do_lower_case": False})
    known = {
        "model_type": "bert", "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
        "intermediate_size": WIDE, "vocab_size": len(pieces()), "max_position_embeddings": POSITIONS,
        "layer_norm_eps": 1e-12, "hidden_act": "gelu", "architectures": ["BertModel"], "type_vocab_size": 2,
    }  # fmt: skip
    _write(folder / "config.json", known | config)
    save_file(weights(seed), folder / "model.safetensors")
    vocabulary = {piece: number for number, piece in enumerate(pieces())}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(96)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")


def write_gguf(path: Path, *, seed: int = 6, pooling: gguf.PoolingType | None = gguf.PoolingType.MEAN) -> Path:
    """The same network as a GGUF file of llama.cpp's `bert`, float32."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("Tiny embedder")
    writer.add_block_count(LAYERS)
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([_phantom(piece) for piece in pieces()])
    writer.add_token_types([3 if piece in SPECIAL else 1 for piece in pieces()])
    writer.add_token_type_count(2)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_sep_token_id(3)
    writer.add_eos_token_id(3)
    writer.add_mask_token_id(4)
    for name, values in weights(seed).items():
        writer.add_tensor(_gguf_name(name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _phantom(piece: str) -> str:
    """As llama.cpp's converter writes WordPiece: a mark where a word begins, nothing within one."""
    if piece in SPECIAL:
        return piece
    return piece.removeprefix("##") if piece.startswith("##") else f"▁{piece}"


def _gguf_name(name: str) -> str:
    table = {
        "embeddings.word_embeddings": "token_embd",
        "embeddings.position_embeddings": "position_embd",
        "embeddings.token_type_embeddings": "token_types",
        "embeddings.LayerNorm": "token_embd_norm",
        "attention.self.query": "attn_q",
        "attention.self.key": "attn_k",
        "attention.self.value": "attn_v",
        "attention.output.dense": "attn_output",
        "attention.output.LayerNorm": "attn_output_norm",
        "intermediate.dense": "ffn_up",
        "output.dense": "ffn_down",
        "output.LayerNorm": "layer_output_norm",
    }
    stem, _, kind = name.rpartition(".")
    if stem.startswith("encoder.layer."):
        _, _, layer, part = stem.split(".", 3)
        return f"blk.{layer}.{table[part]}.{kind}"
    return f"{table[stem]}.{kind}"
