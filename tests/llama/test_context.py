"""A context computes the same with any number of threads: the engine's follow the load of the computer."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.llama.bindings import KV_F16, KV_Q8, Model
from app.llama.context import Context, Part

PROMPT = 600


def logits_of(model: Model, threads: int, kv_type: int) -> NDArray[np.float32]:
    """(17, vocabulary) behind a prompt, and behind each of 16 tokens after it."""
    tokens = model.tokenize("The audit of the second supplier took place in March. " * 80)[: PROMPT + 16]
    context = Context(model, 1024, 256, threads, kv_type)
    rows = []
    for at in range(0, PROMPT, 200):
        context.decode([Part(0, at, tokens[at : at + 200], wanted=True)])
    rows.append(context.logits(199).copy())
    for at in range(PROMPT, PROMPT + 16):
        context.decode([Part(0, at, [tokens[at]], wanted=True)])
        rows.append(context.logits(0).copy())
    context.close()
    return np.stack(rows)


@pytest.mark.parametrize("kv_type", [KV_F16, KV_Q8])
def test_the_threads_do_not_change_the_answer(model: Model, kv_type: int) -> None:
    one = logits_of(model, 1, kv_type)
    assert one.std() > 1.0
    for threads in (2, 3):
        assert np.array_equal(one, logits_of(model, threads, kv_type)), threads
