"""What is said to an OpenAI-compatible server and how its answers read. Fields that are not used here are left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from msgspec import Struct

from app.types import Message, Sampling

CONTEXT = 8192
"""Tokens that a server's model is taken to hold where the server does not say."""
BYTES_A_TOKEN = 4
"""A rule of thumb for the vocabularies of today's models, in UTF-8: in English a letter is a byte, and where a letter
is three of them it is also most of a token."""
MESSAGE_TOKENS = 4
"""What a chat template writes round each message."""

Reason = Literal["end", "length", "stop"]


# --- estimates --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Estimated:
    """Messages, and about how many tokens they take."""

    messages: tuple[Message, ...]
    tokens: int

    def __len__(self) -> int:
        return self.tokens


class Estimate:
    """Stands in for the tokenizer of a model that is elsewhere: see app.llama.prompt.Encoder."""

    def encode(self, messages: Sequence[Message], conversation: str = "") -> Estimated:
        return Estimated(tuple(messages), sum(self.count(each.content) + MESSAGE_TOKENS for each in messages))

    def count(self, text: str) -> int:
        return math.ceil(len(text.encode()) / BYTES_A_TOKEN)

    def cut(self, text: str, tokens: int) -> str:
        return text.encode()[: tokens * BYTES_A_TOKEN].decode("utf-8", "ignore").strip()


# --- what is asked ----------------------------------------------------------------------------------------------------


def chat_body(model: str, messages: Sequence[Message], sampling: Sampling, max_tokens: int, json_schema: str) -> bytes:
    """The body of a streamed chat completion, of parameters only that OpenAI's API names."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": each.role, "content": each.content} for each in messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
    }
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if json_schema:
        schema = {"name": "answer", "strict": True, "schema": msgspec.Raw(json_schema.encode())}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return msgspec.json.encode(body)


# --- what is answered -------------------------------------------------------------------------------------------------


class _Limits(Struct):
    n_ctx: int = 0
    n_ctx_train: int = 0


class Served(Struct):
    """A model that a server lists. Each kind of server says in its own way how much context it has."""

    id: str
    max_model_len: int = 0  # vLLM, SGLang
    context_length: int = 0
    context_window: int = 0
    meta: _Limits | None = None  # llama-server

    @property
    def context(self) -> int:
        """Tokens, or our guess."""
        meta = self.meta or _Limits()
        said = (self.max_model_len, self.context_length, self.context_window, meta.n_ctx, meta.n_ctx_train)
        return next((tokens for tokens in said if tokens > 0), CONTEXT)


class _List(Struct):
    data: list[Served]


class Delta(Struct):
    """What is new of an answer."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class Choice(Struct):
    delta: Delta = msgspec.field(default_factory=Delta)
    finish_reason: str | None = None


class Usage(Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Chunk(Struct):
    """One event of a stream."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: msgspec.Raw | None = None


END = b"[DONE]"
_chunks = msgspec.json.Decoder(Chunk)
_lists = msgspec.json.Decoder(_List)


def chunk_of(data: bytes) -> Chunk:
    """Raises msgspec.MsgspecError where it is none."""
    return _chunks.decode(data)


def models_of(body: bytes) -> list[Served]:
    """Raises msgspec.MsgspecError where it is no list of models."""
    return _lists.decode(body).data


def reason_of(finish: str) -> Reason:
    return "length" if finish == "length" else "end"


def message_of(body: bytes) -> str:
    """What an error says in words, whatever shape it has; "" where it has none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return ""
    for _ in range(3):
        if isinstance(found, dict):
            found = found.get("error") or found.get("message") or found.get("detail")
    return " ".join(found.split())[:300] if isinstance(found, str) else ""
