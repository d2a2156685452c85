"""Memory that runs out in the middle of a training, and the two forms of the optimizer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from trainer.context import Context
from trainer.errors import TrainerError
from trainer.events import Event, Notice
from trainer.spec import BaseModel, Data, Hyper, RunSpec
from trainer.train import lora, optimizer, shared_prefix, smaller
from trainer.train.batches import Batch
from trainer.train.chat import Encoded
from trainer.train.loop import Task
from trainer.train.objective import Likelihood, in_batches
from trainer.train.samples import NoSamples

torch.set_num_threads(1)
CPU = torch.device("cpu")


class Tight(Likelihood):
    """A card that holds a batch of so many tokens: more where activations are computed twice."""

    def __init__(self, most: int, most_twice: int, model: Any) -> None:
        super().__init__()
        self._most, self._most_twice, self._model = most, most_twice, model
        self.refused = 0

    def total(self, model: Any, batch: Batch, examples: Sequence[Encoded]) -> torch.Tensor:
        most = self._most_twice if model.is_activation_checkpointing else self._most
        if model.training and batch.ids.shape[1] > most:
            self.refused += 1
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return super().total(model, batch, examples)


def made(folder: Path, told: list[Event], most: int, most_twice: int) -> tuple[Context, Task, Tight]:
    """A training of 24 examples of 100 tokens, eight a step."""
    torch.manual_seed(1)
    shared_prefix.register()
    config = AutoConfig.for_model(
        "llama", hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, vocab_size=99
    )
    model = AutoModelForCausalLM.from_config(config)
    layers = lora.add_lora(model, 4, 8.0, 1)
    model.set_attn_implementation(shared_prefix.NAME)
    chance = random.Random(2)
    units = [
        (Encoded(f"e{n}", tuple(chance.randrange(99) for _ in range(100)), tuple(at > 60 for at in range(100))),)
        for n in range(24)
    ]
    objective = Tight(most, most_twice, model)
    task = Task(
        model=model,
        weights=lora.Adapter(layers, "tiny"),
        batches=lambda some, tokens: in_batches(model, some, CPU, tokens),
        objective=objective,
        train=units,
        validation=units[:4],
        hyper=Hyper(learning_rate=1e-2, epochs=2, batch_tokens=800, evaluations=3, precision="fp32", rank=4),
        samples=NoSamples(),
        device=CPU,
    )
    spec = RunSpec(id="r", base=BaseModel(path="tiny"), data=Data(examples="none"))
    return Context(spec, folder, told.append), task, objective


def test_a_training_that_runs_out_of_memory_goes_on_smaller_and_learns_the_same(tmp_path: Path) -> None:
    quiet: list[Event] = []
    plain = smaller.run(*made(tmp_path / "plain", quiet, 10**6, 10**6)[:2])
    assert not [event for event in quiet if isinstance(event, Notice)]
    told: list[Event] = []
    context, task, card = made(tmp_path / "tight", told, 400, 600)
    outcome, ended = smaller.run(context, task)
    assert card.refused == 2 and ended.hyper.checkpointing and ended.held_tokens == 512
    said = [event.message for event in told if isinstance(event, Notice)]
    assert len(said) == 2 and all(text.startswith("The graphics card ran out of memory. It goes on ") for text in said)
    assert outcome.position.tokens == plain[0].position.tokens
    assert outcome.position.best_loss == pytest.approx(plain[0].position.best_loss, rel=1e-4)
    for name, tensor in plain[1].weights.state().items():
        assert torch.allclose(tensor, ended.weights.state()[name], atol=1e-4), name


def test_where_the_smallest_form_does_not_fit_it_is_said_what_to_do(tmp_path: Path) -> None:
    context, task, _ = made(tmp_path, [], 10, 10)
    with pytest.raises(TrainerError, match="ran out of memory") as failed:
        smaller.run(context, replace(task, held_tokens=512))
    assert failed.value.code == "memory" and "nf4" in failed.value.hint and "goes on where it was" in failed.value.hint


def test_another_error_is_not_taken_for_want_of_memory(tmp_path: Path) -> None:
    context, task, card = made(tmp_path, [], 10**6, 10**6)
    card.weight = lambda units: 1 / 0 if units else 1  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        smaller.run(context, task)


@pytest.mark.filterwarnings("ignore:Paged optimizers are not supported on CPU")
def test_the_paged_optimizer_steps_as_torchs_and_takes_over_its_moments() -> None:
    def parameters() -> list[torch.nn.Parameter]:
        torch.manual_seed(3)
        return [torch.nn.Parameter(torch.randn(8, 16)), torch.nn.Parameter(torch.randn(32))]

    def steps(optimizer: Any, mine: list[torch.nn.Parameter], first: int) -> None:
        for group in optimizer.param_groups:
            group["lr"] = 1e-2
        for turn in range(first, first + 3):
            for number, each in enumerate(mine):
                each.grad = torch.randn(each.shape, generator=torch.Generator().manual_seed(10 * turn + number))
            optimizer.step()

    hyper = Hyper(weight_decay=0.1)
    mine, other = parameters(), parameters()
    fused, paged = optimizer.adamw(mine, hyper), optimizer.paged(other, hyper)
    assert isinstance(fused, torch.optim.AdamW), "the processor has no pages"
    steps(fused, mine, 0)
    steps(paged, other, 0)
    for kind in (optimizer.paged, optimizer.adamw):
        for source in (fused, paged):
            copies = [torch.nn.Parameter(each.detach().clone()) for each in mine]
            again = kind(copies, hyper)
            optimizer.load(again, optimizer.tensors(source))
            steps(again, copies, 3)
            straight = [torch.nn.Parameter(each.detach().clone()) for each in mine]
            known = optimizer.adamw(straight, hyper)
            optimizer.load(known, optimizer.tensors(fused))
            steps(known, straight, 3)
            for one, two in zip(copies, straight, strict=True):
                assert torch.allclose(one, two, atol=1e-4)
    for one, two in zip(mine, other, strict=True):
        assert torch.allclose(one, two, atol=1e-4)
