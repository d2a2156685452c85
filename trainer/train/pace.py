"""How long a token takes to be learned, from half a second of measurement here and now."""

from __future__ import annotations

import time

import torch

from app.llama.memory import Shape
from app.llama.planner import Device
from app.llama.teaching import Teaching
from trainer.train import device

EXPORTED_TOKENS, EXPORTING_S = 5000, 5.0
"""Writing a file and holding it against the trained model costs about as much as learning so many tokens does (4,900 in
one run of the starter, 8,100 in another in which the machine grew busier), and loading besides."""
COMPARING_S = 30.0
"""Loading both models, looking for personal data and judging."""
READER_SHAPE = Shape(21_300_000, 12, 384, 250_037, 512)
"""The reader's network without its table of words, which nothing is multiplied with."""
LESSONS, LESSON_TOKENS = 4, 240
"""Passages that are read with a question, and tokens of one (passages of 320 at most)."""
AS_READ = Teaching(Device(device.PROCESSOR, "cpu", 0, 0), "bf16", False, LESSON_TOKENS, 0)
EXAM_S = 120.0
"""The comparison, on one core."""


def seconds_a_token(shape: Shape, found: Teaching) -> float:
    """Forward and backward through frozen weights: 4 operations a parameter; the rate is measured here and now, on the
    processor also where a card trains, which is then a bound from above."""
    dtype = torch.float32 if found.precision == "fp32" else torch.bfloat16
    x, w = torch.randn(512, shape.hidden).to(dtype), torch.randn(4 * shape.hidden, shape.hidden).to(dtype)
    x @ w.t()
    started = time.perf_counter()
    rounds = 0
    while time.perf_counter() - started < 0.5:
        x @ w.t()
        rounds += 1
    rate = 2.0 * x.shape[0] * w.numel() * rounds / (time.perf_counter() - started)
    overhead = 2.0 if found.precision != "nf4" else 4.0  # norms, attention, low-rank products; unpacking of 4 bits
    again = 4.0 / 3.0 if found.checkpointing else 1.0
    seconds: float = 4.0 * shape.parameters * overhead * again / rate
    return seconds
