"""Who an embedder is: all that a vector depends on beside its text."""

from __future__ import annotations

import hashlib

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """All that a vector depends on beside its text: vectors of two identities are never compared."""

    name: str
    sha256: str  # of the file it was made from
    query: str  # what stands in front of a question
    passage: str  # and of a passage
    pooling: str
    precision: str
    dimensions: int
    tokens: int  # the most it reads, markers included

    @property
    def id(self) -> str:
        """Short and telling, without a slash: it begins the recipe of each document."""
        return f"{self.name}-{hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]}"
