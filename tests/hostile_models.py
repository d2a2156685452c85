"""Model files that somebody has damaged on purpose, and how one fares: as at a switch, loaded and asked for one token.

A mutant is a list of patches to a sound file, so that a large one is patched in place and put right again.
"""

from __future__ import annotations

import random
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from worker_client import Client

from app.errors import AppError, WorkerGone
from app.llama.gguf_reader import read_header
from app.paths import Home
from app.types import Sampling
from app.workers.calls.engine import Chat, Load

LIMIT_S = 10.0
"""Of processor time, so that a busy computer is no fault of the file."""
HANGS_S = 120.0
"""Of the clock, after which an engine that says nothing is ended."""
Patch = tuple[int, bytes]
Fate = Literal["answers", "refused", "crashed", "too slow"]
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
FLOATS = (float("nan"), float("inf"), float("-inf"), 1e38, -1.0, 0.0)


@dataclass(frozen=True)
class Trial:
    """What became of a file."""

    fate: Fate
    said: str
    seconds: float


def header_end(file: Path) -> int:
    """About where the weights begin: what the tensors' shapes leave at the end of the file is theirs."""
    header = read_header(file)
    least = header.parameters // 2  # 4 bits a weight, the fewest here
    return max(4096, min(header.file_bytes - least, header.file_bytes // 2, 2 << 20))


def mutants(file: Path, count: int, seed: int) -> Iterator[list[Patch]]:
    """So many, most of them in the header."""
    chance = random.Random(seed)
    size, head = file.stat().st_size, header_end(file)
    with file.open("rb") as opened:
        data = opened.read(head)
    keys = [
        at for at in range(len(data) - 12) if data[at : at + 8] in (b"general.", b"tokenize", b"llama.at", b"llama.bl")
    ]
    for number in range(count):
        yield _mutant(chance, number % 8, data, keys, size)


def _mutant(chance: random.Random, kind: int, data: bytes, keys: Sequence[int], size: int) -> list[Patch]:
    head = len(data)
    if kind == 0:  # bits
        places = [chance.randrange(head) for _ in range(chance.choice((1, 1, 2, 8)))]
        return [(at, bytes([data[at] ^ (1 << chance.randrange(8))])) for at in places]
    if kind == 1:  # counts of the file
        return [(chance.choice((4, 8, 16)), struct.pack("<Q", chance.choice(EXTREMES)))]
    if kind == 2:  # a number behind a key
        at = chance.choice(keys) + chance.randrange(8, 60)
        width = chance.choice(("<I", "<Q"))
        return [
            (min(at, head - 8), struct.pack(width, chance.choice(EXTREMES) & (0xFFFFFFFF if width == "<I" else -1)))
        ]
    if kind == 3:  # a float, a NaN
        return [
            (min(chance.choice(keys) + chance.randrange(20, 60), head - 4), struct.pack("<f", chance.choice(FLOATS)))
        ]
    if kind == 4:  # a stretch of the header from elsewhere in it
        start, length = chance.randrange(head - 64), chance.randrange(1, 64)
        return [(chance.randrange(head - 64), data[start : start + length])]
    if kind == 5:  # a length of a text
        at = chance.choice(keys) - 8
        return [(max(0, at), struct.pack("<Q", chance.choice((*EXTREMES, 3, 200, 70_000))))]
    if kind == 6:  # weights
        return [(chance.randrange(head, size - 256), chance.randbytes(256)) for _ in range(chance.choice((1, 20)))]
    at = chance.randrange(24, head - 16)  # anything anywhere
    return [(at, chance.randbytes(chance.randrange(1, 16)))]


class Fates:
    """Tries files one after the other; the engine that one of them crashed is started anew. Use it in a `with`."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._client: Client | None = None

    def __enter__(self) -> Fates:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def of(self, path: Path, question: str = "Hi") -> Trial:
        """Check the header as an import does, load it and let it say a word."""
        started = self._worked()
        late = threading.Event()

        def stop() -> None:
            late.set()
            if self._client is not None:
                self._client.kill()

        fate, said = self._try(path, question, stop)
        seconds = max(0.0, self._worked() - started)
        return Trial("too slow" if late.is_set() else fate, said, seconds)

    def _worked(self) -> float:
        """Seconds that this process and the engine have worked."""
        engine = self._client.worked() if self._client is not None else 0.0
        return time.process_time() + engine

    def _try(self, path: Path, question: str, stop: object) -> tuple[Fate, str]:
        watch = threading.Timer(HANGS_S, stop)  # type: ignore[arg-type]
        try:
            read_header(path)
            client = self._client = self._client or self._started()
            watch.start()
            client.call(Load(path=str(path), context=512, threads=1))
            sampling = Sampling(max_tokens=1, temperature=0.0)
            client.call(Chat(conversation="", question=question, sampling=sampling))
        except WorkerGone as error:
            self._end()
            return "crashed", error.detail
        except AppError as error:
            return "refused", str(error)
        finally:
            watch.cancel()
        return "answers", ""

    def _started(self) -> Client:
        """An engine that is there already: its start is not the file's time."""
        client = Client("engine", self._home)
        try:
            client.call(Load(path="/nowhere.gguf"))
        except AppError:
            return client
        return client

    def _end(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.kill()
            client.close()


def patched(file: Path, patches: Sequence[Patch]) -> list[Patch]:
    """Write the patches into a file; → those that put it right again."""
    undo: list[Patch] = []
    with file.open("r+b") as out:
        for at, new in patches:
            out.seek(at)
            old = out.read(len(new))
            out.seek(at)
            out.write(new[: len(old)])
            undo.insert(0, (at, old))
    return undo


LOOP = (
    "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}"
)
_PLAIN = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
TEMPLATES: tuple[str, ...] = (
    LOOP, LOOP + _PLAIN, _PLAIN + LOOP,
    "{{ 'x' * 900000 }}" + _PLAIN, "{{ 'x ' * 400000 }}" + _PLAIN, "{{ 'x' * 500000000 }}", "{{ 'x' * 10 ** 12 }}",
    "{{ [0] * 10 ** 9 }}", "{{ 10 ** 10 ** 8 }}", "{{ range(10 ** 9) | list | length }}", "{{ range(10 ** 8) | join }}",
    "{% for %}", "{% if %}", "{{", "{%", "{#", "}}", "{{ }}", "{% endfor %}", "\0", "\ufffd" * 1000, "{{ '\\ud800' }}",
    "{{ undefined.x.y }}", "{{ messages[99].content }}", "{{ 1 // 0 }}", "{{ raise_exception('No') }}",
    "{{ raise_exception('x' * 1000000) }}", "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}", "{{ self.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].system('id') }}", "{{ (0).__class__.__base__.__subclasses__() }}",
    "{{ messages.append(1) }}", "{{ messages.clear() }}", "{% set x = messages.pop() %}{{ x }}",
    "{% include '/etc/passwd' %}", "{% import 'os' as os %}{{ os }}", "{% extends 'x' %}",
    "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "{{ " + "not " * 5000 + "1 }}",
    "{% if 1 %}" * 500 + "{% endif %}" * 500,
    "{{ [" * 800 + "]" * 800 + " }}", "{{ 'a' ~ " * 900 + "'b' }}",
    "{{ '%1000000000d' | format(1) }}", "{{ '{:>1000000000}'.format(1) }}", "{{ messages | tojson(indent=100000000) }}",
    "{% for m in messages recursive %}{{ loop(messages) }}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
    "<|im_start|>" * 20000, "{{ bos_token * 100000 }}", "{{ 'x' | center(1000000000) }}", "{{ lipsum(n=100000) }}",
)  # fmt: skip
"""Slow, large, broken, curious, and such as end the process that renders them."""
