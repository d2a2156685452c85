"""POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.api import choices
from app.api.body import decoded
from app.api.complete import complete
from app.api.models import chosen
from app.api.pictures import pictures_of
from app.api.prompt import chat_calls
from app.api.reply import json_response, new_id, now
from app.api.schema import ChatRequest
from app.api.stream import streamed, unless_gone
from app.core.calls.api import CompleteWith
from app.workers.calls.engine import Completed, Token
from app.workers.message import Data


async def chat_completions(request: Request) -> Response:
    """A conversation goes on."""
    asked = await decoded(request, ChatRequest)
    model_id, model = await chosen(request.state.door, asked.model)
    pictures = await pictures_of(request.state.door, asked.messages)
    wanted = chat_calls(asked, request.app.state.settings.sampling(), pictures)
    calls = [CompleteWith(request=each, model_id=model_id) for each in wanted]
    if asked.stream:
        return await streamed(request, calls, ChatStream(asked, model))
    written = await unless_gone(request, complete(request.state.door, calls))
    answer = {
        **_head(model, "chat.completion"),
        "choices": [_choice(i, done, asked) for i, done in enumerate(written)],
        "usage": choices.usage(written),
    }
    return json_response(answer)


def _head(model: str, kind: str) -> dict[str, Any]:
    return {"id": new_id("chatcmpl"), "object": kind, "created": now(), "model": model, "system_fingerprint": None}


def _choice(index: int, whole: Completed, asked: ChatRequest) -> dict[str, Any]:
    done = _limited(whole, asked)
    return {
        "index": index,
        "message": choices.message(done),
        "logprobs": choices.chat_logprobs(done.logprobs) if asked.logprobs else None,
        "finish_reason": choices.reason_of(done),
    }


def _limited(done: Completed, asked: ChatRequest) -> Completed:
    """Without parallel calls only the first one counts."""
    if asked.parallel_tool_calls is False:
        return msgspec.structs.replace(done, tool_calls=done.tool_calls[:1])
    return done


class ChatStream:
    """The same as pieces: who speaks, what is added, why it ended."""

    def __init__(self, asked: ChatRequest, model: str) -> None:
        self._asked = asked
        self._head = _head(model, "chat.completion.chunk")
        self._done: dict[int, Completed] = {}
        self._begun: set[int] = set()
        self._with_usage = asked.stream_options is not None and asked.stream_options.include_usage

    def take(self, index: int, data: Data, last: bool) -> Iterable[dict[str, Any]]:
        if index not in self._begun:
            self._begun.add(index)
            yield self._piece(index, {"role": "assistant", "content": "", "refusal": None})
        if isinstance(data, Token) and (data.text or data.logprobs):
            name = "reasoning_content" if data.thinking else "content"
            logprobs = choices.chat_logprobs(data.logprobs) if data.logprobs else None
            yield self._piece(index, {name: data.text}, logprobs=logprobs)
        elif isinstance(data, Completed) and last:
            self._done[index] = done = _limited(data, self._asked)
            if done.tool_calls:
                yield self._piece(index, {"tool_calls": choices.tool_deltas(done.tool_calls)})
            yield self._piece(index, {}, reason=choices.reason_of(done))

    def end(self) -> Iterable[dict[str, Any]]:
        if self._with_usage:
            yield {**self._head, "choices": [], "usage": choices.usage(self._done[i] for i in sorted(self._done))}

    def _piece(
        self, index: int, delta: dict[str, Any], *, reason: str | None = None, logprobs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": reason}
        return {**self._head, "choices": [choice], **({"usage": None} if self._with_usage else {})}
