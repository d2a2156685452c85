"""Who writes the questions, and what crosses to a model on a server: the trainer has no network, so the core asks it.

What is wanted lies in `runs/ID/author/NAME.asked.json` (Asked), what came in `NAME.answered.json` (Answered).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

MAILBOX = "author"
"""A folder of the run; it holds text of documents, and goes when the questions are made."""
ASKED, ANSWERED = ".asked.json", ".answered.json"
EACH = 3
"""Questions that a model is asked to write for a fact."""
Writer = Literal["model", "served", "rules"]
"""A GGUF file here, a model on a server that the core asks, or no model."""


class Wish(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that a chat model is to write."""

    text: str  # what is asked of it
    system: str = ""  # before it; "": the chat's own rules
    passage: str = ""  # that it answers from, as the chat shows passages; "" for none
    place: str = ""  # of the passage: document and heading
    schema: str = ""  # JSON schema that the answer follows
    limit: int = 48  # tokens of the answer


class Asked(Struct, frozen=True, kw_only=True):
    """Wishes of one go, which may be answered side by side."""

    wishes: tuple[Wish, ...]


class Answered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer for each wish in their order; or why there is none, in words for people."""

    texts: tuple[str, ...] = ()
    problem: str = ""
    hint: str = ""
    detail: str = ""


class Tried(Struct, frozen=True, kw_only=True):
    """One question of a trial, and the rule that it breaks or ""."""

    question: str
    answer: str
    rule: str = ""


class Trial(Struct, frozen=True, kw_only=True):
    """How well a model asks, measured on a few facts: questions/trial.json, and what the wizard shows."""

    asked: int
    passed: int
    seconds: float  # for the questions of a fact, their round trip included
    used: bool  # it asks well enough to write
    read: int = 0  # sound questions by rule that it was asked with the passage at hand
    answered: int = 0  # of these it answered right
    reading: float = 0.0  # seconds for one of them
    able: bool = False  # it answers well enough to weigh the questions of others
    facts: int = 0  # found in what was looked at
    documents: int = 0  # looked at
    tried: tuple[Tried, ...] = ()

    def seconds_for(self, facts: int, phrasings: int) -> float:
        """How long the model takes for so many facts, each asked in so many ways, by the pace of the trial: it writes
        what it writes well, and weighs the rest, which rules write."""
        own = EACH * self.passed / max(1, self.asked) if self.used else 0.0
        weighed = max(0.0, phrasings - own) if self.able else 0.0
        return facts * ((self.seconds if self.used else 0.0) + weighed * self.reading)
