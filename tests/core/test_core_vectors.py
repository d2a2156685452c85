"""The vector server in the core: checked before it is chosen, its key kept apart, told again and again."""

from __future__ import annotations

from pathlib import Path

import pytest
from core_world import CoreWorld

from app.core.calls import vectors as c
from app.core.vector_server import AGAIN_S
from app.models.server_keys import ServerKeys
from app.vector_server import KEY, read
from app.workers.calls.vectors import (
    CheckVectorServer,
    DropVectors,
    SyncVectors,
    UseVectorServer,
    VectorServerFound,
    VectorState,
)
from app.workers.protocol import Ready

ADDRESS = "https://vectors.example"


@pytest.fixture
def world(data_folder: Path) -> CoreWorld:
    return CoreWorld()


def choose(world: CoreWorld) -> None:
    door = world.door()
    asked = door.call(c.ChooseVectorServer(address=ADDRESS, key="secret"))
    found = VectorServerFound(host="vectors.example", version="1.0.0", collections=3)
    world.documents.last(CheckVectorServer).finish(found)
    used = world.documents.last(UseVectorServer)
    assert used.call.key == "secret"
    used.finish(VectorState(waiting=7))
    assert door.result(asked).host == "vectors.example"


def test_what_would_be_sent_in_the_clear_is_refused_before_anything_is_sent(world: CoreWorld) -> None:
    door = world.door()
    for call in (c.FindVectorServer(address="http://vectors.example"), c.ChooseVectorServer(address="not an address")):
        end = door.end(door.call(call))
        assert end is not None and end.error is not None
    assert read(world.home.vector_server) is None


def test_the_key_is_kept_apart_and_handed_over_at_each_start(world: CoreWorld) -> None:
    choose(world)
    assert b"secret" not in world.home.vector_server.read_bytes()
    assert ServerKeys(world.home).get(KEY) == "secret"
    world.documents.ready.emit(Ready(role="documents"))
    assert world.documents.last(UseVectorServer).call.key == "secret"


def test_it_is_told_again_until_it_has_everything_and_left_with_what_it_holds(world: CoreWorld) -> None:
    choose(world)
    assert world.core.busy
    world.documents.last(SyncVectors).finish(VectorState(waiting=7, problem="vectors.example cannot be reached."))
    assert not world.documents.waiting(SyncVectors)
    world.clock.pass_time(AGAIN_S)
    world.documents.last(SyncVectors).finish(VectorState())
    door = world.door()
    leaving = door.call(c.LeaveVectorServer())
    world.documents.last(DropVectors).finish(VectorState(problem="It cannot be reached."))
    assert world.documents.last(UseVectorServer).call.server is None
    world.documents.last(UseVectorServer).finish(VectorState())
    assert "could not be deleted there" in door.result(leaving).problem
    assert read(world.home.vector_server) is None and not ServerKeys(world.home).get(KEY)
