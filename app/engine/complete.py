"""What a program asks, in the engine's terms: its messages and tools as a prompt, and its answer's calls."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import AppError
from app.llama.detokenize import Piece
from app.llama.encode import Encoder
from app.llama.prompt import EncodedPrompt, normalize
from app.llama.tools import CallFilter, flatten, names_of, read_calls, read_tools, schema_of
from app.workers.calls.engine import Complete, PromptMessage, ToolCall

ANY_OBJECT = '{"type": "object"}'
ID_LENGTH = 9
"""Of a call: Mistral's templates refuse any other."""


@dataclass(frozen=True)
class Task:
    """What must be read and what form the answer has."""

    prompt: EncodedPrompt
    json_schema: str
    names: tuple[str, ...] = ()
    """Tools that the answer may call."""
    forced: bool = False

    @property
    def filter(self) -> CallFilter | None:
        """What holds back a text that may be a call; None without tools."""
        return CallFilter(forced=self.forced) if self.names else None

    def calls(self, text: str) -> tuple[str, tuple[ToolCall, ...]]:
        """The answer's text without its calls, and the calls."""
        if not self.names:
            return text, ()
        rest, found = read_calls(text, self.names)
        return rest, tuple(ToolCall(id=_new_id(), name=use.name, arguments=use.arguments) for use in found)


def task_of(call: Complete, encoder: Encoder) -> Task:
    """Compose the prompt, and the schema of an answer that must be JSON or a call.

    Raises:
        AppError: there is nothing to answer, or the tools cannot be used.
    """
    if call.prompt is not None or call.prompt_tokens:
        encoded = encoder.encode_text(call.prompt or "") if not call.prompt_tokens else encoder.take(call.prompt_tokens)
        if not encoded.tokens:
            raise AppError("There is nothing to go on from.", "Send a prompt.")
        return Task(encoded, _form(call))
    if not call.messages:
        raise AppError("There is nothing to answer.", "Send at least one message.")
    tools = read_tools(call.tools) if call.tool_choice != "none" else []
    chosen = _chosen(tools, call.tool_choice)
    prompt = _prompt(call, tools, encoder)
    if not tools:
        return Task(prompt, _form(call))
    forced = call.tool_choice not in ("", "auto")
    return Task(prompt, schema_of(chosen) if forced else "", tuple(names_of(chosen)), forced)


def _form(call: Complete) -> str:
    return call.json_schema or (ANY_OBJECT if call.json_object else "")


def _chosen(tools: list[dict[str, Any]], choice: str) -> list[dict[str, Any]]:
    if choice in ("", "auto", "none", "required"):
        return tools
    chosen = [tool for tool in tools if tool["function"]["name"] == choice]
    if not chosen:
        raise AppError(f"There is no tool “{choice}”.", "Choose one of those that were sent.")
    return chosen


def _prompt(call: Complete, tools: list[dict[str, Any]], encoder: Encoder) -> EncodedPrompt:
    """By the template's own words for tools where it has them, else by plain words."""
    turns = [_turn(message) for message in call.messages]
    if tools or any(message.role == "tool" or message.tool_calls for message in call.messages):
        encoded = encoder.encode_turns(turns, tools, call.conversation)
        if encoded is not None and _names_all(encoded, tools, encoder):
            return encoded
    messages = flatten(turns, tools)
    encoded = encoder.encode(messages, call.conversation)
    return encoder.encode(normalize(messages), call.conversation) if encoded.note else encoded


def _names_all(encoded: EncodedPrompt, tools: Sequence[Mapping[str, Any]], encoder: Encoder) -> bool:
    """Whether the template really wrote each tool down: some only ask whether there are any."""
    text = encoder.text(encoded.tokens)
    return all(name in text for name in names_of(tools))


def _turn(message: PromptMessage) -> dict[str, Any]:
    turn: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.name:
        turn["name"] = message.name
    if message.pictures:
        turn["pictures"] = message.pictures
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        turn["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _object(call.arguments)}}
            for call in message.tool_calls
        ]
    return turn


def _object(arguments: str) -> Any:
    """Arguments as templates want them: an object, or the text as it stands where it is no JSON."""
    try:
        return json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments


def _new_id() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(ID_LENGTH))


def all_of(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Every piece is shown."""
    return iter(pieces)
