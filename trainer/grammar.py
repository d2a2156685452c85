"""Answers that follow a JSON schema, or are one of some strings: llama.cpp's grammar over a greedy choice."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Sequence
from typing import Any

import llama_cpp
import numpy as np
from llama_cpp.llama_grammar import json_schema_to_gbnf
from numpy.typing import NDArray

from trainer.errors import TrainerError

FIRST = 128
"""Tokens that are tried before the whole vocabulary."""
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
assert _CANDIDATE.itemsize == ctypes.sizeof(llama_cpp.llama_token_data)


def of_schema(schema: dict[str, Any]) -> str:
    """The grammar (GBNF) of a JSON schema."""
    return str(json_schema_to_gbnf(json.dumps(schema)))


def of_choices(choices: Sequence[str]) -> str:
    """The grammar that allows exactly one of some strings."""
    return "root ::= " + " | ".join(json.dumps(choice, ensure_ascii=False) for choice in choices)


class Follower:
    """One answer's way through a grammar. `close` it."""

    def __init__(self, vocab: Any, gbnf: str) -> None:
        self._sampler = llama_cpp.llama_sampler_init_grammar(vocab, gbnf.encode(), b"root")
        if not self._sampler:
            raise TrainerError("The form of the answers cannot be used.", "Please report this.", gbnf[:500], "grammar")

    def close(self) -> None:
        """Give the memory back; twice is fine."""
        if self._sampler:
            llama_cpp.llama_sampler_free(self._sampler)
            self._sampler = None

    def choose(self, logits: NDArray[np.float32]) -> int:
        """The likeliest token that the grammar allows, taken; logits (vocabulary,).

        The likeliest of all is tried alone first, then some: checking a whole vocabulary takes most of the time.
        """
        best = int(logits.argmax())
        for ids in (np.array([best]), np.argpartition(logits, -FIRST)[-FIRST:], np.arange(len(logits))):
            allowed = self._allowed(ids, logits)
            if allowed.size:
                best = int(allowed[logits[allowed].argmax()])
                break
        else:
            raise TrainerError("The model cannot keep to the form.", "Choose another model.", code="grammar")
        llama_cpp.llama_sampler_accept(self._sampler, best)
        return best

    def _allowed(self, ids: NDArray[Any], logits: NDArray[np.float32]) -> NDArray[Any]:
        rows = np.zeros(len(ids), _CANDIDATE)
        rows["id"], rows["logit"] = ids, logits[ids]
        candidates = llama_cpp.llama_token_data_array(
            data=rows.ctypes.data_as(llama_cpp.llama_token_data_p), size=len(rows), selected=-1, sorted=False
        )
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(candidates))
        kept = rows[: candidates.size]
        found: NDArray[Any] = kept["id"][np.isfinite(kept["logit"])]
        return found
