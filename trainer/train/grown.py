"""Which base a run teaches: the one that was chosen, or that one with domain words in its vocabulary."""

from __future__ import annotations

from trainer.context import Context
from trainer.spec import BaseModel


def base_of(context: Context) -> BaseModel:
    """The base of everything behind the words stage."""
    spec = context.spec
    if not spec.grows:
        return spec.base
    folder = context.run / "words"
    return BaseModel(path=str(folder / "base"), name=spec.base.name, gguf=str(folder / "base.gguf"))
