"""What the documents process is asked about the files of one chat or one question, and what it answers.

They lie in a collection of their own that is hidden: it is in no list, and in no search but one that names it.
"""

from __future__ import annotations

from app.pictures import Picture
from app.types import Document
from app.workers.message import Call, Data


class Attach(Call, frozen=True):
    """Let files wait in a hidden collection to be read (`Add` reads them); → Attached. 0 makes the collection."""

    paths: tuple[str, ...]
    collection_id: int = 0


class ListHidden(Call, frozen=True):
    """→ Hidden."""


class MoveDocuments(Call, frozen=True):
    """Let documents be found in another collection, without reading them again; → Moved.

    What the other collection has already, by its path, stays where it is.
    """

    ids: tuple[int, ...]
    collection_id: int


class CopyAttached(Call, frozen=True):
    """The files of a hidden collection in another one too, which is made, as they are read; → AttachedCopied."""

    collection_id: int


class LoadPicture(Call, frozen=True):
    """Open a picture file in a process of its own, or draw a page of a document there, and encode it anew, small enough
    for a model; → PictureLoaded."""

    path: str
    page: int = 0  # of a document, counted from 1; 0: a picture file


class Attached(Data, frozen=True):
    """What is in a hidden collection; those that wait have the status "waiting"."""

    collection_id: int
    documents: tuple[Document, ...]


class AttachedCopied(Data, frozen=True):
    """The new hidden collection, what is in it, and the ids of its documents by those that they are copies of."""

    collection_id: int
    documents: tuple[Document, ...]
    copies: dict[int, int]


class Hidden(Data, frozen=True):
    """Every hidden collection, and the documents in all of them."""

    collections: tuple[int, ...]
    documents: tuple[Document, ...]


class Moved(Data, frozen=True):
    """The documents that are in the other collection now."""

    ids: tuple[int, ...]


class PictureLoaded(Data, frozen=True):
    """A picture as a model can be shown it."""

    picture: Picture


Calls = Attach | ListHidden | MoveDocuments | CopyAttached | LoadPicture
Answers = Attached | AttachedCopied | Hidden | Moved | PictureLoaded
