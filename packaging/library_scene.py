"""Assistants and prompts behind “/”, and chats in projects, for packaging/screenshots.py: all of it is made up."""

from __future__ import annotations

from typing import Any


def assistants(stage: Any) -> Any:
    """The list that “/” opens over the input."""
    from app.core.calls.library import KeepAssistant, KeepPrompt
    from app.library.records import Assistant, Prompt

    ask = stage.parts.core.request
    ask(KeepAssistant(assistant=Assistant(name="Letters", instructions="Write as our letters are written: short.")))
    ask(KeepAssistant(assistant=Assistant(name="Quality", instructions="Answer from the quality handbook. {date}")))
    letter = "Draft a letter: the price of {product} rises by {percent}."
    ask(KeepPrompt(prompt=Prompt(name="Price change", text=letter)))
    stage.window.new_chat()
    stage.settle()
    library = stage.window.page("chat").widget.library
    library.open()
    stage.settle()
    picture = stage.window.grab()
    library.open()
    return picture


def projects(stage: Any) -> None:
    """The sidebar with two projects."""
    from app.core.calls.projects import CreateProject, MoveToProject

    chats = stage.parts.chats
    made: list[Any] = []
    for name in ("Spring price list", "Audit 2026"):
        stage.parts.core.request(CreateProject(name=name), done=made.append)
    ids = [chat.id for chat in stage.world.store.list_chats()]
    for number, chat_id in enumerate(ids[:5]):
        stage.parts.core.request(MoveToProject(chat_id=chat_id, project_id=made[number % 2].project.id))
    chats.chats_changed.emit()
    stage.window.reload_chats()
    stage.window.open_chat(ids[0])
