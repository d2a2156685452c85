"""How much memory a model takes to be taught: pure sums, so that every side that asks gets one answer."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH = {"bf16": 2, "fp32": 4, "nf4": 2}
"""Bytes of a value that is computed with, by precision."""
FOUR_BITS = 0.516
"""Bytes of a weight in NF4 with double quantization: half a byte, a byte of scale for 64, and that one's own scale."""
PROCESS_BYTES = 700_000_000
"""Python, torch and transformers themselves and what a run's earlier stages leave behind, measured."""
LEAST_BATCH = 1024
"""Tokens that training holds in memory at a time, or one example if that is longer."""
LEFT_OVER = 1.3
"""What is held by what is kept of activations: what is computed on the way, and what the allocator cannot give back.
Fitted, as the next one, on the shapes of trainer.train.memory_bench."""
KERNELS_BYTES = 60_000_000
"""Libraries and kernels that the first step loads and compiles."""
LEARNED = 1 / 3
"""Share of an example's tokens that are its answer."""
RANK = 16
ADAPTER_BYTES = 16
"""A weight of the adapter: value, gradient and two moments in float32."""
HEAD_ROWS = 256
"""Rows of logits that the loss computes at a time, each value in float32 twice."""


@dataclass(frozen=True)
class Shape:
    """A model's size as far as memory goes; what is 0 is as usual for its width."""

    parameters: int
    layers: int
    hidden: int
    """Width of its layers."""
    vocabulary: int
    context: int = 0
    wide: int = 0
    """Width of the feed-forward part."""
    queries: int = 0
    """Width of the queries of all heads together."""
    keys: int = 0
    """Width of all keys; values have the same."""
    whole_logits: bool = False
    """Whether its logits are computed for all tokens of a batch, and not a few rows at a time."""

    @property
    def widths(self) -> tuple[int, int, int]:
        """Of the feed-forward part, the queries and the keys; by default as in Llama."""
        return self.wide or round(self.hidden * 8 / 3), self.queries or self.hidden, self.keys or self.hidden // 3

    @property
    def linear(self) -> int:
        """Weights of all linear layers: those that 4 bits apply to."""
        wide, queries, keys = self.widths
        return self.layers * self.hidden * (2 * queries + 2 * keys + 3 * wide)


def usual_shape(parameters: int) -> Shape:
    """The shape of a model of which only the size is known: layers × width grow with the root of the size, from the
    starter's 30 × 576 at 135 million."""
    hidden = round(576 * math.sqrt(parameters / 135e6))
    return Shape(parameters, 30, hidden, 50_000)


def adapter_weights(shape: Shape, rank: int = RANK) -> int:
    """How many weights an adapter on all linear layers has: rank × (in + out) of each."""
    wide, queries, keys = shape.widths
    return shape.layers * rank * (7 * shape.hidden + 2 * queries + 2 * keys + 3 * wide)


def weight_bytes(shape: Shape, precision: str) -> int:
    """The frozen weights; in 4 bits the table of words and the norms stay in 16, and the largest is unpacked on the
    way, in float32 and in 16 bits."""
    if precision != "nf4":
        return shape.parameters * WIDTH[precision]
    unpacked = shape.hidden * shape.widths[0] * (4 + WIDTH[precision])
    return int(shape.linear * FOUR_BITS + max(0, shape.parameters - shape.linear) * WIDTH[precision]) + unpacked


def activation_bytes(shape: Shape, precision: str) -> int:
    """What a layer keeps of a token for the backward pass: both norms in float32 and what comes out of them, queries,
    keys and values for each head, what attention gives twice, and four values of the feed-forward part."""
    wide, queries, _ = shape.widths
    return 8 * shape.hidden + WIDTH[precision] * (2 * shape.hidden + 5 * queries + 4 * wide)


def training_bytes(shape: Shape, precision: str, longest: int = 0, *, checkpointing: bool = False) -> int:
    """What teaching an adapter takes; `longest` is the longest example, in tokens. With `checkpointing` the activations
    of one layer at a time are held, and each layer's input."""
    tokens, width, one = max(LEAST_BATCH, longest), WIDTH[precision], activation_bytes(shape, precision)
    kept = one + shape.layers * shape.hidden * width if checkpointing else shape.layers * one
    adapter = adapter_weights(shape) * ADAPTER_BYTES
    head = tokens * (2 * width + 12 * LEARNED) if shape.whole_logits else HEAD_ROWS * 8.0
    head += shape.hidden * width  # the table of words as the matrix product packs it
    fixed = PROCESS_BYTES + KERNELS_BYTES + weight_bytes(shape, precision)
    return int(fixed + tokens * kept * LEFT_OVER + adapter + head * shape.vocabulary)


def checking_bytes(shape: Shape) -> int:
    """What the checks before and after training take of ordinary memory: they load the whole model on the processor,
    in 16 bits where it would not fit otherwise."""
    return PROCESS_BYTES + shape.parameters * WIDTH["bf16"]
