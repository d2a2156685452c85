"""A chat's own model and pictures with a question, in the core: who is asked, what is stored, and what is refused."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from core_world import CoreWorld, TestDoor
from fakes import FakeChild

from app.assistant.flow import PICTURED
from app.core.calls import chats
from app.core.calls import models as c
from app.core.fits import Fits
from app.errors import AppError
from app.models.registry import STARTER_ID
from app.pictures import Picture, PictureFile
from app.types import Answer, Budget, InstalledModel, ModelInfo, Stats
from app.workers.calls.attached import LoadPicture, PictureLoaded
from app.workers.calls.engine import Chat, Chatted, Load, Loaded

INFO = ModelInfo(
    path="m.gguf", name="Any", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1, sees=True,
)  # fmt: skip
SEEN = Picture(name="plan.png", width=30, height=20, data=b"\xff\xd8\xff jpeg")


class World(CoreWorld):
    """The starter in use, and a model beside it that sees."""

    def __init__(self) -> None:
        super().__init__()
        self.home.models.mkdir(parents=True, exist_ok=True)
        file, eyes = self.home.models / "seer.gguf", self.home.models / "mmproj-seer.gguf"
        file.touch()
        eyes.touch()
        seer = InstalledModel(name="Seer", path=str(file), file_bytes=98, projector=str(eyes))
        self.seer = self.core.registry.install(seer)
        self.told = self.door()
        self.told.call(c.LoadEngine())
        self.used = self.engine
        loads(self.used)

    def ask(self, chat_id: int = 0, **more: Any) -> int:
        return self.told.call(chats.AskInChat(text="What is on it?", chat_id=chat_id, **more))

    def answer(self, child: FakeChild, text: str = "A plan.") -> Chat:
        job = child.last(Chat)
        assert isinstance(job.call, Chat)
        job.finish(
            Chatted(
                text=text, thinking="", reason="end", stats=Stats(completion_tokens=20, tokens_per_s=9.0),
                budget=Budget(context=8192, used=90), passages_used=0,
            )
        )  # fmt: skip
        return job.call


def loads(child: FakeChild) -> None:
    child.set_state("ready")
    child.ready.emit(None)
    child.last(Load).finish(Loaded(info=INFO))


def failure(door: TestDoor, key: int) -> str:
    end = door.end(key)
    assert end is not None and end.error is not None, end
    return end.error.message


@pytest.fixture
def world(data_folder: object) -> World:
    return World()


def test_a_chat_keeps_a_model_of_its_own_whatever_is_in_use(world: World) -> None:
    chat = world.told.result(world.ask()).chat
    world.answer(world.used)
    world.told.result(world.told.call(chats.SetChatModel(chat_id=chat.id, model_id=world.seer.id)))
    world.ask(chat.id)
    own = world.engine
    assert own is not world.used and not world.used.waiting(Chat), "it waits for its own"
    loads(own)
    call = world.answer(own)
    assert [each.content for each in call.history] == ["What is on it?", "A plan."]
    assert world.core.store.turns(chat.id)[-1].answer.model == "Seer"  # type: ignore[union-attr]
    speeds = {each.id: each.tokens_per_s for each in world.core.registry.models()}
    assert speeds[STARTER_ID] == 9.0, "the first answer's, not the other model's"
    other = world.told.result(world.ask()).chat
    world.answer(world.used)
    assert world.core.store.turns(other.id)[-1].answer.model != "Seer"  # type: ignore[union-attr]
    world.told.result(world.told.call(c.RemoveModel(model_id=world.seer.id)))
    assert world.core.store.chat(chat.id).own_model_id == ""
    world.ask(chat.id)
    world.answer(world.used)


def test_a_model_of_its_own_that_cannot_be_loaded_says_so_in_the_chat(world: World) -> None:
    chat = world.told.result(world.ask()).chat
    world.answer(world.used)
    world.told.call(chats.SetChatModel(chat_id=chat.id, model_id=world.seer.id))
    world.ask(chat.id)
    world.engine.set_state("ready")
    world.engine.ready.emit(None)
    world.engine.last(Load).fail(AppError("Seer could not be loaded."))
    last = world.core.store.turns(chat.id)[-1]
    assert last.state == "stopped" and last.answer is not None and "could not be loaded" in last.answer.note


def test_pictures_are_stored_with_the_question_and_go_to_the_model_alone(world: World) -> None:
    key = world.ask(pictures=(PictureFile("/p/plan.png"),), collection_id=1)
    assert "cannot see pictures" in failure(world.told, key) and world.core.store.count() == 0
    chat = world.core.store.create(collection_id=1)
    world.told.call(chats.SetChatModel(chat_id=chat.id, model_id=world.seer.id))
    key = world.ask(chat.id, pictures=(PictureFile("/p/plan.png"),))
    assert world.told.end(key) is None, "it is opened first"
    world.documents.last(LoadPicture).finish(PictureLoaded(picture=SEEN))
    question = world.told.result(key).question
    loads(world.engine)
    call = world.answer(world.engine)
    assert call.pictures == (SEEN,) and not call.passages
    told = world.core.store.turns(chat.id)[-1].answer
    assert told is not None and told.note == PICTURED.format("picture") and not told.sources
    shown = world.told.result(world.told.call(chats.ReadChatPicture(picture_id=question.pictures[0].id)))
    assert shown.picture == SEEN
    world.ask(chat.id, where="nowhere")
    assert world.answer(world.engine).history[0].pictures == (SEEN,)
    edited = world.told.result(world.ask(chat.id, replaces=question.id)).question
    assert [each.name for each in edited.pictures] == ["plan.png"], "editing the words keeps the picture"


def test_a_damaged_picture_is_told_and_nothing_is_stored(world: World) -> None:
    chat = world.core.store.create()
    world.told.call(chats.SetChatModel(chat_id=chat.id, model_id=world.seer.id))
    key = world.ask(chat.id, pictures=(PictureFile("/p/plan.png"),))
    world.documents.last(LoadPicture).fail(AppError("The picture is damaged and cannot be opened."))
    assert "damaged" in failure(world.told, key) and not world.core.store.turns(chat.id)
    key = world.ask(chat.id, pictures=(PictureFile("/p/plan.png"),) * 5)
    assert "4 pictures at most" in failure(world.told, key)


@pytest.mark.parametrize("free", [1000, 10])
def test_a_switch_says_whether_both_have_room_and_why(world: World, free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Fits, "beside", lambda *_: free == 1000)
    monkeypatch.setattr(Fits, "room", lambda *_: (113, free))
    world.told.call(c.UseModel(model_id=world.seer.id))
    said = [each for each in world.told.events() if isinstance(each, c.Switching)][-1]
    assert (said.beside, said.need_bytes, said.free_bytes) == (free == 1000, 113, free)


def test_old_pictures_of_a_chat_are_told_by_their_names(world: World) -> None:
    store = world.core.store
    chat = store.create()
    for number in range(6):
        seen = msgspec.structs.replace(SEEN, name=f"{number}.png")
        question = store.add_question(chat.id, "What?", pictures=(seen,))
        turn = store.begin_answer(question.id)
        store.finish_answer(turn.id, Answer(text="That."))
    told = [each for each in store.history(chat.id) if each.role == "user"]
    assert [len(each.pictures) for each in told] == [0, 0, 1, 1, 1, 1]
    assert told[0].content == "(0.png)\nWhat?"
