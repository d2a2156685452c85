"""Composes messages and passages into a prompt within the context, and says what was left out.

Any tokenizer will do, or an estimate of one: the same composition goes to llama.cpp here and to a server's model.

Order, for the longest prefix that stays the same from turn to turn: instructions, history, then passages and question
in the last user turn. What does not fit goes in this order: oldest history, last passages, the end of the question.
Where whoever composes can sum up, what the history has lost stands summed up behind the instructions.
"""

from __future__ import annotations

import dataclasses
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from app.cited import where
from app.errors import AppError
from app.llama.dropping import first_held, first_kept
from app.llama.rules import prompt_text, rules
from app.pictures import Picture
from app.types import Budget, Message, Passage

ANSWER_SHARE = 4
"""At least 1 - 1/4 of the context is for the prompt, however long an answer is asked for."""
MOST_REMEMBERED = 64
"""Conversations of which it is known where their last prompt began."""
LEAST_SHARE = 3
"""A prompt goes on where the last one of its conversation began while it takes a third of its room at least: what went
for a question with long passages comes back."""
MIN_PASSAGE, MIN_QUESTION = 48, 16
"""Tokens below which a cut passage or question says nothing any more."""
SUMMARY_SHARE = 16
"""Words of a summary: a sixteenth of the tokens of the context, so that it takes about a tenth of it at most."""
SumUp = Callable[[Sequence[Message], int], str]
"""Messages in about so many words."""
LONGEST_TOKEN = 64
"""Characters; only a rough bound, so that a message of 100 MB is cut before it is tokenized."""


@dataclass(frozen=True)
class Turn:
    """What a prompt is made from."""

    question: str
    history: tuple[Message, ...] = ()
    passages: tuple[Passage, ...] = ()
    system: str = ""
    grounded: bool = False
    conversation: str = ""
    pictures: tuple[Picture, ...] = ()
    """Of the question; those of earlier turns are in `history`."""


@dataclass(frozen=True)
class EncodedPrompt:
    """Token ids up to where the answer begins, and what to know about the template."""

    tokens: list[int]
    thinking: bool
    stop: tuple[str, ...] = ()
    note: str = ""

    def __len__(self) -> int:
        return len(self.tokens)


E = TypeVar("E", bound=Sized)
E_co = TypeVar("E_co", bound=Sized, covariant=True)


class Encoder(Protocol[E_co]):
    """Puts messages into the form that a model reads, whose length is in tokens."""

    def encode(self, messages: Sequence[Message], conversation: str = "") -> E_co:
        """The prompt of a conversation that ends with the user's turn."""
        ...

    def count(self, text: str) -> int:
        """Tokens of a text alone."""
        ...

    def cut(self, text: str, tokens: int) -> str:
        """The beginning of a text that takes about so many tokens, in whole characters."""
        ...


@dataclass(frozen=True)
class Fitted(Generic[E]):
    """A prompt that fits, and what it took."""

    encoded: E
    budget: Budget
    passages_used: int
    answer_room: int


@dataclass(frozen=True)
class Prompt:
    """Tokens ready to evaluate. `stop`: texts that end an answer where the template has no token for it."""

    tokens: list[int]
    budget: Budget
    passages_used: int
    thinking: bool  # the template has opened a <think> block
    stop: tuple[str, ...]
    note: str
    answer_room: int


def quote(passages: Sequence[Passage]) -> str:
    """Passages as numbered, fenced data; no text in them can close the fence or pass for another number."""
    blocks = []
    for n, passage in enumerate(passages, start=1):
        place = [passage.document]
        if stands := where(passage):
            place.append(stands)
        if passage.heading:
            place.append(passage.heading)
        text = passage.text
        if passage.header and not " ".join(text.split()).startswith(passage.header):
            text = f"{passage.header}\n{text}"  # it begins in the middle of a table
        blocks.append(f"[{n}] {_harmless(', '.join(place))}\n<passage>\n{_harmless(text)}\n</passage>")
    return "\n\n".join(blocks)


def _harmless(text: str) -> str:
    text = re.sub(r"<(?=\s*/?\s*passage)", "‹", text, flags=re.IGNORECASE)
    return re.sub(r"\[(\d{1,3})\]", r"(\1)", text).strip()


def _last_turn(passages: Sequence[Passage], question: str) -> str:
    if not passages:
        return question
    before, _, after = prompt_text("question.txt").partition("{question}")
    return f"{quote(passages)}\n\n{before}{question}{after}"


def _system(turn: Turn) -> str:
    return turn.system or rules(grounded=turn.grounded and bool(turn.passages))


def messages_of(turn: Turn) -> list[Message]:
    """A turn as the conversation that a model reads, whole."""
    last = Message("user", _last_turn(turn.passages, turn.question), turn.pictures)
    return [Message("system", _system(turn)), *normalize([*turn.history, last])]


def normalize(history: Sequence[Message]) -> list[Message]:
    """Turns that alternate, as most templates demand: empty ones gone, neighbours of one role joined."""
    out: list[Message] = []
    for message in history:
        if not (message.content.strip() or message.pictures):
            continue
        if out and out[-1].role == message.role:
            both = f"{out[-1].content}\n\n{message.content}"
            out[-1] = Message(message.role, both, out[-1].pictures + message.pictures)
        else:
            out.append(message)
    return out


def fit(
    encoder: Encoder[E], turn: Turn, context: int, max_tokens: int, sum_up: SumUp | None = None, start: int = 0
) -> Fitted[E]:
    """The prompt with at least min(max_tokens, a quarter of the context) tokens left for the answer; `sum_up` says what
    stands in the place of the messages that do not fit. `start`: the message with which the last prompt of this
    conversation began; where this one fits from there on, it begins there too.

    Raises:
        AppError: even the instructions alone do not fit.
    """
    reserve = max(1, min(max_tokens, context // ANSWER_SHARE))
    fitting = _Fitting(encoder, turn, context - reserve, sum_up, start)
    encoded = fitting.run()
    if start and len(encoded) * LEAST_SHARE < fitting.limit:
        fitting = _Fitting(encoder, turn, context - reserve, sum_up)
        encoded = fitting.run()
    used = len(encoded)
    return Fitted(
        encoded=encoded,
        budget=Budget(
            context=context,
            used=used,
            dropped_messages=fitting.start,
            summary_words=fitting.summary_words(),
            dropped_passages=len(turn.passages) - len(fitting.passages),
            shortened=fitting.shortened,
        ),
        passages_used=len(fitting.passages),
        answer_room=max(1, min(max_tokens, context - used)),
    )


def measure(encoder: Encoder[E], turn: Turn, context: int) -> int:
    """Tokens of the whole prompt, whether it fits or not."""
    return len(_Fitting(encoder, turn, context).encode())


class Composer:
    """Fits turns into the context of a model whose tokens are known."""

    def __init__(self, encoder: Encoder[EncodedPrompt], context: int, sum_up: SumUp | None = None) -> None:
        self._encoder, self._sum_up = encoder, sum_up
        self._context = context
        self._began: OrderedDict[str, tuple[int, Message]] = OrderedDict()
        """Conversation → the message of its history with which its last prompt began, where some were dropped."""

    def compose(self, turn: Turn, max_tokens: int) -> Prompt:
        """See `fit`."""
        start, first = self._began.pop(turn.conversation, (0, None))
        same = first in turn.history[start : start + 1]
        fitted = fit(self._encoder, turn, self._context, max_tokens, self._sum_up, start if same else 0)
        dropped = fitted.budget.dropped_messages
        if turn.conversation and 0 < dropped < len(turn.history):
            self._began[turn.conversation] = (dropped, turn.history[dropped])
            if len(self._began) > MOST_REMEMBERED:
                self._began.popitem(last=False)
        encoded = fitted.encoded
        return Prompt(
            tokens=encoded.tokens,
            budget=fitted.budget,
            passages_used=fitted.passages_used,
            thinking=encoded.thinking,
            stop=encoded.stop,
            note=encoded.note,
            answer_room=fitted.answer_room,
        )

    def measure(self, turn: Turn) -> int:
        """Tokens of the whole prompt, whether it fits or not."""
        return measure(self._encoder, turn, self._context)


class _Fitting(Generic[E]):
    """One attempt after another, each without a little more, until the prompt fits `limit` tokens."""

    def __init__(
        self, encoder: Encoder[E], turn: Turn, limit: int, sum_up: SumUp | None = None, start: int = 0
    ) -> None:
        self.encoder, self.turn, self.limit, self.sum_up = encoder, turn, limit, sum_up
        most = (limit + 1) * LONGEST_TOKEN
        self.origin = first_held(turn.history, most)
        self.start = max(start, self.origin)
        """The first message of the history that is in the prompt."""
        self.passages = list(turn.passages)
        self.question = turn.question[:most]
        self.shortened = len(self.question) < len(turn.question)

    def summary_words(self) -> int:
        """How many a summary of what was dropped has; 0 where there is none."""
        return self.limit // SUMMARY_SHARE if self.sum_up is not None and self.start else 0

    def encode(self) -> E:
        held = dataclasses.replace(
            self.turn,
            question=self.question,
            history=self.turn.history[self.start :],
            passages=tuple(self.passages),
            system=self.instructions(),
        )
        return self.encoder.encode(messages_of(held), self.turn.conversation)

    def instructions(self) -> str:
        """The rules, then what of the history is no longer there."""
        lost = self.turn.history[: self.start]
        summary = self.sum_up(lost, self.summary_words()) if self.sum_up and lost else ""
        return f"{_system(self.turn)}\n\n{summary}" if summary else _system(self.turn)

    def run(self) -> E:
        encoded = self.encode()
        while (excess := len(encoded) - self.limit) > 0:
            if self.start < len(self.turn.history):
                history, count = self.turn.history, self.encoder.count
                self.start = first_kept(history, self.origin, self.start, excess, self.limit, count)
            elif self.sum_up is not None:
                self.sum_up = None
            elif self.passages:
                self.drop_passage(excess)
            else:
                self.cut_question(excess)
            encoded = self.encode()
        return encoded

    def drop_passage(self, excess: int) -> None:
        """The last passage; the only one is cut instead where enough of it stays."""
        first = self.passages[0]
        room = self.encoder.count(first.text) - excess - 8
        if len(self.passages) > 1 or room < MIN_PASSAGE:
            del self.passages[-1]
            return
        self.shortened = True
        self.passages = [msgspec.structs.replace(first, text=self.encoder.cut(first.text, room))]

    def cut_question(self, excess: int) -> None:
        room = self.encoder.count(self.question) - excess - 4
        if room < MIN_QUESTION and self.turn.pictures:
            message = "The pictures do not fit into this model's memory."
            raise AppError(message, "Ask about fewer of them, or raise the context in Settings.")
        if room < MIN_QUESTION:
            raise AppError(
                "The question does not fit into this model's memory.",
                "Ask a shorter question, or raise the context in Settings.",
            )
        self.shortened = True
        self.question = self.encoder.cut(self.question, room)
