"""Pictures in a chat, for packaging/screenshots.py: in the input, in a question, beside a model that does not see."""

from __future__ import annotations

from typing import Any


def composer(stage: Any) -> None:
    """A photo and a page wait for their question."""
    chat = _chat(stage, sees=True)
    page = chat.attaching
    page.attach([str(_photo(stage))])
    page.show_page(str(stage.parts.home.root / "Floor-Plan-2026.pdf"), 3)
    chat.composer.set_text("Is the machine in the photo where the plan has it?")


def question(stage: Any) -> None:
    """A question with two pictures, and what the model said of them."""
    from app.assistant.flow import PICTURED
    from app.pictures import Picture
    from app.types import Answer

    store = stage.world.store
    chat = _chat(stage, sees=True)
    chat_id = stage.parts.chats.chat_id
    data = _photo(stage).read_bytes()
    seen = [
        Picture(name=name, width=400, height=300, data=data) for name in ("press.jpg", "Floor-Plan-2026.pdf, page 3")
    ]
    asked = store.add_question(chat_id, "Is the machine in the photo where the plan has it?", pictures=seen)
    text = "Yes. The press stands by the north wall in both, about two metres from the door."
    store.finish_answer(
        store.begin_answer(asked.id).id, Answer(text=text, model="Qwen3-VL 4B", note=PICTURED.format("pictures"))
    )
    stage.parts.chats.new_chat()
    stage.parts.chats.open_chat(chat_id)
    chat.composer.set_text("")
    stage.settle()


def blind(stage: Any) -> None:
    """The source panel offers its page, and the model in use does not see."""
    from chat_world import page_image

    from app.types import Passage
    from app.workers.calls.documents import RenderPage

    chat = _chat(stage, sees=False)
    path = stage.parts.home.root / "Floor-Plan-2026.pdf"
    path.write_bytes(b"%PDF-1.4")
    text = "The press stands by the north wall."
    source = Passage(
        id=1, document_id=1, document=path.name, path=str(path), collection_id=1, collection="Larkfield samples",
        page=3, start=0, end=len(text), text=text, best=(0, len(text)),
    )  # fmt: skip
    chat.sources.open_passage(source)
    stage.settle()
    for job in stage.world.last("documents").waiting(RenderPage):
        job.finish(page_image())
    stage.settle()
    chat.panel.bar.ask.click()


def _chat(stage: Any, *, sees: bool) -> Any:
    """A new chat that keeps a model which sees, or the one in use; → its page."""
    stage.window.show_page("chat")
    chats, store = stage.parts.chats, stage.world.store
    made = store.create("Where the press stands")
    chats.open_chat(made.id)
    if sees:
        chats.keep_model(_seer(stage).id)
    stage.settle()
    return stage.window.page("chat").widget


def _seer(stage: Any) -> Any:
    from app.types import InstalledModel

    models = stage.world.core.models
    known = next((each for each in models.list.listed().models if each.projector), None)
    if known is not None:
        return known
    file, eyes = (stage.parts.home.models / name for name in ("seer.gguf", "mmproj-seer.gguf"))
    file.touch()
    eyes.touch()
    return models.list.install(InstalledModel(name="Qwen3-VL 4B", path=str(file), file_bytes=9, projector=str(eyes)))


def _photo(stage: Any) -> Any:
    """A drawing that passes for a photo: a grey press before a wall."""
    from PySide6.QtCore import QRect
    from PySide6.QtGui import QColor, QImage, QPainter

    path = stage.parts.home.root / "press.jpg"
    image = QImage(400, 300, QImage.Format.Format_RGB32)
    image.fill(QColor("#c9c2b6"))
    painter = QPainter(image)
    painter.fillRect(QRect(0, 220, 400, 80), QColor("#8d877c"))
    painter.fillRect(QRect(140, 90, 120, 150), QColor("#3f5a6b"))
    painter.fillRect(QRect(165, 130, 70, 50), QColor("#dfe6ea"))
    painter.end()
    image.save(str(path))
    return path
