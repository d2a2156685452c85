"""Renders a model's chat template in a process of its own: a template is a stranger's program.

One JSON object a line: {"template", "messages", "tools", "bos", "eos"} in, {"text"} or {"error"} out. The parent
(template.py) kills this process when it takes too long or too much memory.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import Template, TemplateError, nodes
from jinja2.ext import Extension, LoopControlExtension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

MEMORY_LIMIT = 768 << 20
"""Bytes of address space, where the system can limit it; the parent watches elsewhere."""
MAX_EXTRA = 1 << 20
"""Characters a template may add to the messages and tools it is given."""


class _Generation(Extension):
    """`{% generation %}…{% endgeneration %}`, which marks training spans, renders as its body."""

    tags = {"generation"}  # noqa: RUF012  (jinja2's own declaration)

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _raise(message: str) -> NoReturn:
    raise TemplateError(message)


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    """As transformers' filter: jinja2's own escapes for HTML."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


@lru_cache(maxsize=4)
def _compile(template: str) -> Template:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, LoopControlExtension]
    )
    environment.filters["tojson"] = _tojson
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    return environment.from_string(template)


def render(request: dict[str, Any]) -> str:
    """The prompt's text; TemplateError and friends where the template fails."""
    template = _compile(request["template"])
    given = json.dumps([request["messages"], request["tools"]], ensure_ascii=False)
    limit = MAX_EXTRA + 4 * len(given)
    parts: list[str] = []
    size = 0
    for part in template.generate(
        messages=request["messages"],
        add_generation_prompt=True,
        bos_token=request["bos"],
        eos_token=request["eos"],
        tools=request["tools"],
        documents=None,
    ):
        size += len(part)
        if size > limit:
            raise TemplateError("the template writes without end")
        parts.append(part)
    return "".join(parts)


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent watches
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    except (ValueError, OSError):  # macOS refuses this limit: the parent watches
        return


# What a template can raise: its own errors and whatever its expressions run into.
_FAILURES: tuple[type[Exception], ...] = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


def answer(line: str, work: Callable[[dict[str, Any]], str] = render) -> dict[str, str]:
    """One request's answer; an error is the template's, in its own words."""
    try:
        return {"text": work(json.loads(line))}
    except _FAILURES as error:
        return {"error": f"{type(error).__name__}: {error}"[:500]}


def main() -> int:
    """Answer lines until the input ends."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    _limit_memory()
    out.write(json.dumps({"text": "ready"}) + "\n")
    out.flush()
    for line in sys.stdin:
        out.write(json.dumps(answer(line)) + "\n")
        out.flush()
    return 0
