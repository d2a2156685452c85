"""Examples as token ids with a mask of what is learned: the assistant's words and the token that ends them.

The mask comes from the model's own template, rendered up to each answer and through it, and is checked: what is masked
in must read as the answer, and what stands before it must be the very ids that the chat will show the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from app.llama.encode import fold_system
from app.types import Message
from trainer.errors import TrainerError

_REFUSED = (jinja2.TemplateError, ValueError, TypeError)
"""What a template raises that does not take a conversation."""


@dataclass(frozen=True)
class Encoded:
    """One sequence: `targets[i]` says whether the model is to learn to say `ids[i]`."""

    id: str
    ids: tuple[int, ...]
    targets: tuple[bool, ...]

    @property
    def learned(self) -> int:
        """How many tokens are learned."""
        return sum(self.targets)


def render(tokenizer: Any, turns: Sequence[Message], prompt: bool) -> str:
    """The conversation in the model's template; `prompt` adds the beginning of an answer.

    As in the chat, a template that knows no system role gets the instructions inside the first question.

    Raises:
        TrainerError: the model has no template, or the template refuses the conversation.
    """
    if not tokenizer.chat_template:
        hint = "Choose a model made for chat, or the recipe that reads documents."
        raise TrainerError("This model has no chat template, so it cannot be taught answers.", hint, code="template")
    folded = fold_system(turns) if [turn.role for turn in turns[:2]] == ["system", "user"] else []
    try:
        return _rendered(tokenizer, turns, prompt)
    except _REFUSED as error:
        first = error
    try:
        if folded:
            return _rendered(tokenizer, folded, prompt)
    except _REFUSED as error:
        first = error
    hint = "Take such conversations out, or choose another model."
    raise TrainerError("The model's template refuses a conversation.", hint, str(first), "template") from first


def check_template(tokenizer: Any) -> None:
    """Raises TrainerError where the model has no template, or one that does not take a question and its answer."""
    try:
        render(tokenizer, (Message("user", "Which way?"), Message("assistant", "This way.")), prompt=False)
    except TrainerError as error:
        if not tokenizer.chat_template:
            raise
        hint = "Choose another model, or the recipe that reads documents."
        raise TrainerError("The model's chat template is broken.", hint, error.detail, "template") from error


def _rendered(tokenizer: Any, turns: Sequence[Message], prompt: bool) -> str:
    messages = [{"role": turn.role, "content": turn.content} for turn in turns]
    text: str = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=prompt)
    return text


def encode_prompt(tokenizer: Any, turns: Sequence[Message]) -> list[int]:
    """Ids of a conversation that waits for the assistant's answer."""
    return list(tokenizer(render(tokenizer, turns, prompt=True), add_special_tokens=False)["input_ids"])


def encode_chat(tokenizer: Any, id: str, turns: Sequence[Message], last_only: bool = False) -> Encoded:
    """Encode a conversation; every assistant turn is learned, or the last alone: those before it are context then.

    Raises:
        TrainerError: the template has no assistant part, or nothing would be learned.
    """
    last = max((i for i, turn in enumerate(turns) if turn.role == "assistant"), default=-1)
    if last < 0:
        raise TrainerError("An example has no answer to learn.", "Add the answer, or take it out.", id, "masked")
    turns = [Message(turn.role, turn.content.strip()) for turn in turns[: last + 1]]
    full = render(tokenizer, turns, prompt=False)
    coding = tokenizer(full, add_special_tokens=False, return_offsets_mapping=True)
    ids, offsets = list(coding["input_ids"]), coding["offset_mapping"]
    targets = [False] * len(ids)
    asked = next((i for i, turn in enumerate(turns) if turn.role == "user"), len(turns))
    for i, turn in enumerate(turns):
        answers = turn.role == "assistant" and i > asked  # a greeting before all else answers nothing
        if answers and (i == last or not last_only):
            _mark(tokenizer, full, turns[: i + 1], ids, offsets, targets)
    if not any(targets):
        raise TrainerError("An example has nothing to learn.", "Check its answer.", id, "masked")
    return Encoded(id, tuple(ids), tuple(targets))


def _mark(
    tokenizer: Any,
    full: str,
    turns: Sequence[Message],
    ids: list[int],
    offsets: list[tuple[int, int]],
    targets: list[bool],
) -> None:
    """Mark the tokens of the last of `turns`, through the first special token after it (the end of the turn)."""
    prompt, through = render(tokenizer, turns[:-1], prompt=True), render(tokenizer, turns, prompt=False)
    said = turns[-1].content
    begin = len(prompt)
    if not through.startswith(prompt) or prompt == render(tokenizer, turns[:-1], prompt=False):
        hint = "Choose another model; this one's file is not made for chat."
        raise TrainerError("The model's template has no part for the assistant.", hint, prompt[-200:], "template")
    end = through.find(said, begin) + len(said)
    if end < begin + len(said):
        raise TrainerError("The model's template drops an answer.", "Choose another model.", said[:200], "template")
    if not full.startswith(through):
        return  # some templates show earlier answers otherwise than the last one: only the last is learned then
    special = set(tokenizer.all_special_ids)
    first = next((i for i, (start, _) in enumerate(offsets) if start >= begin), len(ids))
    if ids[:first] != list(tokenizer(prompt, add_special_tokens=False)["input_ids"]):
        raise TrainerError("An answer melts into its question.", "Choose another model.", said[:200], "template")
    for i in range(first, len(ids)):
        if offsets[i][0] >= len(through):
            break
        targets[i] = True
        if offsets[i][0] >= end and ids[i] in special:
            break


def encode_text(tokenizer: Any, id: str, text: str, length: int) -> list[Encoded]:
    """Encode a text to read, cut into pieces of `length` tokens; every token is learned, the first of a piece aside."""
    ids = [*tokenizer(text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    pieces = [ids[i : i + length] for i in range(0, len(ids), length)]
    return [
        Encoded(f"{id}#{number}", tuple(piece), (False, *[True] * (len(piece) - 1)))
        for number, piece in enumerate(pieces)
        if len(piece) > 1
    ]
