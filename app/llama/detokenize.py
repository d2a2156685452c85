"""Turns tokens into text piece by piece: whole characters only, stop strings held back, thinking told apart."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

THINK_OPEN, THINK_CLOSE = "<think>", "</think>"


@dataclass(frozen=True)
class Piece:
    """Text that is safe to show."""

    text: str
    thinking: bool = False


def held_back(text: str, markers: tuple[str, ...]) -> int:
    """How many characters at the end of `text` may be the beginning of a marker."""
    longest = 0
    for marker in markers:
        for size in range(min(len(marker) - 1, len(text)), longest, -1):
            if text.endswith(marker[:size]):
                longest = size
                break
    return longest


class TextStream:
    """Bytes of tokens in, whole characters out; what is not UTF-8 becomes U+FFFD, never nothing."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, piece: bytes) -> str:
        return self._decoder.decode(piece)

    def flush(self, *, complete: bool = True) -> str:
        """The rest. Unless `complete`, a character whose last bytes were never written is left out."""
        return self._decoder.decode(b"", final=True) if complete else ""


class AnswerStream:
    """Splits a model's output into thinking and answer, and stops the answer before a stop string."""

    def __init__(self, stop: tuple[str, ...] = (), *, thinking: bool = False) -> None:
        """`thinking`: the prompt itself has opened the <think> block."""
        self._text = TextStream()
        self._stop = tuple(s for s in stop if s)
        self._thinking = thinking
        self._started = False  # whether the current part has shown anything but white space
        self._tail = ""
        self.stopped = False
        self.answer: list[str] = []
        self.thoughts: list[str] = []

    @property
    def is_thinking(self) -> bool:
        """Whether a block is open that has not been closed yet."""
        return self._thinking

    def feed(self, piece: bytes) -> Iterator[Piece]:
        """Text that can be shown after this token; nothing more comes once `stopped`."""
        text = self._text.feed(piece)
        if text and not self.stopped:
            self._tail += text
            yield from self._drain(final=False)

    def finish(self, *, complete: bool = True) -> Iterator[Piece]:
        """What was held back, at the end of the output."""
        if not self.stopped:
            self._tail += self._text.flush(complete=complete)
            yield from self._drain(final=True)

    def _drain(self, *, final: bool) -> Iterator[Piece]:
        while self._tail:
            marker, stop = self._next_marker()
            if marker is None:
                keep = 0 if final else held_back(self._tail, self._markers())
                text, self._tail = self._tail[: len(self._tail) - keep], self._tail[len(self._tail) - keep :]
                yield from self._emit(text)
                return
            text, self._tail = self._tail[: marker[0]], self._tail[marker[0] + len(marker[1]) :]
            yield from self._emit(text)
            if stop:
                self.stopped, self._tail = True, ""
                return
            self._thinking, self._started = not self._thinking, False

    def _markers(self) -> tuple[str, ...]:
        if self._thinking:
            return (THINK_CLOSE,)
        return (*self._stop, THINK_OPEN) if self._may_think() else self._stop

    def _may_think(self) -> bool:
        """A block opens only before the answer: an answer may write about <think>."""
        return not self.answer and not self.thoughts

    def _next_marker(self) -> tuple[tuple[int, str] | None, bool]:
        found = [(at, m) for m in self._markers() if (at := self._tail.find(m)) >= 0 and self._counts(at, m)]
        if not found:
            return None, False
        first = min(found)
        return first, not self._thinking and first[1] in self._stop

    def _counts(self, at: int, marker: str) -> bool:
        return marker != THINK_OPEN or marker in self._stop or not self._tail[:at].strip()

    def _emit(self, text: str) -> Iterator[Piece]:
        if not self._started:
            text = text.lstrip()  # templates leave blank lines round a thinking block
            self._started = bool(text)
        if text:
            (self.thoughts if self._thinking else self.answer).append(text)
            yield Piece(text, self._thinking)
