"""How long a model on a server may think: said in the words of servers that have any, and told where it was not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.errors import AppError

Fields = dict[str, Any]
_FIELDS: dict[str, Callable[[int], Fields]] = {
    "inhouse": lambda most: {"reasoning": {"max_tokens": most}},
    "llamacpp": lambda most: {"thinking_budget_tokens": most, "reasoning_budget_tokens": most},  # by its version
    "vllm": lambda most: {"thinking_token_budget": most},
}
"""What servers call themselves in `owned_by` → the parameters that they take. OpenAI's own API knows no number."""
NOT_APPLIED = "The server has no limit on thinking, so yours was not applied."


class ThinkingLimit:
    """What one server takes."""

    def __init__(self) -> None:
        self._fields: Callable[[int], Fields] | None = None

    def is_by(self, owner: str) -> None:
        """Who made the server, as it says itself."""
        self._fields = _FIELDS.get(owner.casefold())

    def fields(self, most: int | None) -> Fields:
        """The parameters of a request for at most so many tokens; none where there is no limit or no word for it."""
        return self._fields(most) if self._fields is not None and most is not None else {}

    def was_refused(self, error: AppError, sent: Fields) -> bool:
        """Whether the server refused a request for these; it is not sent them again. vLLM takes them only where it was
        started for that."""
        refused = any(name in error.detail for name in sent)
        if refused:
            self._fields = None
        return refused

    def note(self, most: int | None, thought: str) -> str:
        """What a person should know of an answer with these thoughts; "" where the limit held."""
        return NOT_APPLIED if thought and most is not None and self._fields is None else ""
