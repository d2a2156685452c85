"""Prompts as the chat makes them, without torch: the model's own template, and passages quoted as data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from trainer.errors import TrainerError
from trainer.parallel import Parallel
from trainer.spec import Turn

PROMPTS = Path(__file__).resolve().parent.parent.parent / "resources" / "prompts"


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


class Prompter:
    """Turns conversations into prompt tokens of one model; transformers renders the same (a test holds them)."""

    def __init__(self, model: Parallel) -> None:
        self._model = model
        if not model.template:
            raise TrainerError("This model has no chat template.", "Choose a model made for chat.", code="template")
        room = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        room.globals["raise_exception"] = _refuse
        room.globals["strftime_now"] = lambda _form: "1 January 2026"  # the same for both models, on every day
        self._template = room.from_string(model.template)

    def tokens(self, turns: Sequence[Turn]) -> list[int]:
        """Ids of a conversation that waits for the assistant's answer.

        Raises:
            TrainerError: the template refuses the conversation.
        """
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        try:
            text = self._template.render(
                messages=messages,
                add_generation_prompt=True,
                bos_token=self._model.bos_text,
                eos_token=self._model.eos_text,
            )
        except jinja2.TemplateError as error:
            raise TrainerError(
                "The model's template refuses a conversation.", "Choose another model.", str(error), "template"
            ) from error
        return self._model.tokenize(text)


@cache
def _prompt(name: str) -> str:
    return (PROMPTS / name).read_text(encoding="utf-8").strip("\n")


def grounded(question: str, passages: Sequence[tuple[str, str]]) -> tuple[Turn, ...]:
    """A question with passages (place, text), quoted as the chat quotes them."""
    blocks = [f"[{n}] {place}\n<passage>\n{text}\n</passage>" for n, (place, text) in enumerate(passages, 1)]
    asked = _prompt("question.txt").replace("{question}", question)
    return Turn("system", _prompt("grounded.txt")), Turn("user", "\n\n".join([*blocks, asked]))
