"""When programs may connect: as Settings say, as long as a command asks for it, and never by accident."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from core_world import CoreWorld

from app.core.calls.api import Api, ApiMoved, RenewApiKey, ServeApi, ShowApi
from app.core.doorway import ApiOptions, Doorway, MakeServer
from app.core.protocol import SettingsChanged
from app.errors import AppError
from app.settings import API_ENABLED, API_ORIGINS, API_PORT, Settings


class Servers:
    """What is made in place of real servers."""

    def __init__(self) -> None:
        self.made: list[FakeServer] = []
        self.refuse: AppError | None = None

    @property
    def on(self) -> list[FakeServer]:
        return [server for server in self.made if server.on]

    def load(self) -> MakeServer:
        def make(doorway: Doorway, settings: Settings, key: Callable[[], str], options: ApiOptions) -> FakeServer:
            self.made.append(FakeServer(self, key, options))
            return self.made[-1]

        return make


class FakeServer:
    def __init__(self, servers: Servers, key: Callable[[], str], options: ApiOptions) -> None:
        self._servers, self.key, self.options = servers, key, options
        self.on = False
        self.let_go: Callable[[], object] = lambda: None

    def start(self) -> str:
        if self._servers.refuse is not None:
            raise self._servers.refuse
        self.on = True
        return f"http://{self.options.host}:{self.options.port}/v1"

    def stop(self, stopped: Callable[[], object]) -> None:
        def gone() -> None:
            self.on = False
            stopped()

        self.let_go = gone


@pytest.fixture
def servers() -> Servers:
    return Servers()


@pytest.fixture
def world(servers: Servers) -> CoreWorld:
    return CoreWorld(load_api=servers.load)


def test_nothing_listens_until_somebody_wants_it(world: CoreWorld, servers: Servers) -> None:
    world.clock.pass_time(60)
    assert not servers.made and not world.core.busy
    shown = world.door()
    api = shown.result(shown.call(ShowApi()))
    assert isinstance(api, Api) and not api.moved.on and len(api.key) > 40


def test_a_core_without_it_says_so() -> None:
    world = CoreWorld()
    door = world.door()
    end = door.end(door.call(ServeApi()))
    assert end is not None and end.error is not None and not world.core.busy


def test_it_is_on_for_as_long_as_a_command_asks(world: CoreWorld, servers: Servers) -> None:
    command, window = world.door(), world.door()
    key = command.call(ServeApi(port=9000))
    assert servers.on[0].options.port == 9000
    assert command.events(key) == [ApiMoved(on=True, address="http://127.0.0.1:9000/v1")]
    assert window.events() == command.events(key) and world.core.busy
    command.control(key, "cancel")
    assert command.end(key).kind == "cancelled"  # type: ignore[union-attr]
    assert world.core.busy, "until it has really stopped"
    servers.made[0].let_go()
    assert not servers.on and not world.core.busy
    assert window.events()[-1] == ApiMoved(on=False)


def test_a_command_that_dies_takes_it_along(world: CoreWorld, servers: Servers) -> None:
    command = world.door()
    command.call(ServeApi())
    command.leave()
    servers.made[0].let_go()
    assert not servers.on


def test_settings_turn_it_on_and_off_and_move_it(world: CoreWorld, servers: Servers) -> None:
    window = world.door()
    world.core.settings.set(API_ENABLED, True)
    assert servers.on[0].options == ApiOptions(port=API_PORT.default) and world.core.busy
    world.core.settings.set(API_PORT, 9100)
    servers.made[0].let_go()
    assert [server.options.port for server in servers.on] == [9100]
    world.core.settings.set(API_ENABLED, False)
    servers.made[1].let_go()
    assert not servers.on and not world.core.busy
    assert [each.on for each in window.events() if isinstance(each, ApiMoved)] == [True, False, True, False]


def test_another_process_changed_the_settings(world: CoreWorld, servers: Servers) -> None:
    window = world.door()
    mine = Settings(world.home)
    mine.set(API_ENABLED, True)
    mine.set(API_ORIGINS, "https://a.example https://b.example")
    window.call(SettingsChanged())
    assert servers.on[0].options.origins == ("https://a.example", "https://b.example")


def test_it_is_on_from_the_start_where_settings_say_so(servers: Servers) -> None:
    first = CoreWorld()
    first.core.settings.set(API_ENABLED, True)
    again = CoreWorld(first.home, load_api=servers.load)
    again.clock.pass_time(0)
    assert servers.on


def test_a_command_joins_what_is_on_and_leaves_it_on(world: CoreWorld, servers: Servers) -> None:
    world.core.settings.set(API_ENABLED, True)
    command = world.door()
    key = command.call(ServeApi())
    assert command.events(key)[0].on and len(servers.made) == 1
    other = command.call(ServeApi(port=9000))
    refused = command.end(other)
    assert refused is not None and refused.error is not None and "already" in refused.error.message
    command.control(key, "cancel")
    assert servers.on, "Settings have it on"


def test_a_taken_port_is_said_to_the_command_and_shown_in_settings(world: CoreWorld, servers: Servers) -> None:
    servers.refuse = AppError("Port 8217 is taken by another program.")
    command = world.door()
    end = command.end(command.call(ServeApi()))
    assert end is not None and end.error is not None and end.error.message.startswith("Port 8217")
    assert command.events()[-1].failure.message == "Port 8217 is taken by another program."
    world.core.settings.set(API_ENABLED, True)
    assert not world.core.busy, "a core that nobody can ask does not stay"
    servers.refuse = None
    world.core.settings.set(API_PORT, 9100)
    assert servers.on


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "8.8.8.8"])
def test_the_network_is_refused_unless_it_is_wanted(host: str, world: CoreWorld, servers: Servers) -> None:
    command = world.door()
    end = command.end(command.call(ServeApi(host=host)))
    assert end is not None and end.error is not None and "other computers" in end.error.message
    assert not servers.made
    key = command.call(ServeApi(host=host, allow_network=True, hosts=("ai.example",)))
    assert command.events(key)[0].network and servers.on[0].options.hosts == ("ai.example",)


def test_a_name_is_no_address(world: CoreWorld) -> None:
    command = world.door()
    for call in (ServeApi(host="evil.example"), ServeApi(host="evil.example", allow_network=True)):
        end = command.end(command.call(call))
        assert end is not None and end.error is not None and "no address" in end.error.message
    key = command.call(ServeApi(host="localhost"))
    assert command.events(key)[0].address == "http://127.0.0.1:8217/v1"


def test_a_new_key_holds_at_once(world: CoreWorld, servers: Servers) -> None:
    command = world.door()
    command.call(ServeApi())
    old = servers.on[0].key()
    renewed = command.result(command.call(RenewApiKey()))
    assert renewed.key != old and servers.on[0].key() == renewed.key


def test_the_core_ends_it_before_itself(world: CoreWorld, servers: Servers) -> None:
    world.core.settings.set(API_ENABLED, True)
    off: list[bool] = []
    world.core.stop()
    world.core.api.when_off(lambda: off.append(True))
    assert not off
    servers.made[0].let_go()
    assert off and not servers.on


def test_neither_the_core_nor_a_command_loads_the_server() -> None:
    heavy = ("starlette", "uvicorn", "h11")
    code = f"import sys, app.core.server, app.cli.serve; print(*[m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
