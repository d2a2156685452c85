"""A picture that goes with a question: what a model sees, and what a chat keeps of it."""

from __future__ import annotations

from pathlib import PurePath

from msgspec import Struct

LONGEST_SIDE = 1344
"""Pixels; larger pictures are scaled down to it. What models of today look at in one piece is at most as large."""
MOST_BYTES = 4 << 20
"""Of a picture as it is kept; one that is larger even when scaled is refused."""
MOST_AT_ONCE = 4
"""Pictures with a question."""
MOST_SEEN = 4
"""Pictures of a chat that a model sees again with each question, the newest; each takes hundreds of tokens."""


BLIND = "This model cannot see the pictures of this chat: it answers from the words alone."
"""With an answer whose conversation has pictures that another model saw."""


class PictureFile(Struct, frozen=True):
    """Where a picture comes from: a file, or a page of a document as it is drawn."""

    path: str
    page: int = 0  # of the document, counted from 1; 0: the file itself is a picture

    @property
    def name(self) -> str:
        """What people call it."""
        name = PurePath(self.path).name
        return f"{name}, page {self.page}" if self.page else name


class Picture(Struct, frozen=True, kw_only=True):
    """A picture as we encoded it (JPEG), never as a stranger did."""

    name: str  # of the file that it came from
    width: int
    height: int
    data: bytes
    documents: tuple[int, ...] = ()  # ids of those that it is a page of


class ShownPicture(Struct, frozen=True, kw_only=True):
    """A picture of a stored question, without its pixels."""

    id: int
    name: str
    width: int
    height: int
