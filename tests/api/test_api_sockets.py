"""The server on a real socket, over a core with played children: slow clients, lost clients, broken HTTP."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from api_world import KEY, ApiWorld
from fakes import FakeJob

from app.api import body, connection, door, guard, stream
from app.api.server import HttpServer
from app.core.calls.models import RestartEngine
from app.core.doorway import ApiOptions
from app.errors import AppError
from app.workers.calls.documents import Search
from app.workers.calls.engine import Complete, Completed, Load, Token

ASK = {"model": "inhouse", "messages": [{"role": "user", "content": "Hi"}]}


class Served:
    """A server that listens, and what a client needs to reach it."""

    def __init__(self, world: ApiWorld, address: str) -> None:
        self.world, self.address = world, address
        self.port = int(address.split(":")[-1].split("/")[0])

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.address, headers={"authorization": f"Bearer {KEY}"}, timeout=30)

    async def raw(self, text: bytes, *, receive_buffer: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which this was sent."""
        opened = socket.socket()
        if receive_buffer:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=opened, limit=1 << 14)
        writer.write(text)
        await writer.drain()
        return reader, writer

    def head(self, length: int | None = None, path: str = "/v1/chat/completions") -> bytes:
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {KEY}\r\n"
            f"Content-Type: application/json\r\n{size}\r\n\r\n"
        ).encode()

    def request(self, asked: dict[str, Any]) -> bytes:
        encoded = json.dumps(asked).encode()
        return self.head(len(encoded)) + encoded

    def jobs(self) -> list[FakeJob]:
        return [job for _, child in self.world.core.children for job in child.jobs if isinstance(job.call, Complete)]


def serve(steps: Callable[[Served], Awaitable[object]], **answers: Any) -> None:
    """Run a server and let a test use it; every connection must be gone when the test lets go of it."""

    async def main() -> None:
        world = ApiWorld()
        if "complete" in answers:
            world.answers[Complete] = answers["complete"]
        core = world.core.core
        server = HttpServer(core, core.settings, lambda: KEY, ApiOptions(port=0))
        served = Served(world, server.start())
        try:
            await steps(served)
        finally:
            stopped = asyncio.Event()
            server.stop(stopped.set)
            await stopped.wait()

    asyncio.run(main())


async def until(condition: Callable[[], object], limit_s: float = 30.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.005)


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What still came before the server closed the connection, politely or not."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""


def keep_open(job: FakeJob) -> None:
    """An engine that has begun and goes on when the test says so."""
    job.say(Token(text="Once"))


def test_a_stream_arrives_as_it_is_written() -> None:
    async def steps(served: Served) -> None:
        async with (
            served.client() as client,
            client.stream("POST", "/chat/completions", json={**ASK, "stream": True}) as r,
        ):
            lines = r.aiter_lines()
            first = [await anext(lines) for _ in range(4)]
            assert '"content":"Once"' in first[2], "before the engine has ended"
            served.jobs()[0].finish(Completed(text="Once"))
            assert [line async for line in lines if line][-1] == "data: [DONE]"

    serve(steps, complete=keep_open)


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_goes_away_ends_its_generation(stream: bool) -> None:
    async def steps(served: Served) -> None:
        _, writer = await served.raw(served.request({**ASK, "stream": stream, "n": 2}))
        await until(lambda: len(served.jobs()) == 2)
        assert not served.jobs()[0].controls
        writer.close()
        await until(lambda: all(job.controls == ["cancel"] for job in served.jobs()))

    serve(steps, complete=keep_open if stream else lambda job: None)


def test_a_question_whose_client_goes_away_is_stopped() -> None:
    async def steps(served: Served) -> None:
        served.world.answers.pop(Search)
        encoded = json.dumps({"question": "The hotel limit?"}).encode()
        _, writer = await served.raw(served.head(len(encoded), "/v1/collections/1/ask") + encoded)
        searches = [child for _, child in served.world.core.children]
        await until(lambda: any(child.waiting(Search) for child in searches))
        (job,) = [job for child in searches for job in child.waiting(Search)]
        writer.close()
        await until(lambda: job.controls == ["cancel"])

    serve(steps)


def test_who_leaves_before_the_model_is_there_gets_no_answer_written() -> None:
    async def steps(served: Served) -> None:
        load = served.world.answers.pop(Load)
        asked = served.request(ASK)
        _, writer = await served.raw(asked)
        await until(lambda: served.world.asked(Load))
        writer.close()
        await until(lambda: not served.world.core.core.busy)
        (job,) = [job for _, child in served.world.core.children for job in child.waiting(Load)]
        load(job)
        await asyncio.sleep(0.05)
        assert not served.jobs()

    serve(steps)


def test_who_waits_long_sees_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PULSE_S", 0.05)

    async def steps(served: Served) -> None:
        asked = {**ASK, "stream": True}
        async with served.client() as client, client.stream("POST", "/chat/completions", json=asked) as response:
            lines = response.aiter_lines()
            assert await anext(lines) == ": still working"
            served.jobs()[0].finish(Completed(text=""))
            assert [line async for line in lines if line][-1] == "data: [DONE]"

    serve(steps, complete=lambda job: None)


def test_a_model_that_is_started_again_leaves_nobody_waiting() -> None:
    async def steps(served: Served) -> None:
        async with served.client() as client:
            asking = asyncio.create_task(client.post("/chat/completions", json=ASK))
            await until(served.jobs)
            served.world.core.door().call(RestartEngine())
            response = await asking
        assert response.status_code == 503 and "started again" in response.json()["error"]["message"]

    serve(steps, complete=lambda job: None)


def test_a_defect_of_ours_says_nothing_about_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def steps(served: Served) -> None:
        def broken(*_: object) -> None:
            raise ValueError("the secret of the house")

        monkeypatch.setattr(served.world.core.core, "call", broken)
        async with served.client() as client:
            response = await client.get("/models")
        assert response.status_code == 500 and response.json()["error"]["type"] == "server_error"
        assert "secret" not in response.text

    serve(steps)


def test_a_client_that_does_not_read_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "UNREAD_FRAMES", 50)
    monkeypatch.setattr(connection, "WRITE_LIMIT_S", 0.3)

    async def steps(served: Served) -> None:
        reader, writer = await served.raw(served.request({**ASK, "stream": True}), receive_buffer=4096)
        await until(served.jobs)
        job = served.jobs()[0]
        said = 0
        while not job.controls and said < 100_000:
            job.say(Token(text="x" * 5000))
            said += 1
            await asyncio.sleep(0.001)
        assert job.controls == ["cancel"], "the engine does not write for nobody"
        read = 0
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.sleep(1.0)  # longer than the server waits for someone who takes nothing
            while chunk := await reader.readexactly(1000):
                read += len(chunk)
        assert read < said * 5000, "the rest was not kept for later"
        writer.close()

    serve(steps, complete=keep_open)


def test_one_slow_reader_holds_nobody_else_up() -> None:
    async def steps(served: Served) -> None:
        _, writer = await served.raw(served.request({**ASK, "stream": True}), receive_buffer=4096)
        await until(served.jobs)
        for _ in range(3000):
            served.jobs()[0].say(Token(text="x" * 100))
        served.world.answers[Complete] = lambda job: job.finish(Completed(text="quick"))
        async with served.client() as client:
            response = await client.post("/chat/completions", json=ASK)
        assert response.json()["choices"][0]["message"]["content"] == "quick"
        writer.close()

    serve(steps, complete=keep_open)


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "BODY_LIMIT_S", 0.2)
    monkeypatch.setattr(guard, "LINGER_S", 0.2)

    async def steps(served: Served) -> None:
        reader, writer = await served.raw(served.head(100) + b'{"model"')
        answer = await asyncio.wait_for(reader.read(), 20)
        assert answer.startswith(b"HTTP/1.1 408 ") and b'"too_slow"' in answer and b"connection: close" in answer
        writer.close()

    serve(steps)


def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEAD_LIMIT_S", 0.3)

    async def steps(served: Served) -> None:
        for sent in (b"", b"GET /health HT", served.head(2)[:-2]):
            reader, writer = await served.raw(sent)
            assert await ended(reader) == b""
            writer.close()
        dripping, writer = await served.raw(b"GET")
        gone = asyncio.create_task(ended(dripping))
        for _ in range(400):
            if gone.done():
                break
            writer.write(b" ")
            await asyncio.sleep(0.01)
        assert gone.done(), "one byte now and then does not keep a connection"
        writer.close()

    serve(steps)


def test_a_body_announced_as_too_long_is_answered_before_it_comes() -> None:
    async def steps(served: Served) -> None:
        reader, writer = await served.raw(served.head(1 << 40))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
        assert head.startswith(b"HTTP/1.1 413 ")
        writer.close()
        reader, writer = await served.raw(served.head())
        with pytest.raises(ConnectionError):
            for _ in range(10_000):
                writer.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
                await writer.drain()
        assert not served.jobs()

    serve(steps)


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_an_error_in_the_same_form(sent: bytes) -> None:
    async def steps(served: Served) -> None:
        reader, writer = await served.raw(sent)
        answer = await asyncio.wait_for(reader.read(), 20)
        status, text = answer.split(b"\r\n\r\n", 1)
        assert status.split()[1] in (b"400", b"403") and set(json.loads(text)) == {"error"}
        writer.close()

    serve(steps)


def test_too_many_connections_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 3)

    async def steps(served: Served) -> None:
        opened = [await served.raw(b"") for _ in range(3)]
        await asyncio.sleep(0.1)
        reader, writer = await served.raw(b"")
        assert (await asyncio.wait_for(reader.read(), 20)).startswith(b"HTTP/1.1 503 ")
        for _, each in [*opened, (reader, writer)]:
            each.close()
        await asyncio.sleep(0.1)
        async with served.client() as client:
            assert (await client.get("/models")).status_code == 200

    serve(steps)


def test_a_taken_port_says_so() -> None:
    async def main() -> None:
        world = ApiWorld()
        with socket.create_server(("127.0.0.1", 0)) as other:
            options = ApiOptions(port=other.getsockname()[1])
            server = HttpServer(world.core.core, world.core.core.settings, lambda: KEY, options)
            with pytest.raises(AppError, match="taken by another program"):
                server.start()
        stranger = HttpServer(
            world.core.core, world.core.core.settings, lambda: KEY, ApiOptions(port=0, host="192.0.2.1")
        )
        with pytest.raises(AppError, match="not an address"):
            stranger.start()

    asyncio.run(main())


def test_questions_and_keys_never_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def steps(served: Served) -> None:
        secret = {"model": "inhouse", "messages": [{"role": "user", "content": "the takeover of Acme"}]}
        async with served.client() as client:
            await client.post("/chat/completions", json=secret)
            await client.post("/chat/completions", json={**secret, "takeover": 1})
            await client.get("/collections/takeover?q=takeover")

    with caplog.at_level("DEBUG"):
        serve(steps)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("app", "uvicorn", "starlette"))]
    assert any("POST /v1/chat/completions: 200" in line for line in ours)
    assert not [line for line in ours if "takeover" in line or KEY in line]
