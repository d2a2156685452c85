"""One answer under way: the tokens that it wants evaluated, what was drawn for it, and where it stands."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engine.scores import Scores
from app.engine.speculation import Lookup
from app.errors import AppError
from app.llama.draw import Drawer, Scripted
from app.llama.slots import Slot
from app.llama.vision import Image


@dataclass(frozen=True)
class Drawn:
    """A token with the natural logarithms of its probability and of its rivals', where they were asked for."""

    token: int
    logprob: float = 0.0
    rivals: tuple[tuple[int, float], ...] = ()


@dataclass(eq=False)
class Generation:
    """Made by who wants an answer; all but the first fields are the scheduler's."""

    key: str
    """Conversation, for what the KV cache still holds of it; "" where none is known."""
    tokens: list[int]
    """The prompt, then what was written: all of it is evaluated sooner or later."""
    drawer: Drawer | Scripted
    priority: int = 0
    """1: a person waits for it."""
    rivals: int | None = None
    """How many of the likeliest tokens to name with each; None: no probabilities at all."""
    images: Mapping[int, Image] = field(default_factory=dict)
    """What the tokens below zero stand for, by the first of each."""
    scores: Scores | None = None
    """Where nothing is written: how likely the tokens of the text are is noted while it is read."""

    prompt: int = field(init=False)
    order: int = 0
    slot: Slot | None = None
    aside: str = ""
    """Under which key its state was set aside when its room was needed."""
    reused: int | None = None
    """Tokens of the prompt that did not have to be evaluated."""
    read: int = 0
    """Tokens of the prompt whose reading was told."""
    drawn: Drawn | None = None
    ahead: deque[Drawn] = field(default_factory=deque)
    """What was drawn behind it in the same batch."""
    lookup: Lookup = field(default_factory=Lookup)
    guesses: bool = True
    """Whether tokens may be drawn behind the one that is due: not where another may be put in its place."""
    begun: bool = False
    """Whether any token was drawn for it."""
    full: bool = False
    """Whether the memory has no room for its next token, although it has all of it."""
    error: AppError | None = None
    passed: bool = False
    """Whether it has let others go first since the last batch."""

    def __post_init__(self) -> None:
        self.prompt = len(self.tokens)

    @property
    def held(self) -> int:
        """Tokens that are evaluated."""
        return len(self.slot.tokens) if self.slot is not None else 0

    @property
    def is_weighed(self) -> bool:
        """Whether all is known of a text that is only read."""
        return self.scores is not None and self.scores.done

    @property
    def reusable(self) -> int:
        """Tokens of the prompt that need not be evaluated where the cache holds them: the last one is always, and so is
        what stands before a token that is to be weighed."""
        return len(self.tokens) - 1 if self.scores is None else self.scores.next - 1

    @property
    def evaluated(self) -> int:
        """Tokens of the prompt that the KV cache did not hold when it began."""
        return self.prompt - (self.reused or 0)

    @property
    def pending(self) -> int:
        """Tokens that are not."""
        return len(self.tokens) - self.held

    @property
    def is_reading(self) -> bool:
        """Whether it still reads its prompt, or reads again what it had to give up."""
        return not self.begun or self.pending > 1

    @property
    def wants_batch(self) -> bool:
        """Whether it takes part in the next batch: it has a place, and its last token was taken."""
        return self.slot is not None and self.drawn is None and self.pending > 0

    @property
    def image(self) -> Image | None:
        """The image that is to be evaluated next, in a batch of its own."""
        held = self.held
        return self.images.get(self.tokens[held]) if self.wants_batch and self.images else None

    def words(self, most: int) -> list[int]:
        """The next tokens to evaluate, up to the first image."""
        tokens = self.tokens[self.held : self.held + most]
        return (
            tokens[: next((at for at, token in enumerate(tokens) if token < 0), len(tokens))] if self.images else tokens
        )

    def has_read(self) -> bool:
        """Whether more of the prompt was read than `read` said; it says so now."""
        held = min(self.held, self.prompt)
        more = held > max(self.read, self.reused or 0)
        self.read = max(held, self.read)
        return more

    def take(self) -> Drawn:
        """The token that was drawn; it goes on once `accept` gives it back."""
        drawn = self.drawn
        assert drawn is not None
        self.drawn = None
        return drawn

    def accept(self, token: int) -> None:
        """Go on behind this token."""
        self.tokens.append(token)
        if self.ahead:
            self.drawn = self.ahead.popleft()
