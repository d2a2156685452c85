"""Draws the next token of a sequence from its logits, within a grammar where the answer must follow one."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as c
import numpy as np
from numpy.typing import NDArray

from app.errors import AppError
from app.llama.bindings import Model, SamplerChain
from app.llama.context import Context, Logits

CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
assert CANDIDATE.itemsize == ctypes.sizeof(c.llama_token_data)


def broken() -> AppError:
    """What a person reads of a model whose logits are not finite."""
    return AppError(
        "This model computes no usable numbers.",
        "Its file is damaged or was made wrongly. Get it again, or choose another model.",
        "the logits are not finite",
    )


def is_finite(logits: Logits) -> bool:
    """Whether all of them are numbers."""
    return bool(np.isfinite(logits).all())


class Drawer:
    """A sampler chain and the place in a grammar of one answer.

    llama.cpp's grammar tries every token of the vocabulary, which takes longer than a small model itself. So the chain
    draws freely first, and only where the grammar forbids that token it draws again among those that are allowed.
    """

    def __init__(self, model: Model, chain: SamplerChain, grammar: Any = None) -> None:
        """Takes both over: `close` frees them."""
        self._chain, self._grammar = chain, grammar
        self._rows: NDArray[Any] = np.zeros(model.vocabulary if grammar else 1, CANDIDATE)

    def draw(self, context: Context, row: int) -> int:
        """The next token by the logits at `row` of the last batch; it counts for penalties and grammar from here on.

        Raises:
            AppError: the logits are not finite, or the grammar allows no token of this vocabulary.
        """
        if math.isnan(context.logit(row, 0)):
            raise broken()  # llama.cpp's own samplers end the process at such numbers
        if self._grammar:
            token = self._draw_in_grammar(context.logits(row))
        else:
            token = int(c.llama_sampler_sample(self._chain.handle, context.handle, row))
        if not math.isfinite(context.logit(row, token)):
            raise broken()
        return token

    def _draw_in_grammar(self, logits: Logits) -> int:
        token = self._pick(logits)
        if not self._allows(token):
            token = self._pick(logits, narrowed=True)
            if not self._allows(token):
                raise AppError("The model cannot keep to the form of the answer.", "Choose another model.")
        c.llama_sampler_accept(self._chain.handle, token)
        c.llama_sampler_accept(self._grammar, token)
        return token

    def _pick(self, logits: Logits, *, narrowed: bool = False) -> int:
        rows = self._rows
        rows["id"], rows["logit"], rows["p"] = np.arange(len(rows)), logits, 0
        choice = candidates(rows)
        if narrowed:
            c.llama_sampler_apply(self._grammar, ctypes.byref(choice))
        c.llama_sampler_apply(self._chain.handle, ctypes.byref(choice))
        return int(rows["id"][choice.selected])

    def _allows(self, token: int) -> bool:
        one = np.array([(token, 1.0, 0.0)], CANDIDATE)
        choice = candidates(one)
        c.llama_sampler_apply(self._grammar, ctypes.byref(choice))
        return choice.size == 1 and math.isfinite(one["logit"][0])

    def close(self) -> None:
        """Give the memory back; twice is fine."""
        self._chain.close()
        if self._grammar:
            c.llama_sampler_free(self._grammar)
            self._grammar = None


class Scripted:
    """Draws the tokens of an answer that is there, so that it can be told how likely each of them was."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self._tokens = iter(tokens)

    def draw(self, context: Context, row: int) -> int:
        """The next of them. Raises StopIteration behind the last one: nobody may ask for more than there are."""
        return next(self._tokens)

    def close(self) -> None:
        """There is nothing to give back."""


def candidates(rows: NDArray[Any]) -> Any:
    """Rows of CANDIDATE as llama.cpp's samplers take them; they work on the rows themselves."""
    return c.llama_token_data_array(
        data=rows.ctypes.data_as(c.llama_token_data_p), size=len(rows), selected=-1, sorted=False
    )


def log_probabilities(logits: Logits, token: int, top: int) -> tuple[float, list[tuple[int, float]]]:
    """The natural logarithm of a token's probability before any sampling setting, and the `top` likeliest tokens."""
    values = logits.astype(np.float64)
    values -= values.max()
    values -= math.log(np.exp(values).sum())
    likeliest = np.argpartition(values, -top)[-top:] if 0 < top < len(values) else np.arange(0)
    ordered = likeliest[np.argsort(-values[likeliest])]
    return float(values[token]), [(int(each), float(values[each])) for each in ordered]
