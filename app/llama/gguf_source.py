"""Where the bytes of a GGUF file come from: a file here, or any place that gives a range of it, such as a server."""

from __future__ import annotations

from typing import Protocol

from app.errors import BadFile

FIRST_BYTES = 256 << 10
"""Asked for at once: all keys but the vocabulary of most models."""
NEXT_BYTES = 2 << 20
"""Asked for at a time after that; a vocabulary of 256,000 tokens takes about 6 MB."""
MOST_BYTES = 128 << 20
"""A header that goes on after that is none: nobody has us fetch a whole file for it."""


class Source(Protocol):
    """A file of which any part can be had."""

    @property
    def size(self) -> int:
        """Bytes of the whole file."""

    def read(self, offset: int, length: int) -> bytes:
        """So many bytes from there on; fewer only at the end of the file."""


class Prefix:
    """The beginning of a source as far as it was needed: a header ends where the weights begin."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = source.size
        self.data = bytearray()

    def need(self, end: int) -> None:
        """Have the bytes before `end`, or as many as there are.

        Raises:
            BadFile: a header cannot be as long as that. What the source raises goes through.
        """
        if end > MOST_BYTES:
            raise BadFile("This model file is damaged.", "Choose another model file.", f"a header of {end} bytes")
        while len(self.data) < min(end, self.size):
            have = len(self.data)
            wanted = max(end - have, NEXT_BYTES if have else FIRST_BYTES)
            more = self._source.read(have, min(wanted, self.size - have))
            if not more:
                raise OSError(f"nothing came from byte {have} of {self.size}")
            self.data += more
