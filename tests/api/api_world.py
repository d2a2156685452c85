"""The API over a core in the test's own process: played children that answer by themselves, no socket, no clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx
from core_world import CoreWorld
from fakes import FakeChild, FakeJob

from app.api.app import create_app
from app.core.doorway import ApiOptions
from app.errors import AppError
from app.types import Collection, ModelInfo, Passage, SearchResult, Stats
from app.workers.calls.documents import Collections, Embed, Embedded, ListCollections, Read, Readings, Search, Searched
from app.workers.calls.engine import Complete, Completed, Load, Loaded, Token
from app.workers.message import WorkerRole
from app.workers.protocol import Ready

KEY = "inhouse-a-key-of-the-test-that-is-long-enough"
PORT = 8217
T = TypeVar("T")

INFO = ModelInfo(
    path="m.gguf", name="m", architecture="llama", quantization="Q4_1", parameters=1, file_bytes=1, context=8192,
    context_trained=8192, backend="CPU", device="", gpu_layers=0, layers=1, has_template=True, load_ms=1.0,
    memory_bytes=1,
)  # fmt: skip
PASSAGE = Passage(
    id=7, document_id=3, document="travel.md", path="/home/someone/travel.md", collection_id=1, collection="Rules",
    start=0, end=30, heading="Hotels", text="The limit in Munich is 165 €.", score=0.9, best=(0, 29),
)  # fmt: skip
STATS = Stats(prompt_tokens=20, evaluated_tokens=12, completion_tokens=3)


def written(*words: str, **more: Any) -> Callable[[FakeJob], None]:
    """An engine that writes these words, then ends."""

    def answer(job: FakeJob) -> None:
        for word in words:
            job.say(Token(text=word))
        job.finish(Completed(**{"text": "".join(words), "stats": STATS, **more}))

    return answer


def failing(error: AppError) -> Callable[[FakeJob], None]:
    return lambda job: job.fail(error)


class PlayedCore(CoreWorld):
    """Its children start at once, and each call is answered by what `answers` holds for its type, or waits."""

    def __init__(self, answers: dict[type, Callable[[FakeJob], None]]) -> None:
        self.answers = answers
        super().__init__()

    def _child(self, role: WorkerRole) -> FakeChild:
        child = super()._child(role)
        request, start = child.request, child.start

        def answering(call: Any, **callbacks: Any) -> FakeJob:
            job = request(call, **callbacks)
            answer = self.answers.get(type(call))
            if answer is not None:
                asyncio.get_running_loop().call_soon(lambda: answer(job) if job.active else None)
            return job

        def starting() -> None:
            if child.state != "ready":
                start()
                child.ready.emit(Ready(role=role))

        child.state = "stopped"
        child.request, child.start = answering, starting  # type: ignore[method-assign]
        return child


class ApiWorld:
    """The app over such a core."""

    def __init__(self, **options: Any) -> None:
        self.options = ApiOptions(port=PORT, **options)
        self.answers: dict[type, Callable[[FakeJob], None]] = {
            Load: lambda job: job.finish(Loaded(info=INFO)),
            Complete: written("Hello", " there"),
            Embed: lambda job: job.finish(_embedded(job)),
            ListCollections: lambda job: job.finish(
                Collections(collections=(Collection(id=1, name="Rules", documents=1, passages=4, bytes=100),))
            ),
            Search: lambda job: job.finish(
                Searched(result=SearchResult(passages=(PASSAGE,), found=True, elapsed_ms=1.0))
            ),
            Read: lambda job: job.finish(Readings(readings=())),
        }
        self.core = PlayedCore(self.answers)
        self.app = create_app(self.core.core, self.core.core.settings, lambda: KEY, self.options)

    def asked(self, kind: type[T]) -> list[T]:
        """The calls of a kind that reached a child."""
        return [job.call for _, child in self.core.children for job in child.jobs if isinstance(job.call, kind)]

    def run(self, steps: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]], **client: Any) -> T:
        """Let a client ask."""

        async def main() -> T:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            headers = {"authorization": f"Bearer {KEY}", **client.pop("headers", {})}
            base = f"http://127.0.0.1:{PORT}"
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers, **client) as opened:
                return await steps(opened)

        return asyncio.run(main())

    def post(self, path: str, body: dict[str, Any], **more: Any) -> httpx.Response:
        return self.run(lambda client: client.post(path, json=body), **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.run(lambda client: client.get(path), **more)


def _embedded(job: FakeJob) -> Embedded:
    assert isinstance(job.call, Embed)
    return Embedded(vectors=tuple((0.6, 0.8, float(len(text))) for text in job.call.texts), tokens=len(job.call.texts))


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error of a response, which must have OpenAI's form."""
    body = response.json()
    assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}, body
    found: dict[str, Any] = body["error"]
    return found


__all__ = ["KEY", "PASSAGE", "PORT", "ApiWorld", "error_of", "failing", "written"]
