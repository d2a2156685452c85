"""Parses each document in a disposable process, so that a hostile or broken file costs that file and nothing else."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import BinaryIO, cast

import msgspec

from app.documents import parse_child as child
from app.documents.loaders.scan import Scan, Scans
from app.errors import BadFile
from app.spawn import child_command
from app.text.parsed import Parsed
from app.text.personal.kinds import Found, PersonalKind
from app.types import Box

CODES = frozenset(
    {
        "missing",
        "permission",
        "not_a_file",
        "empty",
        "too_large",
        "changed",
        "password",
        "damaged",
        "no_text",
        "unsupported",
        "too_slow",
        "stopped",
    }
)
"""Every `BadFile.code` that reading a document can give. "stopped": this parser was closed meanwhile."""

TIME_LIMIT_S = 120.0
"""Wall time for one file. 100 pages a second: this is a book of 10,000 pages, or a file made to hang readers."""

RENDER_LIMIT_S = 20.0
"""Wall time for one page as a picture: someone waits for it."""

RECOGNISE_LIMIT_S = 120.0
"""Processor time for one picture of a page: ten times what a full one takes. On a busy computer, where all others go
first, that may be an hour."""

RECOGNISE_MEMORY = 4 * 1024**3
"""Bytes of address space where pictures are read: the libraries and models map 1.5 GB before the first picture."""

MEMORY_LIMIT = 2 * 1024**3
"""Bytes of address space. A file may be 512 MB; reading it takes up to three times that."""

REUSE = 200
"""Files after which a child is replaced: whatever a library leaks goes with it."""

_WATCH_S = 0.2


def child_main() -> int:
    """`app --child parse`."""
    return child.main(MEMORY_LIMIT)


def recognising_main() -> int:
    """`app --child recognise`."""
    return child.main(RECOGNISE_MEMORY, idle=True)


class Parser:
    """One child, started with the first file and again after a crash. One file at a time; `close` from any thread."""

    def __init__(
        self, time_limit: float = TIME_LIMIT_S, memory_limit: int = MEMORY_LIMIT, *, recognises: bool = False
    ) -> None:
        """`recognises`: a child with room for the models that read pictures, which gives way to others."""
        self._time_limit = time_limit
        self._memory_limit = RECOGNISE_MEMORY if recognises else memory_limit
        self._helper = "recognise" if recognises else "parse"
        self._turn = threading.Lock()
        self._state = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._closed = False

    def parse(
        self,
        path: str,
        password: str | None = None,
        read_hidden: bool = False,
        scans: Scans | None = None,
        mask: Sequence[PersonalKind] = (),
    ) -> Parsed:
        """The text of a document, with the hash and the size of the bytes that were read, and what was recognised on
        its pages put in.

        `read_hidden`: what its readers do not see is read like the rest. `mask`: personal data that does not leave the
        child.

        Raises:
            BadFile: why it cannot be used; `code` is one of `CODES`.
        """
        order = child.ParseFile(path, password or "", read_hidden, dict(scans or {}), tuple(mask))
        reply = self._ask(order, self._time_limit)
        assert reply.parsed is not None
        return reply.parsed

    def recognise(self, path: str, page: int, password: str = "", mask: Sequence[PersonalKind] = ()) -> Scan:
        """What can be read in the picture of a page.

        Raises:
            BadFile: why it cannot; `too_slow` after `RECOGNISE_LIMIT_S`.
        """
        reply = self._ask(child.ReadPicture(path, page, password, tuple(mask)), RECOGNISE_LIMIT_S)
        assert reply.scan is not None
        return reply.scan

    def find_personal(self, text: str, kinds: Sequence[PersonalKind]) -> tuple[Found, ...]:
        """Personal data of these kinds in a text.

        Raises:
            BadFile: it took too long, or needs too much memory.
        """
        reply = self._ask(child.FindData(text, tuple(kinds)), self._time_limit)
        assert reply.personal is not None
        return reply.personal

    def render_page(self, path: str, page: int, scale: float = 1.5, password: str = "") -> child.Picture:
        """A page of a PDF as PNG, `scale` pixels a point (fewer where the page is huge).

        Raises:
            BadFile: why it cannot be drawn.
        """
        reply = self._ask(child.DrawPage(path, page, scale, password), min(RENDER_LIMIT_S, self._time_limit))
        assert reply.picture is not None
        return reply.picture

    def encode_picture(self, path: str, page: int = 0) -> child.Encoded:
        """A picture file, or a page of a document from 1, as a small JPEG.

        Raises:
            BadFile: why it cannot be opened.
        """
        reply = self._ask(child.EncodePicture(path, page), min(RENDER_LIMIT_S, self._time_limit))
        assert reply.encoded is not None
        return reply.encoded

    def span_boxes(
        self, path: str, page: int, start: int, end: int, password: str = "", read_hidden: bool = False
    ) -> tuple[Box, ...]:
        """Where a span of a page's text stands; offsets count from the start of that page in `Parsed.pages`.

        Raises:
            BadFile: why it cannot be told.
        """
        order = child.FindBoxes(path, page, start, end, password, read_hidden)
        reply = self._ask(order, min(RENDER_LIMIT_S, self._time_limit))
        assert reply.boxes is not None
        return reply.boxes

    def word_boxes(self, path: str, page: int, text: str) -> tuple[Box, ...]:
        """Where the words of `text` stand on a page of a PDF that was drawn from another file; none where they do not.

        Raises:
            BadFile: why it cannot be told.
        """
        reply = self._ask(child.FindWords(path, page, text), min(RENDER_LIMIT_S, self._time_limit))
        assert reply.boxes is not None
        return reply.boxes

    def close(self) -> None:
        """End the child at once; a file under way fails with code `stopped`."""
        with self._state:
            self._closed = True
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, order: child.Order, limit: float) -> child.Reply:
        with self._turn:
            process = self._child()
            clock = _processor_time if isinstance(order, child.ReadPicture) else _wall_time
            watch = _Watch(process, limit, self._memory_limit, clock)
            try:
                child.write_message(cast(BinaryIO, process.stdin), msgspec.msgpack.encode(order))
                data = child.read_message(cast(BinaryIO, process.stdout))
            except (OSError, ValueError):  # the pipe broke, or `close` closed it
                data = None
            finally:
                verdict = watch.stop()
            if data is None:
                self._drop(process)
                raise self._loss(verdict, process)
            self._served += 1
            reply = msgspec.msgpack.decode(data, type=child.Reply)
            if reply.failed is not None:
                if reply.failed.code == "too_large":
                    self._drop(process)  # its memory is in pieces
                raise BadFile(*msgspec.structs.astuple(reply.failed))
            return reply

    def _child(self) -> subprocess.Popen[bytes]:
        with self._state:
            if self._closed:
                raise _stopped()
            process = self._process
            if process is not None and (process.poll() is not None or self._served >= REUSE):
                _end(process)
                process = None
            if process is None:
                process = _start(self._helper)
                self._process = process
                self._served = 0
            return process

    def _drop(self, process: subprocess.Popen[bytes]) -> None:
        with self._state:
            if self._process is process:
                self._process = None
        _end(process)

    def _loss(self, verdict: str, process: subprocess.Popen[bytes]) -> BadFile:
        if self._closed:
            return _stopped()
        if verdict == "too_slow":
            return BadFile(
                "Reading this file took too long and was stopped.",
                "Save it again from its own program, or split it, and add that.",
                code="too_slow",
            )
        if verdict == "too_large":
            return BadFile(
                "The document needs more memory than Inhouse gives to one file.",
                "Split it into smaller files and add those.",
                code="too_large",
            )
        return BadFile(
            "The file is damaged: reading it failed.",
            "Save it again from its own program and add that copy.",
            f"The reading process ended with status {process.returncode}",
        )


class _Watch:
    """Kills a child that takes too long or grows too large. Reading from a pipe cannot be given up on every system."""

    def __init__(
        self, process: subprocess.Popen[bytes], limit: float, memory: int, clock: Callable[[int], float]
    ) -> None:
        self._process = process
        self._limit = limit
        self._clock = clock
        self._memory = memory
        self._done = threading.Event()
        self._verdict = ""
        self._thread = threading.Thread(target=self._run, name="parse watch", daemon=True)
        self._thread.start()

    def stop(self) -> str:
        """End watching; → "" or the code of why the child was killed."""
        self._done.set()
        self._thread.join()
        return self._verdict

    def _run(self) -> None:
        end = self._clock(self._process.pid) + self._limit
        while not self._done.wait(min(_WATCH_S, max(0.01, end - self._clock(self._process.pid)))):
            if self._clock(self._process.pid) >= end:
                self._verdict = "too_slow"
            elif _resident(self._process.pid) > self._memory:
                self._verdict = "too_large"
            if self._verdict:
                self._process.kill()
                return


def _wall_time(_: int) -> float:
    return time.monotonic()


def _processor_time(pid: int) -> float:
    """Seconds that a process has worked; 0 where it is gone."""
    import psutil

    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(used.user + used.system)


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where it is gone. Imported here: the child imports this module too."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _start(helper: str) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW  # else each child opens a console
    return subprocess.Popen(
        child_command("--child", helper),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        creationflags=flags,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _stopped() -> BadFile:
    return BadFile("Reading was stopped.", "Add the file again.", code="stopped")
