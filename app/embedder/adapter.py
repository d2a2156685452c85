"""The adapter that makes a reader of the embedder: what its trainer writes and set-up adds to the weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

PARTS = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "outer_norm": "output.LayerNorm",
}
"""Our names of a layer's trained parts → BERT's."""


def adapted(
    state: Mapping[str, NDArray[np.float32]], adapter: Mapping[str, NDArray[np.float16]]
) -> dict[str, NDArray[np.float32]]:
    """The weights with B · A added to each linear layer, and the adapter's own normalization in place.

    Raises:
        KeyError: the adapter is of another network.
    """
    made = dict(state)
    for key, values in adapter.items():
        if not key.startswith("layer."):
            continue
        _, number, part, kind = key.split(".")
        name = f"encoder.layer.{number}.{PARTS[part]}"
        if kind == "a":
            product = adapter[f"layer.{number}.{part}.b"].astype(np.float32) @ values.astype(np.float32)
            made[f"{name}.weight"] = state[f"{name}.weight"] + product
        elif kind != "b":
            made[f"{name}.{kind}"] = values.astype(np.float32)
    return made
