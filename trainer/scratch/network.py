"""The new model in torch: a Llama whose weights are all drawn by chance, and all learned."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from trainer.spec import Hyper, NewModel
from trainer.train import batches, loss, shared_prefix
from trainer.train.chat import Encoded
from trainer.train.objective import Unit

RATE, RATE_AT = 3e-3, 1e6
"""Peak learning rate of a model of a million weights; it falls with the fourth root of the size."""
DECAY = 0.1
STEP_TOKENS = 2048
"""Tokens of text a step of reading."""


def config_of(shape: NewModel, vocabulary: int, begin: int, end: int) -> LlamaConfig:
    """The shape as transformers calls it; `begin` and `end` are the ids of the two marks."""
    return LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.wide,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=shape.context,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        bos_token_id=begin,
        eos_token_id=end,
        pad_token_id=end,
    )


def new_model(config: LlamaConfig, seed: int) -> Any:
    """The model with weights by chance (normal, 0.02), the same for a seed."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(config)


def ready(model: Any, device: torch.device) -> Any:
    """On its device, with the attention that computes what examples share once."""
    shared_prefix.register()
    model.to(device).requires_grad_(True)
    model.set_attn_implementation(shared_prefix.NAME)
    return model


class WholeModel:
    """All weights of a model as what learns in a training."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self._model, self._tokenizer = model, tokenizer

    def parameters(self) -> list[torch.nn.Parameter]:
        return [part for _, part in sorted(self._model.named_parameters())]

    def state(self) -> dict[str, torch.Tensor]:
        return {name: part.detach().cpu().contiguous() for name, part in self._model.named_parameters()}

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, part in self._model.named_parameters():
                part.copy_(tensors[name])

    def keep(self, folder: Path, hyper: Hyper) -> None:
        """Write the folder that transformers loads."""
        self._model.save_pretrained(str(folder))
        self._tokenizer.save_pretrained(str(folder))


class EveryToken:
    """Likelihood of each learned token, with products in 16 bits where that is faster.

    The weights stay in float32, since steps of a small rate would vanish in 16 bits.
    """

    unit_size = 1

    def __init__(self, device: torch.device, precision: str) -> None:
        self._device, self._short = device, precision == "bf16"

    def weight(self, units: Sequence[Unit]) -> int:
        return sum(example.learned for unit in units for example in unit)

    def total(self, model: Any, batch: batches.Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        short = torch.autocast(self._device.type, torch.bfloat16) if self._short else contextlib.nullcontext()
        with short:
            return loss.token_losses(model, batch).sum()


def reading_hyper(given: Hyper, shape: NewModel, parameters: int, precision: str) -> Hyper:
    """Hyper-parameters of pretraining: a high rate, weights that decay, and many times through little text."""
    scale = (RATE_AT / max(parameters, RATE_AT)) ** 0.25
    return msgspec.structs.replace(
        given,
        learning_rate=shape.learning_rate or RATE * scale,
        epochs=shape.epochs,
        batch_tokens=given.batch_tokens or STEP_TOKENS,
        weight_decay=given.weight_decay or DECAY,
        max_length=shape.context,
        precision=precision,
    )
