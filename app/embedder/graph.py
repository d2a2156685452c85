"""A BERT encoder as an ONNX graph with weights of 7 bits: two and a half times as fast as torch in float32.

The graph reads one text, so that a vector depends on nothing that was read beside it, and nothing is spent on padding.
The table of words, most of the weights, stays outside: embedder and reader share it, and only the rows that are used
come to memory. Activations are quantized to 8 bits as they come (ONNX Runtime's DynamicQuantizeMatMul). Weights
take 7: with 8, processors without VNNI overflow when they add two products in 16 bits, and vectors would differ from
those of others (ONNX Runtime's page on quantization, "reduce range").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

STEPS = 63
"""The largest weight of a row, in 7 bits and a sign."""
ROW_STEPS = 127
"""The same for the table of words, which nothing is multiplied with."""
OPSET, CONTRIB = 20, 1
MICROSOFT = "com.microsoft"
WORDS, SCALE = "words.npy", "words-scale.npy"

State = Mapping[str, NDArray[np.float32]]
Precision = Literal["int8", "float32"]
"""Of the linear layers, most of the work; the table of words always takes a byte a weight."""


class Shape(Struct, frozen=True):
    """What a graph needs to know beside the weights."""

    layers: int
    heads: int
    epsilon: float
    pooling: str = "mean"  # or "cls": the vector of the first token
    first_position: int = 0  # 2 where positions are counted as in RoBERTa


def write_embedder(state: State, shape: Shape, path: Path, precision: Precision = "int8") -> None:
    """Write the encoder; `state` has the names of transformers' BertModel.

    Inputs "words" (1 × tokens × hidden, float32: `Words`) and "positions" (1 × tokens, int64), output "vector"
    (1 × hidden, float32, length 1).

    Raises:
        KeyError: a weight is missing: this is no BERT.
        OSError: it cannot be written.
    """
    builder = _Builder(state, shape, precision)
    builder.pool(builder.encode())
    builder.save(path, "vector", [1, state["embeddings.LayerNorm.bias"].size])


def write_reader(state: State, shape: Shape, answer: NDArray[np.float32], path: Path) -> None:
    """Write a reader: the same inputs, output "logits" (1 × tokens × 2, float32).

    `answer` (2 × hidden) weighs each token as the answer's first and last. Raises as `write_embedder` does.
    """
    builder = _Builder(state, shape)
    builder.multiply(builder.encode(), answer)
    builder.save(path, "logits", [1, "tokens", 2])


def write_words(state: State, folder: Path) -> None:
    """Write the table of words, a byte a weight.

    Raises:
        KeyError, OSError: see `write_embedder`.
    """
    words = state["embeddings.word_embeddings.weight"]
    scale = np.maximum(np.abs(words).max(axis=1, keepdims=True) / ROW_STEPS, 1e-12).astype(np.float32)
    np.save(folder / WORDS, np.rint(words / scale).astype(np.int8))
    np.save(folder / SCALE, scale)


class Words:
    """The table of words of a folder; its rows are read from the file as they are used."""

    def __init__(self, folder: Path) -> None:
        """
        Raises:
            OSError, ValueError: it is missing or damaged.
        """
        self._rows = np.load(folder / WORDS, mmap_mode="r")
        self._scale = np.load(folder / SCALE)

    def __getitem__(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """1 × tokens × hidden, as a graph reads it."""
        rows: NDArray[np.float32] = self._rows[ids] * self._scale[ids]
        return rows[None]


class _Builder:
    """Collects nodes and weights; each method adds a part and gives the name of its output."""

    def __init__(self, state: State, shape: Shape, precision: Precision = "int8") -> None:
        self._state = state
        self._shape = shape
        self._precision = precision
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def save(self, path: Path, output: str, shape: list[Any]) -> None:
        import onnx
        from onnx import TensorProto, helper

        row = [1, "tokens"]
        words = [*row, self._state["embeddings.LayerNorm.bias"].size]
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [
                helper.make_tensor_value_info("words", TensorProto.FLOAT, words),
                helper.make_tensor_value_info("positions", TensorProto.INT64, row),
            ],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
            self._weights,
        )
        sets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, CONTRIB)]
        onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=10), str(path))

    def _node(self, operator: str, inputs: list[str], domain: str = "", output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def _weight(self, name: str, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self._weights.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _embed(self) -> str:
        table = self._state["embeddings.position_embeddings.weight"][self._shape.first_position :]
        table = table + self._state["embeddings.token_type_embeddings.weight"][0]  # the kind of every token is 0
        places = self._node("Gather", [self._weight("positions.table", table), "positions"])
        return self._normalize("embeddings.LayerNorm", "words", places)

    def _normalize(self, name: str, one: str, other: str) -> str:
        gain, bias = (self._weight(f"{name}.{kind}", self._state[f"{name}.{kind}"]) for kind in ("weight", "bias"))
        return self._node("SkipLayerNormalization", [one, other, gain, bias], MICROSOFT, epsilon=self._shape.epsilon)

    def _linear(self, name: str, values: str) -> str:
        weight = self._state[f"{name}.weight"].T
        if self._precision == "float32":
            product = self._node("MatMul", [values, self._weight(f"{name}.weight", weight)])
            return self._node("Add", [product, self._weight(f"{name}.bias", self._state[f"{name}.bias"])])
        scale = np.maximum(np.abs(weight).max(axis=0) / STEPS, 1e-12).astype(np.float32)
        inputs = [
            values,
            self._weight(f"{name}.weight", np.rint(weight / scale).astype(np.int8)),
            self._weight(f"{name}.scale", scale),
            "",
            self._weight(f"{name}.bias", self._state[f"{name}.bias"]),
        ]
        return self._node("DynamicQuantizeMatMul", inputs, MICROSOFT)

    def encode(self) -> str:
        values = self._embed()
        for layer in range(self._shape.layers):
            name = f"encoder.layer.{layer}"
            three = [self._linear(f"{name}.attention.self.{part}", values) for part in ("query", "key", "value")]
            seen = self._node("MultiHeadAttention", three, MICROSOFT, num_heads=self._shape.heads)
            seen = self._linear(f"{name}.attention.output.dense", seen)
            values = self._normalize(f"{name}.attention.output.LayerNorm", seen, values)
            inner = self._node("Gelu", [self._linear(f"{name}.intermediate.dense", values)], MICROSOFT)
            values = self._normalize(f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", inner), values)
        return values

    def multiply(self, values: str, answer: NDArray[np.float32]) -> str:
        return self._node("MatMul", [values, self._weight("answer", answer.T)], output="logits")

    def pool(self, values: str) -> str:
        if self._shape.pooling == "cls":
            pooled = self._node("Gather", [values, self._weight("first", np.array(0, np.int64))], axis=1)
        else:
            pooled = self._node("ReduceMean", [values, self._weight("axis", np.array([1], np.int64))], keepdims=0)
        return self._node("LpNormalization", [pooled], output="vector", axis=-1, p=2)
