"""Answers one question: prompt, prefill in batches, then token by token, each a step that can be cancelled."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Literal

from app.engine.kv import PrefixCache
from app.engine.load import LoadedModel
from app.errors import AppError
from app.llama import sampler
from app.llama.bindings import CONTROL, Model, SamplerChain
from app.llama.detokenize import THINK_CLOSE, THINK_OPEN, AnswerStream, Piece
from app.llama.encode import Encoder
from app.llama.prompt import Composer, Prompt, Turn
from app.llama.template import Renderer
from app.types import Budget, Stats
from app.workers.protocol import Chat, Chatted, Count, Counted, Prefill, Token

GPU_BATCH = 512
CPU_BATCHES = ((3e9, 32), (1e9, 64), (0.0, 128))
"""(weights from, tokens a prefill step): a cancel waits for a step. Fixed by the model and not by the clock, since the
same prompt in other batches gives slightly other numbers, and so another greedy answer."""
SILENT_TOKENS = 8
"""Tokens without visible text after which a step ends anyway, so that a cancel gets through."""
SAVED_STATES = 512 << 20
"""Bytes for the KV states of other conversations."""

_THINK_MARKS = (THINK_OPEN.encode(), THINK_CLOSE.encode())

Reason = Literal["end", "length", "stop"]


class Conversations:
    """Chats with one loaded model: its prompt composer and its KV cache."""

    def __init__(self, loaded: LoadedModel, renderer: Renderer) -> None:
        self.model: Model = loaded.model
        self.context = loaded.context
        self._encoder = Encoder(loaded.model, renderer, loaded.header.template)
        self._composer = Composer(self._encoder, loaded.context.size)
        self._cache = PrefixCache(loaded.context, SAVED_STATES)
        wanted = GPU_BATCH if loaded.info.gpu_layers else _cpu_batch(loaded.info.parameters)
        self._batch = min(wanted, loaded.context.batch)

    def prepare(self) -> None:
        """Find the control tokens and start the template's process before the first question."""
        self._encoder.prepare()

    def reset(self) -> None:
        """Forget every evaluated token: the weights have changed."""
        self._cache.clear()
        self._encoder.forget()

    def set_adapter(self, path: str, scale: float) -> None:
        """Apply a LoRA adapter, "" for none, and forget what was evaluated without it.

        Raises:
            AppError: it does not fit; the one before stays.
        """
        adapter = self.model.adapter(path) if path else None
        self.context.set_adapter(adapter, scale)
        self.reset()

    def prompt(self, call: Chat) -> Prompt:
        """The tokens that `call` would be answered from."""
        turn = Turn(call.question, call.history, call.passages, call.system, call.grounded, call.conversation)
        return self._composer.compose(turn, call.sampling.max_tokens)

    def count(self, call: Count) -> Counted:
        turn = Turn(call.question, call.history, call.passages, call.system, bool(call.passages))
        return Counted(tokens=self._composer.measure(turn), context=self.context.size)

    def chat(self, call: Chat) -> Generator[Prefill | Token, None, Chatted]:
        """Answer `call`. Closing the generator at any yield leaves the cache as it says it is.

        Raises:
            AppError: the prompt cannot fit, the schema cannot be followed, or llama.cpp failed.
        """
        started = time.perf_counter()
        prompt = self.prompt(call)
        chain = sampler.build(self.model, call.sampling, call.json_schema)
        try:
            reused = self._cache.begin(call.conversation, prompt.tokens)
            yield from self._prefill(prompt.tokens, reused)
            answer = _Answer(call, prompt)
            yield from self._generate(chain, answer, started)
        finally:
            chain.close()
        if answer.reason != "stop" and not answer.stream.thoughts:
            self._encoder.remember(call.conversation, answer.text, answer.tokens)
        return answer.result(len(prompt.tokens) - reused)

    def _prefill(self, tokens: list[int], done: int) -> Generator[Prefill, None, None]:
        total = len(tokens)
        while done < total:
            batch = tokens[done : done + self._batch]
            if not self._cache.evaluate(batch):
                raise AppError("The question does not fit into the model's context.", "Ask a shorter question.")
            done += len(batch)
            yield Prefill(done=done, total=total)

    def _generate(self, chain: SamplerChain, answer: _Answer, started: float) -> Generator[Token, None, None]:
        model, context, cache, stream = self.model, self.context, self._cache, answer.stream
        silent = 0
        begun = time.perf_counter()
        try:
            for _ in range(answer.prompt.answer_room):
                token = chain.sample(context)
                if not answer.tokens:
                    answer.first_token_ms = (time.perf_counter() - started) * 1000
                if model.is_end(token):
                    answer.reason = "end"
                    break
                answer.tokens.append(token)
                pieces = list(stream.feed(self._visible(token)))
                silent = 0 if pieces else silent + 1
                yield from _events(pieces)
                if stream.stopped:
                    answer.reason = "stop"
                    break
                if silent >= SILENT_TOKENS:
                    silent = 0
                    yield Token(text="")
                if len(answer.tokens) == answer.prompt.answer_room or not cache.evaluate_one(token):
                    break
        finally:
            answer.seconds = time.perf_counter() - begun
        yield from _events(list(stream.finish(complete=answer.reason != "length")))

    def _visible(self, token: int) -> bytes:
        """A token's bytes; stray control tokens are not text, except where they mark thinking."""
        piece = self.model.piece(token)
        if self.model.attributes(token) & CONTROL and piece.decode("utf-8", "replace") not in (
            THINK_OPEN,
            THINK_CLOSE,
        ):
            return b""
        return piece


def _cpu_batch(parameters: int) -> int:
    return next(size for weights, size in CPU_BATCHES if parameters >= weights)


def _events(pieces: list[Piece]) -> Generator[Token, None, None]:
    for piece in pieces:
        yield Token(text=piece.text, thinking=piece.thinking)


class _Answer:
    """An answer under way."""

    def __init__(self, call: Chat, prompt: Prompt) -> None:
        self.prompt = prompt
        self.stream = AnswerStream((*call.sampling.stop, *prompt.stop), thinking=prompt.thinking)
        self.tokens: list[int] = []
        self.reason: Reason = "length"
        self.first_token_ms = 0.0
        self.seconds = 0.0

    @property
    def text(self) -> str:
        return "".join(self.stream.answer)

    def result(self, evaluated: int) -> Chatted:
        budget = self.prompt.budget
        return Chatted(
            text=self.text,
            thinking="".join(self.stream.thoughts),
            reason=self.reason,
            stats=Stats(
                prompt_tokens=len(self.prompt.tokens),
                evaluated_tokens=evaluated,
                completion_tokens=len(self.tokens),
                first_token_ms=self.first_token_ms,
                tokens_per_s=len(self.tokens) / self.seconds if self.seconds > 0 else 0.0,
            ),
            budget=Budget(
                context=budget.context,
                used=budget.used + len(self.tokens),
                dropped_messages=budget.dropped_messages,
                dropped_passages=budget.dropped_passages,
                shortened=budget.shortened,
            ),
            passages_used=self.prompt.passages_used,
            note=self.prompt.note,
        )
