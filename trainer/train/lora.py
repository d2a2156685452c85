"""Low-rank adapters on every linear layer, in PEFT's file format, with a forward and backward made for training.

PEFT's layer casts its input, keeps three intermediates and adds in separate passes; here one autograd step keeps the
input (which q, k and v share) and a (T, r) product. Same mathematics: tests compare with PEFT's own model.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import nn

from app.files import write_atomic
from trainer.spec import Hyper

PREFIX = "base_model.model."


class _LowRankLinear(torch.autograd.Function):  # type: ignore[misc]
    """y = x·Wᵀ + s·(x·Aᵀ)·Bᵀ for a frozen W: (T, in) → (T, out); gradients for x, A and B."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, a: torch.Tensor, b: torch.Tensor
    ) -> torch.Tensor:
        a, b = a.to(x.dtype), b.to(x.dtype)
        low = x @ a.t()
        y = nn.functional.linear(x, weight, bias).addmm_(low, b.t())
        ctx.save_for_backward(x, weight, a, b, low)
        return y

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        x, weight, a, b, low = ctx.saved_tensors
        grad_low = grad @ b
        grad_x = (grad @ weight).addmm_(grad_low, a) if ctx.needs_input_grad[0] else None
        return grad_x, None, None, (grad_low.t() @ x).float(), (grad.t() @ low).float()


class LoraLinear(nn.Module):  # type: ignore[misc]
    """A frozen linear layer with an adapter: A (r, in), B (out, r), kept in float32."""

    def __init__(self, base: nn.Module, rank: int, alpha: float, generator: torch.Generator) -> None:
        super().__init__()
        self.base = base
        self.enabled = True
        self.restart(rank, alpha, generator)

    def restart(self, rank: int, alpha: float, generator: torch.Generator) -> None:
        """New values, perhaps of another rank: as if it had learned nothing."""
        base = self.base
        self.scale = alpha / rank
        device = next(base.parameters()).device
        bound = 1 / math.sqrt(base.in_features)  # kaiming_uniform with a = √5, as PEFT starts A; B starts at 0
        start = torch.empty(rank, base.in_features).uniform_(-bound, bound, generator=generator)
        self.a = nn.Parameter(start.to(device))
        self.b = nn.Parameter(torch.zeros(base.out_features, rank, device=device))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(…, in) → (…, out)."""
        if not self.enabled:
            return self.base(x)
        if type(self.base) is nn.Linear:
            flat = x.reshape(-1, x.shape[-1])
            y = _LowRankLinear.apply(flat, self.base.weight, self.base.bias, self.a, self.b * self.scale)
            return y.view(*x.shape[:-1], -1)
        low = x @ self.a.to(x.dtype).t()
        return self.base(x) + low @ (self.b * self.scale).to(x.dtype).t()


def linear_names(model: nn.Module) -> list[str]:
    """Every linear layer but the head, which shares its weights with the embedding in many models."""
    head = model.get_output_embeddings()
    return [name for name, part in model.named_modules() if isinstance(part, nn.Linear) and part is not head]


def add_lora(model: nn.Module, rank: int, alpha: float, seed: int) -> dict[str, LoraLinear]:
    """Freeze the model and put an adapter on each linear layer; returns them by the layer's name."""
    model.requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    layers = {}
    for name in linear_names(model):
        parent, _, child = name.rpartition(".")
        owner = model.get_submodule(parent)
        layers[name] = LoraLinear(getattr(owner, child), rank, alpha, generator)
        setattr(owner, child, layers[name])
    return layers


def restart(layers: dict[str, LoraLinear], rank: int, alpha: float, seed: int) -> None:
    """The very adapters that `add_lora` would put there, in place of those that are there."""
    generator = torch.Generator().manual_seed(seed)
    for layer in layers.values():
        layer.restart(rank, alpha, generator)


def set_enabled(layers: dict[str, LoraLinear], enabled: bool) -> None:
    """Switch all adapters off (the base answers) or on."""
    for layer in layers.values():
        layer.enabled = enabled


def parameters(layers: dict[str, LoraLinear]) -> list[nn.Parameter]:
    """The trained tensors, in an order that is the same in every process."""
    return [part for name in sorted(layers) for part in (layers[name].a, layers[name].b)]


def state(layers: dict[str, LoraLinear]) -> dict[str, torch.Tensor]:
    """The adapter's tensors by PEFT's names, on the CPU."""
    tensors = {}
    for name, layer in layers.items():
        tensors[f"{PREFIX}{name}.lora_A.weight"] = layer.a.detach().cpu().contiguous()
        tensors[f"{PREFIX}{name}.lora_B.weight"] = layer.b.detach().cpu().contiguous()
    return tensors


def load_state(layers: dict[str, LoraLinear], tensors: dict[str, torch.Tensor]) -> None:
    """Put saved values into the adapters; a layer that has none says what the base says, since PEFT teaches only some.

    Raises:
        KeyError: the tensors are another adapter's.
    """
    first, second = ".lora_A.weight", ".lora_B.weight"
    given = {name.removeprefix(PREFIX).removesuffix(first) for name in tensors if name.endswith(first)}
    if strange := given - layers.keys():
        raise KeyError(min(strange))
    with torch.no_grad():
        for name, layer in layers.items():
            if name in given:
                layer.a.copy_(tensors[f"{PREFIX}{name}{first}"])
                layer.b.copy_(tensors[f"{PREFIX}{name}{second}"])
            else:
                layer.b.zero_()


def save_adapter(folder: Path, tensors: dict[str, torch.Tensor], rank: int, alpha: float, base: str) -> None:
    """Write adapter_model.safetensors and adapter_config.json; PEFT loads the folder as it stands."""
    modules = sorted({name.removeprefix(PREFIX).split(".lora_")[0].rsplit(".", 1)[-1] for name in tensors})
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": modules,
        "inference_mode": True,
    }
    write_atomic(folder / "adapter_model.safetensors", save_tensors(tensors))
    write_atomic(folder / "adapter_config.json", msgspec.json.format(msgspec.json.encode(config), indent=2))


def read_adapter(folder: Path) -> tuple[dict[str, torch.Tensor], int, float]:
    """The tensors of a PEFT folder, its rank and alpha."""
    config = msgspec.json.decode((folder / "adapter_config.json").read_bytes())
    tensors = load_tensors((folder / "adapter_model.safetensors").read_bytes())
    return tensors, int(config["r"]), float(config["lora_alpha"])


class Adapter:
    """The adapters of a model as what learns in a training."""

    def __init__(self, layers: dict[str, LoraLinear], base: str) -> None:
        self._layers, self._base = layers, base

    def parameters(self) -> list[nn.Parameter]:
        return parameters(self._layers)

    def state(self) -> dict[str, torch.Tensor]:
        return state(self._layers)

    def load(self, tensors: dict[str, torch.Tensor]) -> None:
        load_state(self._layers, tensors)

    def keep(self, folder: Path, hyper: Hyper) -> None:
        """Write the folder that PEFT loads."""
        save_adapter(folder, state(self._layers), hyper.rank, hyper.alpha or hyper.rank, self._base)
