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


def _kept(stage: Any) -> Any:
    """A few assistants and prompts, one of which has lost its collection; → the chat's library."""
    from app.core.calls.library import KeepAssistant, KeepPrompt
    from app.library.records import Assistant, Prompt

    library = stage.window.page("chat").widget.library
    if any(each.name == "Tender answers" for each in library.known.all.assistants):
        return library
    ask = stage.parts.core.request
    text = "Answer as our tender team writes: first the answer, then where it stands. Today is {date}, for {customer}."
    tender = Assistant(name="Tender answers", instructions=text, collection_id=9, style="balanced", temperature=0.4)
    for each in (tender, Assistant(name="Minutes", instructions="Turn notes into minutes: decisions, who, by when.")):
        ask(KeepAssistant(assistant=each))
    note = "Write a delivery note for {product} to {customer}, dated {date}."
    ask(KeepPrompt(prompt=Prompt(name="Delivery note", text=note)))
    stage.settle()
    return library


def manage(stage: Any) -> Any:
    """The list, just after one was removed."""
    from app.gui.library.manage_dialog import ManageDialog

    library = _kept(stage)
    dialog = ManageDialog(library.editor, stage.window)
    dialog.show()
    minutes = next(each for each in library.assistants if each.name == "Minutes")
    library.known.remove(minutes)
    stage.settle()
    picture = dialog.grab()
    library.known.restore(minutes.id)
    stage.settle()
    dialog.close()
    return picture


def assistant(stage: Any) -> Any:
    """The dialog of an assistant whose collection was removed."""
    from app.gui.library.assistant_dialog import AssistantDialog

    library = _kept(stage)
    item = next(each for each in library.assistants if each.name == "Tender answers")
    parts = stage.parts
    dialog = AssistantDialog(item, parts.settings, parts.models.models(), parts.collections.all, stage.window)
    dialog.show_gone(library.editor.gone(item))
    dialog.show()
    return dialog


def prompt(stage: Any) -> Any:
    """The dialog of a prompt."""
    from app.gui.library.prompt_dialogs import PromptDialog

    dialog = PromptDialog(_kept(stage).known.all.prompts[0], stage.window)
    dialog.show()
    return dialog


def settings(stage: Any) -> None:
    """The section of Settings."""
    from app.settings import DEFAULT_ASSISTANT

    library = _kept(stage)
    stage.parts.settings.set(DEFAULT_ASSISTANT, library.assistants[0].id)
    stage.window.show_page("settings")
    stage.window.page("settings").open_section("Assistants")


def _answered(stage: Any, question: str, text: str) -> None:
    """A question to the model alone, and what it says; the engine is played."""
    import msgspec
    from shell_world import FIRST_WORD

    from app.settings import DEFAULT_ASSISTANT
    from app.workers.calls.engine import Chat

    stage.parts.settings.reset(DEFAULT_ASSISTANT)
    stage.window.show_page("chat")
    stage.parts.chats.choose_assistant("")
    stage.parts.chats.choose_collection(0)
    stage.parts.chats.ask(question)
    stage.settle()
    stage.world.last("engine").last(Chat).finish(msgspec.structs.replace(FIRST_WORD, text=text, reason="end"))
    stage.settle()


def temporary(stage: Any) -> None:
    """A temporary chat with an answer."""
    stage.window.show_page("chat")
    stage.window.act("new_temporary_chat")
    _answered(stage, "How do I say no to a supplier?", "Thank them, say no in the first sentence, and give one reason.")


def branch(stage: Any) -> None:
    """A chat that began as a branch of another one."""
    from app.core.calls.projects import BranchChat

    stage.window.new_chat()
    _answered(stage, "Name three ways to say yes.", "Gladly. Of course. You can count on it.")
    turn = stage.parts.chats.turns()[-1]
    made: list[Any] = []
    stage.parts.core.request(BranchChat(answer_id=turn.id), done=made.append)
    stage.settle()
    stage.window.open_chat(made[0].chat.id)


def words(stage: Any) -> None:
    """How sure the model was of each word, with the keyboard on one of them."""
    import math

    from PySide6.QtCore import Qt
    from shell_world import FIRST_WORD

    from app.gui.chat.word_shares import WordShares
    from app.workers.calls.engine import Chat, Token, TokenLogprob, TopLogprob

    stage.window.new_chat()
    _answered(stage, "Which city hosts the fair?", "The fair is in Munich this year.")
    view = stage.window.page("chat").widget.transcript.answers()[-1]
    view.bar.make_menu().actions()[0].trigger()
    sure = {" Munich": 0.41, " this": 0.18}
    rivals = {" Munich": ((" Berlin", 0.3), (" Hanover", 0.12)), " this": ((" every", 0.6), (" again", 0.1))}
    pieces = ("The", " fair", " is", " in", " Munich", " this", " year", ".")
    told = tuple(
        TokenLogprob(
            each, math.log(sure.get(each, 0.97)), (),
            tuple(TopLogprob(name, math.log(part)) for name, part in rivals.get(each, ())),
        )
        for each in pieces
    )  # fmt: skip
    job = stage.world.last("engine").last(Chat)
    job.say(Token(text="x", logprobs=told))
    job.finish(FIRST_WORD)
    stage.settle()
    shares = view.findChild(WordShares)
    shares.text.at = 4
    stage.window.activateWindow()
    shares.text.setFocus(Qt.FocusReason.TabFocusReason)
