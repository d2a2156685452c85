"""`inhouse serve` as a person runs it: a process, a core, a port; and what is left when it ends."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from served import Serving, inhouse, serving, wait_for_core_to_end

from app.core.calls.api import ShowApi
from app.core.door import CoreDoor
from app.paths import Home
from app.settings import API_ENABLED, API_PORT, Settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the terminal's door is for Unix sockets")


@pytest.fixture
def place(data_folder: Path) -> Home:
    data_folder.mkdir()
    return Home(data_folder)


def get(served: Serving, path: str) -> httpx.Response:
    return httpx.get(f"{served.address}{path}", headers={"authorization": f"Bearer {served.key}"})


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until_silent(port: int) -> None:
    end = time.monotonic() + 60
    while listens(port):
        assert time.monotonic() < end, "it still listens"
        time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def core_pid(place: Home) -> int:
    with CoreDoor(place) as door:
        return door.connect().pid


def test_programs_can_ask_while_it_runs_and_not_after(place: Home) -> None:
    with serving(place) as served:
        assert served.address.startswith("http://127.0.0.1:")
        assert get(served, "/models").json()["data"][0]["id"] == "inhouse"
        assert stat.S_IMODE((place.root / "api.key").stat().st_mode) == 0o600
        pid = core_pid(place)
        ports = {each.laddr.port for each in psutil.Process(pid).net_connections() if each.status == "LISTEN"}
        assert ports == {served.port}, "and nothing else of the core listens"
    assert served.process.returncode == 0
    until_silent(served.port)
    wait_for_core_to_end(place)


def test_a_core_without_the_api_listens_nowhere(place: Home) -> None:
    with CoreDoor(place) as door:
        process = psutil.Process(door.connect().pid)
        assert not [each for each in process.net_connections() if each.status == "LISTEN"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_the_port_closes(place: Home, how: signal.Signals) -> None:
    with serving(place) as served:
        os.kill(served.process.pid, how)
        served.process.wait(60)
        until_silent(served.port)


def test_a_core_that_dies_is_replaced_and_listens_again(place: Home) -> None:
    port = free_port()
    with serving(place, "--port", str(port)) as served:
        first = core_pid(place)
        os.kill(first, signal.SIGKILL)
        assert served.process.stdout is not None
        served.process.stdout.readline()
        assert get(served, "/models").status_code == 200, "the same port and the same key"
        assert core_pid(place) != first


def test_settings_keep_it_on_without_any_door(place: Home) -> None:
    port = free_port()
    settings = Settings(place)
    settings.set(API_PORT, port)
    settings.set(API_ENABLED, True)
    key = inhouse(place, "serve", "--show-key").stdout.strip()
    time.sleep(3.0)  # longer than a core without a door lingers
    served = httpx.get(f"http://127.0.0.1:{port}/v1/models", headers={"authorization": f"Bearer {key}"})
    assert served.status_code == 200
    with CoreDoor(place) as door:
        pid = door.connect().pid
        assert door.call(ShowApi()).moved.address == f"http://127.0.0.1:{port}/v1"
    os.kill(pid, signal.SIGTERM)
    wait_for_core_to_end(place)
    assert not listens(port)


def test_the_key_is_shown_and_renewed_at_once(place: Home) -> None:
    with serving(place) as served:
        assert inhouse(place, "serve", "--show-key").stdout.strip() == served.key
        new = inhouse(place, "serve", "--new-key").stdout.strip()
        assert new != served.key and get(served, "/models").status_code == 401
        served.key = new
        assert get(served, "/models").status_code == 200


def test_what_cannot_be_is_said_in_a_sentence(place: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        taken = inhouse(place, "serve", "--port", port)
        assert taken.returncode == 1 and taken.stderr.startswith(f"Port {port} is taken by another program.")
    network = inhouse(place, "serve", "--host", "0.0.0.0")
    assert network.returncode == 1 and "other computers" in network.stderr and "--allow-network" in network.stderr
    assert inhouse(place, "serve", "--port", "70000").returncode == 1


def test_the_network_only_with_a_warning(place: Home) -> None:
    with serving(place, "--host", "0.0.0.0", "--allow-network", "--allow-host", "ai.example") as served:
        here = f"http://127.0.0.1:{served.port}/health"
        assert httpx.get(here).status_code == 200
        assert httpx.get(here, headers={"host": "ai.example"}).status_code == 200
        assert httpx.get(here, headers={"host": "other.example"}).status_code == 403
