"""What the documents process is asked about text that a model wrote, and what it answers."""

from __future__ import annotations

from app.text.model_text import Print
from app.types import Document
from app.workers.message import Call, Data


class WaitsForModelText(Call, frozen=True):
    """Whether documents are still to be looked at, up to the print `last`; → ModelTextWaits."""

    last: int


class LookForModelText(Call, frozen=True):
    """Look for these prints, and for marks, in the documents that wait, up to the print `last`; → ModelTextWaits…,
    ModelTextLooked."""

    prints: tuple[Print, ...]
    last: int


class ListModelText(Call, frozen=True):
    """What of a document a model wrote, approved or not; → ModelTextListed."""

    document_id: int


class ApproveModelText(Call, frozen=True):
    """A person has looked at what a model wrote in a document, and it counts as any other text; or it does not, after
    all; → ModelTextListed."""

    document_id: int
    approved: bool


class ModelTextWaits(Data, frozen=True):
    """So many documents."""

    documents: int


class ModelTextLooked(Data, frozen=True):
    """Collections with documents in which something new was found."""

    collections: tuple[int, ...]


class ModelTextListed(Data, frozen=True):
    """The stretches, in their order."""

    document: Document
    texts: tuple[str, ...]


Calls = WaitsForModelText | LookForModelText | ListModelText | ApproveModelText
Answers = ModelTextWaits | ModelTextLooked | ModelTextListed
