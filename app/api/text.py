"""POST /v1/completions: text goes on as it stands, for programs that compose their prompt themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api import choices
from app.api.body import decoded
from app.api.complete import complete
from app.api.models import chosen
from app.api.prompt import completion_calls, prompts_of
from app.api.reply import json_response, new_id, now
from app.api.schema import CompletionRequest
from app.api.stream import streamed, unless_gone
from app.core.calls.api import CompleteWith
from app.workers.calls.engine import Completed, Token
from app.workers.message import Data


async def completions(request: Request) -> Response:
    """A text goes on."""
    asked = await decoded(request, CompletionRequest)
    wanted = completion_calls(asked, request.app.state.settings.sampling())
    model_id, model = await chosen(request.state.door, asked.model)
    calls = [CompleteWith(request=each, model_id=model_id) for each in wanted]
    if asked.stream:
        return await streamed(request, calls, TextStream(asked, model))
    written = await unless_gone(request, complete(request.state.door, calls))
    return json_response(
        {
            **_head(model),
            "choices": [
                {
                    "index": i,
                    "text": choices.text_of(done),
                    "logprobs": choices.all_logprobs(done) if asked.logprobs is not None else None,
                    "finish_reason": choices.reason_of(done),
                }
                for i, done in enumerate(written)
            ],
            "usage": choices.usage(written, len(prompts_of(asked))),
        }
    )


def _head(model: str) -> dict[str, Any]:
    return {
        "id": new_id("cmpl"),
        "object": "text_completion",
        "created": now(),
        "model": model,
        "system_fingerprint": None,
    }


class TextStream:
    """The same as pieces."""

    def __init__(self, asked: CompletionRequest, model: str) -> None:
        self._prompts = len(prompts_of(asked))
        self._head = _head(model)
        self._done: dict[int, Completed] = {}
        self._length: dict[int, int] = {}
        self._with_usage = asked.stream_options is not None and asked.stream_options.include_usage

    def take(self, index: int, data: Data, last: bool) -> Iterable[dict[str, Any]]:
        if isinstance(data, Token) and (data.text or data.logprobs):
            at = self._length.get(index, 0)
            self._length[index] = at + len(data.text)
            logprobs = choices.text_logprobs(data.logprobs, at) if data.logprobs else None
            yield self._piece(index, data.text, logprobs=logprobs)
        elif isinstance(data, Completed) and last:
            self._done[index] = data
            yield self._piece(index, "", reason=choices.reason_of(data))

    def end(self) -> Iterable[dict[str, Any]]:
        if self._with_usage:
            done = [self._done[i] for i in sorted(self._done)]
            yield {**self._head, "choices": [], "usage": choices.usage(done, self._prompts)}

    def _piece(
        self, index: int, text: str, *, reason: str | None = None, logprobs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        choice = {"index": index, "text": text, "logprobs": logprobs, "finish_reason": reason}
        return {**self._head, "choices": [choice], **({"usage": None} if self._with_usage else {})}
