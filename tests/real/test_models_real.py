"""The core as a process with the starter: a question, a switch while another answer streams, and a server beside it."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai_server import KEY, MODEL, Play, serving

from app.core.calls import chats
from app.core.calls import models as c
from app.core.door import CoreDoor
from app.errors import AppError
from app.models.registry import STARTER_ID, Registry, find_starter
from app.paths import home
from app.settings import MAX_TOKENS, Settings
from app.types import InstalledModel
from app.workers.calls.engine import Token

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@pytest.fixture
def copy() -> InstalledModel:
    """The starter's file once more, as another model."""
    starter = find_starter()
    assert starter is not None
    home().models.mkdir(parents=True)
    Settings(home()).set(MAX_TOKENS, 64)
    file = home().models / "copy.gguf"
    shutil.copyfile(starter.path, file)
    return Registry(home()).install(
        InstalledModel(name="Copy", path=str(file), file_bytes=starter.file_bytes, parameters=starter.parameters)
    )


@pytest.fixture
def door() -> Iterator[CoreDoor]:
    with CoreDoor(home()) as made:
        yield made


def test_a_model_takes_over_while_an_answer_streams_and_the_answer_is_whole(
    copy: InstalledModel, door: CoreDoor
) -> None:
    answered = door.call(chats.Ask(question="What is the capital of France?", alone=True))
    assert answered.answer.text and answered.answer.model == "SmolLM2 135M"
    came, texts, ended = threading.Event(), [], []

    def stream() -> None:
        """Another door, as another window or program is."""
        with CoreDoor(home()) as other:

            def heard(data: object) -> None:
                if isinstance(data, Token):
                    texts.append(data.text)
                    came.set()

            ended.append(other.call(chats.Ask(question="Tell me a long story about the sea.", alone=True), heard))

    asking = threading.Thread(target=stream)
    asking.start()
    assert came.wait(120), "the answer streams"
    seen: list[float] = []
    switched = door.call(
        c.UseModel(model_id=copy.id),
        lambda data: seen.append(data.fraction) if isinstance(data, c.Switching) else None,
    )
    assert switched.model_id == copy.id and switched.info is not None
    asking.join(timeout=120)
    assert not asking.is_alive()
    assert ended[0].answer.text.strip() == "".join(texts).strip() and not ended[0].answer.stopped
    assert ended[0].answer.model == "SmolLM2 135M", "it was asked of the model before"
    assert seen and seen[0] == 0.0
    listed = door.call(c.ListModels())
    assert (listed.active, listed.previous) == (copy.id, STARTER_ID)
    again = door.call(chats.Ask(question="What is the capital of France?", alone=True))
    assert again.answer.model == "Copy" and again.answer.text


def test_a_damaged_file_leaves_the_model_that_answers(copy: InstalledModel, door: CoreDoor) -> None:
    with Path(copy.path).open("r+b") as file:
        file.truncate(1_000_000)
    assert door.call(chats.Ask(question="Hello?", alone=True)).answer.text
    with pytest.raises(AppError, match=r"copy\.gguf"):
        door.call(c.UseModel(model_id=copy.id))
    assert door.call(c.ListModels()).active == STARTER_ID
    assert door.call(chats.Ask(question="Hello again?", alone=True)).answer.text


def test_a_server_answers_beside_the_starter(door: CoreDoor) -> None:
    with serving(Play()) as play:
        model = door.call(c.AddServer(address=play.address, model=MODEL, key=KEY)).model
        remote = door.call(chats.Ask(question="Who are you?", alone=True, model_id=model.id)).answer
        assert remote.text == "".join(play.words) and "computed on 127.0.0.1" in remote.model
        here = door.call(chats.Ask(question="Who are you?", alone=True)).answer
        assert here.model == "SmolLM2 135M" and here.text
