"""One model on one server: found, checked, counted and asked.

Messages go out as they go to llama.cpp here: the same rules, fences and passages, composed by `app.llama.prompt`. How
long they are is estimated, since the tokenizer is elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from functools import partial

import msgspec

from app.core.calls.models import ServerFound
from app.core.remote import bodies, chunks
from app.core.remote.answer import Say, StreamedAnswer
from app.core.remote.connection import TOO_LONG, Connection, cut, garbage
from app.core.remote.estimate import CONTEXT, Estimate
from app.core.remote.thinking import Fields, ThinkingLimit
from app.errors import AppError, BadFile
from app.llama.prompt import Turn, fit, measure
from app.models.servers import can_see, host_of, is_encrypted
from app.pictures import BLIND
from app.text.earlier import sum_up
from app.types import InstalledModel, Message, ModelInfo, Sampling
from app.workers.calls.engine import Chat, Chatted, Complete, Completed, Count, Counted, Waiting

FIT_TRIES = 4
SMALLER = 0.7
"""An estimate may be wrong: where the server says that a prompt is too long, it is composed for so much less."""
ADD_AGAIN = "Choose a model that can. If it has learned to see, add its server again: then that is tried."
SILENT = "{host} has said nothing for {minutes} min. You can stop, or go on waiting."


class ServedModel:
    """Asks about a model by its address and its name there."""

    def __init__(self, model: InstalledModel, key: Callable[[], str]) -> None:
        """`key` is called in a thread, when it is first needed."""
        self.model, self.host = model, host_of(model.address)
        self._key = key
        self._connection: Connection | None = None
        self._context = CONTEXT
        self._limit = ThinkingLimit()

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
        self._limit.is_by(found.owned_by)
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
            sees=can_see(self.model),
        )

    async def _listed(self, address: str) -> list[chunks.Served]:
        """Raises BadFile where nothing there lists models."""
        connection = await self._connected(address)
        body = await connection.read("models")
        try:
            return chunks.models_of(body)
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
        return Counted(tokens=measure(Estimate(), turn, self._context), context=self._context)

    async def chat(self, call: Chat, say: Say) -> Chatted:
        """Answer `call`, with less history and fewer passages where the server says that they are too long.

        Raises:
            AppError: the server refuses, is not there, or the connection ends before the answer.
        """
        sees = can_see(self.model)
        history = call.history if sees else tuple(Message(each.role, each.content) for each in call.history)
        if call.pictures and not sees:
            raise AppError(f"“{self.model.name}” cannot see pictures.", ADD_AGAIN)
        turn = Turn(call.question, history, call.passages, call.system, call.grounded, pictures=call.pictures)
        context, most = self._context, call.sampling.thinking
        for tries in range(1, FIT_TRIES + 1):
            fitted = fit(Estimate(), turn, context, call.sampling.max_tokens, sum_up)
            room = fitted.answer_room
            if most and self._limit.fields(most):  # what is thought does not count as the answer's
                room += min(most, max(context - fitted.budget.used - room, 0))
            body = partial(bodies.chat_body, self.model.served_as, call, fitted.encoded.messages, room)
            try:
                answer = await self._limited("chat/completions", body, call.sampling, say)
            except BadFile as error:
                if error.code != TOO_LONG or tries == FIT_TRIES:
                    raise
                context = int(context * SMALLER)
            else:
                done = answer.chatted(fitted, self._context)
                blind = not sees and any(message.pictures for message in call.history)
                notes = (done.note or (BLIND if blind else ""), self._limit.note(most, done.thinking))
                return msgspec.structs.replace(done, note=" ".join(filter(None, notes)))
        raise AssertionError  # the last try returns or raises

    async def complete(self, call: Complete, say: Say) -> Completed:
        """Write what a program asks, as it asks: nothing is left out to make it fit. Raises AppError as `chat`."""
        if call.echo or call.prompt_tokens:
            message = f"A model on {self.host} gives no prompt back and takes no tokens."
            raise AppError(message, "Use a model on this computer.")
        path = "chat/completions" if call.prompt is None else "completions"
        body = partial(bodies.complete_body, self.model.served_as, call)
        answer = await self._limited(path, body, call.sampling, say)
        done = answer.completed(Estimate().count(call.prompt or "".join(each.content for each in call.messages)))
        return msgspec.structs.replace(done, note=self._limit.note(call.sampling.thinking, done.thinking))

    async def _limited(
        self, path: str, body: Callable[[Fields], bytes], sampling: Sampling, say: Say
    ) -> StreamedAnswer:
        """Ask with the limit on thinking, and without where the server does not take it."""
        limit = self._limit.fields(sampling.thinking)
        try:
            return await self._write(path, body(limit), sampling.stop, say)
        except AppError as error:
            if not self._limit.was_refused(error, limit):
                raise
        return await self._write(path, body({}), sampling.stop, say)

    async def _write(self, path: str, body: bytes, stop: tuple[str, ...], say: Say) -> StreamedAnswer:
        answer = StreamedAnswer(stop, say)
        connection = await self._connected()
        async with contextlib.aclosing(connection.events(path, body, self._silence(say))) as events:
            async for data in events:
                if data == chunks.END:
                    answer.end()
                    break
                answer.take(self._chunk(data))
                if answer.is_over:
                    break
        if answer.reason is None:
            raise cut(self.host) if answer.pieces else garbage(self.host)
        return answer

    def _chunk(self, data: bytes) -> chunks.Chunk:
        try:
            chunk = chunks.chunk_of(data)
        except msgspec.MsgspecError as error:
            raise garbage(self.host, str(error)) from error
        if chunk.error is not None:
            said = chunks.message_of(chunk.error)
            raise AppError(f"{self.host} stopped in the middle of the answer.", "Ask again.", said)
        return chunk

    def _silence(self, say: Say) -> Callable[[], object]:
        minutes = iter(range(1, 1 << 30))
        return lambda: say(Waiting(note=SILENT.format(host=self.host, minutes=next(minutes))))
