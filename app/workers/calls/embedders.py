"""What the documents process is told about embedders: one is brought in, another one is to be used, and texts are to be
sorted by a head on the one that comes along."""

from __future__ import annotations

from msgspec import Struct

from app.embedder.embedders import Manifest
from app.workers.message import Call, Data


class ImportEmbedder(Call, frozen=True):
    """Check, write and try an embedder: a sentence-transformers folder, or a GGUF file; → ImportProgress…,
    EmbedderImported."""

    path: str
    name: str = ""
    query: str | None = None  # what stands in front of a question, instead of what the embedder says
    passage: str | None = None


class ImportProgress(Data, frozen=True):
    step: str


class EmbedderImported(Data, frozen=True):
    embedder: Manifest


class Reembed(Call, frozen=True):
    """Give every passage a vector of this embedder, "" for the one that comes along, and search by these from then on;
    → ReembedProgress…, EmbedderUsed. Search goes on with the vectors before until the end.

    What was done is kept where it is cancelled, until another embedder is wanted.
    """

    embedder_id: str


class ReembedProgress(Data, frozen=True):
    done: int  # passages
    total: int
    seconds_left: float | None = None


class EmbedderUsed(Data, frozen=True):
    """Search is by this one now."""

    embedder_id: str


class ForgetReembedded(Call, frozen=True):
    """Drop the vectors of an embedder that is not wanted any more; → Done."""


MOST_TEXTS = 256
"""In one `Classify`: a longer list is asked in parts, so that whoever waits sees it move."""


class Classify(Call, frozen=True):
    """The label of each text by a head that was kept; → Warming…, Classified."""

    head_id: str
    texts: tuple[str, ...]


class Sorted(Struct, frozen=True):
    """A text's likeliest label, how likely it is (0 to 1), and the label after it."""

    label: str
    probability: float
    second: str


class Classified(Data, frozen=True):
    """One a text, in their order."""

    found: tuple[Sorted, ...]


Calls = ImportEmbedder | Reembed | ForgetReembedded | Classify
Answers = ImportProgress | EmbedderImported | ReembedProgress | EmbedderUsed | Classified
