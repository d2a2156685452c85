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
HOLES = {"bf16": 1 / 3, "fp32": 1 / 3, "nf4": 1 / 2}
"""Of a layer's activations, what is lost in holes between them: glibc asks itself for a little more than it was asked
for where memory is to be aligned, and so never finds a freed piece of the same size. Measured; in 4 bits, and where
layers are not computed our way (those whose logits are whole), more is computed on the way."""
MAPPED_BYTES = 32 << 20
"""From here on glibc maps a tensor by itself and leaves no hole behind (DEFAULT_MMAP_THRESHOLD_MAX)."""
LIBRARIES_BYTES = 60_000_000
"""Of libraries and kernels that the first step loads and compiles, measured."""
LEARNED = 1 / 3
"""Share of an example's tokens that are its answer."""
RANK = 16
ADAPTER_BYTES = 18
"""A weight of the adapter: value, gradient and two moments in float32, and the copy that it is computed with."""
LOW_RANK = 7
"""Products with the adapter's first matrix that a layer keeps."""
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
    head_norms: bool = False
    """Whether queries and keys have norms of their own."""

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
    """What a layer keeps of a token for the backward pass, as traced: what goes into its two norms (in float32) and
    comes out; queries, what comes out of attention, keys and values, these for each head; gate and what it lets
    through, both twice; and what the adapter makes of each input."""
    wide, queries, keys = shape.widths
    norms = 8 * shape.hidden + (4 * (queries + keys) if shape.head_norms else 0)
    return norms + WIDTH[precision] * (2 * shape.hidden + 4 * queries + 4 * wide + LOW_RANK * RANK)


def head_bytes(shape: Shape, precision: str, tokens: int) -> int:
    """Logits at their highest: of a few rows twice in float32; or of all tokens and once more of the learned ones,
    or of these three times in float32 as the gradient is taken, whichever is more."""
    if not shape.whole_logits:
        return _rows(shape, tokens) * 8 * shape.vocabulary
    return max((tokens + _learned(tokens)) * WIDTH[precision], _learned(tokens) * 12) * shape.vocabulary


def held_bytes(shape: Shape, precision: str, tokens: int, *, checkpointing: bool = False) -> int:
    """What a batch of so many tokens holds at its highest: what is kept for the backward pass, and then the logits or
    the gradients on their way through a layer. With `checkpointing` each layer's input is kept, and the activations of
    the one that is computed again."""
    wide, width, one = shape.widths[0], WIDTH[precision], tokens * activation_bytes(shape, precision)
    head, backward = head_bytes(shape, precision, tokens), tokens * width * (3 * wide + shape.hidden)
    if checkpointing:
        return tokens * shape.layers * shape.hidden * width + max(head, one + backward)
    return shape.layers * one + max(head, backward)


def hole_bytes(shape: Shape, precision: str, tokens: int) -> int:
    """What the processor's allocator loses in holes: in each layer, also where its activations are computed twice, and
    where logits were on the way to float32."""
    sizes = [_rows(shape, tokens) * size * shape.vocabulary for size in {WIDTH[precision], 4}]
    share = HOLES["nf4" if shape.whole_logits else precision]
    between = share * shape.layers * tokens * activation_bytes(shape, precision)
    return int(between + sum(size for size in sizes if size < MAPPED_BYTES))


def live_bytes(shape: Shape, precision: str, longest: int = 0, *, checkpointing: bool = False) -> int:
    """What torch's tensors take together: weights, adapter and the fullest batch."""
    held = held_bytes(shape, precision, max(LEAST_BATCH, longest), checkpointing=checkpointing)
    return weight_bytes(shape, precision) + adapter_weights(shape) * ADAPTER_BYTES + held


def training_bytes(
    shape: Shape, precision: str, longest: int = 0, *, checkpointing: bool = False, on_card: bool = False
) -> int:
    """What teaching an adapter takes of a device's memory; `longest` is the longest example, in tokens. A card's
    allocator cuts its blocks to size, so nothing is counted there for holes (not measured: no card was at hand)."""
    live = live_bytes(shape, precision, longest, checkpointing=checkpointing)
    holes = 0 if on_card else hole_bytes(shape, precision, max(LEAST_BATCH, longest))
    return PROCESS_BYTES + LIBRARIES_BYTES + live + holes


def _learned(tokens: int) -> int:
    return int(tokens * LEARNED)


def _rows(shape: Shape, tokens: int) -> int:
    """Of logits in float32 at a time."""
    return _learned(tokens) if shape.whole_logits else min(HEAD_ROWS, _learned(tokens))


def checking_bytes(shape: Shape) -> int:
    """What the checks before and after training take of ordinary memory: they load the whole model on the processor,
    in 16 bits where it would not fit otherwise."""
    return PROCESS_BYTES + shape.parameters * WIDTH["bf16"]
