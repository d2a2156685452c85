"""How the answers of an OpenAI-compatible server read. Fields that are not used here are left out."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import msgspec
from msgspec import Struct

from app.core.remote.estimate import CONTEXT
from app.workers.calls.engine import TokenLogprob, TopLogprob

Reason = Literal["end", "length", "stop"]


class _Limits(Struct):
    n_ctx: int = 0
    n_ctx_train: int = 0


class Served(Struct):
    """A model that a server lists. Each kind of server says in its own way how much context it has."""

    id: str
    owned_by: str = ""  # most servers name themselves here
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


class _Function(Struct):
    name: str | None = None
    arguments: str | None = None


class ToolDelta(Struct):
    """A piece of a tool call."""

    index: int = 0
    id: str | None = None
    function: _Function = msgspec.field(default_factory=_Function)


class Delta(Struct):
    """What is new of an answer."""

    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[ToolDelta] | None = None


class _Top(Struct):
    token: str
    logprob: float
    bytes: list[int] | None = None


class _Logprob(_Top):
    top_logprobs: list[_Top] = []


class Logprobs(Struct):
    """Of a chat: `content`; of a text that goes on: the other three."""

    content: list[_Logprob] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class Choice(Struct):
    """`delta` of a chat, `text` of a text that goes on."""

    delta: Delta = msgspec.field(default_factory=Delta)
    text: str = ""
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class Usage(Struct):
    """Tokens, as the server counts them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Chunk(Struct):
    """One event of a stream."""

    choices: list[Choice] = []
    usage: Usage | None = None
    error: Any = None


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
    """Why an answer ended, as the engine says it."""
    return "length" if finish == "length" else "end"


def logprobs_of(said: Logprobs | None) -> tuple[TokenLogprob, ...]:
    """Both forms as one; the numbers are natural logarithms in either."""
    if said is None:
        return ()
    if said.content is not None:
        return tuple(
            TokenLogprob(
                token=each.token,
                logprob=each.logprob,
                bytes=_bytes(each),
                top=tuple(TopLogprob(top.token, top.logprob, _bytes(top)) for top in each.top_logprobs),
            )
            for each in said.content
        )
    tops = said.top_logprobs or []
    return tuple(
        TokenLogprob(
            token=token,
            logprob=logprob or 0.0,
            bytes=tuple(token.encode()),
            top=tuple(TopLogprob(text, value, tuple(text.encode())) for text, value in (top or {}).items()),
        )
        for token, logprob, top in itertools.zip_longest(said.tokens or [], said.token_logprobs or [], tops)
        if token is not None
    )


def _bytes(said: _Top) -> tuple[int, ...]:
    return tuple(said.token.encode() if said.bytes is None else said.bytes)


def message_in(body: bytes) -> str:
    """What the body of a refusal says in words; "" where it says nothing."""
    try:
        return message_of(msgspec.json.decode(body))
    except (msgspec.MsgspecError, RecursionError):
        return ""


def message_of(found: Any) -> str:
    """What an error says in words, whatever shape it has."""
    for _ in range(3):
        if isinstance(found, dict):
            found = found.get("error") or found.get("message") or found.get("detail")
    return " ".join(found.split())[:300] if isinstance(found, str) else ""
