"""Programs show pictures in OpenAI's form: in the request itself, encoded anew before a model sees them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from api_world import ApiWorld, error_of
from fakes import FakeJob

from app.errors import BadFile
from app.paths import home
from app.pictures import Picture
from app.types import InstalledModel
from app.workers.calls.attached import LoadPicture, PictureLoaded
from app.workers.calls.engine import Complete

PNG = b"\x89PNG a stranger's bytes"


class Seeing(ApiWorld):
    """A model that sees is in use; `opened` are the bytes that the process for strangers' files was given."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[bytes] = []
        self.answers[LoadPicture] = self._open
        folder = home().models
        folder.mkdir(parents=True, exist_ok=True)
        file, eyes = folder / "seer.gguf", folder / "mmproj-seer.gguf"
        file.touch()
        eyes.touch()
        seer = InstalledModel(name="Seer", path=str(file), file_bytes=9, projector=str(eyes))
        self.seer = self.core.core.models.list.install(seer)

    def _open(self, job: FakeJob) -> None:
        assert isinstance(job.call, LoadPicture) and job.call.page == 0
        self.opened.append(Path(job.call.path).read_bytes())
        if self.opened[-1].startswith(b"bad"):
            job.fail(BadFile("The picture is damaged and cannot be opened.", "Save it again.", code="damaged"))
            return
        number = len(self.opened)
        job.finish(PictureLoaded(picture=Picture(name="picture", width=9, height=9, data=b"jpeg %d" % number)))

    def show(self, *parts: dict[str, Any], model: str = "Seer", role: str = "user", **more: Any) -> Any:
        body = {"model": model, "messages": [{"role": role, "content": list(parts)}], **more}
        return self.post("/v1/chat/completions", body)


def words(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def picture(url: str, **more: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, **more}}


def sent(content: bytes = PNG, kind: str = "image/png") -> dict[str, Any]:
    return picture(f"data:{kind};base64,{base64.b64encode(content).decode()}")


def test_pictures_reach_the_model_as_we_encoded_them(data_folder: object) -> None:
    world = Seeing()
    response = world.show(words("What "), sent(), words("is it?"), sent(b"other", "image/webp"), n=2, seed=1)
    assert response.status_code == 200, response.text
    first, second = world.asked(Complete)
    assert world.opened == [PNG, b"other"], "once, however many answers are asked for"
    (message,) = first.messages
    assert message.content == "What is it?" and [each.data for each in message.pictures] == [b"jpeg 1", b"jpeg 2"]
    assert second.messages == first.messages
    assert not list(home().uploads.iterdir()), "what was sent is gone"


def test_a_picture_in_an_earlier_message_stays_there(data_folder: object) -> None:
    world = Seeing()
    messages = [
        {"role": "user", "content": [sent()]},
        {"role": "assistant", "content": "A plan."},
        {"role": "user", "content": "Of what?"},
    ]
    assert world.post("/v1/chat/completions", {"model": "Seer", "messages": messages}).status_code == 200
    (call,) = world.asked(Complete)
    assert [len(each.pictures) for each in call.messages] == [1, 0, 0] and call.messages[0].content == ""


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (picture("https://pictures.example/a.png"), "fetches nothing from other computers"),
        (picture("HTTP://pictures.example/a.png"), "fetches nothing from other computers"),
        (picture("file:///etc/passwd"), "opens no file that a program names"),
        (picture("/etc/passwd"), "This is no picture"),
        (picture("data:text/html;base64,PGI+"), "This is no picture"),
        (picture("data:image/svg+xml,<svg/>"), "This is no picture"),
        (picture("data:image/png;base64,no base64!"), "no base64"),
        (sent(b"bad"), "damaged"),
    ],
)
def test_what_is_no_picture_in_the_request_is_refused_by_its_place(
    data_folder: object, part: dict[str, Any], said: str
) -> None:
    world = Seeing()
    response = world.show(words("Look"), part)
    error = error_of(response)
    assert response.status_code == 400 and said in error["message"], error
    assert error["param"] == "messages[0].content[1].image_url.url" and not world.asked(Complete)
    assert not home().uploads.exists() or not list(home().uploads.iterdir())


def test_limits_of_number_place_and_size(data_folder: object) -> None:
    world = Seeing()
    assert "4 pictures at most" in error_of(world.show(*[sent()] * 5))["message"]
    assert "Only a user's message" in error_of(world.show(sent(), role="system"))["message"]
    assert world.show(sent(b"0" * (9 << 20))).status_code == 413
    sound = {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}
    assert error_of(world.show(sound))["param"] == "messages[0].content[0].type"
    assert not world.opened


def test_a_model_without_eyes_says_so(data_folder: object) -> None:
    world = Seeing()
    response = world.show(sent(), model="starter")
    assert response.status_code == 400 and "cannot see pictures" in error_of(response)["message"]
    assert not world.asked(Complete)
