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
KEPT_BYTES = 4
"""A token, layer and unit of width of what is kept where activations are computed twice: each layer's input."""
ADAPTER_WIDTHS = 20
"""Weights of an adapter on all linear layers, for each layer, rank and unit of width: two for each of the query and the
output, less for keys and values, and thirteen for the feed-forward part."""
RANK = 16
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


def adapter_weights(shape: Shape, rank: int = RANK) -> int:
    """How many weights an adapter on all linear layers has."""
    return shape.layers * shape.hidden * ADAPTER_WIDTHS * rank


def training_bytes(shape: Shape, precision: str, longest: int = 0, *, checkpointing: bool = False) -> int:
    """What teaching an adapter takes; `longest` is the longest example, in tokens. With `checkpointing` the activations
    of one layer at a time are held."""
    layers = ACTIVATION_BYTES + shape.layers * KEPT_BYTES if checkpointing else shape.layers * ACTIVATION_BYTES
    activations = max(LEAST_BATCH, longest) * shape.hidden * layers
    adapter = adapter_weights(shape) * ADAPTER_BYTES
    head = HEAD_ROWS * shape.vocabulary * 8
    return int(PROCESS_BYTES + shape.parameters * WEIGHT_BYTES[precision] + activations + adapter + head)


def checking_bytes(shape: Shape) -> int:
    """What the checks before and after training take of ordinary memory: they load the whole model on the processor,
    in 16 bits where it would not fit otherwise."""
    return int(PROCESS_BYTES + shape.parameters * WEIGHT_BYTES["bf16"])
