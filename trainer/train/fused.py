"""Kernels of liger-kernel in place of several small ones, where it is installed and a card trains.

Norms, rotary positions and the gated feed-forward become one kernel each. The loss stays ours: it never makes the
logits of a whole batch either, and knows a teacher's distributions.
"""

from __future__ import annotations

import logging
from typing import Any

import torch

from app.packages import is_installed
from trainer.train.loss import shares_prefix


def use(model: Any, device: torch.device) -> bool:
    """Put them into a model; → whether they are in it. Models that compute otherwise than Llama are left alone."""
    if device.type != "cuda" or not shares_prefix(model) or not is_installed("liger_kernel"):
        return False
    from transformers.integrations.liger import apply_liger_kernel

    logging.getLogger("liger_kernel").setLevel(logging.WARNING)
    apply_liger_kernel(model, {"cross_entropy": False, "fused_linear_cross_entropy": False})
    return True
