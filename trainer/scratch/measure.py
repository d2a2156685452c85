"""What making a model takes on this computer, from a few real steps of its very shape."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from trainer.context import Context
from trainer.scratch import corpus, network
from trainer.scratch.network import STEP_TOKENS
from trainer.spec import NewModel
from trainer.train import choose, device
from trainer.train.batches import collate
from trainer.train.chat import Encoded
from trainer.train.objective import BATCH_TOKENS

BYTES_A_TOKEN = 3.0
"""Of English, with a vocabulary of a few thousand; a guess, as are the next two."""
GENERAL_BYTES = 306
"""Of a general question with the answer that the starter writes (measured)."""
GENERAL_S, FILES_S = 0.6, 40.0
"""Asking the installed model one of them; writing and checking the files."""
MEASURED_S = 1.5


@dataclass(frozen=True)
class Needs:
    """Figures of one model on the device that would train it. `seconds_a_token` is forward, backward and step."""

    memory_bytes: int
    disk_bytes: int
    seconds_a_token: float
    precision: str
    place: str
    on_card: bool
    free_bytes: int
    text_tokens: int
    """Of all that is read, once."""


def needs(context: Context) -> Needs:
    """Measure a second or two, and count the text."""
    shape = context.spec.scratch
    here = device.devices(context.spec.limits)
    where, at = here[0], device.torch_device(here[0], here)
    precision = "bf16" if at.type == "cuda" else choose.exact_precisions()[0]
    return Needs(
        memory_bytes=shape.memory_bytes,
        disk_bytes=shape.disk_bytes,
        seconds_a_token=seconds_a_token(shape, at, precision),
        precision=precision,
        place=where.name,
        on_card=where.kind == "gpu",
        free_bytes=where.free,
        text_tokens=round(_bytes_of_text(context) / BYTES_A_TOKEN),
    )


def seconds_a_token(shape: NewModel, at: torch.device, precision: str) -> float:
    """Train the shape on text by chance for a moment; the first step is not counted."""
    chance = torch.Generator().manual_seed(1)
    model = network.ready(network.new_model(network.config_of(shape, shape.vocabulary, 0, 1), 1), at)
    objective = network.EveryToken(at, precision)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, fused=True)
    length = min(shape.context, BATCH_TOKENS)
    ids = torch.randint(shape.vocabulary, (BATCH_TOKENS // length, length), generator=chance).tolist()
    pieces = [Encoded(str(n), tuple(row), (False, *[True] * (length - 1))) for n, row in enumerate(ids)]
    batch = collate(pieces, at)
    batches_a_step = max(1, STEP_TOKENS // batch.tokens)

    def step() -> float:
        started = time.perf_counter()
        objective.total(model, batch, pieces).backward()
        spent = time.perf_counter() - started
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if at.type == "cuda":
            torch.cuda.synchronize()
        return spent * batches_a_step + (time.perf_counter() - started - spent)

    step()
    spent, began = [step()], time.perf_counter()
    while time.perf_counter() - began < MEASURED_S:
        spent.append(step())
    return min(spent) / (batch.tokens * batches_a_step)


def _bytes_of_text(context: Context) -> int:
    """Of everything that is read before the conversations; the general answers are guessed until they are written."""
    texts = [*corpus.documents(context), *map(corpus.as_text, corpus.conversations(context)[0])]
    general = GENERAL_BYTES * corpus.asked(context.spec)
    return general + sum(len(text.text.encode()) for text in texts if text.split == "train")
