"""One model on one server: found, checked, counted and asked.

Messages go out as they go to llama.cpp here: the same rules, fences and passages, composed by `app.llama.prompt`. How
long they are is estimated, since the tokenizer is elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator

import msgspec

from app.core.calls.models import ServerFound
from app.core.remote import wire
from app.core.remote.connection import TOO_LONG, Connection, cut, garbage
from app.errors import AppError, BadFile
from app.llama.detokenize import AnswerStream, Piece
from app.llama.prompt import Fitted, Turn, fit, measure
from app.models.servers import host_of, is_encrypted
from app.types import Budget, InstalledModel, ModelInfo, Stats
from app.workers.protocol import Chat, Chatted, Count, Counted, Prefill, Token, Waiting

FIT_TRIES = 4
SMALLER = 0.7
"""An estimate may be wrong: where the server says that a prompt is too long, it is composed for so much less."""
ESTIMATED = "What fits was estimated, since the model is on a server."
SILENT = "{host} has said nothing for {minutes} min. You can stop, or go on waiting."

Say = Callable[[Prefill | Token | Waiting], object]


class ServedModel:
    """Asks about a model by its address and its name there."""

    def __init__(self, model: InstalledModel, key: Callable[[], str]) -> None:
        """`key` is called in a thread, when it is first needed."""
        self.model, self.host = model, host_of(model.address)
        self._key = key
        self._connection: Connection | None = None
        self._context = wire.CONTEXT

    async def close(self) -> None:
        """Leave the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    # --- what is there ------------------------------------------------------------------------------------------------

    async def find(self) -> ServerFound:
        """Which models the server has, at the address or where such servers usually have them, below /v1.

        Raises:
            AppError: there is none, or it does not take the key.
        """
        address = self.model.address
        try:
            served = await self._listed(address)
        except BadFile:
            if address.endswith("/v1"):
                raise
            address += "/v1"
            served = await self._listed(address)
        names = tuple(each.id for each in served)
        return ServerFound(address=address, host=self.host, models=names, encrypted=is_encrypted(address))

    async def load(self) -> ModelInfo:
        """What the server says of the model.

        Raises:
            AppError: it is not there now, does not take the key, or has no model of this name.
        """
        began = time.perf_counter()
        served = await self._listed(self.model.address)
        found = next((each for each in served if each.id == self.model.served_as), None)
        if found is None:
            names = ", ".join(f"“{each.id}”" for each in served[:10]) or "none"
            raise AppError(f"{self.host} has no model “{self.model.served_as}” now.", f"It has: {names}.")
        self._context = found.context
        return ModelInfo(
            path="",
            name=self.model.name,
            architecture="",
            quantization="",
            parameters=0,
            file_bytes=0,
            context=found.context,
            context_trained=found.context,
            backend="server",
            device=self.host,
            gpu_layers=0,
            layers=0,
            has_template=True,
            load_ms=(time.perf_counter() - began) * 1000,
            memory_bytes=0,
        )

    async def _listed(self, address: str) -> list[wire.Served]:
        """Raises BadFile where nothing there lists models."""
        connection = await self._connected(address)
        body = await connection.read("models")
        try:
            return wire.models_of(body)
        except msgspec.MsgspecError as error:
            raise garbage(self.host, str(error)) from error

    async def _connected(self, address: str = "") -> Connection:
        address = address or self.model.address
        if self._connection is None or self._connection.address != address:
            key = await asyncio.to_thread(self._key)
            await self.close()
            self._connection = Connection(address, key)
        return self._connection

    # --- what is asked ------------------------------------------------------------------------------------------------

    def count(self, call: Count) -> Counted:
        """About how long the prompt is."""
        turn = Turn(call.question, call.history, call.passages, call.system, bool(call.passages))
        return Counted(tokens=measure(wire.Estimate(), turn, self._context), context=self._context)

    async def chat(self, call: Chat, say: Say) -> Chatted:
        """Answer `call`, with less history and fewer passages where the server says that they are too long.

        Raises:
            AppError: the server refuses, is not there, or the connection ends before the answer.
        """
        turn = Turn(call.question, call.history, call.passages, call.system, call.grounded)
        context = self._context
        for tries in range(1, FIT_TRIES + 1):
            fitted = fit(wire.Estimate(), turn, context, call.sampling.max_tokens)
            try:
                return await self._write(call, fitted, say)
            except BadFile as error:
                if error.code != TOO_LONG or tries == FIT_TRIES:
                    raise
                context = int(context * SMALLER)
        raise AssertionError  # the last try returns or raises

    async def _write(self, call: Chat, fitted: Fitted[wire.Estimated], say: Say) -> Chatted:
        body = wire.chat_body(
            self.model.served_as, fitted.encoded.messages, call.sampling, fitted.answer_room, call.json_schema
        )
        answer = _Answer(call, say)
        connection = await self._connected()
        async with contextlib.aclosing(connection.events("chat/completions", body, self._silence(say))) as events:
            async for data in events:
                if data == wire.END:
                    answer.reason = answer.reason or "end"
                    break
                answer.take(self._chunk(data))
                if answer.stream.stopped:
                    break
        if answer.reason is None:
            raise cut(self.host) if answer.tokens else garbage(self.host)
        answer.finish()
        return answer.result(fitted, self._context)

    def _chunk(self, data: bytes) -> wire.Chunk:
        try:
            chunk = wire.chunk_of(data)
        except msgspec.MsgspecError as error:
            raise garbage(self.host, str(error)) from error
        if chunk.error is not None:
            said = wire.message_of(bytes(chunk.error))
            raise AppError(f"{self.host} stopped in the middle of the answer.", "Ask again.", said)
        return chunk

    def _silence(self, say: Say) -> Callable[[], object]:
        minutes = iter(range(1, 1 << 30))
        return lambda: say(Waiting(note=SILENT.format(host=self.host, minutes=next(minutes))))


class _Answer:
    """An answer under way."""

    def __init__(self, call: Chat, say: Say) -> None:
        self._say = say
        self.stream = AnswerStream(call.sampling.stop)
        self.reason: wire.Reason | None = None
        self.tokens = 0
        """Pieces that came; most servers send a token in each."""
        self._thoughts: list[str] = []
        self._usage: wire.Usage | None = None
        self._began = time.perf_counter()
        self._first = 0.0

    def take(self, chunk: wire.Chunk) -> None:
        """Hand out what is new."""
        self._usage = chunk.usage or self._usage
        for choice in chunk.choices[:1]:
            delta = choice.delta
            thought = delta.reasoning_content or delta.reasoning
            if thought or delta.content:
                self.tokens += 1
                self._first = self._first or time.perf_counter()
            if thought:
                self._thoughts.append(thought)
                self._say(Token(text=thought, thinking=True))
            if delta.content:
                self._hand_out(self.stream.feed(delta.content.encode()))
            if choice.finish_reason:
                self.reason = wire.reason_of(choice.finish_reason)

    def finish(self) -> None:
        """Hand out what was held back for a stop text that did not come."""
        if self.stream.stopped:
            self.reason = "stop"
        self._hand_out(self.stream.finish())

    def _hand_out(self, pieces: Iterator[Piece]) -> None:
        for piece in pieces:
            self._say(Token(text=piece.text, thinking=piece.thinking))

    def result(self, fitted: Fitted[wire.Estimated], context: int) -> Chatted:
        usage = self._usage or wire.Usage(len(fitted.encoded), self.tokens)
        seconds = time.perf_counter() - self._first if self._first else 0.0
        budget = fitted.budget
        left_out = budget.dropped_messages or budget.dropped_passages or budget.shortened
        return Chatted(
            text="".join(self.stream.answer),
            thinking="".join([*self._thoughts, *self.stream.thoughts]),
            reason=self.reason or "end",
            stats=Stats(
                prompt_tokens=usage.prompt_tokens,
                evaluated_tokens=usage.prompt_tokens,
                completion_tokens=usage.completion_tokens,
                first_token_ms=(self._first - self._began) * 1000 if self._first else 0.0,
                tokens_per_s=usage.completion_tokens / seconds if seconds > 0 else 0.0,
            ),
            budget=Budget(
                context=context,
                used=usage.prompt_tokens + usage.completion_tokens,
                dropped_messages=budget.dropped_messages,
                dropped_passages=budget.dropped_passages,
                shortened=budget.shortened,
            ),
            passages_used=fitted.passages_used,
            note=ESTIMATED if left_out else "",
        )
