"""Turns the user's sampling settings, and the form that an answer must have, into what draws the next token."""

from __future__ import annotations

import json

from app.errors import AppError
from app.llama import bindings as llama
from app.llama.bindings import Model, SamplerChain
from app.llama.draw import Drawer
from app.types import Sampling

PENALTY_WINDOW = 256
"""Tokens back that the repeat penalty looks."""
MAX_SCHEMA = 65_536
MAX_GRAMMAR = 1 << 20
MAX_REPEAT = 2000
"""A larger minItems or maxLength unrolls to a grammar that takes minutes to read."""
_REPEATS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")


def drawer(model: Model, sampling: Sampling, json_schema: str = "") -> Drawer:
    """What draws the tokens of one answer, in the form of a JSON schema where one is given. Close it.

    Raises:
        AppError: the JSON schema cannot be followed.
    """
    grammar = _grammar(model, json_schema) if json_schema else None
    return Drawer(model, build(model, sampling), grammar)


def build(model: Model, sampling: Sampling) -> SamplerChain:
    """Penalties, top-k, top-p, min-p, temperature, draw; greedy at temperature 0."""
    chain = SamplerChain()
    if sampling.repeat_penalty > 0 and sampling.repeat_penalty != 1.0:
        chain.add(llama.penalties(model, PENALTY_WINDOW, sampling.repeat_penalty))
    if sampling.temperature <= 0:
        chain.add(llama.greedy())
        return chain
    if sampling.top_k > 0:
        chain.add(llama.top_k(sampling.top_k))
    if 0 < sampling.top_p < 1:
        chain.add(llama.top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        chain.add(llama.min_p(sampling.min_p, 1))
    chain.add(llama.temperature(sampling.temperature))
    seed = llama.RANDOM_SEED if sampling.seed is None else sampling.seed % llama.RANDOM_SEED
    chain.add(llama.dist(seed))
    return chain


def _grammar(model: Model, json_schema: str) -> object:
    hint = "Check the JSON schema."
    if len(json_schema) > MAX_SCHEMA:
        raise AppError("The JSON schema is too long.", hint, f"{len(json_schema)} characters")
    try:
        _check_repeats(json.loads(json_schema))
        gbnf = llama.schema_to_gbnf(json_schema)
    # The converter checks nothing, so a wrong schema ends in whatever its shape runs into.
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        raise AppError("The answer's JSON schema cannot be used.", hint, repr(error)) from error
    link = llama.grammar(model, gbnf) if len(gbnf) <= MAX_GRAMMAR else None
    if not link:
        raise AppError("The answer's JSON schema cannot be used.", hint, llama.last_errors() or "grammar too long")
    return link


def _check_repeats(node: object) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in _REPEATS and isinstance(value, int) and value > MAX_REPEAT:
                raise ValueError(f"{key} = {value}, more than {MAX_REPEAT}")
            _check_repeats(value)
    elif isinstance(node, list):
        for item in node:
            _check_repeats(item)
