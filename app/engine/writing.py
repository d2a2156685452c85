"""Writes one answer token by token, beside others: what the assistant's questions and programs' requests share."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Literal

from app.engine.generation import Drawn, Generation
from app.engine.scheduler import Scheduler
from app.engine.thinking import ThinkingBudget
from app.errors import AppError
from app.llama.bindings import Model
from app.llama.detokenize import AnswerStream, Piece
from app.types import Stats
from app.workers.calls.engine import Prefill, Token, TokenLogprob, TopLogprob, Waiting

Reason = Literal["end", "length", "stop"]
Events = Generator[Waiting | Prefill | Token | None, None, None]
"""Steps of an answer; None: nothing to say, it is the others' turn."""

BUSY = "The model is writing other answers first."


class Answer:
    """What was written so far, and the figures of it."""

    def __init__(self, model: Model, stop: tuple[str, ...], *, thinking: bool, started: float) -> None:
        """`thinking`: the prompt has opened a <think> block; `started`: when it was asked for, by perf_counter."""
        self.model = model
        self.stream = AnswerStream(stop, thinking=thinking)
        self.tokens: list[int] = []
        self.reason: Reason = "length"
        self.logprobs: list[TokenLogprob] = []
        self._told = 0  # of logprobs
        self._started, self._first, self._last, self._drawn = started, 0.0, 0.0, 0
        self._thought = 0.0

    @property
    def text(self) -> str:
        return "".join(self.stream.answer)

    @property
    def thinking(self) -> str:
        return "".join(self.stream.thoughts)

    @property
    def thought_ms(self) -> float:
        """From the first token until the thinking had ended; 0 where there was none."""
        return max(self._thought - self._first, 0.0) * 1000 if self.stream.thoughts else 0.0

    def mark(self) -> None:
        """A token was drawn now."""
        self._last = time.perf_counter()
        self._first = self._first or self._last
        self._drawn += 1

    def add(self, drawn: Drawn, *, with_logprob: bool) -> list[Piece]:
        """Take a token; what can be shown after it."""
        self.tokens.append(drawn.token)
        if self.stream.is_thinking:
            self._thought = self._last
        if with_logprob:
            self.logprobs.append(named(self.model, drawn))
        return list(self.stream.feed(self.model.visible(drawn.token)))

    def finish(self) -> list[Piece]:
        """What was held back."""
        return list(self.stream.finish(complete=self.reason != "length"))

    def untold(self) -> tuple[TokenLogprob, ...]:
        """The log-probabilities since the last call."""
        fresh, self._told = tuple(self.logprobs[self._told :]), len(self.logprobs)
        return fresh

    def stats(self, prompt: int, evaluated: int) -> Stats:
        """`prompt`: its tokens; `evaluated`: those that the KV cache did not hold."""
        seconds = self._last - self._first
        return Stats(
            prompt_tokens=prompt,
            evaluated_tokens=evaluated,
            completion_tokens=len(self.tokens),
            first_token_ms=(self._first - self._started) * 1000 if self._drawn else 0.0,
            tokens_per_s=(self._drawn - 1) / seconds if seconds > 0 else 0.0,
        )


def named(model: Model, drawn: Drawn) -> TokenLogprob:
    """A token and its rivals as a program reads them."""
    rivals = ((*_spelled(model, token), value) for token, value in drawn.rivals)
    text, raw = _spelled(model, drawn.token)
    return TokenLogprob(text, drawn.logprob, raw, tuple(TopLogprob(name, value, own) for name, own, value in rivals))


def _spelled(model: Model, token: int) -> tuple[str, tuple[int, ...]]:
    raw = model.piece(token)
    return raw.decode("utf-8", "replace"), tuple(raw)


Show = Callable[[Iterable[Piece]], Iterator[Piece]]
"""What of the pieces is told as text; the rest may be a tool call."""


def write(
    scheduler: Scheduler,
    generation: Generation,
    answer: Answer,
    room: int,
    show: Show,
    thinking: ThinkingBudget | None = None,
) -> Events:
    """Write up to `room` tokens into `answer`, or as many as `thinking` says. Closing it at any yield leaves the cache
    as it says it is.

    Raises:
        AppError: llama.cpp failed, or the answer's form cannot be kept to.
    """
    scheduler.join(generation)
    try:
        yield None  # those that came with it join before the next batch
        while len(answer.tokens) < (thinking.room if thinking is not None else room):
            yield from _next(scheduler, generation)
            if generation.full:
                break
            drawn = generation.take()
            if thinking is not None:
                drawn = thinking.next(drawn)
            answer.mark()
            if answer.model.is_end(drawn.token):
                answer.reason = "end"
                break
            pieces = answer.add(drawn, with_logprob=generation.rivals is not None)
            if thinking is not None:
                generation.guesses = thinking.is_over
            if answer.stream.stopped:
                answer.reason = "stop"
            elif len(answer.tokens) < (thinking.room if thinking is not None else room):
                generation.accept(drawn.token)  # before it is told, so that it takes part in others' batches
            yield from told(answer, show(pieces))
            if answer.stream.stopped:
                break
    finally:
        scheduler.leave(generation)
    yield from told(answer, show(answer.finish()))
    if rest := answer.untold():
        yield Token(text="", logprobs=rest)


def read(scheduler: Scheduler, generation: Generation) -> Events:
    """Read a text whose tokens are weighed, to its end. Closing it at any yield leaves the cache as it says it is.

    Raises:
        AppError: llama.cpp failed, or its memory has no room for the text.
    """
    scheduler.join(generation)
    try:
        yield None
        yield from _next(scheduler, generation)
    finally:
        scheduler.leave(generation)
    if not generation.is_weighed:
        raise too_long(len(generation.tokens))


def too_long(tokens: int) -> AppError:
    """What a person reads where a prompt does not fit."""
    return AppError("This is too long for the model's context.", "Send less.", f"{tokens} tokens")


def _next(scheduler: Scheduler, generation: Generation) -> Events:
    """Steps until the next token is drawn, or until there is no room for it."""
    ahead = -1
    while True:
        if generation.error is not None:
            raise generation.error
        if generation.has_read():
            scheduler.hold_back()
            yield Prefill(done=generation.read, total=generation.prompt)
        elif generation.drawn is not None or generation.full or generation.is_weighed:
            return
        elif not scheduler.admit(generation):
            before, ahead = ahead, scheduler.ahead(generation)
            yield Waiting(note=BUSY, ahead=ahead) if ahead != before else None
        else:
            scheduler.step(generation)
            if (
                generation.drawn is None
                and generation.error is None
                and not generation.full
                and not generation.is_weighed
            ):
                yield None


def told(answer: Answer, pieces: Iterable[Piece]) -> Iterator[Token | None]:
    """Pieces as events; None where there are none."""
    said = False
    for piece in pieces:
        said = True
        yield Token(text=piece.text, thinking=piece.thinking, logprobs=answer.untold())
    if not said:
        yield None
