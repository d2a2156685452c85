"""Assistants in the core: each door sees what is kept, and a chat is answered by its own one and by its model."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from core_world import CoreWorld, TestDoor

from app.core.calls import chats as c
from app.core.calls import library as lib
from app.core.calls.models import LoadEngine
from app.library.records import Assistant, Prompt
from app.settings import BY_KEY
from app.types import Budget, InstalledModel, ModelInfo, Sampling, Stats
from app.workers.calls.documents import Collections, ListCollections
from app.workers.calls.engine import Chat, Chatted, Load, Loaded

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    made.door(hears=False).call(LoadEngine())
    made.engine.ready.emit(None)
    made.engine.last(Load).finish(Loaded(info=INFO))
    return made


def kept(door: TestDoor, assistant: Assistant) -> Assistant:
    data = door.result(door.call(lib.KeepAssistant(assistant=assistant)))
    assert isinstance(data, lib.AssistantKept)
    return data.assistant


def test_an_assistants_model_answers_beside_the_one_in_use(world: CoreWorld, tmp_path: Path) -> None:
    file = tmp_path / "large.gguf"
    file.write_bytes(b"GGUF")
    large = world.core.registry.install(InstalledModel(name="Large", path=str(file), file_bytes=4))
    door = world.door()
    one = kept(door, Assistant(name="Writer", instructions="Be {model}.", model_id=large.id))
    in_use = world.engine
    asked = door.result(door.call(c.AskInChat(text="Hello", assistant_id=one.id)))
    assert isinstance(asked, c.ChatAsked) and asked.chat.assistant_id == one.id
    beside = world.engine
    assert beside is not in_use and not in_use.waiting(Chat)
    beside.ready.emit(None)
    beside.last(Load).finish(Loaded(info=INFO))
    call = beside.last(Chat).call
    assert isinstance(call, Chat) and "Be Large." in call.system
    beside.last(Chat).finish(
        Chatted(text="Hi", thinking="", reason="end", stats=Stats(), budget=Budget(context=8, used=1), passages_used=0)
    )
    answer = world.core.store.turns(asked.chat.id)[-1].answer
    assert answer is not None and (answer.text, answer.model) == ("Hi", "Large")

    door.call(lib.RemoveFromLibrary(id=one.id))
    door.call(c.AskInChat(text="Again", chat_id=asked.chat.id))
    again = in_use.last(Chat).call
    assert isinstance(again, Chat) and "Be" not in again.system, "a removed one leaves the chat to the model in use"


def test_a_file_is_exported_and_comes_in_through_any_door(world: CoreWorld, tmp_path: Path) -> None:
    door, sees = world.door(), world.door()
    one = kept(door, Assistant(name="Reader", collection_id=4))
    door.call(lib.KeepPrompt(prompt=Prompt(name="Reply", text="To {customer}")))
    path = tmp_path / "share.json"
    exported = door.call(lib.ExportLibrary(path=str(path)))
    for job in world.documents.waiting(ListCollections):
        job.finish(Collections(collections=()))
    assert door.end(exported) is not None and path.exists()
    door.call(lib.RemoveFromLibrary(id=one.id))
    imported = door.call(lib.ImportLibrary(path=str(path)))
    for job in world.documents.waiting(ListCollections):
        job.finish(Collections(collections=()))
    data = door.result(imported)
    assert isinstance(data, lib.LibraryImported)
    assert [each.name for each in data.library.assistants] == ["Reader"] and data.library.prompts == ()
    told = [event for event in sees.events() if isinstance(event, lib.LibraryChanged)]
    assert [each.name for each in told[-1].library.assistants] == ["Reader"]
    refused = door.call(c.Ask(question="Hi?", assistant_id="gone"))
    end = door.end(refused)
    assert end is not None and end.error is not None and "no longer there" in end.error.message


def test_what_one_door_removes_comes_back_for_all_and_none_goes_over_anothers_change(world: CoreWorld) -> None:
    door, sees = world.door(), world.door()
    one = kept(door, Assistant(name="Reader"))
    door.call(lib.RemoveFromLibrary(id=one.id))
    end = sees.end(sees.call(lib.KeepAssistant(assistant=one)))
    assert end is not None and end.error is not None and "no longer there" in end.error.message
    door.result(door.call(lib.RestoreToLibrary(id=one.id)))
    told = [event for event in sees.events() if isinstance(event, lib.LibraryChanged)]
    assert told[-1].library.assistants == (one,)
    changed = kept(door, msgspec.structs.replace(one, instructions="Read slowly."))
    end = sees.end(sees.call(lib.KeepAssistant(assistant=one, before=one)))
    assert end is not None and end.error is not None and "changed elsewhere" in end.error.message
    listed = door.result(door.call(lib.ListLibrary()))
    assert listed.library.assistants == (changed,)


def test_an_assistants_values_go_before_those_of_settings_in_each_door(world: CoreWorld) -> None:
    values = {"temperature": 0.7, "top_p": 0.55, "top_k": 11, "min_p": 0.13, "repeat_penalty": 1.3, "seed": 5}
    others = {"temperature": 1.5, "top_p": 0.91, "top_k": 77, "min_p": 0.02, "repeat_penalty": 1.2, "seed": 9}
    for key, value in others.items():
        world.core.settings.set(BY_KEY[key], value)
    door = world.door()
    one = kept(door, Assistant(name="Own", style="creative", thinking="off", **values))
    half = kept(door, Assistant(name="Half", top_k=3))

    def drawn(call: object) -> Sampling:
        door.call(call)  # type: ignore[arg-type]
        job = world.engine.last(Chat)
        assert isinstance(job.call, Chat)
        job.finish(Chatted(text="Hi", thinking="", reason="end", stats=Stats(), budget=Budget(context=8, used=1),
                           passages_used=0))  # fmt: skip
        return job.call.sampling

    for who, wanted in (("", others), (one.id, values), (half.id, others | {"top_k": 3})):
        for call in (
            c.AskInChat(text="Say it in your own words", assistant_id=who),
            c.Ask(question="Say it in your own words", alone=True, assistant_id=who),  # the terminal, the API, a
        ):  # temporary chat
            sampling = drawn(call)
            assert {key: getattr(sampling, key) for key in values} == wanted, (who, type(call).__name__)
            assert (sampling.thinking == 0) == (who == one.id)
