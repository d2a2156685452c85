"""The disposable child that opens strangers' files: one request in, one reply out, until its input ends."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
import time
from typing import BinaryIO

import msgspec
from msgspec import Struct

from app.documents.loaders import bytes_of, load
from app.documents.loaders.scan import Scan
from app.errors import BadFile
from app.text.parsed import Parsed
from app.text.personal.kinds import Found, PersonalKind, known
from app.types import Box
from app.workers.offline import forbid_network

LENGTH = struct.Struct("<I")
_ORPHAN_CHECK_S = 2.0
PAGE_SCALE = 2.0
"""Pixels a point of a page that a model is shown; A4 is then somewhat larger than what is kept of a picture."""


class ParseFile(Struct, frozen=True, tag=True):
    """→ Parsed."""

    path: str
    password: str = ""
    read_hidden: bool = False
    scans: dict[int, Scan] = {}
    mask: tuple[PersonalKind, ...] = ()


class ReadPicture(Struct, frozen=True, tag=True):
    """→ Scan, of a page that is a picture."""

    path: str
    page: int
    password: str = ""
    mask: tuple[PersonalKind, ...] = ()


class FindData(Struct, frozen=True, tag=True):
    """→ the personal data in a text."""

    text: str
    kinds: tuple[PersonalKind, ...]


class DrawPage(Struct, frozen=True, tag=True):
    """→ Picture."""

    path: str
    page: int
    scale: float
    password: str = ""


class EncodePicture(Struct, frozen=True, tag=True):
    """→ Encoded, of a picture file, or of a page of a document as it is drawn."""

    path: str
    page: int = 0


class FindBoxes(Struct, frozen=True, tag=True):
    """→ Marks."""

    path: str
    page: int
    start: int
    end: int
    password: str = ""
    read_hidden: bool = False


class FindWords(Struct, frozen=True, tag=True):
    """→ Marks, of words on a page of a PDF that was drawn from another file."""

    path: str
    page: int
    text: str


class Picture(Struct, frozen=True):
    """A page as PNG."""

    png: bytes
    width: int  # pixels
    height: int
    pages: int
    scale: float  # pixels a point, as drawn


class Encoded(Struct, frozen=True):
    """A picture file, encoded anew."""

    jpeg: bytes
    width: int  # pixels
    height: int


class Failed(Struct, frozen=True):
    """A BadFile on its way to the parent."""

    message: str
    hint: str
    detail: str
    code: str


class Reply(Struct, frozen=True):
    """Exactly one field is set."""

    parsed: Parsed | None = None
    picture: Picture | None = None
    boxes: tuple[Box, ...] | None = None
    scan: Scan | None = None
    personal: tuple[Found, ...] | None = None
    encoded: Encoded | None = None
    failed: Failed | None = None


Order = ParseFile | ReadPicture | FindData | DrawPage | EncodePicture | FindBoxes | FindWords


def main(memory: int, *, idle: bool = False) -> int:
    """Serve stdin and stdout; `memory` is the address space in bytes that this process may use.

    With `idle` it gives way to every other process: nobody waits for it.
    """
    if idle:
        _give_way()
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a library that prints must not corrupt the replies
    sys.stdout = sys.stderr
    _limit_memory(memory)
    forbid_network()
    threading.Thread(target=_die_with_parent, name="orphan", daemon=True).start()
    decoder = msgspec.msgpack.Decoder(Order)
    while (data := read_message(sys.stdin.buffer)) is not None:
        write_message(replies, _encode(_answer(decoder.decode(data))))
    return 0


def _encode(reply: Reply) -> bytes:
    try:
        return msgspec.msgpack.encode(reply)
    except MemoryError:
        return msgspec.msgpack.encode(Reply(failed=_too_large()))


def _answer(order: Order) -> Reply:
    try:
        if isinstance(order, ParseFile):
            return Reply(parsed=load(order.path, order.password, order.read_hidden, order.scans, order.mask))
        if isinstance(order, ReadPicture):
            from app.documents.recognition import recognised  # loads the models: only where a picture is to be read

            scan = recognised(order.path, order.page, order.password)
            if order.mask:
                from app.documents.loaders.scan_personal import masked_scan  # as below

                scan = masked_scan(scan, order.mask)
            return Reply(scan=scan)
        if isinstance(order, EncodePicture):
            from app.documents.loaders.image import encoded_picture  # loads Pillow

            return Reply(encoded=Encoded(*encoded_picture(_picture_bytes(order))))
        if isinstance(order, FindData):
            from app.text.personal.finding import find  # loads tables of phone numbers: only where they are looked for

            found = find(order.text, order.kinds)
            return Reply(personal=tuple(Found(known((each.kind,))[0], each.start, each.end) for each in found))
        from app.documents.render import render_page, span_boxes  # loads pdfium: only where a page is wanted

        if isinstance(order, DrawPage):
            return Reply(picture=Picture(*render_page(order.path, order.page, order.scale, order.password)))
        if isinstance(order, FindWords):
            from app.documents.slide_marks import word_boxes

            return Reply(boxes=word_boxes(order.path, order.page, order.text))
        boxes = span_boxes(order.path, order.page, order.start, order.end, order.password, order.read_hidden)
        return Reply(boxes=boxes)
    except BadFile as error:
        return Reply(failed=Failed(error.message, error.hint, error.detail, error.code))
    except MemoryError:
        return Reply(failed=_too_large())
    except RecursionError as error:
        return Reply(failed=Failed("The file is damaged.", "Add another copy.", f"Nested too deep: {error}", "damaged"))


def _picture_bytes(order: EncodePicture) -> bytes:
    if not order.page:
        return bytes_of(order.path)
    from app.documents.render import render_page  # as above

    return render_page(order.path, order.page, PAGE_SCALE)[0]


def _too_large() -> Failed:
    return Failed(
        "The document needs more memory than Inhouse gives to one file.",
        "Split it into smaller files and add those.",
        "",
        "too_large",
    )


def _give_way() -> None:
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            psutil.Process().nice(10)


def _limit_memory(memory: int) -> None:
    """An address space limit turns a memory bomb into a MemoryError here; elsewhere the parent watches."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(ValueError, OSError):  # a stricter limit stands already
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    """A child stuck in a library does not see its input end; where parents can be told apart, it leaves anyway."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(_ORPHAN_CHECK_S)
    os._exit(0)


def read_message(stream: BinaryIO) -> bytes | None:
    """A length-prefixed message, or None where the stream ended."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    return data if len(data) == length else None


def write_message(stream: BinaryIO, data: bytes) -> None:
    """The opposite of `read_message`."""
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()
