"""What the engine writes, in OpenAI's JSON: choices, deltas, log-probabilities, usage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.workers.calls.engine import Completed, TokenLogprob, ToolCall

REASONS = {"end": "stop", "stop": "stop", "length": "length", "tool_calls": "tool_calls"}


def reason_of(done: Completed) -> str:
    """Why it ended, in OpenAI's words."""
    return "tool_calls" if done.tool_calls else REASONS[done.reason]


def usage(done: Iterable[Completed], prompts: int = 1) -> dict[str, Any]:
    """Tokens of a request. Choices of the same prompt (`prompts` different ones) count it once."""
    stats = [each.stats for each in done]
    firsts = stats[:: max(1, len(stats) // prompts)]
    read = sum(each.prompt_tokens for each in firsts)
    written = sum(each.completion_tokens for each in stats)
    cached = sum(max(0, each.prompt_tokens - each.evaluated_tokens) for each in firsts)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def message(done: Completed) -> dict[str, Any]:
    """The whole message of a choice."""
    found: dict[str, Any] = {
        "role": "assistant",
        "content": done.text or (None if done.tool_calls else ""),
        "refusal": None,
    }
    if done.thinking:
        found["reasoning_content"] = done.thinking
    if done.tool_calls:
        found["tool_calls"] = [_tool_call(call) for call in done.tool_calls]
    return found


def tool_deltas(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    """Tool calls as a stream hands them out: each whole, in one piece."""
    return [{"index": i, **_tool_call(call)} for i, call in enumerate(calls)]


def _tool_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def chat_logprobs(tokens: Sequence[TokenLogprob]) -> dict[str, Any]:
    """Log-probabilities of a chat: each token with its bytes and its rivals."""
    return {
        "content": [
            {
                "token": token.token,
                "logprob": token.logprob,
                "bytes": list(token.bytes),
                "top_logprobs": [
                    {"token": top.token, "logprob": top.logprob, "bytes": list(top.bytes)} for top in token.top
                ],
            }
            for token in tokens
        ],
        "refusal": None,
    }


def text_logprobs(tokens: Sequence[TokenLogprob], offset: int = 0, unknown: int = 0) -> dict[str, Any]:
    """The same in the older form of completions; `offset` is the place of the first token in the text, `unknown` counts
    those at the beginning that nothing says the likelihood of."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token.token)
    known = tokens[unknown:]
    nothing = [None] * unknown
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [*nothing, *(token.logprob for token in known)],
        "top_logprobs": [*nothing, *({top.token: top.logprob for top in token.top} for token in known)],
        "text_offset": offsets,
    }


def text_of(done: Completed) -> str:
    """What was written, behind the prompt where that is given back."""
    return (done.echoed.text if done.echoed is not None else "") + done.text


def all_logprobs(done: Completed) -> dict[str, Any]:
    """Of the tokens of that text."""
    if done.echoed is None:
        return text_logprobs(done.logprobs)
    return text_logprobs([*done.echoed.tokens, *done.logprobs], unknown=done.echoed.first)
