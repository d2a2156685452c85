"""A model that sees, by the doors that people use: imported with its projector, shown pictures, removed with both.

The model and the projector are tiny and random; what is looked at is that the picture reaches the answer and the store.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from tiny_gguf import write_tiny
from tiny_projector import write_tiny_projector

from app.core.calls import chats
from app.core.calls import models as c
from app.core.door import CoreDoor
from app.errors import AppError
from app.models.registry import STARTER_ID
from app.paths import SAMPLES, home
from app.pictures import PictureFile
from app.settings import MAX_TOKENS, Settings
from app.types import InstalledModel
from app.workers.calls.attached import PictureLoaded
from app.workers.calls.models import ImportModel, ModelInstalled

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def made(folder: Path) -> tuple[Path, Path, Path]:
    """A model beside its projector, and two pictures: a wide one with transparent parts, and a damaged one."""
    folder.mkdir()
    write_tiny(folder / "seer.gguf")
    write_tiny_projector(folder / "mmproj-seer.gguf")
    write_tiny_projector(folder / "other-mmproj.gguf", projects_to=32)  # of another model
    Image.new("RGBA", (3000, 200), (200, 30, 30, 128)).save(folder / "wide.webp")
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    return folder / "seer.gguf", folder / "wide.webp", folder / "bad.png"


def imported(door: CoreDoor, file: Path) -> InstalledModel:
    installed = door.call(ImportModel(path=str(file)))
    assert isinstance(installed, ModelInstalled)
    return installed.model


def asked_in_chat(door: CoreDoor, call: chats.AskInChat) -> chats.ChatAsked:
    """Ask and wait until the answer is stored."""
    asked = door.call(call)
    assert isinstance(asked, chats.ChatAsked)
    door.listen(lambda data: isinstance(data, chats.AnswerFinished))
    return asked


def test_a_model_in_use_is_given_its_projector_and_sees_from_then_on(tmp_path: Path) -> None:
    file, wide, _ = made(tmp_path / "brought")
    (eyes,) = (tmp_path / "brought").glob("mmproj-*.gguf")
    eyes = eyes.rename(tmp_path / "mmproj-late.gguf")
    with CoreDoor(home()) as door:
        door.on_broadcast = lambda _: None
        model = imported(door, file)
        assert not model.projector
        door.call(c.UseModel(model_id=model.id))
        with pytest.raises(AppError, match="cannot see pictures") as caught:
            door.call(chats.Ask(question="What is this?", pictures=(PictureFile(str(wide)),)))
        assert "import the mmproj file" in caught.value.hint
        assert imported(door, eyes).id == model.id
        door.listen(lambda data: isinstance(data, c.EngineMoved) and data.info is not None and data.info.sees)
        assert door.call(chats.Ask(question="What is this?", pictures=(PictureFile(str(wide)),))).answer.text


def test_a_picture_is_seen_kept_with_its_chat_and_gone_with_it(tmp_path: Path) -> None:
    file, wide, bad = made(tmp_path / "brought")
    Settings(home()).set(MAX_TOKENS, 16)
    with CoreDoor(home()) as door:
        door.on_broadcast = lambda _: None
        with pytest.raises(AppError, match="cannot see pictures"):
            door.call(chats.Ask(question="What is this?", pictures=(PictureFile(str(wide)),)))
        model = imported(door, file)
        eyes = Path(model.projector)
        assert eyes.parent == Path(model.path).parent and eyes.name == "mmproj-seer.gguf"
        switched = door.call(c.UseModel(model_id=model.id))
        assert isinstance(switched, c.Switched) and switched.info is not None and switched.info.sees
        seen = door.call(chats.Ask(question="What is this?", pictures=(PictureFile(str(wide)),))).answer
        blind = door.call(chats.Ask(question="What is this?", alone=True)).answer
        assert seen.text and seen.stats.prompt_tokens > blind.stats.prompt_tokens
        page = PictureFile(str(SAMPLES / "Travel-Policy-2026.pdf"), 2)
        read = door.call(chats.Ask(question="What is this?", pictures=(page,))).answer
        assert read.text and "not from the text of your documents" in read.note and not read.sources
        with pytest.raises(AppError, match="damaged"):
            door.call(chats.Ask(question="What is this?", pictures=(PictureFile(str(bad)),)))
        asked = asked_in_chat(door, chats.AskInChat(text="Look", pictures=(PictureFile(str(wide)),)))
        (shown,) = asked.question.pictures
        assert (shown.name, shown.width) == ("wide.webp", 1344)
        loaded = door.call(chats.ReadChatPicture(picture_id=shown.id))
        assert isinstance(loaded, PictureLoaded) and loaded.picture.data[:3] == b"\xff\xd8\xff"
        again = asked_in_chat(door, chats.AskInChat(text="Look again", chat_id=asked.chat.id))
        assert not again.question.pictures
        door.call(chats.DeleteChat(chat_id=asked.chat.id))
        door.call(chats.PurgeChats())
        with pytest.raises(AppError, match="no longer exists"):
            door.call(chats.ReadChatPicture(picture_id=shown.id))
        assert loaded.picture.data[200:240] not in home().chats_db.read_bytes()
        door.call(c.UseModel(model_id=STARTER_ID))
        door.call(c.RemoveModel(model_id=model.id))
        assert not eyes.exists() and not Path(model.path).exists()
