"""Rows of a run's data files, and what a person decides about them. All are JSON lines (`trainer.spec.files`)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.types import Message, Passage

Origin = Literal["person", "file", "chat", "feedback", "model", "replay"]
Split = Literal["train", "validation", "heldout", "unseen", "aside"]
"""Learned from; watched while training, to stop by; and, for the comparison, held out by phrasing, or with its whole
document. The last is excluded: kept in the list with its reason, and a review can take it back."""
HELD_OUT: Split = "heldout"
HELD_OUT_DOCUMENT: Split = "unseen"
EXCLUDED: Split = "aside"
SAMPLE_FILE = "sample.json"
"""In a run's folder; holds a SampleQuestion."""
Action = Literal["run", "pause", "stop", "skip", "shorten"]
Turn = Message
"""What the app still calls a message of an example."""


class Origins(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an example comes from, so that the review can show it and a removed document can be traced."""

    document: str = ""  # name
    path: str = ""
    document_id: int | None = None
    page: int | None = None
    start: int | None = None
    end: int | None = None
    row: int | None = None  # line of a file, from 1
    text: str = ""  # the passage


class Example(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A conversation to learn from. `group` is the fact it teaches: phrasings of one fact share it."""

    id: str
    messages: tuple[Message, ...]
    origin: Origin = "person"
    source: Origins = Origins()
    approved: bool = False  # by a person; what a model wrote trains only then
    quality: float | None = None  # 0 to 1
    group: str = ""
    split: Split = "train"
    reason: str = ""  # why it was excluded, or the rule that lowered its quality
    edited: bool = False

    @property
    def held_out(self) -> bool:
        """Whether the comparison asks it."""
        return self.split in (HELD_OUT, HELD_OUT_DOCUMENT)

    @property
    def excluded(self) -> bool:
        """Whether nothing uses it."""
        return self.split == EXCLUDED

    @property
    def question(self) -> str:
        """The last user message."""
        return next((turn.content for turn in reversed(self.messages) if turn.role == "user"), "")

    @property
    def answer(self) -> str:
        """The last assistant message."""
        return next((turn.content for turn in reversed(self.messages) if turn.role == "assistant"), "")


class Found(Struct, frozen=True, kw_only=True):
    """What search finds for the question of an example, best first; a line of inputs/found.jsonl."""

    id: str  # of the example
    passages: tuple[Passage, ...]


class Preference(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question with a better and a worse answer."""

    id: str
    messages: tuple[Message, ...]  # up to and with the question
    chosen: str
    rejected: str
    origin: Origin = "feedback"
    source: Origins = Origins()
    approved: bool = False
    split: Split = "train"


class TextDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text to read (continued pretraining), and the form in which collections hand their documents over."""

    id: str
    text: str
    name: str = ""
    path: str = ""
    collection: str = ""
    document_id: int | None = None
    pages: tuple[tuple[int, int], ...] = ()  # span of each page
    by_model: tuple[tuple[int, int], ...] = ()  # spans that a model wrote, and no person approved; in order
    split: Split = "train"
    reason: str = ""

    @property
    def held_out(self) -> bool:
        """Whether the comparison reads it."""
        return self.split == HELD_OUT_DOCUMENT

    @property
    def excluded(self) -> bool:
        """Whether nothing uses it."""
        return self.split == EXCLUDED


class ReviewDecision(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person decided about an example, or about a decision of the cleaning (split)."""

    id: str
    decision: Literal["approve", "reject", "edit"]
    messages: tuple[Message, ...] | None = None  # edit: the new conversation
    split: Split | None = None  # overrules where cleaning put it


class SampleQuestion(Struct, frozen=True):
    """A person's question whose answer is shown while the model learns: neither taught nor examined."""

    question: str = ""


class Control(Struct, frozen=True):
    """What the user asks of a run under way: `stop` keeps the best so far, `pause` waits for `run`, `skip` ends the
    comparison without a verdict, `shorten` with one from the questions asked by then."""

    action: Action = "run"
