"""Models in the core: one switch at a time for all doors, and nobody is left without the model that answered before."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild

from app.core import fits, models, side_engines
from app.core.calls import chats
from app.core.calls import models as c
from app.core.protocol import DoorFrame, SettingsChanged, Welcome
from app.errors import AppError, WorkerGone
from app.llama.planner import Device
from app.models.registry import STARTER_ID, find_starter
from app.models.server_keys import ServerKeys
from app.models.servers import can_see
from app.settings import CONTEXT_LENGTH, Settings
from app.types import Budget, InstalledModel, ModelInfo, Stats
from app.workers.calls.engine import Chat, Chatted, Complete, Load, Loaded, LoadProgress, SetAdapter, Token
from app.workers.calls.models import CopyProgress, ImportModel, ModelInstalled
from app.workers.message import WorkerRole

STARTER = find_starter()
INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip
SERVER = "https://models.example/v1"


def chatted(text: str = "Yes.", tokens: int = 2, speed: float = 0.0) -> Chatted:
    return Chatted(
        text=text, thinking="", reason="end", stats=Stats(completion_tokens=tokens, tokens_per_s=speed),
        budget=Budget(context=8192, used=90), passages_used=0,
    )  # fmt: skip


def loads(child: FakeChild, info: ModelInfo = INFO) -> None:
    """The engine's process is there, and its model too."""
    child.set_state("ready")
    child.ready.emit(None)
    child.last(Load).finish(Loaded(info=info))


def says_a_word(child: FakeChild) -> None:
    """The trial before a model is used."""
    (job,) = (job for job in child.jobs if job.active and isinstance(job.call, Chat | Complete))
    assert isinstance(job.call, Chat | Complete) and job.call.sampling.max_tokens == 1
    job.finish(chatted("a", 1))


def of(door: TestDoor, kind: type) -> list[Any]:
    """What a door was told of one kind."""
    return [event for event in door.events() if isinstance(event, kind)]


def failure(end: DoorFrame | None) -> str:
    assert end is not None and end.error is not None, end
    return f"{end.error.message} {end.error.hint}"


class World(CoreWorld):
    """A core with the starter and two models beside it, and one door that hears everything."""

    def __init__(self) -> None:
        super().__init__()
        self.home.models.mkdir(parents=True, exist_ok=True)
        self.first, self.second = self.install("First"), self.install("Second")
        self.told = self.door()

    def _child(self, role: WorkerRole) -> FakeChild:
        child = super()._child(role)
        child.set_state("stopped")
        return child

    def install(self, name: str, adapter: str = "", path: str = "") -> InstalledModel:
        file = Path(path) if path else self.home.models / f"{name}.gguf"
        file.touch()
        model = InstalledModel(name=name, path=str(file), file_bytes=98, adapter=adapter)
        return self.core.registry.install(model)

    def load(self) -> FakeChild:
        """The model in use is loaded, as for a window that has painted; → its engine."""
        self.told.result(self.told.call(c.LoadEngine()))
        loads(self.engine)
        return self.engine

    def active(self) -> str:
        found = self.core.registry.active()
        return found.id if found is not None else ""


@pytest.fixture
def world(data_folder: object) -> World:
    return World()


# --- the engine in use ------------------------------------------------------------------------------------------------


def test_nothing_is_loaded_before_somebody_needs_it(world: World) -> None:
    assert [role for role, _ in world.children if role == "engine"] == []
    world.told.call(c.LoadEngine())
    world.door().call(c.LoadEngine())
    assert len([role for role, _ in world.children if role == "engine"]) == 1
    assert of(world.told, c.EngineMoved)[-1].state == "loading"
    world.engine.ready.emit(None)
    world.engine.last(Load).say(LoadProgress(fraction=0.5))
    assert of(world.told, c.EngineMoved)[-1].fraction == 0.5
    world.engine.last(Load).finish(Loaded(info=INFO))
    assert of(world.told, c.EngineMoved)[-1].info == INFO
    late = world.door()
    welcome = late.result(1)
    assert isinstance(welcome, Welcome) and welcome.engine is not None and welcome.engine.info == INFO


def test_a_question_loads_the_model_and_waits_for_it(world: World) -> None:
    asks = world.door()
    key = asks.call(chats.Ask(question="Well?", alone=True))
    in_chat = asks.call(chats.AskInChat(text="And this?"))
    assert asks.end(key) is None and asks.end(in_chat) is not None
    assert not world.engine.waiting(Chat)
    loads(world.engine)
    assert [job.call.question for job in world.engine.waiting(Chat)] == ["Well?", "And this?"]  # type: ignore[union-attr]


def test_a_process_that_crashed_loads_the_same_model_again(world: World) -> None:
    engine = world.load()
    engine.set_state("failed")
    engine.failed.emit(WorkerGone("The model stopped unexpectedly."))
    assert of(world.told, c.EngineMoved)[-1].state == "failed"
    question = world.told.call(chats.Ask(question="Still there?", alone=True))
    loads(engine)  # the supervisor has started it again
    assert of(world.told, c.EngineMoved)[-1].state == "ready"
    engine.last(Chat).finish(chatted("Yes."))
    assert world.told.result(question).answer.text == "Yes."


def test_a_model_that_cannot_be_loaded_is_said_to_each_who_waits_and_tried_again_when_asked(world: World) -> None:
    waits = world.told.call(chats.Ask(question="One?", alone=True))
    asked = world.told.result(world.told.call(chats.AskInChat(text="Two?")))
    world.engine.ready.emit(None)
    world.engine.last(Load).fail(AppError("There is not enough memory for this model."))
    assert "not enough memory" in failure(world.told.end(waits))
    (finished,) = of(world.told, chats.AnswerFinished)
    assert finished.turn.id == asked.answer.id and "not enough memory" in finished.turn.answer.note
    assert not world.core.busy
    again = world.told.call(chats.Ask(question="Three?", alone=True))
    world.engine.last(Load).finish(Loaded(info=INFO))
    world.engine.last(Chat).finish(chatted("Yes."))
    assert world.told.result(again).answer.text == "Yes."


def test_restarting_keeps_what_an_answer_has_said(world: World) -> None:
    engine = world.load()
    asked = world.told.result(world.told.call(chats.AskInChat(text="What?")))
    engine.last(Chat).say(Token(text="Half"))
    world.door().call(c.RestartEngine())
    assert engine.restarts == 1
    turn = world.core.store.turns(asked.chat.id)[-1]
    assert (turn.text, turn.state) == ("Half", "stopped")
    loads(engine)
    assert of(world.told, c.EngineMoved)[-1].state == "ready"


def test_other_memory_settings_load_the_model_anew_beside_the_old_one(world: World) -> None:
    old = world.load()
    Settings(world.home).set(CONTEXT_LENGTH, 4096)
    world.told.call(SettingsChanged())
    world.clock.pass_time(models.RELOAD_DELAY_S)
    new = world.engine
    assert new is not old and world.core.models.is_ready, "the old one answers until then"
    new.set_state("ready")
    new.ready.emit(None)
    (job,) = new.waiting(Load)
    assert isinstance(job.call, Load) and job.call.context == 4096
    job.finish(Loaded(info=msgspec.structs.replace(INFO, context=4096)))
    assert not new.waiting(Complete), "a model that answers already needs no trial"
    assert of(world.told, c.EngineMoved)[-1].info.context == 4096
    world.clock.pass_time(1)
    assert old.gone


# --- switching --------------------------------------------------------------------------------------------------------


def test_the_old_model_answers_until_the_new_one_has_said_a_word(world: World) -> None:
    old = world.load()
    asked = world.told.result(world.told.call(chats.AskInChat(text="What?")))
    old.last(Chat).say(Token(text="Half"))
    key = world.told.call(c.UseModel(model_id=world.first.id))
    new = world.engine
    new.ready.emit(None)
    new.last(Load).say(LoadProgress(fraction=0.4))
    assert [each.fraction for each in world.told.events(key)] == [0.0, 0.4]
    assert world.core.busy
    new.last(Load).finish(Loaded(info=INFO))
    assert world.active() == STARTER_ID and world.told.end(key) is None, "not before its first word"
    says_a_word(new)
    assert world.active() == world.first.id
    assert world.told.result(key).model_id == world.first.id
    assert of(world.told, c.Switched)[-1].model_id == world.first.id
    assert of(world.told, c.ModelsChanged)[-1].models.previous == STARTER_ID
    world.clock.pass_time(1)
    assert not old.gone, "it has an answer under way"
    old.last(Chat).finish(chatted("Half and whole."))
    world.clock.pass_time(1)
    assert old.gone
    assert world.core.store.turns(asked.chat.id)[-1].text == "Half and whole."


def test_a_file_that_crashes_the_engine_at_its_first_word_is_not_used(world: World) -> None:
    """Of damaged files that pass every check some crash only then: once such a model became the one in use."""
    old = world.load()
    key = world.told.call(c.UseModel(model_id="first"))
    new = world.engine
    loads(new)
    (job,) = new.waiting(Complete)
    new.set_state("failed")
    job.fail(WorkerGone("The model stopped unexpectedly.", "", "GGML_ASSERT\nexit status -6"))
    said = world.told.end(key)
    assert "makes the model engine crash" in failure(said) and "“First”" in failure(said)
    assert said is not None and said.error is not None and world.first.path in said.error.detail
    assert of(world.told, c.SwitchFailed)[-1].failure == said.error
    assert world.active() == STARTER_ID and world.core.models.is_ready
    world.clock.pass_time(1)
    assert new.gone and not old.gone
    world.told.call(chats.Ask(question="Still there?", alone=True))
    assert old.waiting(Chat)


def test_a_process_that_was_killed_while_it_loaded_is_not_blamed_on_the_file(world: World) -> None:
    world.load()
    key = world.told.call(c.UseModel(model_id=world.first.id))
    new = world.engine
    new.ready.emit(None)
    new.set_state("failed")
    gone = WorkerGone("The model stopped unexpectedly.", "", "loading\nexit status -9")
    new.last(Load).fail(gone)
    new.failed.emit(gone)
    assert "may not be enough memory" in failure(world.told.end(key))
    assert len(of(world.told, c.SwitchFailed)) == 1, "it is said once, although the request and the process both failed"


def test_a_model_that_the_engine_refuses_changes_nothing(world: World) -> None:
    world.load()
    key = world.told.call(c.UseModel(model_id=world.first.id))
    world.engine.ready.emit(None)
    world.engine.last(Load).fail(AppError("First.gguf is damaged."))
    assert failure(world.told.end(key)).startswith("First.gguf is damaged.")
    assert world.active() == STARTER_ID and world.core.models.switching() is None


def test_two_doors_switch_at_once(world: World) -> None:
    world.load()
    one, other, third = world.door(), world.door(), world.door()
    first = one.call(c.UseModel(model_id=world.first.id))
    same = other.call(c.UseModel(model_id="First"))
    refused = third.call(c.UseModel(model_id=world.second.id))
    assert "“First” is just being loaded" in failure(third.end(refused))
    loads(world.engine)
    says_a_word(world.engine)
    assert one.result(first) == other.result(same)
    assert len([role for role, _ in world.children if role == "engine"]) == 2, "it was loaded once"


def test_a_cancelled_switch_leaves_the_old_model(world: World) -> None:
    old = world.load()
    waits, stops = world.door(), world.door()
    key = waits.call(c.UseModel(model_id=world.first.id))
    new = world.engine
    new.ready.emit(None)
    job = new.last(Load)
    stops.call(c.CancelSwitch())
    assert waits.end(key) == DoorFrame(key, "cancelled")
    assert of(waits, c.Switching)[-1].model_id == "" and not world.core.busy
    assert new.gone and not job.active and not old.gone
    assert world.active() == STARTER_ID and world.core.models.is_ready
    again = waits.call(c.UseModel(model_id=world.first.id))
    loads(world.engine)
    says_a_word(world.engine)
    assert waits.result(again).model_id == world.first.id


def test_a_door_that_leaves_does_not_end_its_switch(world: World) -> None:
    world.load()
    door = world.door()
    door.call(c.UseModel(model_id=world.first.id))
    door.leave()
    assert world.core.busy
    loads(world.engine)
    says_a_word(world.engine)
    assert world.active() == world.first.id


def test_where_both_do_not_fit_the_old_one_makes_room_after_its_answers(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = world.load()
    monkeypatch.setattr(fits, "machine", lambda _: [Device("", "cpu", 1 << 40, 100)])
    asked = world.told.result(world.told.call(chats.AskInChat(text="What?")))
    key = world.told.call(c.UseModel(model_id=world.first.id))
    new = world.engine
    new.ready.emit(None)
    held = new.last(Load)
    held.say(LoadProgress(fraction=0.01))
    assert held.controls == ["cancel"], "the file is sound; it waits for room"
    held.confirm_cancel()
    world.clock.pass_time(1)
    assert not old.gone and not new.waiting(Load)
    old.last(Chat).finish(chatted("Done."))
    world.clock.pass_time(1)
    assert old.gone
    assert world.core.store.turns(asked.chat.id)[-1].text == "Done."
    new.last(Load).finish(Loaded(info=INFO))
    says_a_word(new)
    assert world.told.result(key).model_id == world.first.id


def test_the_old_model_comes_back_where_the_new_one_that_took_its_room_fails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = world.load()
    monkeypatch.setattr(fits, "machine", lambda _: [Device("", "cpu", 1 << 40, 100)])
    key = world.told.call(c.UseModel(model_id=world.first.id))
    new = world.engine
    new.ready.emit(None)
    new.last(Load).say(LoadProgress(fraction=0.01))
    new.last(Load).confirm_cancel()
    world.clock.pass_time(1)
    assert old.gone
    new.last(Load).fail(AppError("There is not enough memory for this model."))
    assert "not enough memory" in failure(world.told.end(key))
    assert old.state == "ready"
    loads(old)
    assert world.core.models.is_ready and world.active() == STARTER_ID


def test_an_adapter_of_the_same_weights_swaps_without_loading(world: World) -> None:
    assert STARTER is not None
    engine = world.load()
    tuned = world.install("Tuned", adapter=str(world.home.models / "tuned-lora.gguf"), path=STARTER.path)
    Path(tuned.adapter).touch()
    key = world.told.call(c.UseModel(model_id=tuned.id))
    (job,) = engine.waiting(SetAdapter)
    assert job.call == SetAdapter(path=tuned.adapter)
    job.finish(Loaded(info=INFO))
    assert world.told.result(key).info.name == "Tuned"
    assert world.active() == tuned.id and len([role for role, _ in world.children if role == "engine"]) == 1
    back = world.told.call(c.GoBack())
    engine.last(SetAdapter).fail(AppError("The adapter does not fit."))
    assert "does not fit" in failure(world.told.end(back)) and world.active() == tuned.id


def test_going_back_twice_is_where_one_was(world: World) -> None:
    assert "no earlier model" in failure(world.told.end(world.told.call(c.GoBack())))
    world.load()
    for call, expected in (
        (c.UseModel(model_id=world.first.id), world.first.id),
        (c.GoBack(), STARTER_ID),
        (c.GoBack(), world.first.id),
    ):
        key = world.told.call(call)
        loads(world.engine)
        says_a_word(world.engine)
        assert world.told.result(key).model_id == world.active() == expected


def test_the_model_in_use_is_there_at_once(world: World) -> None:
    world.load()
    assert world.told.result(world.told.call(c.UseModel(model_id=STARTER_ID))).info == INFO
    assert "No model is called" in failure(world.told.end(world.told.call(c.UseModel(model_id="Nobody"))))


# --- a training has the memory ----------------------------------------------------------------------------------------


def test_a_training_takes_the_memory_and_gives_it_back(world: World) -> None:
    engine = world.load()
    asked = world.told.result(world.told.call(chats.AskInChat(text="What?")))
    engine.last(Chat).say(Token(text="Half"))
    world.core.models.suspend(AppError("The chat pauses while a model learns."))
    assert engine.gone
    assert world.core.store.turns(asked.chat.id)[-1].text == "Half"
    moved = of(world.told, c.EngineMoved)[-1]
    assert moved.state == "failed" and "pauses" in moved.failure.message
    refused = world.told.call(chats.Ask(question="Now?", alone=True))
    assert "pauses while a model learns" in failure(world.told.end(refused))
    waiting = world.told.result(world.told.call(chats.AskInChat(text="Later?")))
    assert engine.gone, "a question in a chat waits until the training is done"
    world.core.models.give_back()
    loads(engine)
    engine.last(Chat).finish(chatted("Now."))
    assert world.core.store.turns(waiting.chat.id)[-1].text == "Now."


def test_a_training_ends_a_switch_without_starting_the_old_engine(world: World) -> None:
    old = world.load()
    key = world.told.call(c.UseModel(model_id=world.first.id))
    new = world.engine
    world.core.models.suspend(AppError("The chat pauses while a model learns."))
    assert world.told.end(key) == DoorFrame(key, "cancelled")
    assert old.gone and new.gone


def test_a_person_may_take_the_chat_back_from_a_training(world: World) -> None:
    engine = world.load()
    world.core.models.suspend(AppError("The chat pauses while a model learns."))
    world.told.call(c.RestartEngine())
    loads(engine)
    key = world.told.call(chats.Ask(question="Now?", alone=True))
    engine.last(Chat).finish(chatted("Yes."))
    assert world.told.result(key).answer.text == "Yes."


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_model_that_something_needs_stays(world: World) -> None:
    world.core.models.guard(lambda model: AppError("A training starts from it.") if model.name == "First" else None)
    assert "A training starts" in failure(world.told.end(world.told.call(c.RemoveModel(model_id=world.first.id))))
    listed = world.told.result(world.told.call(c.RemoveModel(model_id=world.second.id)))
    assert [model.name for model in listed.models[1:]] == ["First"]
    assert not Path(world.second.path).exists() and Path(world.first.path).exists()
    assert of(world.told, c.ModelsChanged)[-1].models == listed
    refused = world.told.end(world.told.call(c.RemoveModel(model_id=STARTER_ID)))
    assert "is in use" in failure(refused)


def test_a_model_that_is_being_loaded_keeps_its_name_and_place(world: World) -> None:
    world.load()
    world.told.call(c.UseModel(model_id=world.first.id))
    for call in (c.RenameModel(model_id=world.first.id, name="Other"), c.RemoveModel(model_id=world.first.id)):
        assert "is being loaded" in failure(world.told.end(world.told.call(call)))


def test_a_renamed_model_is_the_same_model(world: World) -> None:
    world.load()
    key = world.told.call(c.UseModel(model_id=world.first.id))
    loads(world.engine)
    says_a_word(world.engine)
    assert world.told.end(key) is not None
    world.told.call(c.RenameModel(model_id="First", name="  The   first "))
    active = world.core.models.active
    assert active is not None and (active.id, active.name) == (world.first.id, "The first")
    asked = world.told.call(chats.Ask(question="Who?", alone=True))
    world.engine.last(Chat).finish(chatted("Me."))
    assert world.told.result(asked).answer.model == "The first"


def test_an_import_ends_with_its_door_and_is_told_to_all(world: World) -> None:
    door = world.door()
    key = door.call(ImportModel(path="/somewhere.gguf"))
    child = world.last("models")
    child.last(ImportModel).say(CopyProgress(done=1, total=2))
    assert door.events(key) == [CopyProgress(done=1, total=2)] and world.core.busy
    installed = world.install("Third")
    child.last(ImportModel).finish(ModelInstalled(model=installed))
    assert door.result(key).model == installed
    assert of(world.told, c.ModelsChanged)[-1].models.models[-1] == installed
    world.clock.pass_time(1)
    assert child.gone and not world.core.busy
    door.call(ImportModel(path="/other.gguf"))
    door.leave()
    assert world.last("models").last(ImportModel).controls == ["cancel"]


def test_what_a_killed_import_left_is_removed_at_the_next_start(world: World) -> None:
    left = world.home.models / "big.gguf.999999999.part"
    left.write_bytes(b"half")
    CoreWorld()
    assert not left.exists()


def test_the_speed_of_an_answer_is_remembered_with_its_model(world: World) -> None:
    engine = world.load()
    for tokens, speed, known in ((4, 90.0, None), (16, 50.0, 50.0), (40, 50.5, 50.0), (40, 80.0, 80.0)):
        world.told.call(chats.AskInChat(text="What?"))
        engine.last(Chat).finish(chatted("Yes.", tokens, speed))
        assert world.core.registry.find(STARTER_ID).tokens_per_s == known


# --- another model for one question -----------------------------------------------------------------------------------


def test_another_model_answers_one_question_and_leaves_after_a_while(world: World) -> None:
    in_use = world.load()
    keys = [world.told.call(chats.Ask(question=each, alone=True, model_id=world.first.id)) for each in ("One?", "Two?")]
    beside = world.engine
    assert beside is not in_use
    loads(beside)
    for job in beside.waiting(Chat):
        job.finish(chatted("First says."))
    assert {world.told.result(key).answer.model for key in keys} == {"First"}
    third = world.told.call(chats.Ask(question="Three?", alone=True, model_id=world.first.id))
    assert beside.waiting(Chat), "it is still loaded"
    world.clock.pass_time(side_engines.IDLE_S)
    assert not beside.gone, "it is answering"
    beside.last(Chat).finish(chatted("First says."))
    assert world.told.end(third) is not None
    world.clock.pass_time(side_engines.IDLE_S + 1)
    assert beside.gone and not in_use.gone and world.active() == STARTER_ID


def test_another_model_that_does_not_load_is_told_to_who_asked(world: World) -> None:
    world.load()
    key = world.told.call(chats.Ask(question="One?", alone=True, model_id=world.first.id))
    world.engine.ready.emit(None)
    world.engine.last(Load).fail(AppError("First.gguf is damaged."))
    assert "is damaged" in failure(world.told.end(key))
    world.clock.pass_time(1)
    assert world.engine.gone and not world.core.busy


# --- models on servers ------------------------------------------------------------------------------------------------


def found(*names: str) -> c.ServerFound:
    return c.ServerFound(address=SERVER, host="models.example", models=names, encrypted=True)


def remote_info(context: int = 32768) -> ModelInfo:
    return msgspec.structs.replace(INFO, path="", backend="server", device="models.example", context=context)


def add(world: World, call: c.AddServer, *names: str, sees: bool = True) -> int:
    """Say what the server would; → the request."""
    key = world.told.call(call)
    world.remote[-1][2].last(c.FindServer).finish(found(*names))
    if world.told.end(key) is None:
        child = world.remote[-1][2]
        child.last(Load).finish(Loaded(info=remote_info()))
        says_a_word(child)
        looks(world, sees=sees)
    return key


def looks(world: World, *, sees: bool = True) -> None:
    """The trial with a picture."""
    (job,) = world.remote[-1][2].waiting(Chat)
    assert isinstance(job.call, Chat) and job.call.pictures and job.call.sampling.max_tokens == 1
    job.finish(chatted("a", 1)) if sees else job.fail(AppError("models.example refused the request."))


def test_a_model_on_a_server_is_tried_before_it_is_listed(world: World, data_folder: Path) -> None:
    call = c.AddServer(address="models.example/v1/", key="sk-1", model="qwen/qwen3-32b")
    model = world.told.result(add(world, call, "other", "qwen/qwen3-32b")).model
    assert (model.origin, model.address, model.served_as) == ("server", SERVER, "qwen/qwen3-32b")
    assert (model.name, model.context_trained, model.path) == ("qwen3-32b", 32768, "")
    assert [key for _, key, _ in world.remote] == ["sk-1"] * 3
    assert (
        of(world.told, c.ModelsChanged)[-1].models.models[-1] == model
        and not of(world.told, c.ModelsChanged)[-1].models.missing
    )
    assert ServerKeys(world.home).get(model.id) == "sk-1"
    assert stat.S_IMODE(world.home.server_keys.stat().st_mode) == 0o600
    for file in (world.home.models / "models.json", *world.home.root.glob("*.log")):
        assert "sk-1" not in file.read_text()
    world.clock.pass_time(1)
    assert all(child.gone for _, _, child in world.remote), "nothing stays connected"


def test_whether_a_model_on_a_server_sees_is_tried_whenever_it_is_added(world: World) -> None:
    call = c.AddServer(address=SERVER, key="sk-1")
    blind = world.told.result(add(world, call, "a", sees=False)).model
    assert not can_see(blind) and not world.core.registry.find(blind.id).takes_pictures
    seeing = world.told.result(add(world, call, "a")).model
    assert seeing.id == blind.id and can_see(seeing) and world.core.registry.find(blind.id).takes_pictures
    assert of(world.told, c.ModelsChanged)[-1].models.models[-1] == seeing


def test_a_server_that_cannot_be_used_is_not_listed(world: World) -> None:
    for answer, words in (
        (AppError("models.example does not accept the key."), "does not accept the key"),
        (found(), "has no model"),
        (found("a", "b"), "Choose one of: “a”, “b”"),
    ):
        key = world.told.call(c.AddServer(address=SERVER))
        job = world.remote[-1][2].last(c.FindServer)
        job.fail(answer) if isinstance(answer, AppError) else job.finish(answer)
        assert words in failure(world.told.end(key))
    key = world.told.call(c.AddServer(address=SERVER, model="a"))
    world.remote[-1][2].last(c.FindServer).finish(found("a"))
    child = world.remote[-1][2]
    child.last(Load).finish(Loaded(info=remote_info()))
    child.last(Chat).fail(AppError("models.example has a problem of its own."))
    assert "problem of its own" in failure(world.told.end(key))
    assert len(world.core.registry.models()) == 3
    for address in (
        "",
        "ftp://x/v1",
        "https://me:secret@models.example",
        "https://[::1",
        "https://models.example?key=1",
    ):
        assert world.told.end(world.told.call(c.AddServer(address=address))).error is not None  # type: ignore[union-attr]
    world.clock.pass_time(1)
    assert all(child.gone for _, _, child in world.remote)


def test_who_stops_waiting_for_a_server_adds_nothing(world: World) -> None:
    door = world.door()
    key = door.call(c.AddServer(address=SERVER))
    child = world.remote[-1][2]
    door.control(key, "cancel")
    assert child.last(c.FindServer).controls == ["cancel"]
    child.last(c.FindServer).confirm_cancel()
    assert door.end(key) == DoorFrame(key, "cancelled")
    world.clock.pass_time(1)
    assert child.gone


def use_served(world: World) -> tuple[InstalledModel, FakeChild]:
    """The model of the server is in use; → it and what stands for it."""
    model = world.told.result(add(world, c.AddServer(address=SERVER, key="sk-1", name="Large"), "large")).model
    key = world.told.call(c.UseModel(model_id=model.id))
    child = world.remote[-1][2]
    assert world.remote[-1][1] is None, "the key is read where it is kept"
    child.last(Load).finish(Loaded(info=remote_info()))
    says_a_word(child)
    assert world.told.result(key).info.device == "models.example"
    return model, child


def test_a_served_model_answers_in_every_door_and_is_marked(world: World) -> None:
    old = world.load()
    model, child = use_served(world)
    world.clock.pass_time(1)
    assert old.gone and world.active() == model.id
    key = world.told.call(chats.Ask(question="Who?", alone=True))
    asked = world.told.result(world.told.call(chats.AskInChat(text="And here?")))
    for job in child.waiting(Chat):
        job.finish(chatted("Me."))
    label = "Large, computed on models.example"
    assert world.told.result(key).answer.model == label
    answer = world.core.store.turns(asked.chat.id)[-1].answer
    assert answer is not None and answer.model == label


def test_a_server_that_is_gone_is_said_and_tried_again_with_the_next_question(world: World) -> None:
    world.load()
    _, child = use_served(world)
    again = CoreWorld()
    door = again.door()
    key = door.call(chats.Ask(question="Who?", alone=True))
    child = again.remote[-1][2]
    child.last(Load).fail(AppError("models.example cannot be reached."))
    assert "cannot be reached" in failure(door.end(key))
    key = door.call(chats.Ask(question="Who?", alone=True))
    child.last(Load).finish(Loaded(info=remote_info()))
    child.last(Chat).finish(chatted("Me."))
    assert door.result(key).answer.text == "Me."


def test_a_training_needs_nothing_of_a_server(world: World) -> None:
    world.load()
    _, child = use_served(world)
    world.core.models.suspend(AppError("The chat pauses while a model learns."))
    assert not child.gone and world.core.models.is_ready
    world.core.models.give_back()
    assert not child.waiting(Load)


def test_a_new_key_is_used_at_once(world: World) -> None:
    world.load()
    model, child = use_served(world)
    key = add(world, c.AddServer(address=SERVER, key="sk-2", model="large"), "large")
    assert world.told.result(key).model.id == model.id
    assert ServerKeys(world.home).get(model.id) == "sk-2"
    assert child.restarts == 1 and len(world.core.registry.models()) == 4


def test_the_key_goes_with_the_model(world: World) -> None:
    model = world.told.result(add(world, c.AddServer(address=SERVER, key="sk-1"), "large")).model
    world.told.result(world.told.call(c.RemoveModel(model_id=model.id)))
    assert ServerKeys(world.home).get(model.id) == "" and not world.home.server_keys.exists()


def test_two_models_of_one_server_are_two(world: World) -> None:
    world.load()
    _, child = use_served(world)
    other = world.told.result(add(world, c.AddServer(address=SERVER, model="small"), "small", "large")).model
    key = world.told.call(c.UseModel(model_id=other.id))
    assert not child.waiting(SetAdapter)
    loading = world.remote[-1][2]
    loading.last(Load).finish(Loaded(info=remote_info()))
    says_a_word(loading)
    assert world.told.result(key).model_id == other.id


def test_changed_memory_settings_mean_nothing_to_a_server(world: World) -> None:
    world.load()
    _, child = use_served(world)
    Settings(world.home).set(CONTEXT_LENGTH, 4096)
    world.told.call(SettingsChanged())
    world.clock.pass_time(models.RELOAD_DELAY_S)
    assert world.core.models.switching() is None and child.restarts == 0
