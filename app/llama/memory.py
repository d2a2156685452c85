"""How much memory a model takes to be taught: pure sums, so that every side that asks gets one answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

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


def training_bytes(shape: Shape, precision: str, longest: int = 0) -> int:
    """What teaching an adapter takes; `longest` is the longest example, in tokens."""
    activations = max(LEAST_BATCH, longest) * shape.layers * shape.hidden * ACTIVATION_BYTES
    adapter = shape.parameters * ADAPTER_SHARE * ADAPTER_BYTES
    head = HEAD_ROWS * shape.vocabulary * 8
    return int(PROCESS_BYTES + shape.parameters * WEIGHT_BYTES[precision] + activations + adapter + head)
