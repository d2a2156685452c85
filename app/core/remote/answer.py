"""What a server streams, put together: text, thinking, tool calls, log-probabilities and figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.core.remote import chunks
from app.core.remote.estimate import Estimated
from app.llama.detokenize import AnswerStream, Piece
from app.llama.prompt import Fitted
from app.types import Budget, Stats
from app.workers.calls.engine import Chatted, Completed, Prefill, Token, TokenLogprob, ToolCall, Waiting

ESTIMATED = "What fits was estimated, since the model is on a server."

Say = Callable[[Prefill | Token | Waiting], object]


@dataclass
class _Tool:
    """A tool call that comes in pieces."""

    id: str = ""
    name: str = ""
    arguments: str = ""


class StreamedAnswer:
    """An answer under way; each piece is handed out as it comes."""

    def __init__(self, stop: tuple[str, ...], say: Say) -> None:
        self._say = say
        self._stream = AnswerStream(stop)
        self.reason: chunks.Reason | None = None
        """Why it ended; None while it goes on."""
        self.pieces = 0
        """How many came; most servers send a token in each."""
        self._thoughts: list[str] = []
        self._tools: dict[int, _Tool] = {}
        self._usage: chunks.Usage | None = None
        self._began = time.perf_counter()
        self._first = 0.0

    def take(self, chunk: chunks.Chunk) -> None:
        """What is new."""
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices[:1]:
            self._take_choice(choice)
        if self._stream.stopped:
            self.reason = "stop"

    @property
    def is_over(self) -> bool:
        """Whether the rest does not count, whatever the server goes on to say."""
        return self._stream.stopped

    def end(self) -> None:
        """The server said that this was all."""
        self.reason = self.reason or "end"

    def chatted(self, fitted: Fitted[Estimated], context: int) -> Chatted:
        """The answer to a `Chat` whose prompt is `fitted`; `context` in tokens."""
        self._hand_out(self._stream.finish())
        stats, budget = self._stats(len(fitted.encoded)), fitted.budget
        left_out = budget.dropped_messages or budget.dropped_passages or budget.shortened
        return Chatted(
            text="".join(self._stream.answer),
            thinking=self._thinking(),
            reason=self.reason if self.reason in ("length", "stop") else "end",
            stats=stats,
            budget=Budget(
                context=context,
                used=stats.prompt_tokens + stats.completion_tokens,
                dropped_messages=budget.dropped_messages,
                summary_words=budget.summary_words,
                dropped_passages=budget.dropped_passages,
                shortened=budget.shortened,
            ),
            passages_used=fitted.passages_used,
            note=ESTIMATED if left_out else "",
        )

    def completed(self, prompt_tokens: int) -> Completed:
        """The answer to a `Complete`; `prompt_tokens` is the estimate for a server that does not count."""
        self._hand_out(self._stream.finish())
        calls = tuple(
            ToolCall(id=tool.id or f"call_{index}", name=tool.name, arguments=tool.arguments)
            for index, tool in sorted(self._tools.items())
        )
        return Completed(
            text="".join(self._stream.answer),
            thinking=self._thinking(),
            tool_calls=calls,
            reason="tool_calls" if calls and self.reason != "length" else self.reason or "end",
            stats=self._stats(prompt_tokens),
        )

    def _take_choice(self, choice: chunks.Choice) -> None:
        delta = choice.delta
        thought, text = delta.reasoning_content or delta.reasoning, delta.content or choice.text
        if thought or text or delta.tool_calls:
            self.pieces += 1
            self._first = self._first or time.perf_counter()
        if thought:
            self._thoughts.append(thought)
            self._say(Token(text=thought, thinking=True))
        logprobs = chunks.logprobs_of(choice.logprobs)
        if text or logprobs:
            self._hand_out(self._stream.feed(text.encode()) if text else iter(()), logprobs)
        for part in delta.tool_calls or ():
            tool = self._tools.setdefault(part.index, _Tool())
            tool.id = part.id or tool.id
            tool.name += part.function.name or ""
            tool.arguments += part.function.arguments or ""
        if choice.finish_reason:
            self.reason = chunks.reason_of(choice.finish_reason)

    def _hand_out(self, pieces: Iterator[Piece], logprobs: tuple[TokenLogprob, ...] = ()) -> None:
        """The log-probabilities go with the first piece, or alone where its text is held back."""
        for piece in pieces:
            self._say(Token(text=piece.text, thinking=piece.thinking, logprobs=logprobs))
            logprobs = ()
        if logprobs:
            self._say(Token(text="", logprobs=logprobs))

    def _thinking(self) -> str:
        return "".join([*self._thoughts, *self._stream.thoughts])

    def _stats(self, prompt_tokens: int) -> Stats:
        usage = self._usage or chunks.Usage(prompt_tokens, self.pieces)
        seconds = time.perf_counter() - self._first if self._first else 0.0
        return Stats(
            prompt_tokens=usage.prompt_tokens,
            evaluated_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            first_token_ms=(self._first - self._began) * 1000 if self._first else 0.0,
            tokens_per_s=usage.completion_tokens / seconds if seconds > 0 else 0.0,
        )
