"""The instructions that stand before every conversation: in the chat, in what is taught, and in the comparison."""

from __future__ import annotations

from functools import cache

from app.paths import RESOURCES


@cache
def prompt_text(name: str) -> str:
    """One of the texts that prompts are made from, by the name of its file."""
    return (RESOURCES / "prompts" / name).read_text(encoding="utf-8").strip()


def rules(*, grounded: bool) -> str:
    """The system message where a person has written none; `grounded`: with passages to answer from."""
    return prompt_text("grounded.txt" if grounded else "plain.txt")
