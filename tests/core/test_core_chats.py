"""Chats in the core: stored before anything is asked, told to every door, and lost with none of them."""

from __future__ import annotations

from typing import Any

import pytest
from core_world import CoreWorld, TestDoor

from app.core import answers
from app.core.calls import chats as c
from app.core.calls.models import LoadEngine
from app.core.protocol import DoorFrame, Hello, SettingsChanged, SettingsRead, Welcome, decode_frame, encode
from app.errors import WorkerGone
from app.settings import ONLY_FROM_DOCUMENTS, Settings
from app.types import Budget, Document, Excerpt, ModelInfo, Part, Passage, Stats
from app.workers.calls.digest import Extract, Extracted, Outline, Outlined
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.calls.engine import Chat, Chatted, Count, Counted, Load, Loaded, Prefill, Token

INFO = ModelInfo(
    path="m.gguf", name="SmolLM2", architecture="llama", quantization="Q4_1", parameters=135, file_bytes=98,
    context=8192, context_trained=8192, backend="CPU", device="test", gpu_layers=0, layers=30, has_template=True,
    load_ms=1.0, memory_bytes=1,
)  # fmt: skip


def load(world: CoreWorld) -> None:
    """The engine says that the model is there."""
    world.door(hears=False).call(LoadEngine())
    world.engine.ready.emit(None)
    world.engine.last(Load).finish(Loaded(info=INFO))


def chatted(text: str) -> Chatted:
    return Chatted(
        text=text, thinking="", reason="end", stats=Stats(), budget=Budget(context=8192, used=90), passages_used=0
    )


def of(door: TestDoor, kind: type) -> list[Any]:
    """What a door was told of one kind."""
    return [event for event in door.events() if isinstance(event, kind)]


@pytest.fixture
def world(data_folder: object) -> CoreWorld:
    made = CoreWorld()
    load(made)
    return made


def test_a_question_of_one_door_and_its_answer_are_told_to_all(world: CoreWorld) -> None:
    asks, sees, deaf = world.door(), world.door(), world.door(hears=False)
    asked = asks.result(asks.call(c.AskInChat(text=" What? ")))
    assert isinstance(asked, c.ChatAsked) and asked.question.text == "What?" and asked.chat.title == "What"
    world.engine.last(Chat).say(Prefill(done=5, total=10))
    world.engine.last(Chat).say(Token(text="A "))
    world.engine.last(Chat).say(Token(text="word."))
    world.clock.pass_time(answers.FLUSH_S)
    world.engine.last(Chat).finish(chatted("A word."))
    for door in (asks, sees):
        assert of(door, c.QuestionAdded)[0].answer.id == asked.answer.id
        assert [each.stage for each in of(door, c.AnswerMoved)] == ["reading", "reading", "writing"]
        assert "".join(each.text for each in of(door, c.AnswerGrew)) == "A word."
        assert of(door, c.AnswerFinished)[0].turn.text == "A word."
    assert not deaf.events()
    assert world.core.store.turns(asked.chat.id)[-1].state == "done"


def test_a_summary_in_a_chat_comes_part_by_part_and_stays(world: CoreWorld) -> None:
    door = world.door()
    asked = door.result(door.call(c.AskInChat(text="Summarise the document", collection_id=1)))
    policy = Document(
        id=7,
        collection_id=1,
        collection="HR",
        name="a.pdf",
        path="/a.pdf",
        format="pdf",
        bytes=1,
        status="indexed",
        passages=2,
    )
    world.documents.last(ListDocuments).finish(Documents(documents=(policy,)))
    parts = (Part(heading="Hotels", start=0, end=50), Part(heading="Trains", start=50, end=99))
    world.documents.last(Outline).finish(Outlined(document=policy, parts=parts))
    for n, said in enumerate(("It is short.", "Hotels are cheap.")):
        assert of(door, c.AnswerMoved)[-1].stage == ("summarising" if n else "searching")
        passage = Passage(
            id=n,
            document_id=7,
            document="a.pdf",
            path="/a.pdf",
            collection="HR",
            start=n,
            end=n + 20,
            text=said,
            best=(0, 9),
        )
        world.documents.last(Extract).finish(Extracted(excerpts=(Excerpt(text=said, passage=passage),)))
    world.clock.pass_time(answers.FLUSH_S)
    streamed = "It is short [1].\n\n- **Hotels:** Hotels are cheap [2].\n"
    assert "".join(each.text for each in of(door, c.AnswerGrew)) == streamed
    door.call(c.StopAnswer(turn_id=asked.answer.id))
    world.documents.last(Extract).confirm_cancel()
    turn = of(door, c.AnswerFinished)[0].turn
    assert turn.text == streamed.strip() and turn.state == "stopped" and turn.answer is not None
    assert [source.n for source in turn.answer.sources] == [1, 2] and not world.engine.jobs[1:]


def test_an_answer_goes_on_when_its_door_leaves(world: CoreWorld) -> None:
    door = world.door()
    asked = door.result(door.call(c.AskInChat(text="What?")))
    world.engine.last(Chat).say(Token(text="Half"))
    door.leave()
    assert world.core.busy, "the core stays until it is written"
    world.engine.last(Chat).finish(chatted("Half and whole."))
    assert not world.core.busy
    assert world.core.store.turns(asked.chat.id)[-1].text == "Half and whole."


def test_a_door_that_comes_in_the_middle_is_told_what_was_said(world: CoreWorld) -> None:
    first = world.door()
    first.call(c.AskInChat(text="What?"))
    world.engine.last(Chat).say(Token(text="Half", thinking=False))
    late = world.door()
    welcome = late.result(1)
    assert isinstance(welcome, Welcome)
    assert [each.text for each in welcome.answers] == ["Half"] and welcome.answers[0].moved.stage == "writing"


def test_the_partial_answer_survives_a_core_that_is_killed(world: CoreWorld) -> None:
    door = world.door()
    asked = door.result(door.call(c.AskInChat(text="What?")))
    world.engine.last(Chat).say(Token(text="Half an answer"))
    world.clock.pass_time(answers.SAVE_S + 1)
    world.engine.last(Chat).say(Token(text=", and more"))
    world.clock.pass_time(answers.FLUSH_S)
    world.core.store.close()  # no word to anyone: as a kill
    again = CoreWorld()
    turn = again.core.store.turns(asked.chat.id)[-1]
    assert turn.state == "stopped" and turn.text == "Half an answer, and more"


def test_the_same_chat_takes_one_question_at_a_time(world: CoreWorld) -> None:
    one, other = world.door(), world.door()
    asked = one.result(one.call(c.AskInChat(text="First?")))
    key = other.call(c.AskInChat(text="Second?", chat_id=asked.chat.id))
    end = other.end(key)
    assert end is not None and end.error is not None and "still being written" in end.error.message
    assert len(world.core.store.turns(asked.chat.id)) == 2, "what was refused is not stored"


def test_another_door_stops_an_answer(world: CoreWorld) -> None:
    one, other = world.door(), world.door()
    asked = one.result(one.call(c.AskInChat(text="What?")))
    world.engine.last(Chat).say(Token(text="Half"))
    other.call(c.StopAnswer(turn_id=asked.answer.id))
    job = world.engine.last(Chat)
    assert job.controls == ["cancel"]
    job.confirm_cancel()
    assert of(one, c.AnswerFinished)[0].turn.state == "stopped"
    assert world.core.store.turns(asked.chat.id)[-1].text == "Half"
    assert other.result(other.call(c.StopAnswer(turn_id=asked.answer.id))).turn.state == "stopped"


def test_an_engine_that_dies_leaves_what_it_said_in_either_door(world: CoreWorld) -> None:
    """Once the window kept such an answer and the terminal lost it."""
    window, command = world.door(), world.door()
    asked = window.result(window.call(c.AskInChat(text="In a chat?")))
    key = command.call(c.Ask(question="Outside?", alone=True))
    in_chat, outside = world.engine.waiting(Chat)
    in_chat.say(Token(text="Half"))
    outside.say(Token(text="Half too"))
    gone = WorkerGone("The model stopped unexpectedly.")
    in_chat.fail(gone)
    outside.fail(gone)
    turn = world.core.store.turns(asked.chat.id)[-1]
    answer = command.result(key).answer
    assert (turn.text, answer.text) == ("Half", "Half too")
    assert answer.stopped and "stopped unexpectedly" in answer.note


def test_a_command_that_leaves_stops_its_own_question_only(world: CoreWorld) -> None:
    window, command = world.door(), world.door()
    window.call(c.AskInChat(text="In a chat?"))
    command.call(c.Ask(question="Outside?", alone=True))
    in_chat, outside = world.engine.waiting(Chat)
    command.leave()
    assert outside.controls == ["cancel"] and in_chat.controls == []
    outside.confirm_cancel()
    in_chat.finish(chatted("Done."))
    assert not world.core.busy


def test_a_question_outside_of_chats_streams_and_is_stored_nowhere(world: CoreWorld) -> None:
    door = world.door()
    key = door.call(c.Ask(question="Outside?", alone=True))
    world.engine.last(Chat).say(Token(text="Yes."))
    world.engine.last(Chat).finish(chatted("Yes."))
    assert door.events(key) == [Token(text="Yes.")] and door.result(key).answer.text == "Yes."
    assert world.core.store.count() == 0 and not of(door, c.ChatsChanged)


def test_a_persons_question_goes_before_a_programs(world: CoreWorld) -> None:
    door = world.door()
    door.call(c.Ask(question="A program?", alone=True))
    door.call(c.AskInChat(text="A person?"))
    calls = [job.call for job in world.engine.waiting(Chat)]
    assert [call.priority for call in calls] == [0, 1]  # type: ignore[union-attr]


def test_versions_ratings_names_and_deletion_are_told(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    asked = door.result(door.call(c.AskInChat(text="What?")))
    world.engine.last(Chat).finish(chatted("One."))
    again = door.result(door.call(c.Regenerate(answer_id=asked.answer.id))).turn
    world.engine.last(Chat).finish(chatted("Two."))
    assert of(other, c.AnswerRestarted)[0].last
    door.call(c.ChooseVersion(turn_id=again.id, version=1))
    assert of(other, c.TurnsChanged)[-1].chat_id == asked.chat.id
    door.call(c.RateAnswer(turn_id=asked.answer.id, rating="up"))
    assert of(other, c.TurnRated)[0].turn.rating == "up"
    door.call(c.RenameChat(chat_id=asked.chat.id, title="A name"))
    assert world.core.store.chat(asked.chat.id).title == "A name"
    door.call(c.DeleteChat(chat_id=asked.chat.id))
    assert world.core.store.count() == 0
    door.call(c.RestoreChat(chat_id=asked.chat.id))
    assert world.core.store.count() == 1
    door.call(c.DeleteChat(chat_id=asked.chat.id))
    door.call(c.PurgeChats())
    end = other.end(other.call(c.RenameChat(chat_id=asked.chat.id, title="Late")))
    assert end is not None and end.error is not None and "no longer exists" in end.error.message


def test_a_chat_deleted_in_the_middle_of_its_answer_is_not_written_on(world: CoreWorld) -> None:
    door = world.door()
    asked = door.result(door.call(c.AskInChat(text="What?")))
    door.call(c.DeleteChat(chat_id=asked.chat.id))
    assert world.engine.last(Chat).controls == ["cancel"]
    world.engine.last(Chat).confirm_cancel()
    door.call(c.PurgeChats())
    assert world.core.store.count() == 0 and not world.core.busy


def test_purging_everything_leaves_no_chat(world: CoreWorld) -> None:
    door = world.door()
    for text in ("One?", "Two?"):
        door.call(c.AskInChat(text=text))
        world.engine.last(Chat).finish(chatted("Yes."))
    door.call(c.PurgeChats(everything=True))
    assert world.core.store.count() == 0


def test_the_meter_asks_the_engine(world: CoreWorld) -> None:
    door = world.door()
    key = door.call(c.CountPrompt(chat_id=0, text="How long?"))
    world.engine.last(Count).finish(Counted(tokens=5, context=8192))
    assert door.result(key) == Counted(tokens=5, context=8192)


def test_settings_that_one_door_changed_count_for_all(world: CoreWorld) -> None:
    door, other = world.door(), world.door()
    Settings(world.home).set(ONLY_FROM_DOCUMENTS, False)
    door.call(SettingsChanged())
    assert world.core.settings.get(ONLY_FROM_DOCUMENTS) is False
    assert of(other, SettingsRead) and not of(door, SettingsRead)


def test_every_call_is_known_or_refused(world: CoreWorld) -> None:
    door = world.door()
    end = door.end(door.call(Hello(door="command", version=0)))
    assert end is not None and end.error is not None and "Another version" in end.error.message


def test_a_summary_outside_of_a_chat_needs_no_model_and_keeps_what_came(data_folder: object) -> None:
    world = CoreWorld()
    door = world.door(hears=False)
    key = door.call(c.Summarise(document_id=7))
    policy = Document(
        id=7, collection_id=1, collection="HR", name="a.pdf", path="/a.pdf", format="pdf", bytes=1, status="indexed"
    )
    parts = (Part(heading="Hotels", start=0, end=50),)
    world.documents.last(Outline).finish(Outlined(document=policy, parts=parts))
    passage = Passage(id=1, document_id=7, document="a.pdf", path="", collection="HR", start=0, end=9, text="It is so.")
    world.documents.last(Extract).finish(Extracted(excerpts=(Excerpt(text="It is so.", passage=passage),)))
    assert [each for each in door.events(key) if isinstance(each, c.Summarised)][-1].fraction == 0.5
    assert "".join(each.text for each in door.events(key) if isinstance(each, Token)) == "It is so [1].\n\n"
    assert world.core.busy
    door.control(key, "cancel")
    world.documents.last(Extract).confirm_cancel()
    done = door.result(key)
    assert isinstance(done, c.Answered) and done.answer.stopped and done.answer.text == "It is so [1]."
    assert not world.core.busy and decode_frame(encode(DoorFrame(1, "event", c.Summarised(fraction=0.5)))).data


def test_nothing_is_no_question(world: CoreWorld) -> None:
    door = world.door()
    end = door.end(door.call(c.Ask(question=" \n")))
    assert end is not None and end.error is not None and end.error.message == "There is no question."
