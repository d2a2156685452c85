"""AdamW for the adapter; on a card with weights of 4 bits its moments may move to ordinary memory (paged)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trainer.spec import Hyper

BETAS = (0.9, 0.99)


def adamw(parameters: Sequence[torch.nn.Parameter], hyper: Hyper) -> Any:
    """Torch's fused one; the paged one of bitsandbytes where weights are kept in 4 bits on a card, since memory was
    short there: it moves a moment out while a batch needs its room, in place of running out."""
    if hyper.precision == "nf4" and any(each.device.type == "cuda" for each in parameters):
        return paged(parameters, hyper)
    return torch.optim.AdamW(parameters, lr=1.0, betas=BETAS, weight_decay=hyper.weight_decay, fused=True)


def paged(parameters: Sequence[torch.nn.Parameter], hyper: Hyper) -> Any:
    """The same in pages that the driver moves."""
    from bitsandbytes.optim import PagedAdamW32bit

    return PagedAdamW32bit(parameters, lr=1.0, betas=BETAS, weight_decay=hyper.weight_decay)


def tensors(optimizer: Any) -> dict[str, torch.Tensor]:
    """Its moments by "number.name", for a file; both kinds keep a step and two moments of each tensor."""
    found = {}
    for index, parameter in enumerate(_known(optimizer)):
        for key, value in optimizer.state.get(parameter, {}).items():
            found[f"{index}.{NAMES.get(key, key)}"] = (
                torch.as_tensor(value).detach().to("cpu", torch.float32, copy=True).contiguous()
            )
    return found


def load(optimizer: Any, saved: dict[str, torch.Tensor]) -> None:
    """Put moments back that either kind wrote: a run may go on with less memory than it began with."""
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in saved.items():
        index, _, key = name.partition(".")
        moments.setdefault(int(index), {})[key] = value
    if hasattr(optimizer, "get_state_buffer"):  # bitsandbytes'
        _load_paged(optimizer, moments)
    else:
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})


NAMES = {"state1": "exp_avg", "state2": "exp_avg_sq"}
"""What bitsandbytes calls the moments → torch's names."""


def _load_paged(optimizer: Any, saved: dict[int, dict[str, torch.Tensor]]) -> None:
    """Into pages of its own making: what it is handed lies in none."""
    known = _known(optimizer)
    for index, values in saved.items():
        state: dict[str, Any] = {"step": int(values["step"])}
        for mine, theirs in NAMES.items():
            state[mine] = optimizer.get_state_buffer(known[index])
            state[mine].copy_(values[theirs])
        optimizer.state[known[index]] = state


def _known(optimizer: Any) -> list[torch.nn.Parameter]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
