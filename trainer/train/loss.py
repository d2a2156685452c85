"""The loss of a batch: the negative log-likelihood of the learned tokens, and the preference loss made of it.

The head projects only those tokens, in pieces, and its gradient is taken on the way: the (tokens × vocabulary) logits
of a whole batch never exist. For a small model with a large vocabulary that is most of the memory and a third of the
time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import logsigmoid

from trainer.train import shared_prefix
from trainer.train.batches import Batch

PIECE = 256  # rows of logits at a time: 256 × 49,152 in float32 are 50 MB


@dataclass(frozen=True)
class SoftTargets:
    """What is to be said at each learned place: some tokens (n, k) with their probabilities (n, k), which add up to 1.

    One token with the probability 1 is the usual case. More of them are a teacher's distribution (distillation), and
    the loss is then the divergence from it, in nats.
    """

    tokens: torch.Tensor
    probabilities: torch.Tensor

    @classmethod
    def of(cls, targets: torch.Tensor) -> SoftTargets:
        """The tokens (n,) themselves."""
        return cls(targets[:, None], torch.ones(len(targets), 1, device=targets.device))

    @property
    def entropy(self) -> torch.Tensor:
        """What remains of the cross-entropy where the distribution is met exactly, (n,), in nats."""
        return torch.special.entr(self.probabilities).sum(1)


class _HeadLoss(torch.autograd.Function):  # type: ignore[misc]
    """Hidden states (n, d) through a frozen head (V, d) to the loss of each place (n,), in nats.

    Only the head's last rows may learn: `new` (k, d) is that part of it, or None.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        head: torch.Tensor,
        tokens: torch.Tensor,
        probabilities: torch.Tensor,
        new: torch.Tensor | None,
    ) -> torch.Tensor:
        wanted = ctx.needs_input_grad[0]
        losses, grads, shares = [], [], []
        for rows, aims, weights in zip(
            hidden.split(PIECE), tokens.split(PIECE), probabilities.split(PIECE), strict=True
        ):
            logits = (rows @ head.t()).float()
            log_total = logits.logsumexp(dim=-1, keepdim=True)
            losses.append((weights * (log_total - logits.gather(1, aims))).sum(1))
            if wanted:
                logits.sub_(log_total).exp_().scatter_add_(1, aims, -weights)
                grads.append(logits.to(rows.dtype) @ head)
                if new is not None:
                    shares.append(logits[:, -len(new) :].to(rows.dtype))
            del logits  # else the next piece's would be made beside it
        if wanted:
            ctx.save_for_backward(torch.cat(grads), *((torch.cat(shares), hidden) if shares else ()))
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, *learned = ctx.saved_tensors
        scale = grad[:, None].to(rows.dtype)
        new = (learned[0] * scale).t() @ learned[1] if learned else None
        return rows * scale, None, None, None, new


def shares_prefix(model: nn.Module) -> bool:
    """Whether the model's attention is of a kind that `shared_prefix` computes exactly."""
    return computes(model.config)


def computes(config: Any) -> bool:
    """The same of a model that is not loaded."""
    return config.model_type in shared_prefix.ARCHITECTURES and not getattr(config, "use_sliding_window", False)


def token_losses(model: nn.Module, batch: Batch, targets: SoftTargets | None = None) -> torch.Tensor:
    """The loss of each learned token of a batch, (n,), in nats; `batch.owner` says whose each is.

    `targets` are a teacher's distributions in place of the batch's own tokens.
    """
    targets = targets or SoftTargets.of(batch.targets)
    rows = _hidden(model, batch)
    losses: torch.Tensor
    if shares_prefix(model) and not model.lm_head.weight.requires_grad:
        losses = _HeadLoss.apply(rows, model.lm_head.weight, targets.tokens, targets.probabilities, _new(model))
    else:
        logits = rows @ model.lm_head.weight.t() if shares_prefix(model) else rows
        said = logits.float().log_softmax(-1).gather(1, targets.tokens)
        losses = -(targets.probabilities * said).sum(1)
    return losses - targets.entropy


def _new(model: nn.Module) -> torch.Tensor | None:
    """The rows of new tokens, where these are learned (trainer.train.rows)."""
    found: torch.Tensor | None = getattr(model, "new_rows", None)
    return found


@torch.no_grad()  # type: ignore[untyped-decorator]
def soft_targets(model: nn.Module, batch: Batch, count: int) -> SoftTargets:
    """What a model holds for likely at each learned place: its first `count` tokens and their probabilities."""
    tokens, probabilities = [], []
    for rows in _hidden(model, batch).split(PIECE):
        logits = rows @ model.lm_head.weight.t() if shares_prefix(model) else rows
        best = logits.float().softmax(-1).topk(count)
        tokens.append(best.indices)
        probabilities.append(best.values / best.values.sum(1, keepdim=True))
    return SoftTargets(torch.cat(tokens), torch.cat(probabilities))


def _hidden(model: nn.Module, batch: Batch) -> torch.Tensor:
    """The rows of the learned places: hidden states (n, d) where the head is ours to apply, else logits (n, V)."""
    if shares_prefix(model):
        hidden: torch.Tensor = model.model(
            input_ids=batch.ids, position_ids=batch.positions, use_cache=False, layout=batch.layout
        ).last_hidden_state[0]
        return hidden[batch.learned_at]
    width = batch.layout.length
    mask = batch.real[batch.layout.prefix :].view(-1, width)
    logits: torch.Tensor = model(
        input_ids=batch.ids.view(-1, width), attention_mask=mask.long(), use_cache=False
    ).logits
    return logits.reshape(-1, logits.shape[-1])[batch.learned_at]


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
