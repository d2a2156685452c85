"""What a person keeps to ask with: assistants and prompts, as every door knows them."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.setting import PRESETS
from app.settings import BY_KEY
from app.text.visible import visible_line, visible_text

Style = Literal["", "precise", "balanced", "creative"]
"""A preset of sampling values; "" is the answer style in Settings."""
Thinking = Literal["", "off", "short", "long", "free"]
"""How long a model may think; "" is what Settings says."""

LONGEST_NAME, LONGEST_TEXT, MOST = 80, 8000, 500
"""Characters of a name, of instructions or a prompt, and how many of each kind are kept."""


class Assistant(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A way to be answered: instructions, and what else of a question it decides. None and "": as in Settings."""

    id: str = ""  # "" until it is kept
    name: str
    instructions: str = ""  # may hold variables: see app/library/variables.py
    model_id: str = ""  # "" is the model in use
    collection_id: int | None = None  # that its chats ask; 0 is the model alone, None leaves the chat's own
    style: Style = ""
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    seed: int | None = None
    in_documents: bool = False  # its style counts for answers from documents too, which are precise otherwise
    thinking: Thinking = ""


class Prompt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A saved question; what stands in braces is asked for when it is used."""

    id: str = ""
    name: str
    text: str


class Library(Struct, frozen=True, kw_only=True):
    """All that is kept, in the order of names."""

    assistants: tuple[Assistant, ...] = ()
    prompts: tuple[Prompt, ...] = ()


SAMPLING = (*PRESETS["precise"], "seed")
"""The fields of an assistant that are sampling values, by the keys of Settings."""


def checked_assistant(assistant: Assistant) -> Assistant:
    """The assistant as it may be kept: its name on one line, its values within the limits that Settings has.

    Raises:
        AppError: something of it is not allowed, in words to show.
    """
    for key in SAMPLING:
        value = getattr(assistant, key)
        if value is not None:
            BY_KEY[key].accept(value)
    name = _name(assistant.name)
    return msgspec.structs.replace(assistant, name=name, instructions=_text(assistant.instructions))


def checked_prompt(prompt: Prompt) -> Prompt:
    """Likewise. Raises AppError."""
    text = _text(prompt.text)
    if not text:
        raise AppError("The prompt has no text.", "Write what it should ask.")
    return msgspec.structs.replace(prompt, name=_name(prompt.name), text=text)


def _name(typed: str) -> str:
    name = visible_line(typed)
    if not name:
        raise AppError("The name is missing.", "Give it one.")
    if len(name) > LONGEST_NAME:
        raise AppError("The name is too long.", f"The most is {LONGEST_NAME} characters.")
    return name


def _text(typed: str) -> str:
    text = visible_text(typed)
    if len(text) > LONGEST_TEXT:
        raise AppError("The text is too long.", f"The most is {LONGEST_TEXT:,} characters.")
    return text
