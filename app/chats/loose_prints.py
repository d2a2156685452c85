"""Prints of answers that no chat holds: what programs and commands were told. A file of marks, never of text.

A line is one answer: the number of its print, when it was given, the documents that it names, and its hashes. A line
that a crash has cut short, or that cannot be read, is passed over: the worst that follows is a text that is not known
again.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from app.files import PRIVATE_FILE, cannot_write, write_atomic
from app.text.model_text import Print

log = logging.getLogger(__name__)

MOST = 5000
"""Answers that are kept, the newest: about 4 MB at 200 words each."""


class Loose(Struct, frozen=True, array_like=True):
    """One of them."""

    print: Print
    documents: tuple[int, ...]  # that it names: it goes with any of them


_line = msgspec.json.Decoder(Loose)


class LoosePrints:
    """The file, read when it is first needed. Only the core writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[Loose] | None = None

    def prints(self) -> tuple[Print, ...]:
        """All of them, the oldest first."""
        return tuple(each.print for each in self._read())

    def add(self, each: Loose) -> None:
        """Keep one more; twice as many as are kept make room. Raises NoSpace."""
        lines = self._read()
        if len(lines) >= 2 * MOST:
            self._write([*lines[-MOST + 1 :], each])
            return
        try:
            with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE), "wb") as file:
                # The line end comes first: it also ends a line that a crash has cut short.
                file.write(b"\n" + msgspec.json.encode(each))
        except OSError as error:
            raise cannot_write(self._path, error) from error
        lines.append(each)

    def forget(self, document_ids: Collection[int]) -> None:
        """Delete what names one of these documents. Raises NoSpace."""
        gone = frozenset(document_ids)
        lines = self._read()
        left = [each for each in lines if gone.isdisjoint(each.documents)]
        if len(left) < len(lines):
            self._write(left)

    def clear(self) -> None:
        """Delete all of them. Raises NoSpace."""
        self._lines = []
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def _read(self) -> list[Loose]:
        if self._lines is None:
            self._lines = list(_lines(self._path))
        return self._lines

    def _write(self, lines: list[Loose]) -> None:
        write_atomic(self._path, b"".join(b"\n" + msgspec.json.encode(each) for each in lines))
        self._lines = lines


def _lines(path: Path) -> Iterator[Loose]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        log.warning("%s cannot be read: %s", path.name, error)
        return
    for line in filter(None, data.split(b"\n")):
        try:
            yield _line.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
