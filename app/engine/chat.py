"""Answers questions and requests with one loaded model, several side by side, each a step that can be cancelled."""

from __future__ import annotations

import time
from collections.abc import Generator
from concurrent.futures import wait

import msgspec

from app.engine.complete import all_of, task_of
from app.engine.generation import Generation
from app.engine.kept import LEAST, KeptStates, fingerprint, identity
from app.engine.load import LoadedModel
from app.engine.scheduler import Scheduler
from app.engine.speculation import Speculation
from app.engine.thinking import CLOSING, ThinkingBudget
from app.engine.weighing import echo
from app.engine.writing import Answer, too_long, write
from app.errors import AppError
from app.llama import sampler
from app.llama.bindings import Model
from app.llama.draw import Scripted
from app.llama.encode import Encoder
from app.llama.prompt import Composer, Prompt, Turn
from app.llama.saved import common_prefix
from app.llama.slots import Slots
from app.llama.template import Renderer
from app.llama.vision import Image
from app.paths import Home
from app.pictures import BLIND
from app.text.earlier import sum_up
from app.types import Sampling, Stats
from app.workers.calls.engine import (
    Chat,
    Chatted,
    Complete,
    Completed,
    Count,
    Counted,
    KeepStates,
    Prefill,
    Token,
    Waiting,
)
from app.workers.message import Done

GPU_SLICE = 512
CPU_SLICES = ((3e9, 32), (1e9, 64), (0.0, 128))
"""(weights from, tokens of a prompt a step): others wait for a step. Fixed by the model and not by the clock, since the
same prompt in other slices gives slightly other numbers, and so another greedy answer."""

LOOKING = "The model looks at the picture."
LOOK_POLL_S = 0.02

Events = Waiting | Prefill | Token | None


class Conversations:
    """Chats with one loaded model: its prompt composer, its KV cache, and who may use it when."""

    def __init__(self, loaded: LoadedModel, renderer: Renderer, home: Home) -> None:
        self.model: Model = loaded.model
        self.context = loaded.context
        self._eyes, self._name = loaded.eyes, loaded.info.name
        self.encoder = Encoder(loaded.model, renderer, loaded.header.template, loaded.eyes)
        on_gpu = loaded.info.gpu_layers > 0
        # On a GPU idle chats keep their cells: a state would cross the bus twice, and what it spares is not measured.
        self.slots = Slots(loaded.context, loaded.plan.saved_bytes, parks=not on_gpu)
        self._composer = Composer(self.encoder, loaded.context.size, sum_up)
        wanted = GPU_SLICE if on_gpu else _cpu_slice(loaded.info.parameters)
        self.speculation = Speculation(usable=loaded.model.can_take_back)
        self.scheduler = Scheduler(loaded.context, self.slots, loaded.cores, wanted, self.speculation)
        self._loaded, self._home = loaded, home
        self._file = identity(loaded.info.path)
        self._kept = KeptStates(home, fingerprint(loaded, self._file, "", 1.0))

    def prepare(self) -> None:
        """Find the control tokens and start the template's process before the first question."""
        self.encoder.prepare()

    @property
    def busy(self) -> bool:
        """Whether any answer is under way or waits for its turn."""
        return self.scheduler.busy

    def reset(self) -> None:
        """Forget every evaluated token: the weights have changed. Nothing may be under way."""
        self.slots.clear()
        self.encoder.forget()

    def set_adapter(self, path: str, scale: float) -> None:
        """Apply a LoRA adapter, "" for none, and forget what was evaluated without it. Nothing may be under way.

        Raises:
            AppError: it does not fit; the one before stays.
        """
        adapter = self.model.adapter(path) if path else None
        self.context.set_adapter(adapter, scale)
        self.reset()
        self._kept = KeptStates(self._home, fingerprint(self._loaded, self._file, path, scale))

    def prompt(self, call: Chat) -> Prompt:
        """The tokens that `call` would be answered from."""
        turn = Turn(
            call.question, call.history, call.passages, call.system, call.grounded, call.conversation, call.pictures
        )
        return self._composer.compose(turn, call.sampling.max_tokens)

    def count(self, call: Count) -> Counted:
        turn = Turn(call.question, call.history, call.passages, call.system, bool(call.passages))
        return Counted(tokens=self._composer.measure(turn), context=self.context.size)

    def chat(self, call: Chat) -> Generator[Events, None, Chatted]:
        """Answer `call`. Closing the generator at any yield leaves the cache as it says it is.

        Raises:
            AppError: the prompt cannot fit, the schema cannot be followed, or llama.cpp failed.
        """
        if call.says:
            return (yield from self._say(call))
        started = time.perf_counter()
        self._check_eyes(needed=bool(call.pictures))
        prompt = self._reopened(call)
        images = yield from self._seen(prompt.tokens)
        drawer = sampler.drawer(self.model, call.sampling, call.json_schema)
        generation = Generation(
            call.conversation, list(prompt.tokens), drawer, call.priority, call.logprobs, images=images
        )
        stop = (*call.sampling.stop, *prompt.stop)
        answer = Answer(self.model, stop, thinking=prompt.thinking, started=started)
        free = self.context.size - len(prompt.tokens)
        thinking = None if call.json_schema else self._budget(call.sampling, answer, free, prompt.answer_room)
        yield from write(self.scheduler, generation, answer, prompt.answer_room, all_of, thinking)
        self._remember(call.conversation, answer)
        stats = answer.stats(generation.prompt, generation.evaluated)
        used = prompt.budget.used + len(answer.tokens)
        return Chatted(
            text=answer.text,
            thinking=answer.thinking,
            reason=answer.reason,
            stats=stats,
            budget=msgspec.structs.replace(prompt.budget, used=used),
            passages_used=prompt.passages_used,
            note=prompt.note or self._blind(call),
            thought_ms=answer.thought_ms,
        )

    def _check_eyes(self, *, needed: bool) -> None:
        if needed and self._eyes is None:
            message = f"“{self._name}” cannot see pictures."
            raise AppError(message, "Choose a model that can, or attach the file so that its text is read.")

    def _blind(self, call: Chat) -> str:
        """What to say where another model has seen pictures in this conversation."""
        return BLIND if self._eyes is None and any(message.pictures for message in call.history) else ""

    def _seen(self, tokens: list[int]) -> Generator[Events, None, dict[int, Image]]:
        """The images of a prompt just composed, by their first numbers. The projector looks at what it has not seen,
        while others write on.

        Raises:
            AppError: it failed.
        """
        if self._eyes is None:
            return {}
        images = self._eyes.images_in(tokens)
        unseen = [image for image in images.values() if image.seen is None]
        if not unseen:
            return images
        looking = self._eyes.look(unseen)
        yield Waiting(note=LOOKING)
        while not looking.done():
            if not self.busy:
                wait([looking], timeout=LOOK_POLL_S)  # nobody has a batch to run meanwhile
            yield None
        looking.result()
        return images

    def _say(self, call: Chat) -> Generator[Events, None, Chatted]:
        """Write the words that are given, as far as there is room for them: each is told with its share.

        Raises:
            AppError: the prompt cannot fit, or llama.cpp failed.
        """
        started = time.perf_counter()
        self._check_eyes(needed=bool(call.pictures))
        prompt = self.prompt(call)
        images = yield from self._seen(prompt.tokens)
        opened = self.model.tokenize(CLOSING, special=True) if prompt.thinking else []
        tokens = [*opened, *self.model.tokenize(call.says)][: self.context.size - len(prompt.tokens)]
        drawer = Scripted(tokens)
        generation = Generation(
            call.conversation, list(prompt.tokens), drawer, call.priority, call.logprobs, images=images, guesses=False
        )
        answer = Answer(self.model, (), thinking=prompt.thinking, started=started)
        yield from write(self.scheduler, generation, answer, len(tokens), all_of)
        return Chatted(
            text=answer.text,
            thinking="",
            reason="end",
            stats=answer.stats(generation.prompt, generation.evaluated),
            budget=prompt.budget,
            passages_used=prompt.passages_used,
        )

    def _budget(self, sampling: Sampling, answer: Answer, free: int, room: int) -> ThinkingBudget:
        closing = self.model.tokenize(CLOSING, special=True)
        return ThinkingBudget(answer.stream, sampling.thinking, closing, free, room)

    def complete(self, call: Complete) -> Generator[Events, None, Completed]:
        """Write what a program asks for. Closing the generator at any yield leaves the cache as it says it is.

        Raises:
            AppError: the prompt does not fit, tools or schema cannot be followed, or llama.cpp failed.
        """
        started = time.perf_counter()
        self._check_eyes(needed=any(message.pictures for message in call.messages))
        task = task_of(call, self.encoder)
        images = yield from self._seen(task.prompt.tokens)
        room = min(call.sampling.max_tokens, self.context.size - len(task.prompt.tokens))
        if room < (0 if call.echo else 1):
            raise too_long(len(task.prompt.tokens))
        echoed = (yield from echo(self.scheduler, self.model, call, task.prompt.tokens)) if call.echo else None
        if not room:
            stats = Stats(prompt_tokens=len(task.prompt.tokens), evaluated_tokens=len(task.prompt.tokens))
            return Completed(text="", reason="length", stats=stats, echoed=echoed)
        drawer = sampler.drawer(self.model, call.sampling, task.json_schema)
        generation = Generation(
            call.conversation, list(task.prompt.tokens), drawer, call.priority, call.logprobs, images=images
        )
        stop = (*call.sampling.stop, *task.prompt.stop)
        answer = Answer(self.model, stop, thinking=task.prompt.thinking, started=started)
        held_back = task.filter
        # A program's limit is one for thinking and answer together, as OpenAI's is; a bare text goes on as it stands.
        free = bool(call.messages) and not task.json_schema
        thinking = self._budget(call.sampling, answer, room, room) if free else None
        yield from write(self.scheduler, generation, answer, room, held_back or all_of, thinking)
        self._remember(call.conversation, answer)
        text, calls = task.calls(answer.text)
        if held_back is not None and not calls and (rest := answer.text[len(held_back.told) :]):
            yield Token(text=rest)
        return Completed(
            text=text,
            thinking=answer.thinking,
            tool_calls=calls,
            reason="tool_calls" if calls else answer.reason,
            stats=answer.stats(generation.prompt, generation.evaluated),
            logprobs=tuple(answer.logprobs),
            note=task.prompt.note,
            echoed=echoed,
        )

    def keep(self, call: KeepStates) -> Generator[None, None, Done]:
        """Write what was read of some chats to the disk, a piece a step."""
        for conversation in call.conversations:
            if not conversation.isdecimal():
                continue
            saved = self.slots.snapshot(conversation)
            if saved is None or len(saved.tokens) < LEAST or self._kept.is_fresh(conversation, saved.tokens):
                continue
            if min(saved.tokens) < 0:
                continue  # a picture's numbers mean it in this process only
            yield from self._kept.write(saved, self.encoder.remembered(conversation))
        return Done()

    def _reopened(self, call: Chat) -> Prompt:
        """The prompt of a chat; where the memory has nothing of it, what the disk has is brought there."""
        conversation = call.conversation
        wanted = call.keep and conversation.isdecimal() and not self.slots.held(conversation)
        found = self._kept.read(conversation) if wanted else None
        if found is None:
            return self.prompt(call)
        saved, header = found
        for text, ids in header.answers:
            self.encoder.remember(conversation, text, list(ids))
        prompt = self.prompt(call)
        if common_prefix(saved.tokens, prompt.tokens) >= LEAST:
            self.slots.saved.put(saved)
        return prompt

    def _remember(self, conversation: str, answer: Answer) -> None:
        """What the model wrote, as it wrote it, for the next turn's prompt."""
        if answer.reason != "stop" and not answer.thinking:
            self.encoder.remember(conversation, answer.text, answer.tokens)


def _cpu_slice(parameters: int) -> int:
    return next(size for weights, size in CPU_SLICES if parameters >= weights)
