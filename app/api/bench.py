"""Measures the API with the starter over a real `inhouse serve`: `python -m app.api.bench --json`.

Everything happens on the loopback and in a data folder of its own, within the seconds that are asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.core.calls.api import ShowApi
from app.core.calls.chats import Ask
from app.core.door import CoreDoor
from app.errors import AppError
from app.figures import Figure, figure, write
from app.paths import Home
from app.settings import MAX_TOKENS, Settings
from app.spawn import child_command, child_environment
from app.workers.calls.engine import Token

SEVERAL = 8
SEVERAL_TARGET = 2.5
"""Tokens/s of 8 streams as a multiple of one's."""
WAIT_TARGET = 2.0
"""The window's first token while programs are busy, as a multiple of when they are not."""
MANY_TOKENS = 32
GROWTH_MB = 16.0
"""What the core's memory may grow by from the first quarter of the long run to its end."""
ROUNDS = 3
QUESTIONS = 5
MOST_STREAMS, MOST_SECONDS = 128, 600


@dataclass
class Count:
    """What came in a stretch of time."""

    tokens: int = 0
    answers: int = 0
    failures: int = 0


@dataclass(frozen=True)
class Client:
    """Asks over plain sockets, so that the measuring takes next to nothing of the computer."""

    port: int
    key: str

    async def stream(self, tokens: int, count: Count) -> None:
        """One answer of so many tokens, counted as they come.

        Raises:
            OSError: it was refused, or ended early.
        """
        body = json.dumps(
            {
                "model": "inhouse",
                "messages": [{"role": "user", "content": "Write a long story about a river."}],
                "max_tokens": tokens,
                "stream": True,
            }
        ).encode()
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        async with self._connection() as (reader, writer):
            writer.write(head.encode() + body)
            status = await reader.readline()
            if b" 200 " not in status:
                raise OSError(status.decode(errors="replace").strip())
            whole = False
            async for line in reader:
                count.tokens += b'"delta":{"content":"' in line and b'"role"' not in line
                whole = whole or line.startswith(b"data: [DONE]")
        if not whole:
            raise OSError("the stream ended early")
        count.answers += 1

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def load(self, streams: int, seconds: float, tokens: int) -> Count:
        """So many streams at once for so long, each begun anew when it ends."""
        count = Count()

        async def one() -> None:
            while True:
                try:
                    await self.stream(tokens, count)
                except OSError as error:
                    count.failures += 1
                    sys.stderr.write(f"{error}\n")

        tasks = [asyncio.create_task(one()) for _ in range(streams)]
        await asyncio.sleep(seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return count


def figures(streams: int, seconds: float) -> Iterator[Figure]:
    """Each figure as it is measured."""
    with tempfile.TemporaryDirectory() as folder, _serving(Home(Path(folder))) as (client, place):
        asyncio.run(client.load(1, 2.0, 16))  # the model is loaded, its weights are paged in
        yield _several(client)
        yield _window(client, place)
        yield from _many(client, place, streams, seconds)


def _several(client: Client) -> Figure:
    """Pairs of neighbours in time, so that a busy computer is busy for both."""
    pairs = []
    for _ in range(ROUNDS):
        one = asyncio.run(client.load(1, 4.0, 128)).tokens / 4.0
        several = asyncio.run(client.load(SEVERAL, 6.0, 128)).tokens / 6.0
        pairs.append((several, one))
    ratio = statistics.median(several / max(one, 1e-9) for several, one in pairs)
    value, reference = (statistics.median(column) for column in zip(*pairs, strict=True))
    return figure(
        f"API, {SEVERAL} streams", value, "tokens/s", reference, ratio, SEVERAL_TARGET, ratio >= SEVERAL_TARGET
    )


def _window(client: Client, place: Home) -> Figure:
    """The first token of a question in the window, alone and beside 8 streams."""

    async def beside() -> list[float]:
        streams = asyncio.create_task(client.load(SEVERAL, 600.0, 256))
        try:
            await asyncio.sleep(2.0)
            return await asyncio.to_thread(_first_tokens, place, "busy")
        finally:
            streams.cancel()
            await asyncio.gather(streams, return_exceptions=True)

    idle = statistics.median(_first_tokens(place, "idle"))
    busy = statistics.median(asyncio.run(beside()))
    ratio = busy / idle
    return figure("window beside 8 streams", busy * 1000, "ms", idle * 1000, ratio, WAIT_TARGET, ratio <= WAIT_TARGET)


def _first_tokens(place: Home, name: str) -> list[float]:
    """Seconds from the question to the first token, as the window asks."""
    found = []
    with CoreDoor(place) as door:
        for i in range(QUESTIONS):
            first: list[float] = []

            def note(data: Any, first: list[float] = first) -> None:
                if isinstance(data, Token) and not first:
                    first.append(time.monotonic())

            began = time.monotonic()
            door.call(Ask(question=f"{name} {i}: what is a river?", alone=True, priority=1), note)
            found.append(first[0] - began)
    return found


def _many(client: Client, place: Home, streams: int, seconds: float) -> Iterator[Figure]:
    """Many streams for long: nothing fails, and the core does not grow."""
    with CoreDoor(place) as door:
        core = psutil.Process(door.connect().pid)

    async def run() -> tuple[Count, float, float]:
        loading = asyncio.create_task(client.load(streams, seconds, MANY_TOKENS))
        await asyncio.sleep(seconds / 4)
        early = core.memory_info().rss / 2**20
        await asyncio.sleep(seconds * 0.7)
        late = core.memory_info().rss / 2**20
        return await loading, early, late

    count, early, late = asyncio.run(run())
    name = f"API, {streams} streams for {seconds:g} s"
    good = count.failures == 0 and count.answers > 0
    yield {"figure": f"{name}: answers that failed", "value": count.failures, "unit": "", "target": 0, "ok": good}
    yield {"figure": f"{name}: answers", "value": count.answers, "unit": "", "ok": count.answers > 0}
    yield {"figure": f"{name}: speed", "value": round(count.tokens / seconds, 1), "unit": "tokens/s", "ok": True}
    grown = late - early
    yield figure(f"{name}: memory of the core", late, "MiB", early, late / early, GROWTH_MB, grown <= GROWTH_MB)


@contextlib.contextmanager
def _serving(place: Home) -> Iterator[tuple[Client, Home]]:
    """`inhouse serve` on a free port, in a process of its own."""
    Settings(place).set(MAX_TOKENS, 16)  # of the window's questions
    command = child_command("serve", "--port", "0", "--json", "--rate", "1000000")
    process = subprocess.Popen(command, env=child_environment(place), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise AppError("The API did not start.", "The log says why.")
        with CoreDoor(place) as door:
            key = door.call(ShowApi()).key
        yield Client(int(json.loads(line)["address"].split(":")[-1].split("/")[0]), key), place
    finally:
        process.terminate()
        process.communicate()


def main() -> int:
    """Print one line a figure; 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m app.api.bench")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--streams", type=int, default=64, help="of the long run (64)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the long run (60)")
    given = parser.parse_args()
    measured = figures(min(given.streams, MOST_STREAMS), min(given.seconds, MOST_SECONDS))
    return write(measured, as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
