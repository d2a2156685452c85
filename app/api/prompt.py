"""What a program asks, as the engine is asked: messages, tools, the form of the answer, sampling."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from app.api.errors import ApiError, invalid, unsupported
from app.api.schema import (
    MOST_CHOICES,
    AnyJson,
    ChatMessage,
    ChatRequest,
    CompletionRequest,
    NamedTool,
    ReasoningEffort,
    SchemaJson,
    TextPart,
    Writing,
)
from app.pictures import Picture
from app.setting import THINKING_TOKENS
from app.types import Sampling
from app.workers.calls.engine import Complete, PromptMessage, ToolCall

MOST_COMPLETIONS = 16
"""Choices of one request: prompts × n."""
EFFORTS: dict[ReasoningEffort, int | None] = {
    "none": 0, "minimal": 128, "low": THINKING_TOKENS["short"], "medium": 2048, "high": THINKING_TOKENS["long"],
    "xhigh": None,
}  # fmt: skip
"""What OpenAI's words for thinking are in tokens."""


def chat_calls(request: ChatRequest, defaults: Sampling, pictures: Mapping[int, tuple[Picture, ...]]) -> list[Complete]:
    """One call for each choice. `pictures` are those of the messages that have some, by their place.

    Raises:
        ApiError: the parts of the request do not fit together.
    """
    tools = [msgspec.to_builtins(tool) for tool in request.tools or [] if request.tool_choice != "none"]
    form = request.response_format
    if tools and isinstance(form, AnyJson | SchemaJson):
        raise invalid("response_format", "A form of the answer and tools cannot be asked for together.")
    if request.tool_choice not in (None, "none", "auto") and not tools:
        raise invalid("tool_choice", "There are no tools to choose from.")
    if request.top_logprobs is not None and not request.logprobs:
        raise invalid("top_logprobs", "It needs 'logprobs': true.")
    _check_stream(request)
    call = Complete(
        messages=tuple(_message(message, i, pictures.get(i, ())) for i, message in enumerate(request.messages)),
        tools=msgspec.json.encode(tools).decode() if tools else "",
        tool_choice=_tool_choice(request),
        json_schema=msgspec.json.encode(form.json_schema.schema).decode() if isinstance(form, SchemaJson) else "",
        json_object=isinstance(form, AnyJson),
        sampling=_with_thinking(
            request,
            _sampling(
                request, _longest(request), defaults, strict=bool(tools) or isinstance(form, AnyJson | SchemaJson)
            ),
        ),
        logprobs=(request.top_logprobs or 0) if request.logprobs else None,
    )
    return _choices(call, request.n or 1)


def completion_calls(request: CompletionRequest, defaults: Sampling) -> list[Complete]:
    """One call for each choice: those of the first prompt, then those of the next.

    Raises:
        ApiError: the parts of the request do not fit together.
    """
    prompts = prompts_of(request)
    each = request.n or 1
    if len(prompts) * each > MOST_COMPLETIONS:
        raise invalid("n", f"That makes more than {MOST_COMPLETIONS} choices.")
    _check_stream(request)
    echo = bool(request.echo)
    if echo and request.stream:
        raise invalid("echo", "A prompt is given back in one piece: it needs 'stream': false.")
    if request.max_tokens == 0 and not echo:
        raise invalid("max_tokens", "Nothing would be written: 0 goes with 'echo': true.")
    sampling = _sampling(request, request.max_tokens, defaults, strict=False)
    call = Complete(sampling=sampling, logprobs=request.logprobs, echo=echo)
    calls = [
        msgspec.structs.replace(call, prompt=prompt)
        if isinstance(prompt, str)
        else msgspec.structs.replace(call, prompt_tokens=tuple(prompt))
        for prompt in prompts
    ]
    return [choice for call in calls for choice in _choices(call, each)]


def prompts_of(request: CompletionRequest) -> list[str | list[int]]:
    """Each text, or the tokens of each.

    Raises:
        ApiError: there are too many, or texts and tokens are mixed.
    """
    sent = request.prompt
    if isinstance(sent, str):
        return [sent]
    tokens = [each for each in sent if isinstance(each, int)]
    prompts: list[str | list[int]] = [each for each in sent if not isinstance(each, int)]
    if tokens:
        if prompts:
            raise invalid("prompt", "It is a text, tokens, or a list of one of these.")
        return [tokens]
    if len(prompts) > MOST_CHOICES:
        raise invalid("prompt", f"At most {MOST_CHOICES} prompts go together.")
    if [] in prompts:
        raise invalid("prompt", "There are no tokens in it.")
    return prompts


def _choices(call: Complete, n: int) -> list[Complete]:
    """The same call `n` times; with a seed, each draws otherwise."""
    seed = call.sampling.seed
    if n == 1 or seed is None:
        return [call] * n
    drawn = [msgspec.structs.replace(call.sampling, seed=seed + i) for i in range(n)]
    return [msgspec.structs.replace(call, sampling=sampling) for sampling in drawn]


def _check_stream(request: Writing) -> None:
    if request.stream_options is not None and not request.stream:
        raise invalid("stream_options", "It needs 'stream': true.")


def _sampling(request: Writing, longest: int | None, defaults: Sampling, *, strict: bool) -> Sampling:
    """What is not sent is as Settings say; but nothing is penalised where the form of the answer is fixed, since every
    JSON repeats its own signs."""
    for name in ("presence_penalty", "frequency_penalty"):
        if getattr(request, name):
            raise unsupported(name, "Use 'repeat_penalty'.")
    stop = [request.stop] if isinstance(request.stop, str) else request.stop or []
    if "" in stop:
        raise invalid("stop", "An empty text cannot end an answer.")
    sent = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "min_p": request.min_p,
        "repeat_penalty": 1.0 if strict and request.repeat_penalty is None else request.repeat_penalty,
        "seed": None if request.seed is None else request.seed & 0xFFFFFFFF,
        "max_tokens": longest,
        "stop": tuple(stop),
    }
    return msgspec.structs.replace(defaults, **{name: value for name, value in sent.items() if value is not None})


def _with_thinking(request: ChatRequest, sampling: Sampling) -> Sampling:
    """How long it may think, in tokens or in a word; where nothing is sent, as Settings say."""
    sent = request.reasoning
    if sent is None:
        effort, most = request.reasoning_effort, None
    elif request.reasoning_effort is not None or (sent.effort is not None and sent.max_tokens is not None):
        raise invalid("reasoning", "Send either an effort or 'max_tokens'.")
    elif sent.enabled is False:
        effort, most = "none", None
    else:
        effort, most = sent.effort, sent.max_tokens
    if effort is None and most is None:
        return sampling
    return msgspec.structs.replace(sampling, thinking=EFFORTS[effort] if effort is not None else most)


def _longest(request: ChatRequest) -> int | None:
    if request.max_tokens is None or request.max_completion_tokens is None:
        return request.max_completion_tokens or request.max_tokens
    raise invalid("max_tokens", "Send either 'max_tokens' or 'max_completion_tokens'.")


def _tool_choice(request: ChatRequest) -> str:
    choice = request.tool_choice
    if not isinstance(choice, NamedTool):
        return choice or "auto"
    names = {tool.function.name for tool in request.tools or []}
    if choice.function.name not in names:
        raise invalid("tool_choice", f"There is no tool '{choice.function.name}'.")
    return choice.function.name


def _message(message: ChatMessage, at: int, pictures: tuple[Picture, ...]) -> PromptMessage:
    """A message in the engine's form; a developer's is the system's."""
    parts = message.content
    if not isinstance(parts, str):
        parts = "".join(part.text for part in parts or [] if isinstance(part, TextPart))
    if message.role == "assistant":
        if message.content is None and not message.tool_calls:
            raise _incomplete(at, "content", "An assistant's message needs a content or tool calls.")
    elif message.content is None:
        raise _incomplete(at, "content", "A message needs a content.")
    if message.role != "assistant" and message.tool_calls:
        raise invalid(f"messages[{at}].tool_calls", "Only an assistant calls tools.")
    if (message.role == "tool") != bool(message.tool_call_id):
        raise invalid(f"messages[{at}].tool_call_id", "It says which call a tool's message answers, and only that.")
    calls = [
        ToolCall(id=call.id, name=call.function.name, arguments=call.function.arguments)
        for call in message.tool_calls or []
    ]
    return PromptMessage(
        role="system" if message.role == "developer" else message.role,
        content=parts,
        name=message.name or "",
        tool_calls=tuple(calls),
        tool_call_id=message.tool_call_id or "",
        pictures=pictures,
    )


def _incomplete(at: int, field: str, message: str) -> ApiError:
    name = f"messages[{at}].{field}"
    return ApiError(400, message, param=name, code="missing_required_parameter")
