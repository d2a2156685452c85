"""What is asked of an OpenAI-compatible server."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.pictures import Picture
from app.types import Message, Sampling
from app.workers.calls.engine import Chat, Complete, PromptMessage


def chat_body(
    model: str, call: Chat, messages: Sequence[Message], max_tokens: int, limit: Mapping[str, Any] | None = None
) -> bytes:
    """The body of a streamed chat completion, of parameters only that OpenAI's API names, and of `limit` on thinking
    what the server has a name for."""
    body = _sampled(model, call.sampling, max_tokens) | dict(limit or {})
    body["messages"] = [{"role": each.role, "content": _content(each.content, each.pictures)} for each in messages]
    return msgspec.json.encode(body | _form(call.json_schema))


def complete_body(model: str, call: Complete, limit: Mapping[str, Any] | None = None) -> bytes:
    """The same of a streamed completion, with messages or of a text as it stands."""
    body = _sampled(model, call.sampling, call.sampling.max_tokens)
    if call.prompt is not None:
        body["prompt"] = call.prompt
        if call.logprobs is not None:
            body["logprobs"] = call.logprobs
        return msgspec.json.encode(body)
    body |= dict(limit or {})
    body["messages"] = [_message(each) for each in call.messages]
    if call.tools:
        known = ("none", "auto", "required")
        named = {"type": "function", "function": {"name": call.tool_choice}}
        body["tools"] = msgspec.Raw(call.tools.encode())
        body["tool_choice"] = call.tool_choice if call.tool_choice in known else named
    if call.json_object:
        body["response_format"] = {"type": "json_object"}
    if call.logprobs is not None:
        body |= {"logprobs": True, "top_logprobs": call.logprobs}
    return msgspec.json.encode(body | _form(call.json_schema))


def _content(text: str, pictures: Sequence[Picture]) -> str | list[dict[str, Any]]:
    """A text alone, or pictures before it, in OpenAI's form."""
    if not pictures:
        return text
    seen = [f"data:image/jpeg;base64,{base64.b64encode(each.data).decode('ascii')}" for each in pictures]
    return [*({"type": "image_url", "image_url": {"url": url}} for url in seen), {"type": "text", "text": text}]


def _sampled(model: str, sampling: Sampling, max_tokens: int) -> dict[str, Any]:
    """Without what only llama.cpp knows: top_k, min_p and the penalty of repeats."""
    body: dict[str, Any] = {
        "model": model,
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
    return body


def _form(json_schema: str) -> dict[str, Any]:
    if not json_schema:
        return {}
    schema = {"name": "answer", "strict": True, "schema": msgspec.Raw(json_schema.encode())}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _message(message: PromptMessage) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": _content(message.content, message.pictures)}
    if message.name:
        said["name"] = message.name
    if message.tool_call_id:
        said["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        said["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    return said
