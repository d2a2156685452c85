"""Attention over examples that share their beginning: the system prompt is computed once a batch, not once an example.

Tokens lie flat, `[prefix (P)][example 1 (S)]…[example N (S)]`, so that linear layers see no second copy of the prefix,
and the attention views the examples as a rectangle (N, S). Each example sees the prefix and itself alone: nothing
leaks between examples. Causality makes it exact, since no token of the prefix ever depends on what follows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

NAME = "inhouse_shared_prefix"
ARCHITECTURES = {"llama", "mistral", "qwen2", "qwen3"}
"""Plain causal attention without soft caps or per-layer windows; checked against the models' own in the tests."""


@dataclass(frozen=True)
class Layout:
    """Where the tokens of a flat batch lie. `mask` is (S, P + S), True where a query may look."""

    prefix: int
    examples: int
    length: int
    mask: torch.Tensor


def make_layout(prefix: int, examples: int, length: int, device: torch.device) -> Layout:
    """The layout of N examples of S tokens (right-padded) behind P shared tokens."""
    own = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    shared = torch.ones(length, prefix, dtype=torch.bool, device=device)
    return Layout(prefix, examples, length, torch.cat([shared, own], dim=1))


def attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    layout: Layout | None = None,
    **_: object,
) -> tuple[torch.Tensor, None]:
    """Transformers' attention interface: query (1, H, T, D), key and value (1, KV, T, D) → (1, T, H, D).

    Raises:
        ValueError: no layout was handed to the model's forward.
    """
    if layout is None:
        raise ValueError("shared-prefix attention needs a layout")
    groups = query.shape[1] // key.shape[1]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
    p, n, s = layout.prefix, layout.examples, layout.length
    heads, width = query.shape[1], query.shape[3]

    def rectangle(flat: torch.Tensor) -> torch.Tensor:
        return flat[0, :, p:].reshape(heads, n, s, width).transpose(0, 1)

    own_query, own_key, own_value = rectangle(query), rectangle(key), rectangle(value)
    if p == 0:
        out = scaled_dot_product_attention(own_query, own_key, own_value, is_causal=True, scale=scaling)
        return _flatten(out), None
    shared_key = key[:, :, :p].expand(n, -1, -1, -1)
    shared_value = value[:, :, :p].expand(n, -1, -1, -1)
    out = scaled_dot_product_attention(
        own_query,
        torch.cat([shared_key, own_key], dim=2),
        torch.cat([shared_value, own_value], dim=2),
        attn_mask=layout.mask,
        scale=scaling,
    )
    first = scaled_dot_product_attention(query[:, :, :p], key[:, :, :p], value[:, :, :p], is_causal=True, scale=scaling)
    return torch.cat([first.transpose(1, 2), _flatten(out)], dim=1), None


def _flatten(out: torch.Tensor) -> torch.Tensor:
    n, heads, s, width = out.shape
    return out.transpose(1, 2).reshape(1, n * s, heads, width)


def register() -> None:
    """Make the attention known to transformers under NAME; without a mask function it builds no mask of its own."""
    AttentionInterface.register(NAME, attend)
