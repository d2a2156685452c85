"""The sizes of a base that memory and time follow from, without its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.llama.memory import Shape
from trainer.errors import TrainerError
from trainer.spec import BaseModel
from trainer.train import base, loss


def shape_of(model: BaseModel) -> Shape:
    """Of a base on the disk.

    Raises:
        TrainerError: it is missing, or not understood.
    """
    path = Path(model.path)
    if not path.exists():
        raise TrainerError(f"The model “{path.name}” is missing.", "Import it again.", str(path), "missing")
    return shape_of_config(base.read_config(path))


def shape_of_config(config: Any) -> Shape:
    """The sizes that memory follows from, of a model as transformers knows it."""
    hidden, heads = int(config.hidden_size), int(config.num_attention_heads)
    head = int(getattr(config, "head_dim", None) or hidden // heads)
    keys = int(getattr(config, "num_key_value_heads", None) or heads)
    return Shape(
        base.count_parameters(config),
        int(config.num_hidden_layers),
        hidden,
        int(config.vocab_size),
        int(config.max_position_embeddings),
        int(getattr(config, "intermediate_size", None) or 0),
        heads * head,
        keys * head,
        whole_logits=not loss.computes(config),
        head_norms=config.model_type == "qwen3",
    )
