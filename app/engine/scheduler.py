"""Puts tokens of all answers under way into one batch: a word of each that writes, and a slice of a waiting prompt.

A batch reads the weights once for everyone. A prompt is read in slices, so that a long one never holds up those who
write. What a person asks comes first: others' prompts wait while its prompt is read, and each second batch is its own
while its answer is written. Whoever finds no sequence or no cells free waits in order of arrival; a person's question
does not, the latest of the others is set aside for it and goes on later.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import count

from app.engine.cores import Cores
from app.engine.generation import Drawn, Generation
from app.engine.speculation import Speculation
from app.errors import AppError
from app.llama import bindings as llama
from app.llama.context import ABORTED, DONE, FULL, Context, Part
from app.llama.draw import log_probabilities
from app.llama.saved import common_prefix
from app.llama.slots import Slots

RESERVED = 1
"""Sequences that only a person's question may take."""
HEADROOM = 64
"""Cells that an answer must find free beside its prompt before it begins."""
SHARED_LEAST = 64
"""Tokens that two prompts must have in common for one to wait until the other has read them."""
RIDE_ALONG = 4
"""A person's prompt takes others' words along where they add at most a quarter of its tokens to the batch."""
LEAST_SLICE = 8


class Scheduler:
    """Who may begin, and what the next batch carries."""

    def __init__(
        self, context: Context, slots: Slots, cores: Cores, slice_tokens: int, speculation: Speculation
    ) -> None:
        """`slice_tokens`: of a prompt that is read while nobody writes."""
        self._context, self._slots, self._cores, self._slice = context, slots, cores, slice_tokens
        self._speculation = speculation
        self._live: list[Generation] = []
        self._orders = count(1)
        self._person_had_last = False

    @property
    def busy(self) -> bool:
        return bool(self._live)

    def join(self, generation: Generation) -> None:
        """From here on it waits for its turn; `leave` must follow."""
        generation.order = next(self._orders)
        self._live.append(generation)

    def leave(self, generation: Generation) -> None:
        """It is over or given up; what was evaluated stays for the next that begins so."""
        self._live.remove(generation)
        if generation.slot is not None:
            self._slots.end(generation.slot)
            generation.slot = None
        if generation.aside:
            self._slots.forget(generation.aside)
        generation.drawer.close()

    def hold_back(self) -> None:
        """One has told how far it has read, and tells its first word in its next turn: all let it go first once more,
        or that word would wait for a batch of theirs."""
        for each in self._live:
            each.passed = False

    # --- who may begin ------------------------------------------------------------------------------------------------

    def admit(self, generation: Generation) -> bool:
        """Give it a sequence, if it is its turn and there is room."""
        if generation.slot is not None:
            return True
        if self._before(generation) or _worth_waiting(self._slots, self._working(), generation):
            return False
        while not (
            self._has_sequence(generation) and _has_cells(self._slots, self._working(), generation, self._context.size)
        ):
            if not (generation.priority and self._set_one_aside(self._others(generation))):
                return False
        slot = self._slots.begin(generation.aside or generation.key, generation.tokens, generation.reusable)
        if slot is None:
            return False
        slot.key, generation.aside, generation.slot = generation.key, "", slot
        if generation.reused is None:
            generation.reused = len(slot.tokens)
        return True

    def _admit_waiting(self) -> None:
        for generation in sorted((each for each in self._live if each.slot is None), key=_rank):
            if not self.admit(generation):
                return

    def ahead(self, generation: Generation) -> int:
        """How many requests it waits for: those that work and those that wait before it."""
        return len(self._working()) + len(self._before(generation))

    def _before(self, generation: Generation) -> list[Generation]:
        rank = _rank(generation)
        return [other for other in self._live if other.slot is None and _rank(other) < rank]

    def _working(self) -> list[Generation]:
        return [each for each in self._live if each.slot is not None]

    def _others(self, generation: Generation) -> list[Generation]:
        """Those that it may push aside."""
        return [each for each in self._working() if each.priority < generation.priority]

    def _has_sequence(self, generation: Generation) -> bool:
        most = self._context.sequences
        if not generation.priority and most > RESERVED:
            most -= RESERVED
        return len(self._working()) < most

    def _set_one_aside(self, candidates: Iterable[Generation]) -> bool:
        """Take the sequence of the least urgent, latest candidate; it waits for another. False without candidates."""
        victim = max(candidates, key=_rank, default=None)
        if victim is None or victim.slot is None:
            return False
        victim.aside = f"aside {victim.order}"
        self._slots.set_aside(victim.slot, victim.aside)
        victim.slot = None
        return True

    # --- one batch ----------------------------------------------------------------------------------------------------

    def step(self, asking: Generation) -> None:
        """Evaluate one batch, unless others have yet to take what the last one brought them."""
        if not asking.passed and any(other.drawn is not None for other in self._live if other is not asking):
            asking.passed = True
            return
        self._admit_waiting()
        self._context.set_threads(self._cores.threads)
        if seeing := min((each for each in self._live if each.image is not None), key=_rank, default=None):
            self._see(seeing)
            return
        batch = self._compose()
        if not batch:
            return
        began = time.perf_counter()
        result = self._context.decode([part for _, part in batch])
        if result == DONE:
            _time(self._speculation, batch, time.perf_counter() - began)
            self._take(batch)
        else:
            self._failed(result, [each for each, _ in batch])

    def _see(self, generation: Generation) -> None:
        """Evaluate one image: its embeddings cannot share a batch with tokens."""
        image, slot = generation.image, generation.slot
        assert image is not None and slot is not None
        result = image.decode(self._context, slot.number, slot.position)
        if result == DONE:
            self._slots.add(slot, image.tokens)
            for each in self._live:
                each.passed = False
            return
        self._slots.restart(slot)  # some of it may be there
        self._failed(result, [generation])

    def _failed(self, result: int, tried: list[Generation]) -> None:
        if result == FULL:
            self._relieve()
        elif result == ABORTED:
            self._slots.settle(each.slot for each in tried if each.slot is not None)
        else:
            self._fail(result)

    def _compose(self) -> list[tuple[Generation, Part]]:
        wanting = [each for each in self._live if each.wants_batch]
        writing = [each for each in wanting if not each.is_reading]
        reading = sorted((each for each in wanting if each.is_reading), key=_rank)
        urgent = [each for each in reading if each.priority]
        reading = urgent or reading
        sizes = _sizes(reading, self._budget(writing, urgent=bool(urgent)))
        if urgent and sum(sizes) < RIDE_ALONG * len(writing):
            writing = [each for each in writing if each.priority]
        elif not urgent:
            writing = self._persons_turn(writing)
        if len(self._live) == 1 and writing:
            return [(writing[0], self._guessed(writing[0]))]
        parts = [(each, _part(each, 1)) for each in writing]
        return parts + _read_parts(reading, sizes, self._context.outputs - len(parts))

    def _budget(self, writing: list[Generation], *, urgent: bool) -> int:
        """Tokens of prompts in this batch."""
        budget = self._slice
        if writing and not urgent:
            budget //= 4 if any(each.priority for each in writing) else 2
        return max(1, min(max(budget, LEAST_SLICE), self._context.batch - len(writing)))

    def _persons_turn(self, writing: list[Generation]) -> list[Generation]:
        """Each second batch belongs to a person's answer alone."""
        persons = [each for each in writing if each.priority]
        self._person_had_last = bool(persons) and not self._person_had_last
        return persons if self._person_had_last else writing

    def _take(self, batch: list[tuple[Generation, Part]]) -> None:
        """Note what was evaluated and draw the next token of each whose logits are there."""
        row = -1
        for each in self._live:
            each.passed = False
        for each, part in batch:
            row += len(part.tokens)
            assert each.slot is not None
            if each.scores is not None:
                each.error = each.scores.take(self._context, part, row, each.held)
            elif part.every:
                self._take_guessed(each, part)
                continue
            self._slots.add(each.slot, part.tokens)
            if part.wanted and each.scores is None:
                _draw(self._context, each, row)
                alone = len(batch) == len(part.tokens) == 1 and self._speculation.usable
                each.lookup.alone = self._context.logits(row).copy() if alone and not each.lookup.checked else None

    # --- guesses ------------------------------------------------------------------------------------------------------

    def _guessed(self, generation: Generation) -> Part:
        """The token that is due, with guesses behind it where they pay. The first time the one before it is evaluated
        again with them, to see that a batch gives the same numbers."""
        lookup, slot, held = generation.lookup, generation.slot, generation.held
        assert slot is not None
        room = self._context.size - self._slots.cells(self._slots.busy)
        may = generation.guesses and room > HEADROOM
        guesses = self._speculation.guess(lookup, generation.tokens) if may else []
        if not guesses or (not lookup.checked and lookup.alone is None):
            return _part(generation, 1)
        if not lookup.checked:
            held -= 1
            self._slots.take_back(slot, held)
            if len(slot.tokens) != held:
                return _part(generation, 1)
        return Part(slot.number, slot.position, [*generation.tokens[held:], *guesses], wanted=True, every=True)

    def _take_guessed(self, generation: Generation, part: Part) -> None:
        """Draw at each place as long as the guess behind it is what was drawn."""
        lookup, slot = generation.lookup, generation.slot
        assert slot is not None
        first = len(generation.tokens) - generation.held - 1
        same = lookup.checked or self._speculation.same(lookup, self._context.logits(0))
        drawn: list[Drawn] = []
        for row in range(first, len(part.tokens)) if same else ():
            _draw(self._context, generation, row)
            if generation.drawn is None:
                break
            drawn.append(generation.take())
            if row + 1 == len(part.tokens) or drawn[-1].token != part.tokens[row + 1]:
                break
        self._slots.add(slot, part.tokens[: first + len(drawn)])
        self._slots.take_back(slot, len(slot.tokens))
        if drawn:
            lookup.kept(len(part.tokens) - first - 1, len(drawn) - 1)
            generation.drawn = drawn[0]
            generation.ahead.extend(drawn[1:])

    def _relieve(self) -> None:
        """The cells are used up: idle sequences go first, then the least urgent answer, and one that is alone ends."""
        if self._slots.free_idle():
            return
        working = self._working()
        if len(working) > 1:
            self._set_one_aside(working)
        else:
            working[0].full = True

    def _fail(self, result: int) -> None:
        """llama.cpp failed, and with it everything that its memory held."""
        detail = f"llama_decode {result}\n{llama.last_errors()}"
        for each in self._live:
            if each.slot is not None:
                each.slot.busy = False
                each.slot = None
            message = "The model stopped because of an error inside it."
            each.error = AppError(message, "Ask again, or restart the model.", detail)
        self._slots.clear()


def _rank(generation: Generation) -> tuple[int, int]:
    return -generation.priority, generation.order


def _has_cells(slots: Slots, working: list[Generation], generation: Generation, size: int) -> bool:
    """Whether a context of this size has room for its prompt beside those that work."""
    if not working:
        return True
    taken = slots.cells(slots.busy) + sum(each.pending for each in working)
    shared = max(common_prefix(each.slot.tokens, generation.tokens) for each in working if each.slot is not None)
    return taken + len(generation.tokens) - shared + HEADROOM <= size


def _worth_waiting(slots: Slots, working: list[Generation], generation: Generation) -> bool:
    """Whether another is just reading what this prompt begins with too."""
    reading = [each for each in working if each.is_reading]
    if generation.priority or not reading:
        return False
    have = slots.longest(generation.tokens)
    return any(common_prefix(each.tokens, generation.tokens) >= have + SHARED_LEAST for each in reading)


def _time(speculation: Speculation, batch: list[tuple[Generation, Part]], seconds: float) -> None:
    """Note what a batch of one answer that is being written took."""
    if len(batch) == 1 and not batch[0][0].is_reading:
        speculation.took(len(batch[0][1].tokens), seconds)


def _read_parts(reading: list[Generation], sizes: list[int], rows: int) -> list[tuple[Generation, Part]]:
    """Slices of prompts. `rows`: of logits that this batch has for them; each may need one, and one that is weighed
    takes what is left."""
    taking = [(each, size) for each, size in zip(reading, sizes, strict=True) if size]
    left, parts = rows - len(taking), []
    for each, size in taking:
        if each.scores is None:
            parts.append((each, _part(each, size)))
            continue
        size, every = each.scores.slice(each.held, size, left + 1)
        left -= size - 1 if every else 0
        tokens = each.words(size)
        assert each.slot is not None
        parts.append((each, Part(each.slot.number, each.slot.position, tokens, wanted=every, every=every)))
    return parts


def _part(generation: Generation, size: int) -> Part:
    slot, held = generation.slot, generation.held
    assert slot is not None
    tokens = generation.words(size)
    return Part(slot.number, slot.position, tokens, wanted=held + len(tokens) == len(generation.tokens))


def _sizes(reading: list[Generation], budget: int) -> list[int]:
    """How many tokens of each prompt, the first in line first."""
    sizes = []
    for each in reading:
        sizes.append(min(each.pending, budget))
        budget -= sizes[-1]
    return sizes


def _draw(context: Context, generation: Generation, row: int) -> None:
    try:
        token = generation.drawer.draw(context, row)
    except AppError as error:
        generation.error = error
        return
    generation.begun = True
    generation.drawn = Drawn(token)
    generation.lookup.came(token)
    if generation.rivals is not None:
        own, rivals = log_probabilities(context.logits(row), token, generation.rivals)
        generation.drawn = Drawn(token, own, tuple(rivals))
