"""Answers that follow a JSON schema, or are one of some strings: a greedy choice among what a grammar allows.

llama.cpp's own grammar sampler checks every token of the vocabulary at every step, which takes longer than the model
itself where many sequences answer at once; here the likeliest tokens are tried first.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from app.errors import AppError
from app.llama import bindings
from app.llama.bindings import Model
from app.llama.context import Context, Logits
from app.llama.draw import CANDIDATE, candidates

FIRST = 128
"""Tokens that are tried before the whole vocabulary."""


def of_schema(schema: dict[str, Any]) -> str:
    """The grammar (GBNF) of a JSON schema."""
    return bindings.schema_to_gbnf(json.dumps(schema))


def of_choices(choices: Sequence[str]) -> str:
    """The grammar (GBNF) that allows exactly one of some strings."""
    return "root ::= " + " | ".join(json.dumps(choice, ensure_ascii=False) for choice in choices)


class GrammarSampler:
    """The state of one answer in a grammar. `close` it."""

    def __init__(self, model: Model, gbnf: str) -> None:
        """Raises AppError: llama.cpp cannot read the grammar."""
        self._sampler = bindings.grammar(model, gbnf)
        if not self._sampler:
            raise AppError("The form of the answers cannot be used.", "Please report this.", gbnf[:500])

    def close(self) -> None:
        """Give the memory back; twice is fine."""
        if self._sampler:
            llama_cpp.llama_sampler_free(self._sampler)
            self._sampler = None

    def draw(self, context: Context, row: int) -> int:
        """Take the likeliest token that the grammar allows next by the logits at `row` of the last batch: the best is
        tried alone, then the first FIRST, then all.

        Raises:
            AppError: the grammar allows none of them.
        """
        logits = context.logits(row)
        best = int(logits.argmax())
        for ids in (np.array([best]), np.argpartition(logits, -FIRST)[-FIRST:], np.arange(len(logits))):
            allowed = self._allowed(ids, logits)
            if allowed.size:
                best = int(allowed[logits[allowed].argmax()])
                break
        else:
            raise AppError("The model cannot keep to the form.", "Choose another model.")
        llama_cpp.llama_sampler_accept(self._sampler, best)
        return best

    def _allowed(self, ids: NDArray[Any], logits: Logits) -> NDArray[Any]:
        """Those of `ids` that may come next."""
        rows = np.zeros(len(ids), CANDIDATE)
        rows["id"], rows["logit"] = ids, logits[ids]
        choice = candidates(rows)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(choice))
        kept = rows[: choice.size]
        found: NDArray[Any] = kept["id"][np.isfinite(kept["logit"])]
        return found
