"""Who may ask: each check alone, and what is refused reaches nothing."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest
from api_world import KEY, PORT, ApiWorld, error_of

from app.api.errors import ApiError
from app.api.limits import Gate, Rate
from app.core.api_key import ApiKey
from app.paths import Home
from app.workers.calls.documents import ListCollections
from app.workers.calls.engine import Complete

ASK = {"model": "inhouse", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", f"127.0.0.1.evil.example:{PORT}"),
        *(f"evil@127.0.0.1:{PORT}", f"localhost.:{PORT}", "", "[::1", f"0.0.0.0:{PORT}"),
    ],
)
def test_a_forged_host_is_refused(host: str) -> None:
    world = ApiWorld()
    for path in ("/health", "/v1/models"):
        response = world.get(path, headers={"host": host})
        assert response.status_code == 403 and error_of(response)["code"] == "host_not_allowed"


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}", f"[::1]:{PORT}"])
def test_this_computer_by_its_own_names(host: str) -> None:
    assert ApiWorld().get("/v1/models", headers={"host": host}).status_code == 200


def test_more_names_when_they_are_allowed() -> None:
    world = ApiWorld(hosts=("ai.example", "10.0.0.7:9000"))
    assert world.get("/health", headers={"host": "ai.example:1234"}).status_code == 200
    assert world.get("/health", headers={"host": "10.0.0.7:9000"}).status_code == 200
    assert world.get("/health", headers={"host": "10.0.0.7:9001"}).status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"http://127.0.0.1:{PORT}", ""])
def test_web_pages_may_not_ask(origin: str) -> None:
    world = ApiWorld()
    response = world.post("/v1/chat/completions", ASK, headers={"origin": origin})
    assert response.status_code == 403 and error_of(response)["code"] == "origin_not_allowed"
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert not world.asked(Complete)


def test_no_page_is_invited_by_default() -> None:
    response = ApiWorld().get("/v1/models")
    assert not [name for name in response.headers if name.startswith("access-control")]


def test_an_allowed_page_may_ask_with_the_key_only() -> None:
    world = ApiWorld(origins=("https://wiki.example",))
    page = {"origin": "https://wiki.example"}
    asked = world.post("/v1/chat/completions", ASK, headers=page)
    assert asked.status_code == 200 and asked.headers["access-control-allow-origin"] == "https://wiki.example"
    wish = {**page, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    before = world.run(lambda client: client.options("/v1/chat/completions", headers={**wish, "authorization": ""}))
    assert before.status_code == 200 and before.headers["access-control-allow-origin"] == "https://wiki.example"
    assert world.post("/v1/chat/completions", ASK, headers={**page, "authorization": ""}).status_code == 401
    assert world.get("/v1/models", headers={"origin": "https://wiki.example.evil"}).status_code == 403


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "missing_api_key"), (KEY, "missing_api_key"), (f"Basic {KEY}", "missing_api_key"),
        ("Bearer ", "missing_api_key"), ("Bearer x", "invalid_api_key"), (f"Bearer {KEY}x", "invalid_api_key"),
        (f"Bearer {KEY[:-1]}", "invalid_api_key"), ("Bearer sk-é", "invalid_api_key"),
    ],
)  # fmt: skip
def test_without_the_key_nothing_is_said(given: str, code: str) -> None:
    world = ApiWorld()
    headers: Any = {"authorization": given.encode()}
    for path in ("/v1/models", "/v1/collections", "/v1/nothing"):
        response = world.get(path, headers=headers)
        assert response.status_code == 401 and response.headers["www-authenticate"] == "Bearer"
        assert error_of(response)["code"] == code and error_of(response)["type"] == "authentication_error"
    assert world.get("/health", headers=headers).json() == {"status": "ok"}
    assert not world.asked(ListCollections)


def test_the_scheme_may_be_written_in_any_case() -> None:
    assert ApiWorld().get("/v1/models", headers={"authorization": f"bearer {KEY}"}).status_code == 200


def test_a_body_that_is_too_long_or_not_json_is_refused() -> None:
    world = ApiWorld()
    long = {"model": "inhouse", "messages": [{"role": "user", "content": "x" * (8 << 20)}]}
    response = world.post("/v1/chat/completions", long)
    assert response.status_code == 413 and error_of(response)["code"] == "body_too_long"

    async def endless() -> Any:
        for _ in range(200):
            yield b" " * (64 << 10)

    headers = {"content-type": "application/json"}
    counted = world.run(lambda client: client.post("/v1/chat/completions", content=endless(), headers=headers))
    assert counted.status_code == 413, "also where nobody said how long it would be"
    for more in ({"content-type": "text/plain"}, {**headers, "content-encoding": "gzip"}):
        form = world.run(lambda client, more=more: client.post("/v1/embeddings", content=b"{}", headers=more))
        assert form.status_code == 415
        error_of(form)
    assert not world.asked(Complete)


def test_too_many_requests_in_a_minute() -> None:
    world = ApiWorld(requests_a_minute=3)

    async def four(client: Any) -> list[Any]:
        return [await client.get("/v1/models") for _ in range(4)]

    *good, last = world.run(four)
    assert [response.status_code for response in good] == [200, 200, 200]
    assert last.status_code == 429 and 1 <= int(last.headers["retry-after"]) <= 60
    assert error_of(last)["type"] == "rate_limit_error"
    assert world.get("/health").status_code == 200
    assert world.get("/v1/models", headers={"authorization": "Bearer x"}).status_code == 401, "others' do not count"


def test_the_minute_slides() -> None:
    time = [0.0]
    rate = Rate(2, lambda: time[0])
    rate.take()
    time[0] = 30.0
    rate.take()
    with pytest.raises(ApiError) as refused:
        rate.take()
    assert refused.value.retry_after == 30
    time[0] = 60.0
    rate.take()
    with pytest.raises(ApiError):
        rate.take()


def test_so_many_at_once_then_a_queue_then_no() -> None:
    async def main() -> None:
        gate = Gate(at_once=1, waiting=1, wait_s=5.0)
        order: list[str] = []
        leave = asyncio.Event()

        async def hold(name: str) -> None:
            async with gate.place():
                order.append(name)
                await leave.wait()

        first, second = asyncio.create_task(hold("first")), asyncio.create_task(hold("second"))
        await asyncio.sleep(0)
        with pytest.raises(ApiError, match="Too many"):
            async with gate.place():
                pass
        assert order == ["first"]
        leave.set()
        await asyncio.gather(first, second)
        assert order == ["first", "second"]

    asyncio.run(main())


def test_who_waits_too_long_is_told() -> None:
    async def main() -> None:
        gate = Gate(at_once=1, waiting=1, wait_s=0.01)
        async with gate.place():
            with pytest.raises(ApiError) as refused:
                async with gate.place():
                    pass
            assert refused.value.status == 429
        async with gate.place():
            """The place is free again."""

    asyncio.run(main())


def test_the_key_is_this_users_alone_and_ends_when_renewed(tmp_path: Path) -> None:
    place = Home(tmp_path / "home")
    first = ApiKey(place).value
    file = place.root / "api.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and len(first) > 40
    assert ApiKey(place).value == first
    key = ApiKey(place)
    second = key.renew()
    assert second != first and key.value == second == ApiKey(place).value
    file.chmod(0o644)
    assert ApiKey(place).value == second and stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("short")
    assert len(ApiKey(place).value) > 40, "a damaged file gives way to a new key"
