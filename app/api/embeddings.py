"""POST /v1/embeddings: the embedder that the documents are searched with."""

from __future__ import annotations

import base64
import sys
from array import array

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.door import ApiDoor
from app.api.errors import invalid
from app.api.models import EMBEDDER, unknown_model
from app.api.reply import json_response
from app.api.schema import EmbeddingRequest
from app.api.stream import unless_gone
from app.workers.calls.documents import Embed, Embedded

BATCH = 32
"""Texts that are embedded in one go; a search of the window gets its turn between two of them."""


async def embeddings(request: Request) -> Response:
    """Texts as vectors of length 1."""
    asked = await decoded(request, EmbeddingRequest)
    if asked.model != EMBEDDER:
        raise unknown_model(asked.model)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if any(not text.strip() for text in texts):
        raise invalid("input", "An empty text has no embedding.")
    vectors, tokens = await unless_gone(request, _embed(request.state.door, texts, asked.input_type == "query"))
    if asked.dimensions not in (None, len(vectors[0])):
        raise invalid("dimensions", f"This embedder has {len(vectors[0])} dimensions.")
    data = [
        {
            "object": "embedding",
            "index": i,
            "embedding": _base64(vector) if asked.encoding_format == "base64" else vector,
        }
        for i, vector in enumerate(vectors)
    ]
    used = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json_response({"object": "list", "data": data, "model": EMBEDDER, "usage": used})


async def _embed(door: ApiDoor, texts: list[str], query: bool) -> tuple[list[tuple[float, ...]], int]:
    vectors: list[tuple[float, ...]] = []
    tokens = 0
    for start in range(0, len(texts), BATCH):
        found = await door.ask(Embed(texts=tuple(texts[start : start + BATCH]), query=query))
        assert isinstance(found, Embedded)
        vectors.extend(found.vectors)
        tokens += found.tokens
    return vectors, tokens


def _base64(vector: tuple[float, ...]) -> str:
    """As OpenAI packs it: 32-bit floats, little-endian."""
    packed = array("f", vector)
    if sys.byteorder == "big":
        packed.byteswap()
    return base64.b64encode(packed.tobytes()).decode()
