"""Tries a model file with a few words, in a process that may die of it: some files pass every check and crash then."""

from __future__ import annotations

import time
from pathlib import Path

from app.engine.load import check
from app.errors import AppError, BadFile
from app.llama import bindings as llama
from app.llama.bindings import Model
from app.llama.context import DONE, Context, Part
from app.llama.draw import broken, is_finite
from app.workers.calls.engine import LoadProgress, Probe, Probed
from app.workers.roles import Steps

CONTEXT = 256
WORDS = "The capital of France is"
WRITTEN = 2
"""Tokens: the first comes out of a batch of several, the second of one alone, which llama.cpp computes otherwise."""


def probe(call: Probe, gpu_layers: int = 0) -> Steps:
    """Load `call.path`, on the processor unless `gpu_layers` says otherwise, and let it write.

    Raises:
        BadFile: not a chat model, or its numbers are not finite.
        AppError: llama.cpp would not load it or compute with it, or the adapter does not fit.
    """
    started = time.perf_counter()
    header = check(Path(call.path))
    yield LoadProgress(fraction=0.0)
    model = Model(Path(call.path), gpu_layers, lambda _fraction: True)
    try:
        context = _context(model)
        try:
            if not (context.has_memory and model.can_chat):
                raise BadFile(f"{header.name} cannot chat.", "Choose the file of a chat model.", code="not-chat")
            if call.adapter:
                context.set_adapter(model.adapter(call.adapter), 1.0)
            yield LoadProgress(fraction=1.0)
            loaded = time.perf_counter()
            text = _write(model, context)
        finally:
            context.close()
    finally:
        model.close()
    took = (time.perf_counter() - loaded) * 1000
    return Probed(text=text, load_ms=(loaded - started) * 1000, token_ms=took / WRITTEN)


def _context(model: Model) -> Context:
    try:
        return Context(model, CONTEXT, CONTEXT, 1)
    except MemoryError as error:
        message = "This model cannot be used."
        raise AppError(message, "Get its file again, or choose another model.", str(error)) from error


def _write(model: Model, context: Context) -> str:
    """The likeliest next tokens of a few words."""
    tokens = model.tokenize(WORDS)
    if not tokens:
        raise BadFile("This model knows no words.", "Get its file again, or choose another model.")
    at, written = 0, []
    for _ in range(WRITTEN):
        if context.decode([Part(0, at, tokens, wanted=True)]) != DONE:
            message = "llama.cpp cannot compute with this model."
            raise AppError(message, "Get its file again, or choose another model.", llama.last_errors())
        logits = context.logits(len(tokens) - 1)
        if not is_finite(logits):
            raise broken()
        at += len(tokens)
        tokens = [int(logits.argmax())]
        written += tokens
    return b"".join(model.piece(token) for token in written).decode("utf-8", "replace")
