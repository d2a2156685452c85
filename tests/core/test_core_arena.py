"""Models that take turns: many questions to one, blind pairs of two, memory for one at a time, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest
from core_world import CoreWorld
from test_core_chats import INFO, load

from app.core import lineup
from app.core.calls import bench as c
from app.errors import AppError
from app.types import Budget, InstalledModel, Stats
from app.workers.calls.engine import Chat, Chatted, Complete, Completed, Load, Loaded, PromptMessage
from app.workers.message import Done
from app.workers.protocol import Ready

OTHER = ""


@pytest.fixture
def world(data_folder: Any) -> CoreWorld:
    made = CoreWorld()
    load(made)
    path = made.home.models / "other.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF")
    global OTHER
    OTHER = made.core.registry.install(InstalledModel(name="Other", path=str(path), file_bytes=4)).id
    return made


def beside(world: CoreWorld) -> Any:
    """The engine of the model that is not in use, loaded."""
    child = world.children[-1][1]
    child.ready.emit(Ready(role="engine"))
    child.last(Load).finish(Loaded(info=INFO))
    return child


def say(child: Any, text: str, speed: float = 10.0) -> None:
    child.last(Chat).finish(
        Chatted(
            text=text, thinking="", reason="end", stats=Stats(tokens_per_s=speed), budget=Budget(context=8, used=1),
            passages_used=0,
        )
    )  # fmt: skip


def play(world: CoreWorld, door: Any, *questions: str) -> int:
    active = world.core.models.active_id
    key: int = door.call(c.PlayArena(models=(active, OTHER), questions=questions, alone=True))
    return key


def pairs(door: Any, key: int) -> list[c.PairPlayed]:
    return [frame.data for frame in door.frames if frame.id == key and isinstance(frame.data, c.PairPlayed)]


def test_a_pair_comes_when_both_have_answered_and_names_come_with_the_vote(
    world: CoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.core.models.list.fits, "refusal", lambda *_: None)
    door = world.door()
    key = play(world, door, "How long?")
    say(world.engine, "One day.", 20.0)
    assert not pairs(door, key)
    say(beside(world), "Two days.", 5.0)
    (pair,) = pairs(door, key)
    assert {pair.left.text, pair.right.text} == {"One day.", "Two days."}
    assert isinstance(door.result(key), Done)
    cast = door.result(door.call(c.CastVote(pair_id=pair.pair_id, choice="left")))
    assert isinstance(cast, c.VoteCast)
    wanted = world.core.models.active_id if pair.left.text == "One day." else OTHER
    assert cast.vote.left == cast.vote.winner == wanted and cast.vote.question == "How long?"
    assert {cast.vote.left_speed, cast.vote.right_speed} == {20.0, 5.0}
    assert b"One day" not in world.home.arena_file.read_bytes()
    again = door.end(door.call(c.CastVote(pair_id=pair.pair_id, choice="left")))
    assert again is not None and again.error is not None, "each pair counts once"


def test_a_model_that_is_removed_between_two_questions_is_called_by_its_name(
    world: CoreWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.core.models.list.fits, "refusal", lambda *_: None)
    door = world.door()
    key = play(world, door, "How long?")
    say(world.engine, "One day.")
    say(beside(world), "Two days.")
    door.call(c.CastVote(pair_id=pairs(door, key)[0].pair_id, choice="left"))
    world.core.registry.remove(OTHER)
    end = door.end(play(world, door, "And now?"))
    assert end is not None and end.error is not None and "votes are kept" in end.error.hint
    assert end.error.message == "“Other” is no longer installed."


def test_one_after_the_other_where_memory_does_not_hold_both(world: CoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    full = AppError("no room")
    monkeypatch.setattr(world.core.models.list.fits, "refusal", lambda _, loaded: full if loaded is not None else None)
    door = world.door()
    key = play(world, door, "First?", "Second?")
    said = [frame.data.text for frame in door.frames if isinstance(frame.data, c.LineupNoted) and frame.data.lasting]
    assert said and "answers all questions first" in said[0]
    engine = world.engine
    say(engine, "a")
    say(engine, "b")
    assert world.core.models.info is None, "it left"
    refused = door.end(door.call(c.AskMany(model_id=OTHER, calls=())))
    assert refused is not None and refused.error is not None and "already" in refused.error.message
    world.clock.pass_time(lineup.POLL_S)
    other = beside(world)
    say(other, "c")
    say(other, "b")
    assert [(pair.question, pair.alike) for pair in pairs(door, key)] == [("First?", False), ("Second?", True)]
    assert isinstance(door.result(key), Done)
    assert world.core.models.engine_state().state in ("loading", "ready"), "it comes back"


def test_whoever_leaves_gives_everything_back(world: CoreWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.core.models.list.fits, "refusal", lambda *_: None)
    door = world.door()
    play(world, door, "First?")
    world.core.leave(door)
    assert not world.core.models.lineup.is_busy


def test_many_questions_are_answered_in_any_order_and_one_that_fails_costs_itself(world: CoreWorld) -> None:
    door = world.door()
    calls = tuple(Complete(messages=(PromptMessage(role="user", content=str(n)),)) for n in range(6))
    key = door.call(c.AskMany(model_id=world.core.models.active_id, calls=calls))
    first = world.engine.waiting(Complete)
    assert len(first) == 4, "several at once"
    first[2].finish(Completed(text="two"))
    first[0].fail(AppError("too long"))
    while waiting := world.engine.waiting(Complete):
        waiting[0].finish(Completed(text="x"))
    found = {f.data.index: f.data for f in door.frames if f.id == key and isinstance(f.data, c.OneAsked)}
    assert sorted(found) == list(range(6)) and found[0].failure is not None
    assert found[2].result is not None and isinstance(door.result(key), Done)


def test_the_questions_are_what_chats_began_with(world: CoreWorld) -> None:
    store = world.core.store
    one = store.create("a", collection_id=3)
    question = store.add_question(one.id, "First of one?")
    store.begin_answer(question.id)
    store.add_question(store.create("b").id, "Alone?")
    store.add_question(store.create("c", collection_id=3).id, "First of one?")
    door = world.door()

    def asked(place: int | None) -> tuple[str, ...]:
        found = door.result(door.call(c.ListQuestions(collection_id=place)))
        assert isinstance(found, c.QuestionsListed)
        return found.questions

    assert asked(3) == ("First of one?",) and asked(0) == ("Alone?",)
    assert asked(None) == ("First of one?", "Alone?")
