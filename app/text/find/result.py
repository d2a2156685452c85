"""What a request for documents found, and what it left out for which reason."""

from __future__ import annotations

from msgspec import Struct

from app.text.find.plan import Condition, Plan
from app.types import Passage


class Hit(Struct, frozen=True, kw_only=True):
    """A document that fits, with the sentence or row that says it best (`passage.best`)."""

    document_id: int
    name: str
    path: str
    format: str
    modified: float  # when its file had last been changed, seconds since the epoch; 0: not known
    counts: tuple[int, ...]  # how often it mentions each thing that it must, in the plan's order
    by_meaning: bool = False  # no document has the words of one of them: this one says something like it
    passage: Passage

    @property
    def count(self) -> int:
        """All mentions together."""
        return sum(self.counts)


class Mentioned(Struct, frozen=True, kw_only=True):
    """In how many of all documents something is mentioned, whatever else is asked for."""

    mention: str
    documents: int
    by_meaning: bool = False


class Excluded(Struct, frozen=True, kw_only=True):
    """How many documents a condition leaves out of those that mention what is wanted; each is counted once, for the
    first condition that it does not meet."""

    condition: Condition
    documents: int
    undated: int = 0  # of a date in the text: how many of them state none there


class Findings(Struct, frozen=True, kw_only=True):
    """Every document that fits, those with most mentions first."""

    plan: Plan
    hits: tuple[Hit, ...]
    searched: int  # documents of the collections
    mentioned: tuple[Mentioned, ...]  # of each thing that must be mentioned
    excluded: tuple[Excluded, ...] = ()
    note: str = ""  # a sentence for the user
    elapsed_ms: float = 0.0
