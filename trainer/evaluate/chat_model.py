"""A model file that is asked as the chat asks it: prompts and answers go through the very code of the chat."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.llama.encode import Encoder
from app.llama.gguf_reader import read_header
from app.llama.prompt import Composer, Prompt, Turn
from app.llama.sequences import Ask, Sequences
from app.llama.template import Renderer
from app.types import Message


def turn_of(messages: Sequence[Message]) -> Turn:
    """A conversation that waits for an answer, as the chat would hold it.

    Args:
        messages: the last of the user is the question; a system message, if any, comes first. Without one the chat's
            own rules apply.
    """
    system = messages[0].content if messages[0].role == "system" else ""
    asked = max((n for n, message in enumerate(messages) if message.role == "user"), default=len(messages) - 1)
    history = tuple(message for message in messages[:asked] if message.role != "system")
    return Turn(question=messages[asked].content, history=history, system=system)


class ChatModel:
    """Composes prompts for one model and lets it answer many of them at once. `close` it, or use it in a `with`."""

    note = ""
    """What a person should know of its prompts: that the model's own template could not be used."""

    def __init__(self, path: Path, adapter: Path | None = None, *, sequences: int = 32, threads: int = 2) -> None:
        """Load the model.

        Raises:
            AppError: the file is damaged or no model, the adapter does not fit, or memory is short.
        """
        template = read_header(path).template
        self.sequences = Sequences(path, adapter, sequences=sequences, threads=threads)
        self._renderer = Renderer()
        encoder = Encoder(self.sequences.model, self._renderer, template)
        self._composer = Composer(encoder, self.sequences.room)

    def __enter__(self) -> ChatModel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; twice is fine."""
        self._renderer.close()
        self.sequences.close()

    @property
    def room(self) -> int:
        """Tokens that a prompt and its answer may have together."""
        return self.sequences.room

    def prompt(self, turn: Turn, limit: int) -> Prompt:
        """The prompt of a turn with room for `limit` tokens of answer; what does not fit is left out, as in the chat.

        Raises:
            AppError: not even the question fits.
        """
        prompt = self._composer.compose(turn, limit)
        self.note = prompt.note or self.note
        return prompt

    def ask(self, turn: Turn, limit: int, cut: tuple[str, ...] = (), gbnf: str = "") -> Ask:
        """A turn ready to be answered; see `Ask` for what ends an answer."""
        prompt = self.prompt(turn, limit)
        return Ask(prompt.tokens, min(limit, prompt.answer_room), cut, prompt.stop, prompt.thinking, gbnf)

    def fits(self, turn: Turn, limit: int) -> bool:
        """Whether nothing of a turn must be left out."""
        return self._composer.measure(turn) + limit <= self.room
