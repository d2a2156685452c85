"""After a switch a process without a model waits for the next one: used once, and not where it would not serve."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from fakes import FakeChild
from test_core_models import INFO, World, loads, says_a_word

from app.core import idle, spare
from app.core.calls import models as c
from app.errors import AppError
from app.models.registry import STARTER_ID
from app.runtimes import Chosen, write_chosen
from app.settings import UNLOAD_AFTER
from app.workers.calls.engine import Load, Loaded


@pytest.fixture
def world(data_folder: object, monkeypatch: pytest.MonkeyPatch) -> World:
    plenty(monkeypatch, spare.LEAST_FREE)
    made = World()
    made.load()
    return made


def plenty(monkeypatch: pytest.MonkeyPatch, available: int) -> None:
    memory = SimpleNamespace(available=available)
    monkeypatch.setattr(spare, "psutil", SimpleNamespace(virtual_memory=lambda: memory))


def engines(world: World) -> list[FakeChild]:
    return [child for role, child in world.children if role == "engine"]


def switch(world: World, model_id: str) -> FakeChild:
    """To a model that loads and says a word; → the process that waits for the next switch after it."""
    world.told.call(c.UseModel(model_id=model_id))
    loads(world.engine)
    says_a_word(world.engine)
    world.clock.pass_time(spare.BEGIN_S)
    return world.engine


def test_the_next_switch_loads_in_the_process_that_waits(world: World) -> None:
    waits = switch(world, world.first.id)
    assert len(engines(world)) == 3 and waits.state == "ready" and not waits.jobs
    key = world.told.call(c.UseModel(model_id=world.second.id))
    assert waits.last(Load).call.path == world.second.path, "at once"
    assert len(engines(world)) == 3
    waits.last(Load).finish(Loaded(info=INFO))
    says_a_word(waits)
    assert world.told.result(key) and world.active() == world.second.id
    world.clock.pass_time(spare.BEGIN_S)
    assert len(engines(world)) == 4 and world.engine is not waits


def test_one_that_is_still_starting_loads_when_it_is_there(world: World) -> None:
    waits = switch(world, world.first.id)
    waits.set_state("starting")
    world.told.call(c.UseModel(model_id=world.second.id))
    assert not waits.jobs
    loads(waits)
    says_a_word(waits)
    assert world.active() == world.second.id


@pytest.mark.parametrize("why", ["it ended", "another build was chosen"])
def test_one_that_does_not_serve_is_left(world: World, why: str) -> None:
    waits = switch(world, world.first.id)
    if why == "it ended":
        waits.set_state("failed")
    else:
        write_chosen(world.home, {"engine": Chosen(id="cuda")})
    world.told.call(c.UseModel(model_id=world.second.id))
    assert not waits.jobs and waits.state == "stopped"
    loads(world.engine)
    says_a_word(world.engine)
    assert world.active() == world.second.id


def test_it_waits_for_a_while_and_not_where_memory_is_wanted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = switch(world, world.first.id)
    world.clock.pass_time(spare.KEPT_S - 1)
    assert waits.state == "ready"
    world.clock.pass_time(1)
    assert waits.state == "stopped"
    world.clock.pass_time(spare.KEPT_S * 3)
    assert len(engines(world)) == 3
    waits = switch(world, world.second.id)
    world.core.models.suspend(AppError("A training has its memory."))
    assert waits.state == "stopped"
    world.core.models.give_back()
    loads(engines(world)[-2])
    plenty(monkeypatch, spare.LEAST_FREE - 1)
    switch(world, STARTER_ID)
    assert all(each.state == "stopped" or each.jobs for each in engines(world))


def test_it_goes_with_a_model_that_nobody_asks(world: World) -> None:
    world.core.settings.set(UNLOAD_AFTER, 5)
    waits = switch(world, world.first.id)
    world.clock.pass_time(300 + 2 * idle.LOOK_S)
    assert waits.state == "stopped" and engines(world)[1].state == "stopped"


def test_it_ends_with_the_core(world: World) -> None:
    waits = switch(world, world.first.id)
    world.core.stop()
    assert waits.state == "stopped"
    world.clock.pass_time(spare.KEPT_S)
