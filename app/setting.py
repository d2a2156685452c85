"""What one choice of the user is: declared once, with its label, its limits and what it is until someone chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from app.errors import AppError

T = TypeVar("T")


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One choice: what it is called, what it may be, and what it is until someone chooses."""

    key: str
    default: T
    label: str = ""
    help: str = ""
    section: str = ""
    """The page of Settings that shows it; "" keeps it out of sight."""
    choices: tuple[tuple[T, str], ...] = ()
    """Value and label of each allowed value; empty where any will do."""
    minimum: float | None = None
    maximum: float | None = None
    """Limits of a number, or the most characters of a text."""
    kind: type = str
    optional: bool = False
    """Whether None is allowed: "automatic", "random", "none"."""
    unset: str = ""
    """How None, or an empty line, is shown."""
    details: bool = False
    """Whether it sits behind *Details*."""
    closed: T | None = None
    """What holds while a company's policy cannot be read; None: what the user chose."""

    def accept(self, value: object) -> T:
        """The value as it is stored.

        Raises:
            AppError: it is of the wrong type or outside the limits.
        """
        if value is None and self.optional:
            return cast(T, None)
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not self.kind:
            raise AppError(f"“{self.label or self.key}” cannot be {value!r}.", "Choose another value.")
        if self.choices and value not in [choice for choice, _ in self.choices]:
            allowed = ", ".join(str(choice) for choice, _ in self.choices)
            raise AppError(f"“{self.label or self.key}” cannot be {value!r}.", f"Choose one of: {allowed}.")
        self._check_limits(value)
        return cast(T, value)

    def _check_limits(self, value: object) -> None:
        size = len(value) if isinstance(value, str) else value
        if not isinstance(size, int | float) or isinstance(size, bool):
            return
        if size != size:
            raise AppError(f"“{self.label or self.key}” cannot be {value!r}.", "Choose a number.")
        what = "characters" if isinstance(value, str) else ""
        if self.minimum is not None and size < self.minimum:
            raise AppError(
                f"“{self.label or self.key}” is too small.", f"The least is {self.minimum:g} {what}".strip() + "."
            )
        if self.maximum is not None and size > self.maximum:
            raise AppError(
                f"“{self.label or self.key}” is too large.", f"The most is {self.maximum:g} {what}".strip() + "."
            )


PRESETS: dict[str, dict[str, float | int]] = {
    "precise": {"temperature": 0.2, "top_p": 0.9, "top_k": 40, "min_p": 0.05, "repeat_penalty": 1.1},
    "balanced": {"temperature": 0.6, "top_p": 0.95, "top_k": 40, "min_p": 0.05, "repeat_penalty": 1.1},
    "creative": {"temperature": 1.0, "top_p": 0.98, "top_k": 100, "min_p": 0.02, "repeat_penalty": 1.05},
}
"""Answer style → the sampling values that it stands for; a value of the user's own goes before it."""

THINKING_TOKENS: dict[str, int | None] = {"off": 0, "short": 512, "long": 4096, "free": None}
"""What the words of `thinking` are in tokens."""
