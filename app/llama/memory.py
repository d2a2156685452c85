"""How much memory a model takes, to chat and to be taught: pure sums, so that every side that asks gets one answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

F16_BYTES, Q8_BYTES = 2.0, 34 / 32
"""Of a value in the KV cache: 16 bits; and 8 bits in blocks of 32 with a scale of 16."""
COMPUTE_BYTES = 400 << 20
"""llama.cpp's compute buffers: 512 tokens a batch and the logits of a vocabulary of 256,000."""
SAVED_BYTES = 512 << 20
"""Of conversations that are kept beside the KV cache, at most."""
WEIGHT_BYTES = {"bf16": 2.0, "fp32": 4.0, "nf4": 0.75}
"""Bytes a weight in training, by precision; scales and unquantized tensors included."""
PROCESS_BYTES = 700_000_000
"""Python, torch and transformers themselves, measured."""
LEAST_BATCH = 1024
"""Tokens that training holds in memory at a time, or one example if that is longer."""
ACTIVATION_BYTES = 60
"""A token, layer and unit of width; measured on the starter."""
ADAPTER_SHARE = 0.04
"""Weights of an adapter of rank 16 on all linear layers, as a share of the model's."""
ADAPTER_BYTES = 16
"""A weight of the adapter: value, gradient and two moments in float32."""
HEAD_ROWS = 256
"""Rows of logits that the loss computes at a time, each value in float32 twice."""


@dataclass(frozen=True)
class Shape:
    """A model's size as far as memory goes. `hidden` is the width of its layers."""

    parameters: int
    layers: int
    hidden: int
    vocabulary: int
    context: int = 0


def usual_shape(parameters: int) -> Shape:
    """The shape of a model of which only the size is known: layers × width grow with the root of the size, from the
    starter's 30 × 576 at 135 million."""
    hidden = round(576 * math.sqrt(parameters / 135e6))
    return Shape(parameters, 30, hidden, 50_000)


def cache_bytes(tokens: int, layers: int, kv_heads: int, key: int, value: int, per_value: float = F16_BYTES) -> float:
    """The KV cache of `tokens`; `key` and `value` are the widths of a head. An upper bound where layers differ."""
    return tokens * layers * kv_heads * (key + value) * per_value


def chat_bytes(weights: float, cache: float = 0.0) -> float:
    """A loaded model with its KV cache."""
    return weights + cache + COMPUTE_BYTES


def training_bytes(shape: Shape, precision: str, longest: int = 0) -> int:
    """What teaching an adapter takes; `longest` is the longest example, in tokens."""
    activations = max(LEAST_BATCH, longest) * shape.layers * shape.hidden * ACTIVATION_BYTES
    adapter = shape.parameters * ADAPTER_SHARE * ADAPTER_BYTES
    head = HEAD_ROWS * shape.vocabulary * 8
    return int(PROCESS_BYTES + shape.parameters * WEIGHT_BYTES[precision] + activations + adapter + head)
