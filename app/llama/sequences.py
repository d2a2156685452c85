"""Many prompts at once, for work that nobody watches: sequences share one batch and the beginning of their prompts.

A step reads the weights once for all sequences, so answers cost a fraction of one after the other. A sequence that ends
makes room for the next prompt at once. Text, stop strings and thinking are told apart by the chat's own rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import AppError
from app.llama import bindings, sampler
from app.llama.bindings import Model
from app.llama.context import DONE, Context, Logits, Part
from app.llama.detokenize import AnswerStream
from app.llama.draw import Drawer
from app.llama.grammar import GrammarSampler
from app.types import Sampling

PREFIX_LEAST = 8
"""Tokens that prompts must share at their beginning for it to be computed once."""
WORKING = 1536
"""Cells in use at once, if one prompt alone needs no more: every token is held against all of them, its own or not."""
BATCH = 512
GREEDY = Sampling(temperature=0.0)
"""As the chat draws, but for chance: the likeliest token, with the same penalty on repeating."""


@dataclass(frozen=True)
class Ask:
    """A prompt to continue: up to `limit` tokens, an end token, or (shown up to) one of the texts in `cut`."""

    tokens: Sequence[int]
    limit: int = 32
    cut: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()  # where the model's template ends an answer by a text
    thinking: bool = False  # the template has opened a <think> block
    gbnf: str = ""  # a grammar that the answer follows


@dataclass
class _Slot:
    """One sequence under way."""

    index: int
    ask: Ask
    seq: int
    position: int  # cells taken
    pending: list[int]  # tokens still to be decoded
    drawer: GrammarSampler | Drawer
    stream: AnswerStream
    said: int = 0
    row: int = -1  # of the logits it waits for

    @property
    def text(self) -> str:
        """The answer so far, without thinking."""
        return "".join(self.stream.answer)


class Sequences:
    """A model file with a context that holds many sequences. `close` it, or use it in a `with`."""

    def __init__(
        self,
        path: Path,
        adapter: Path | None = None,
        *,
        sequences: int = 32,
        cells: int = 6144,
        threads: int = 2,
        gpu: bool = True,
    ) -> None:
        """Load a model and make its context.

        Args:
            path: the GGUF.
            adapter: a LoRA GGUF to apply.
            sequences: answers under way at once.
            cells: tokens of all sequences together.
            threads: cores to use.
            gpu: False computes on the processor whatever there is.

        Raises:
            AppError: the file cannot be loaded, the adapter does not fit, or memory is short.
        """
        bindings.start()
        layers = 999 if gpu and bindings.can_offload() else 0
        self.model = Model(path, layers, lambda _fraction: True)
        self.sequences, self.cells = sequences, cells
        try:
            self._context = Context(self.model, cells, BATCH, threads, sequences=sequences + 1, outputs=BATCH)
        except MemoryError as error:
            self.model.close()
            message = "There is not enough memory for this model."
            raise AppError(message, "Close other programs, or choose a smaller model.", str(error)) from error
        if adapter is not None:
            try:
                self._context.set_adapter(self.model.adapter(str(adapter)), 1.0)
            except AppError:
                self.close()
                raise

    def __enter__(self) -> Sequences:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back; twice is fine."""
        self._context.close()
        self.model.close()

    @property
    def room(self) -> int:
        """Tokens that a prompt and its answer may have together."""
        return min(self.cells, self.model.context_trained)

    @property
    def end(self) -> int:
        """The token that ends an answer."""
        return self.model.eos

    def tokenize(self, text: str) -> list[int]:
        """Ids of a plain text: none are added, and none of it is a control token."""
        return self.model.tokenize(text)

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become �."""
        return b"".join(self.model.piece(token) for token in tokens).decode(errors="replace")

    def logits(self, tokens: Sequence[int]) -> Logits:
        """Logits at each position of a text of at most `cells` tokens: (tokens, vocabulary), float32.

        Raises:
            AppError: llama.cpp could not decode.
        """
        self._context.clear()
        rows = np.empty((len(tokens), self.model.vocabulary), np.float32)
        for start in range(0, len(tokens), BATCH):
            places = range(start, min(start + BATCH, len(tokens)))
            self._decode([Part(0, place, tokens[place : place + 1], wanted=True) for place in places])
            for row, place in enumerate(places):
                rows[place] = self._context.logits(row)
        return rows

    def last_logits(self, prompts: Sequence[Sequence[int]]) -> Iterator[Logits]:
        """Logits (vocabulary,) behind each prompt, one after the other, the shared beginning computed once."""
        self._context.clear()
        prefix = self._share_prefix([Ask(tokens) for tokens in prompts])
        for tokens in prompts:
            slot = self._begin(0, Ask(tokens), 1, prefix)
            while slot.row < 0:
                self._step([slot])
            yield self._context.logits(slot.row).copy()
            self._end(slot)

    def answers(self, asks: Sequence[Ask], progress: Callable[[int], None] = lambda _: None) -> list[str]:
        """The answer to each, in their order."""
        found = [""] * len(asks)
        for done, (index, text) in enumerate(self.stream(asks), 1):
            found[index] = text
            progress(done)
        return found

    def stream(self, asks: Sequence[Ask]) -> Iterator[tuple[int, str]]:
        """(index, text) of each ask as soon as it ends.

        Raises:
            AppError: llama.cpp could not decode, or a prompt is longer than `room`.
        """
        if any(len(ask.tokens) + ask.limit > self.room for ask in asks):
            raise AppError("A question is too long for the model.", "Shorten it.")
        self._context.clear()
        prefix = self._share_prefix(asks)
        room = self.cells - prefix
        # The last is taken first: long ones together, so that the end is not one straggler.
        waiting = sorted(range(len(asks)), key=lambda i: len(asks[i].tokens))
        free, taken = list(range(1, self.sequences + 1)), 0
        active: list[_Slot] = []
        try:
            while waiting or active:
                while waiting and free and _has_room(taken, _need(asks[waiting[-1]], prefix), room):
                    index = waiting.pop()
                    taken += _need(asks[index], prefix)
                    active.append(self._begin(index, asks[index], free.pop(), prefix))
                self._step(active)
                for slot in [slot for slot in active if slot.row >= 0 and self._take(slot)]:
                    active.remove(slot)
                    self._end(slot)
                    free.append(slot.seq)
                    taken -= _need(slot.ask, prefix)
                    yield slot.index, _shown(slot)
        finally:
            for slot in active:
                self._end(slot)

    # --- one step -----------------------------------------------------------------------------------------------------

    def _share_prefix(self, asks: Sequence[Ask]) -> int:
        """Decode the beginning that all prompts share into sequence 0; → its length, 0 where it is not worth it."""
        if len(asks) < 2:
            return 0
        low, high = min(asks, key=lambda a: list(a.tokens)).tokens, max(asks, key=lambda a: list(a.tokens)).tokens
        length = min(len(low), len(high)) - 1
        length = next((i for i in range(length) if low[i] != high[i]), length)
        if length < PREFIX_LEAST:
            return 0
        for start in range(0, length, BATCH):
            stop = min(start + BATCH, length)
            self._decode([Part(0, start, low[start:stop], wanted=True)])
        return length

    def _begin(self, index: int, ask: Ask, seq: int, prefix: int) -> _Slot:
        if prefix and not self._context.copy(0, seq, prefix, whole=True):
            prefix = 0  # this model's memory cannot share a beginning
        drawer = GrammarSampler(self.model, ask.gbnf) if ask.gbnf else sampler.drawer(self.model, GREEDY)
        stream = AnswerStream(ask.stop, thinking=ask.thinking)
        return _Slot(index, ask, seq, prefix, list(ask.tokens[prefix:]), drawer, stream)

    def _step(self, active: Sequence[_Slot]) -> None:
        """Decode one token of each sequence that answers, then as much of the waiting prompts as fits."""
        parts: list[Part] = []
        taken = 0
        for slot in sorted(active, key=lambda slot: len(slot.pending)):
            slot.row = -1
            tokens = slot.pending[: BATCH - taken]
            if not tokens:
                continue
            del slot.pending[: len(tokens)]
            taken += len(tokens)
            parts.append(Part(slot.seq, slot.position, tokens, wanted=not slot.pending))
            slot.position += len(tokens)
            if not slot.pending:
                slot.row = taken - 1
        self._decode(parts)

    def _decode(self, parts: Sequence[Part]) -> None:
        status = self._context.decode(parts)
        if status != DONE:
            raise AppError("The model could not be run.", "Choose another model.", f"llama_decode {status}")

    def _take(self, slot: _Slot) -> bool:
        """Choose the sequence's next token; → whether it has come to its end."""
        token = slot.drawer.draw(self._context, slot.row)
        if self.model.is_end(token):
            return True
        for _ in slot.stream.feed(self.model.visible(token)):
            pass
        slot.said += 1
        slot.pending = [token]
        return slot.said >= slot.ask.limit or slot.stream.stopped or any(cut in slot.text for cut in slot.ask.cut)

    def _end(self, slot: _Slot) -> None:
        self._context.drop(slot.seq)
        slot.drawer.close()


def _has_room(taken: int, need: int, room: int) -> bool:
    return taken + need <= room and (not taken or taken + need <= WORKING)


def _need(ask: Ask, prefix: int) -> int:
    return len(ask.tokens) - prefix + ask.limit


def _shown(slot: _Slot) -> str:
    """The answer, up to the first of its cuts."""
    for _ in slot.stream.finish(complete=slot.said < slot.ask.limit):
        pass
    text = slot.text
    cuts = [at for cut in slot.ask.cut if (at := text.find(cut)) >= 0]
    return text[: min(cuts, default=len(text))].strip()
