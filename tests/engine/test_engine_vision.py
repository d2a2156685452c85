"""Pictures in a prompt, with a tiny model and a tiny projector of random weights: seen, told apart, used again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_helpers import GREEDY, conversations_of, run, together
from PIL import Image
from tiny_gguf import write_tiny
from tiny_projector import TOKENS, write_tiny_projector

from app.engine.worker import EngineRole
from app.errors import AppError
from app.paths import Home
from app.pictures import BLIND, Picture
from app.types import Message
from app.workers.calls.engine import Chat, Chatted, Complete, Completed, Load, Loaded, PromptMessage, Token, Waiting


def picture(color: str, size: tuple[int, int] = (40, 30)) -> Picture:
    out = io.BytesIO()
    Image.new("RGB", size, color).save(out, "JPEG")
    return Picture(name=f"{color}.jpg", width=size[0], height=size[1], data=out.getvalue())


RED, BLUE = picture("red"), picture("blue")


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineRole]:
    folder = tmp_path_factory.mktemp("seeing")
    engine = EngineRole(Home(folder))
    load = Load(
        path=str(write_tiny(folder / "tiny.gguf")),
        projector=str(write_tiny_projector(folder / "mmproj-tiny.gguf")),
        context=1024,
        threads=1,
    )
    result, _ = run(engine.handle(load))
    assert isinstance(result, Loaded) and result.info.sees
    yield engine
    engine.close()


def ask(role: EngineRole, *pictures: Picture, conversation: str = "", history: tuple[Message, ...] = ()) -> Chatted:
    call = Chat(
        conversation=conversation, question="What is this?", pictures=pictures, history=history, sampling=GREEDY
    )
    result, _ = run(role.handle(call))
    assert isinstance(result, Chatted)
    return result


def test_an_answer_depends_on_the_picture(seeing: EngineRole) -> None:
    red, blue, none = ask(seeing, RED), ask(seeing, BLUE), ask(seeing)
    assert len({red.text, blue.text, none.text}) == 3
    assert red.stats.prompt_tokens == none.stats.prompt_tokens + TOKENS + 1  # a line break ends it
    conversations_of(seeing).reset()
    assert ask(seeing, RED).text == red.text


def test_a_picture_is_looked_at_once_and_its_cells_are_used_again(seeing: EngineRole) -> None:
    conversations_of(seeing).reset()
    first, events = run(seeing.handle(Chat(conversation="c", question="Look", pictures=(GREEN,), sampling=GREEDY)))
    assert isinstance(first, Chatted) and any(isinstance(event, Waiting) for event in events)
    history = (Message("user", "Look", (GREEN,)), Message("assistant", first.text))
    again, events = run(seeing.handle(Chat(conversation="c", question="Why?", history=history, sampling=GREEDY)))
    assert isinstance(again, Chatted) and not any(isinstance(event, Waiting) for event in events)
    assert again.stats.evaluated_tokens < again.stats.prompt_tokens - TOKENS
    conversations_of(seeing).reset()
    anew, _ = run(seeing.handle(Chat(conversation="d", question="Why?", history=history, sampling=GREEDY)))
    assert isinstance(anew, Chatted) and anew.text == again.text


GREEN = picture("green", (64, 64))


def test_answers_with_and_without_pictures_side_by_side_are_those_of_each_alone(seeing: EngineRole) -> None:
    calls = [
        Chat(conversation=str(n), question=f"Tell {n}", pictures=pictures, sampling=GREEDY)
        for n, pictures in enumerate(((RED,), (), (BLUE, RED)))
    ]
    alone = []
    for call in calls:
        conversations_of(seeing).reset()
        result, _ = run(seeing.handle(call))
        assert isinstance(result, Chatted)
        alone.append(result.text)
    conversations_of(seeing).reset()
    beside = [result.text for result, _ in together(seeing, calls) if isinstance(result, Chatted)]
    assert beside == alone


@pytest.mark.parametrize("tools", ["", '[{"type": "function", "function": {"name": "look", "parameters": {}}}]'])
def test_a_program_s_pictures_are_seen_where_they_stand(seeing: EngineRole, tools: str) -> None:
    def said(*pictures: Picture) -> Completed:
        messages = (
            PromptMessage(role="user", content="What is this?", pictures=pictures),
            PromptMessage(role="assistant", content="Red."),
            PromptMessage(role="user", content="Sure?"),
        )
        result, _ = run(seeing.handle(Complete(messages=messages, tools=tools, sampling=GREEDY)))
        assert isinstance(result, Completed)
        return result

    red, blue, none = said(RED), said(BLUE), said()
    assert len({red.text, blue.text, none.text}) == 3
    assert red.stats.prompt_tokens == none.stats.prompt_tokens + TOKENS + 1


def test_how_likely_words_were_is_told_of_a_chat_with_pictures(seeing: EngineRole) -> None:
    history = (Message("user", "Look", (RED,)), Message("assistant", "Red."))
    call = Chat(conversation="", question="Sure?", history=history, says="Yes.", logprobs=2, sampling=GREEDY)
    result, events = run(seeing.handle(call))
    assert isinstance(result, Chatted) and result.text == "Yes."
    assert sum(len(each.logprobs) for each in events if isinstance(each, Token)) == len("Yes.")


def test_a_model_without_eyes_says_what_it_does_not_see_of_a_chat(babble: EngineRole) -> None:
    history = (Message("user", "Look", (RED,)), Message("assistant", "Red."))
    seen = ask(babble, history=history)
    assert seen.note == BLIND and seen.text == ask(babble, history=(Message("user", "Look"), history[1])).text
    assert not ask(babble).note


def test_more_pictures_than_the_memory_has_room_for_are_said_to_be_too_many(seeing: EngineRole) -> None:
    call = Chat(conversation="", question="What?", pictures=(RED,) * 250, sampling=GREEDY)
    with pytest.raises(AppError, match="pictures do not fit"):
        run(seeing.handle(call))


def test_what_a_person_types_is_no_mark_of_a_picture(seeing: EngineRole) -> None:
    call = Chat(conversation="", question="\uf8f20\uf8f2 <__media__>", sampling=GREEDY)
    result, _ = run(seeing.handle(call))
    assert isinstance(result, Chatted) and result.stats.completion_tokens == GREEDY.max_tokens


def test_a_model_without_a_projector_says_that_it_cannot_see(babble: EngineRole) -> None:
    with pytest.raises(AppError, match="cannot see pictures"):
        ask(babble, RED)


def test_bytes_that_are_no_picture_cost_one_answer(seeing: EngineRole) -> None:
    with pytest.raises(AppError, match="could not look"):
        ask(seeing, Picture(name="x.jpg", width=1, height=1, data=b"no picture"))
    assert ask(seeing, RED).text


def test_a_projector_of_another_model_leaves_a_model_that_chats(tmp_path: Path, tiny: Path) -> None:
    engine = EngineRole(Home(tmp_path))
    wrong = write_tiny_projector(tmp_path / "mmproj.gguf", projects_to=32)
    result, _ = run(engine.handle(Load(path=str(tiny), projector=str(wrong), context=256, threads=1)))
    assert isinstance(result, Loaded) and not result.info.sees
    assert ask(engine).text
    engine.close()
