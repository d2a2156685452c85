"""What a batch costs: the negative log-likelihood of the tokens to be learned, and the preference loss on top of it.

The head projects only those tokens, in pieces, and its gradient is taken on the way: the (tokens × vocabulary) logits
of a whole batch never exist. For a small model with a large vocabulary that is most of the memory and a third of the
time.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.functional import logsigmoid

from trainer import shared_prefix
from trainer.batches import Batch

PIECE = 256  # rows of logits at a time: 256 × 49,152 in float32 are 50 MB


class _HeadLoss(torch.autograd.Function):  # type: ignore[misc]
    """Hidden states (n, d) through a frozen head (V, d) to the loss of each target (n,), in nats."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, head: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        wanted = ctx.needs_input_grad[0]
        losses, grads = [], []
        for rows, aims in zip(hidden.split(PIECE), targets.split(PIECE), strict=True):
            logits = (rows @ head.t()).float()
            log_total = logits.logsumexp(dim=-1, keepdim=True)
            losses.append(log_total[:, 0] - logits.gather(1, aims[:, None])[:, 0])
            if wanted:
                share = logits.sub_(log_total).exp_()
                share.scatter_add_(1, aims[:, None], torch.full_like(log_total, -1.0))
                grads.append(share.to(rows.dtype) @ head)
        if wanted:
            ctx.save_for_backward(torch.cat(grads))
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (rows,) = ctx.saved_tensors
        return rows * grad[:, None].to(rows.dtype), None, None


def shares_prefix(model: nn.Module) -> bool:
    """Whether the model's attention is of a kind that `shared_prefix` computes exactly."""
    config = model.config
    return config.model_type in shared_prefix.ARCHITECTURES and not getattr(config, "use_sliding_window", False)


def token_losses(model: nn.Module, batch: Batch) -> torch.Tensor:
    """The loss of each learned token of a batch, (n,), in nats; `batch.owner` says whose each is."""
    if shares_prefix(model):
        hidden = model.model(
            input_ids=batch.ids, position_ids=batch.positions, use_cache=False, layout=batch.layout
        ).last_hidden_state[0]
        losses: torch.Tensor = _HeadLoss.apply(hidden[batch.learned_at], model.lm_head.weight, batch.targets)
        return losses
    width = batch.layout.length
    mask = batch.real[batch.layout.prefix :].view(-1, width)
    logits = model(input_ids=batch.ids.view(-1, width), attention_mask=mask.long(), use_cache=False).logits
    rows = logits.reshape(-1, logits.shape[-1])[batch.learned_at].float()
    return nn.functional.cross_entropy(rows, batch.targets, reduction="none")


def example_losses(model: nn.Module, batch: Batch) -> torch.Tensor:
    """The summed loss of each example, (examples,): minus the log-probability of its answer."""
    losses = token_losses(model, batch)
    return torch.zeros(batch.layout.examples, device=losses.device).index_add(0, batch.owner, losses)


def preference_loss(
    chosen: torch.Tensor, rejected: torch.Tensor, base_chosen: torch.Tensor, base_rejected: torch.Tensor, beta: float
) -> torch.Tensor:
    """Direct preference optimisation (Rafailov et al. 2023, eq. 7), one value a pair; all inputs are summed losses."""
    margin = (base_chosen - chosen) - (base_rejected - rejected)
    return -logsigmoid(beta * margin)
