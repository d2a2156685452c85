"""The rows of new tokens, learned beside the adapter: embedding, and output where that is another matrix.

Each parameter is a part of the model's own matrix, so whoever reads the matrix reads what was learned. Gradients come
from a hook on the embedding and from the loss, which applies the output itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from app.files import write_atomic
from trainer.spec import Hyper
from trainer.train import lora

FILE = "rows.safetensors"
"""In the adapter's folder, by the names that a GGUF has for the matrices."""
EMBEDDING, OUTPUT = "token_embd.weight", "output.weight"


class GrownAdapter(lora.Adapter):
    """The adapters of a model with the rows of its last `count` tokens."""

    def __init__(self, layers: dict[str, lora.LoraLinear], base: str, model: Any, count: int) -> None:
        super().__init__(layers, base)
        self._rows = {name: nn.Parameter(part.data[-count:]) for name, part in _matrices(model).items()}
        old = model.get_input_embeddings().weight.shape[0] - count
        embedded = self._rows[EMBEDDING]

        def hook(_module: Any, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> torch.Tensor:
            new = given[0] >= old
            if not bool(new.any()):
                return output
            found = output.clone()
            found[new] = embedded[given[0][new] - old]
            return found

        model.get_input_embeddings().register_forward_hook(hook)
        model.new_rows = self._rows.get(OUTPUT, embedded)  # for the loss

    def parameters(self) -> list[nn.Parameter]:
        return [*super().parameters(), *self._rows.values()]

    def state(self) -> dict[str, torch.Tensor]:
        return {**super().state(), **self._tensors()}

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        super().load(tensors)
        with torch.no_grad():
            for name, part in self._rows.items():
                part.copy_(tensors[name])

    def keep(self, folder: Path, hyper: Hyper) -> None:
        """Write the folder that PEFT loads, and the rows beside, which PEFT does not know."""
        super().keep(folder, hyper)
        write_atomic(folder / FILE, save_tensors(self._tensors()))

    def _tensors(self) -> dict[str, torch.Tensor]:
        return {name: part.detach().cpu().clone() for name, part in self._rows.items()}


def read_rows(folder: Path) -> dict[str, torch.Tensor]:
    """The learned rows beside an adapter, by the GGUF's names; none where no token was new."""
    path = folder / FILE
    return load_tensors(path.read_bytes()) if path.exists() else {}


def put_rows(model: Any, rows: dict[str, torch.Tensor]) -> None:
    """Put learned rows into a model."""
    matrices = _matrices(model)
    with torch.no_grad():
        for name, values in rows.items():
            matrices[name][-len(values) :] = values.to(matrices[name].dtype)


def _matrices(model: Any) -> dict[str, nn.Parameter]:
    """The matrices with a row for each token; the output's only where it is not the embedding."""
    found = {EMBEDDING: model.get_input_embeddings().weight}
    output = model.get_output_embeddings().weight
    return found if output is found[EMBEDDING] else {**found, OUTPUT: output}
