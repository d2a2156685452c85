"""How far tokens reach in a sequence: with M-RoPE a picture takes fewer positions than it has embeddings.

Every embedding of a picture has a number below zero that no other has. An odd one moves the position on, as a token
does; an even one stands where the next one stands. So a list of tokens alone says how many cells it takes (its length)
and how many positions, also where it was cut, copied or saved.
"""

from __future__ import annotations

from collections.abc import Iterable


def numbers(first: int, embeddings: int, positions: int) -> list[int]:
    """Those of a picture whose first embedding is number `first` of all; `positions` of them move on, the last ones."""
    stands = embeddings - positions
    return [-2 * (first + at) - (2 if at < stands else 1) for at in range(embeddings)]


def standing(tokens: Iterable[int]) -> int:
    """How many of these do not move the position on."""
    return sum(token < 0 and token % 2 == 0 for token in tokens)
