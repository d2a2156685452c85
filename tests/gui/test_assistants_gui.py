"""Assistants and saved prompts in the window: chosen by keys, kept with the chat, made in a dialog."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from chat_world import TRAVEL, World
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QDialog, QToolTip

from app.core.calls.library import KeepAssistant, KeepPrompt, RemoveFromLibrary
from app.gui.chat.word_shares import WordShares
from app.gui.library.assistant_dialog import AssistantDialog
from app.gui.library.manage_dialog import ManageDialog
from app.gui.library.prompt_dialogs import FillDialog, PromptDialog
from app.gui.widgets import Banner, ConfirmDialog, IconButton
from app.library.records import Assistant, Prompt
from app.settings import DEFAULT_ASSISTANT, DEFAULT_COLLECTION
from app.workers.calls.engine import Chat, Token, TokenLogprob, TopLogprob

PLAIN = Assistant(name="Plain letters", instructions="Write short sentences to {collection}.", collection_id=0)


def in_dialog(kind: type, act: Any) -> None:
    """Do this in the next dialog that opens."""

    def look() -> None:
        dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible())
        act(dialog)

    QTimer.singleShot(50, look)


def test_an_assistant_is_found_by_typing_and_answers_in_the_chat(qtbot: Any) -> None:
    world = World()
    world.client.request(KeepAssistant(assistant=PLAIN))
    world.client.request(KeepAssistant(assistant=Assistant(name="Rhymes")))
    page = world.page(qtbot)
    qtbot.keyClicks(page.composer.edit, "/")
    popover = page.library.popover
    assert popover is not None and popover.search.hasFocus()
    qtbot.keyClicks(popover.search, "lett")
    assert popover.list.item(0).text() == "Plain letters"
    qtbot.keyClick(popover.search, Qt.Key.Key_Return)
    assert page.composer.text() == "" and page.composer.edit.hasFocus()
    assert page.composer.assistant.text() == "Plain letters"
    assert world.chats.collection_id == 0, "its own: the model alone"
    qtbot.keyClicks(page.composer.edit, "Hello")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    call = world.engine.last(Chat).call
    assert isinstance(call, Chat) and "Write short sentences" in call.system
    world.complete("Hi.")

    chat = world.store.chat(world.chats.chat_id)
    world.chats.new_chat()
    assert page.composer.assistant.text() == ""
    world.chats.open_chat(chat.id)
    assert page.composer.assistant.text() == "Plain letters"
    world.client.request(RemoveFromLibrary(id=chat.assistant_id))
    assert page.composer.assistant.text() == "" and len(world.chats.turns()) == 2, "the chat stays readable"


def test_how_sure_each_word_was_is_shown_below_an_answer_of_the_model_alone(qtbot: Any) -> None:
    world = World()
    world.chats.choose_collection(0)
    page = world.page(qtbot)
    world.chats.ask("Which city?")
    world.complete("Berlin.")
    view = page.transcript.answers()[-1]
    assert not view.bar.more.isHidden()
    view.bar.make_menu().actions()[0].trigger()
    call = world.engine.last(Chat).call
    assert isinstance(call, Chat) and call.says == "Berlin." and call.question == "Which city?"
    words = (
        TokenLogprob("Berlin", math.log(0.3), (), (TopLogprob("Munich", math.log(0.4)),)),
        TokenLogprob(".", math.log(0.99)),
    )
    world.engine.last(Chat).say(Token(text="Berlin.", logprobs=words))
    world.complete_without_check("Berlin.")
    shares = view.findChild(WordShares)
    assert shares is not None and shares.text.toPlainText() == "Berlin."
    assert "1 of 2 are doubtful, the least sure: “Berlin” 30% (“Munich” 40%)" in shares.said.text()

    shares.text.setFocus(Qt.FocusReason.TabFocusReason)
    assert shares.word.text() == "“Berlin” 30% (“Munich” 40%)" and shares.word.isVisibleTo(shares)
    assert shares.text.accessibleDescription() == "Munich 40% Berlin 30%"
    qtbot.keyClick(shares.text, Qt.Key.Key_Right)
    assert shares.word.text() == "“.” 99%"
    qtbot.keyClick(shares.text, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert shares.text.at == 0, "Ctrl goes to the next doubtful one"
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())
    place = shares.text.cursorRect(QTextCursor(shares.text.document())).center() + QPoint(6, 0)
    qtbot.mouseMove(shares.text.viewport(), place)
    assert shares.text.word_at(place) == 0 and not QToolTip.isVisible(), "who only passes by is not disturbed"
    qtbot.waitUntil(QToolTip.isVisible)
    assert "Munich" in QToolTip.text() and "40%" in QToolTip.text()
    view.bar.make_menu().actions()[0].trigger()
    assert len(view.findChildren(WordShares)) == 1, "asked for twice it is there once"
    shares.closing.click()
    qtbot.waitUntil(lambda: view.findChild(WordShares) is None)
    assert world.store.turns(world.chats.chat_id)[-1].text == "Berlin.", "nothing of it is kept"


def test_a_prompt_asks_for_its_words_and_goes_into_the_question(qtbot: Any) -> None:
    world = World()
    world.client.request(KeepPrompt(prompt=Prompt(name="Reply", text="Reply to {customer} about {topic}, {customer}.")))
    page = world.page(qtbot)

    def fill(dialog: FillDialog) -> None:
        assert list(dialog.fields) == ["customer", "topic"]
        qtbot.keyClicks(dialog.fields["customer"].edit, "Anna")
        qtbot.keyClick(dialog.fields["customer"].edit, Qt.Key.Key_Return)
        qtbot.keyClicks(dialog.fields["topic"].edit, "prices")
        qtbot.keyClick(dialog.fields["topic"].edit, Qt.Key.Key_Return)

    qtbot.keyClicks(page.composer.edit, "/")
    assert page.library.popover is not None
    in_dialog(FillDialog, fill)
    qtbot.keyClick(page.library.popover.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.composer.text() == "Reply to Anna about prices, Anna.")

    def save(dialog: PromptDialog) -> None:
        assert dialog.edit.toPlainText() == page.composer.text()
        dialog.name.edit.setText("reply")
        dialog.action.click()
        assert "there already" in dialog.name.edit.accessibleDescription()
        dialog.name.edit.setText("Prices")
        dialog.action.click()

    in_dialog(PromptDialog, save)
    page.library.save()
    assert [each.name for each in page.library.known.all.prompts] == ["Prices", "Reply"]


def test_the_dialog_makes_an_assistant_and_says_what_differs_from_its_style(qtbot: Any) -> None:
    world = World()
    page = world.page(qtbot)

    def make(dialog: AssistantDialog) -> None:
        dialog.name.edit.setText("Rhymes")
        dialog.style_box.setCurrentIndex(dialog.style_box.findData("creative"))
        field = dialog.values.fields["temperature"]
        assert field.revert.isHidden()
        field.field.edit.setText("9")
        dialog.action.click()
        assert "too large" in field.field.edit.accessibleDescription() and dialog.isVisible()
        field.field.edit.setText("0.5")
        assert not field.revert.isHidden() and field.revert.text() == "1.00"
        dialog.values.fields["seed"].field.edit.setText("7")
        dialog.action.click()

    in_dialog(AssistantDialog, make)
    page.library.edit(None)
    made = page.library.assistants[0]
    assert (made.name, made.style, made.temperature, made.seed) == ("Rhymes", "creative", 0.5, 7)
    assert [each.text() for each in page.start_page.assistants] == ["Ask Rhymes"]
    page.start_page.assistants[0].click()
    assert page.composer.assistant.text() == "Rhymes"

    dialog = ManageDialog(page.library.editor)
    qtbot.addWidget(dialog)
    page.library.known.remove(made)
    assert not dialog.list.exporting.isEnabled() and dialog.result() != QDialog.DialogCode.Accepted
    assert "“Rhymes” is removed." in dialog.list.said.text()
    dialog.list.undo.click()
    assert page.library.assistants == (made,) and dialog.list.exporting.isEnabled()


def test_new_chats_begin_with_the_one_that_settings_say_until_somebody_takes_it_away(qtbot: Any) -> None:
    world = World()
    world.client.request(KeepAssistant(assistant=PLAIN))
    page = world.page(qtbot)
    one = page.library.assistants[0]
    world.chats.settings.set(DEFAULT_ASSISTANT, one.id)
    world.chats.settings.set(DEFAULT_COLLECTION, TRAVEL)
    world.chats.new_chat()
    assert page.composer.assistant.text() == "Plain letters" and world.chats.collection_id == 0
    page.composer.assistant.remove.click()
    assert page.composer.assistant.text() == "" and world.chats.assistant_id == ""
    qtbot.keyClicks(page.composer.edit, "Hello")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    assert world.store.chat(world.chats.chat_id).assistant_id == "", "whoever took it away keeps it away"
    world.complete("Hi.")
    world.chats.new_temporary_chat()
    assert page.composer.assistant.text() == "Plain letters", "a temporary chat is a new one"
    world.chats.new_chat()
    qtbot.keyClicks(page.composer.edit, "Hello")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    assert world.store.chat(world.chats.chat_id).assistant_id == one.id
    world.complete("Hi.")
    world.client.request(RemoveFromLibrary(id=one.id))
    world.chats.new_chat()
    assert page.composer.assistant.text() == "" and world.chats.collection_id == TRAVEL


def test_what_is_gone_is_said_and_kept_until_another_is_chosen(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.client.request(KeepAssistant(assistant=Assistant(name="Lost", collection_id=99, model_id="gone")))
    page = world.page(qtbot)
    said: list[str] = []
    page.library.said.connect(said.append)
    lost = page.library.assistants[0]
    page.library.choose(lost)
    assert "Its collection was removed" in said[-1] or "its collection were removed" in said[-1]

    def look(dialog: AssistantDialog) -> None:
        assert dialog.collection.currentText() == "One that was removed"
        assert any(
            "removed" in each.accessibleName() or "removed" in each.title() for each in dialog.findChildren(Banner)
        )
        assert dialog.assistant().collection_id == 99, "keeping it changes nothing that was not touched"
        dialog.instructions.setPlainText("For {customer} on {date}")
        assert "{customer}" in dialog.unknown.text() and "{date}" not in dialog.unknown.text()
        dialog.instructions.setPlainText("x" * 10_000)
        assert "at most 8,000" in dialog.unknown.text()
        asked: list[str] = []
        monkeypatch.setattr(ConfirmDialog, "ask", lambda *words: asked.append(words[1]) or len(asked) > 1)
        dialog.reject()
        assert asked == ["Leave without keeping it?"] and dialog.isVisible(), "nothing is thrown away unasked"
        dialog.reject()

    in_dialog(AssistantDialog, look)
    page.library.edit(lost)
    assert page.library.assistants == (lost,)


def test_a_dialog_that_was_overtaken_says_so_and_can_go_on(qtbot: Any) -> None:
    world = World()
    world.client.request(KeepAssistant(assistant=PLAIN))
    page = world.page(qtbot)
    one = page.library.assistants[0]

    def overtaken(dialog: AssistantDialog) -> None:
        world.client.request(KeepAssistant(assistant=msgspec.structs.replace(one, instructions="Theirs.")))
        dialog.instructions.setPlainText("Mine.")
        dialog.action.click()
        assert dialog.isVisible() and page.library.assistants[0].instructions == "Theirs."
        assert dialog.action.text() == "Keep mine all the same"
        dialog.action.click()

    in_dialog(AssistantDialog, overtaken)
    page.library.edit(one)
    assert page.library.assistants[0].instructions == "Mine."

    def removed(dialog: AssistantDialog) -> None:
        world.client.request(RemoveFromLibrary(id=one.id))
        dialog.action.click()
        assert dialog.action.text() == "Keep it as a new one"
        dialog.action.click()

    in_dialog(AssistantDialog, removed)
    page.library.edit(page.library.assistants[0])
    again = page.library.assistants[0]
    assert (again.name, again.instructions) == ("Plain letters", "Mine.") and again.id != one.id


def test_the_list_is_worked_by_keys_and_keeps_the_keyboard(qtbot: Any) -> None:
    world = World()
    for name in ("A", "B", "C"):
        world.client.request(KeepAssistant(assistant=Assistant(name=name)))
    page = world.page(qtbot)
    dialog = ManageDialog(page.library.editor)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.list.new.hasFocus)
    names = [each.accessibleName() for each in dialog.findChildren(IconButton)]
    assert names[:4] == ["Edit A", "Duplicate A", "Export A", "Remove A"]
    button = next(each for each in dialog.findChildren(IconButton) if each.accessibleName() == "Remove B")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert [each.name for each in page.library.assistants] == ["A", "C"]
    assert dialog.list.undo.hasFocus() and dialog.list.undo.accessibleName() == "Bring back B"
    qtbot.keyClick(dialog.list.undo, Qt.Key.Key_Space)
    assert [each.name for each in page.library.assistants] == ["A", "B", "C"] and dialog.list.new.hasFocus()

    def keep(copy: AssistantDialog) -> None:
        assert copy.windowTitle() == "New assistant" and copy.name.text() == "B (copy)"
        qtbot.keyClick(copy.name.edit, Qt.Key.Key_Return)

    in_dialog(AssistantDialog, keep)
    next(each for each in dialog.findChildren(IconButton) if each.accessibleName() == "Duplicate B").click()
    assert [each.name for each in page.library.assistants] == ["A", "B", "B (copy)", "C"]
