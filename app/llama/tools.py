"""Tools that a model may call: told to models whose template knows none, forced by a schema, and read from answers.

Models write calls in different ways. Read are the two that nearly all share: JSON between <tool_call> marks, and JSON
alone, one object, a list, or several in a row, with `name` and `arguments` or `parameters`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import AppError
from app.llama.detokenize import Piece, held_back
from app.types import Message

OPEN, CLOSE = "<tool_call>", "</tool_call>"
_BEGINNINGS = ("{", "[", "```")
"""An answer that begins so may be a call as a whole, and is shown when it turns out to be none."""
_MARKED = re.compile(re.escape(OPEN) + r"(.*?)(?:" + re.escape(CLOSE) + r"|\Z)", re.DOTALL)
_WRAPPING = re.compile(r"\A\s*(?:\[TOOL_CALLS\]|<\|python_tag\|>|```(?:json)?)?|(?:```)?\s*\Z")

EXPLANATION = """You can call tools. Each line is one tool as JSON:
{tools}
Call a tool only where the question needs it. To call one, answer with this JSON and nothing else:
{{"name": "the tool's name", "arguments": {{"an argument's name": "its value"}}}}"""


@dataclass(frozen=True)
class ToolUse:
    """A call that a model wrote; `arguments` is the JSON of an object."""

    name: str
    arguments: str


def read_tools(text: str) -> list[dict[str, Any]]:
    """The tools of a request, in OpenAI's form; "" is none.

    Raises:
        AppError: not a list of functions with a name each.
    """
    if not text:
        return []
    try:
        tools = json.loads(text)
        names = [tool["function"]["name"] for tool in tools]
    except (ValueError, TypeError, KeyError) as error:
        raise AppError(
            "The tools cannot be used.", "Send a list of functions in OpenAI's form.", repr(error)
        ) from error
    if not all(isinstance(name, str) and name for name in names):
        raise AppError("The tools cannot be used.", "Each needs a name.", repr(names))
    return list(tools)


def names_of(tools: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names by which tools are called."""
    return [str(tool["function"]["name"]) for tool in tools]


def explain(tools: Sequence[Mapping[str, Any]]) -> str:
    """Instructions for a model whose template has no words for tools."""
    return EXPLANATION.format(tools="\n".join(json.dumps(tool["function"], ensure_ascii=False) for tool in tools))


def flatten(turns: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> list[Message]:
    """Turns with tools, calls and results as plain messages."""
    out: list[Message] = [Message("system", explain(tools))] if tools else []
    names: dict[str, str] = {}
    for turn in turns:
        content = str(turn.get("content") or "")
        if turn["role"] == "tool":
            name = names.get(str(turn.get("tool_call_id")), "") or turn.get("name") or "the tool"
            out.append(Message("user", f"Result of {name}:\n{content}"))
            continue
        lines = [content] if content else []
        for call in turn.get("tool_calls", ()):
            names[str(call.get("id"))] = call["function"]["name"]
            lines.append(json.dumps(call["function"], ensure_ascii=False))
        out.append(Message(turn["role"], "\n".join(lines), tuple(turn.get("pictures", ()))))
    return _one_system(out)


def _one_system(messages: list[Message]) -> list[Message]:
    """All instructions in the first message, where every template looks for them."""
    system = [message.content for message in messages if message.role == "system" and message.content]
    turns = [message for message in messages if message.role != "system"]
    return [Message("system", "\n\n".join(system)), *turns] if system else turns


# --- calls that must be made ------------------------------------------------------------------------------------------


def schema_of(tools: Sequence[Mapping[str, Any]]) -> str:
    """The JSON schema of a call of one of these tools."""
    definitions: dict[str, Any] = {}
    calls = []
    for n, tool in enumerate(tools):
        function = tool["function"]
        arguments = _hoist(function.get("parameters") or {"type": "object"}, f"{n}_", definitions)
        properties = {"name": {"const": function["name"]}, "arguments": arguments}
        calls.append({"type": "object", "properties": properties, "required": ["name", "arguments"]})
    schema = calls[0] if len(calls) == 1 else {"anyOf": calls}
    return json.dumps({**schema, "$defs": definitions} if definitions else schema)


def _hoist(schema: Any, prefix: str, definitions: dict[str, Any]) -> Any:
    """The schema with its own definitions moved to `definitions`, where its references now point."""
    if not isinstance(schema, dict):
        return schema
    for word in ("$defs", "definitions"):
        for name, definition in schema.get(word, {}).items():
            definitions[prefix + name] = _point(definition, prefix)
    return _point({key: value for key, value in schema.items() if key not in ("$defs", "definitions")}, prefix)


def _point(node: Any, prefix: str) -> Any:
    if isinstance(node, list):
        return [_point(item, prefix) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: _point(value, prefix) for key, value in node.items()}
    reference = found.get("$ref")
    if isinstance(reference, str):
        found["$ref"] = re.sub(r"^#/(?:\$defs|definitions)/", lambda _: f"#/$defs/{prefix}", reference)
    return found


# --- calls that were made ---------------------------------------------------------------------------------------------


def read_calls(text: str, names: Iterable[str]) -> tuple[str, list[ToolUse]]:
    """What an answer says beside its calls, and the calls of tools that exist; the whole text where there are none."""
    known = set(names)
    marked = list(_MARKED.finditer(text))
    if marked:
        calls = [call for found in marked for call in _calls_in(found[1], known)]
        return (text[: marked[0].start()].strip(), calls) if calls else (text, [])
    calls = _calls_in(_WRAPPING.sub("", text), known)
    return ("", calls) if calls else (text, [])


def _calls_in(text: str, known: set[str]) -> list[ToolUse]:
    """The calls of a text that is nothing but calls."""
    calls: list[ToolUse] = []
    rest, decoder = text.strip(), json.JSONDecoder()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            return []
        for each in value if isinstance(value, list) else [value]:
            call = _call_of(each, known)
            if call is None:
                return []
            calls.append(call)
        rest = rest[end:].lstrip(" \r\n\t;,")
    return calls


def _call_of(value: object, known: set[str]) -> ToolUse | None:
    if not isinstance(value, dict):
        return None
    function = value.get("function", value)
    if isinstance(function, str):
        function = {**value, "name": function}
    if not isinstance(function, dict) or function.get("name") not in known:
        return None
    arguments = function.get("arguments", function.get("parameters", {}))
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    if not isinstance(arguments, dict):
        return None
    return ToolUse(str(function["name"]), json.dumps(arguments, ensure_ascii=False))


class CallFilter:
    """Lets an answer's text through as it comes, but for what may be a call."""

    def __init__(self, *, forced: bool) -> None:
        """`forced`: the whole answer is a call."""
        self._holding = forced
        self._begun = forced
        self._tail = ""
        self.told = ""
        """What was let through."""

    def __call__(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            if piece.thinking:
                yield piece
                continue
            self._tail += piece.text
            text = self._free()
            if text:
                self.told += text
                yield Piece(text)

    def _free(self) -> str:
        if not self._begun and self._tail.strip():
            self._begun = True
            self._holding = self._tail.lstrip().startswith(_BEGINNINGS)
        if self._holding or not self._begun:
            return ""
        mark = self._tail.find(OPEN)
        self._holding = mark >= 0
        cut = mark if mark >= 0 else len(self._tail) - held_back(self._tail, (OPEN,))
        text, self._tail = self._tail[:cut], self._tail[cut:]
        return text
