"""The chat page as a person uses it, with the keyboard and the mouse."""

from __future__ import annotations

import re

import pytest
from chat_world import MUNICH, TRAVEL, World, cited, page_image, passage, real_file
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QGuiApplication, QTextCursor
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from app.core.calls.documents import AddState, DocumentsRemoved
from app.errors import WorkerGone
from app.gui.chat import open_link
from app.gui.chat.build import reading_text
from app.gui.chat.chips import OBJECT
from app.gui.chat.rich_text import RichText
from app.gui.chat.source_cards import SourceCard
from app.gui.chat.table_view import TableView
from app.types import Answer, Budget, Filter, Newer, Source
from app.workers.calls.documents import RenderPage
from app.workers.calls.engine import Chat


class MemoryDrafts:
    """Drafts without a file."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}

    def draft(self, chat_id: int) -> str:
        return self.texts.get(chat_id, "")

    def filter(self, chat_id: int) -> Filter:
        return Filter()

    def set_filter(self, chat_id: int, chosen: Filter) -> None:
        """Filters have a test of their own: test_asked_filter.py."""

    def set_draft(self, chat_id: int, text: str) -> None:
        self.texts[chat_id] = text


def open_page(world: World, qtbot, answer: Answer | None = None, **more):
    page = world.page(qtbot, **more)
    world.chats.open_chat(world.stored("What is the limit?", answer or cited()))
    return page


def first_text(page) -> RichText:
    return next(view for view in page.transcript.answers()[-1].body.views() if isinstance(view, RichText))


def chip_at(text: RichText) -> QPoint:
    """The middle of the first chip, in viewport pixels."""
    cursor = text.document().find(OBJECT)
    cursor.setPosition(cursor.selectionEnd())
    right = text.cursorRect(cursor)
    return QPoint(right.left() - 10, right.center().y())


def test_enter_asks_and_the_answer_streams_in(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    qtbot.keyClicks(page.composer.edit, "Hotel limit")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(page.composer.edit, "in Munich?")
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    assert page.composer.text() == ""
    assert page.transcript.questions()[-1].turn.text == "Hotel limit\nin Munich?"
    assert page.composer.button.accessibleName() == "Stop"
    world.found()
    world.say("The **limit** is ")
    qtbot.waitUntil(lambda: "limit is" in first_text(page).toPlainText())
    world.complete()
    assert page.composer.button.accessibleName() == "Send"
    answer = page.transcript.answers()[-1]
    assert answer.cards is not None and len(answer.cards.cards) == 1
    assert MUNICH.rstrip(".") in first_text(page).toPlainText()


def test_chip_opens_its_passage_and_marks_chip_and_card(qtbot, data_folder) -> None:
    world = World()
    real_file(data_folder / "files")
    answer = cited("One [1]. Two [2].", 2)
    page = open_page(world, qtbot, answer)
    text = first_text(page)
    qtbot.mouseClick(text.viewport(), Qt.MouseButton.LeftButton, pos=chip_at(text))
    assert page.host.is_open and page.panel.number == 1
    assert page.transcript.answers()[-1].citations.active == 1
    qtbot.keyClick(page, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert page.panel.number == 2
    qtbot.keyClick(page, Qt.Key.Key_BracketLeft, Qt.KeyboardModifier.ControlModifier)
    assert page.panel.number == 1
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.host.is_open and page.transcript.answers()[-1].citations.active == 0


def test_a_removed_document_goes_from_the_screen(qtbot) -> None:
    world = World()
    page = open_page(world, qtbot)
    assert page.transcript.answers()[-1].findChildren(SourceCard)[0].accessibleName().startswith("Source 1, Travel")
    world.store.forget_documents([1])
    world.core.tell(DocumentsRemoved(ids=(2,)))
    assert "Travel-Policy.pdf" in page.transcript.answers()[-1].findChildren(SourceCard)[0].accessibleName()
    world.core.tell(DocumentsRemoved(ids=(1,)))
    cards = page.transcript.answers()[-1].findChildren(SourceCard)
    assert not any("Travel-Policy.pdf" in card.accessibleName() for card in cards)


def test_chips_are_reached_with_the_tab_key(qtbot) -> None:
    page = open_page(World(), qtbot)
    text = first_text(page)
    text.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(text, Qt.Key.Key_Tab)
    qtbot.keyClick(text, Qt.Key.Key_Return)
    assert page.host.is_open


def test_pdf_page_is_asked_with_the_span_and_shown_with_the_mark(qtbot, data_folder) -> None:
    world = World()
    path = real_file(data_folder / "files")
    page = open_page(world, qtbot, _at(path))
    page.sources.open(page.transcript.answers()[-1], 1)
    call = world.documents.last(RenderPage).call
    assert isinstance(call, RenderPage) and call.page == 8
    assert call.passage is not None and call.passage.text == MUNICH
    world.documents.last(RenderPage).finish(page_image())
    assert page.panel.page_view.mark_top() > 100
    ahead = {job.call.page for job in world.documents.waiting(RenderPage)}
    assert ahead == {7, 9}


def _at(path) -> Answer:
    import msgspec

    answer = cited()
    source = answer.sources[0]
    moved = msgspec.structs.replace(source.passage, path=str(path))
    return msgspec.structs.replace(answer, sources=(msgspec.structs.replace(source, passage=moved),))


def test_narrow_chat_is_covered_and_comes_back(qtbot) -> None:
    page = open_page(World(), qtbot, size=(632, 560))
    page.sources.open(page.transcript.answers()[-1], 1)
    assert page.host.covers and not page.composer.isVisible()
    page.focus_input()
    assert page.composer.isVisible()


def test_selection_copies_text_with_its_citations(qtbot) -> None:
    page = open_page(World(), qtbot, cited("It is **165 EUR** [1] now."))
    text = first_text(page)
    text.selectAll()
    text.copy()
    assert QGuiApplication.clipboard().text() == "It is 165 EUR [1] now."


def test_nothing_that_a_text_names_is_opened(qtbot, monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(open_link.QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    monkeypatch.setattr(open_link.ConfirmDialog, "ask", lambda *args, **more: True)
    page = open_page(World(), qtbot, cited("![x](//host/share/a.png) [l](file:///etc/passwd) [w](https://example.com)"))
    text = first_text(page)
    assert text.loadResource(2, QUrl("file:///etc/passwd")).width() == 1  # type: ignore[attr-defined]
    assert text.document().find(OBJECT).isNull(), "no image stands in the text"
    for address in ("file:///etc/passwd", "//host/share", "javascript:alert(1)", "smb://host/x"):
        page.transcript.link_clicked.emit(address)
    assert opened == []
    page.transcript.link_clicked.emit("https://example.com")
    assert opened == ["https://example.com"]


def test_a_link_is_shown_before_it_opens(qtbot, monkeypatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(open_link.ConfirmDialog, "ask", lambda *args, **more: asked.append(args))
    monkeypatch.setattr(open_link.QDesktopServices, "openUrl", lambda url: asked.append(("opened",)))
    page = open_page(World(), qtbot)
    page.transcript.link_clicked.emit("https://example.com/path")
    assert len(asked) == 1 and "https://example.com/path" in asked[0]


def test_drafts_stay_with_their_chats(qtbot) -> None:
    world = World()
    drafts = MemoryDrafts()
    page = world.page(qtbot, drafts=drafts)
    qtbot.keyClicks(page.composer.edit, "half a thought")
    world.chats.open_chat(world.stored("Other chat", cited()))
    assert page.composer.text() == "" and drafts.texts[0] == "half a thought"
    world.chats.new_chat()
    assert page.composer.text() == "half a thought"


def test_send_says_why_it_cannot(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    assert not page.composer.button.isEnabled() and "Type a question" in page.composer.button.toolTip()
    qtbot.keyClicks(page.composer.edit, "A question")
    assert page.composer.button.isEnabled()
    world.engine.failed.emit(WorkerGone("The model stopped unexpectedly.", "", "log"))
    assert not page.composer.button.isEnabled() and "Restart" in page.composer.button.toolTip()
    assert "Your message is kept" in page.banner.text()
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Return)
    assert page.composer.text() == "A question"
    world.load()
    assert page.composer.button.isEnabled() and page.banner.text() == ""


def test_escape_stops_before_it_closes_the_panel(qtbot) -> None:
    world = World()
    page = open_page(world, qtbot)
    world.chats.ask("Another question")
    world.found()
    world.say("Half an answer")
    page.sources.open(page.transcript.answers()[0], 1)
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert world.engine.last(Chat).controls == ["cancel"] and page.host.is_open
    world.engine.last(Chat).confirm_cancel()
    shown = page.transcript.answers()[-1]
    qtbot.waitUntil(lambda: "Stopped before the answer was complete" in _labels(shown))
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert not page.host.is_open


def _labels(widget) -> str:
    from PySide6.QtWidgets import QLabel

    return " | ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_not_found_shows_the_nearest_and_the_ways_on(qtbot) -> None:
    world = World()
    nearest = (passage(5, "Private cars are paid at 0.30 EUR.", "Expense-Guide.docx", 4),)
    page = open_page(world, qtbot, Answer(text="", not_found=True, nearest=nearest, searched="Travel"))
    card = page.transcript.answers()[-1].not_found
    assert card is not None and "No passage in Travel" in _labels(card)
    row = next(b for b in card.findChildren(QAbstractButton) if "Expense-Guide" in b.accessibleName())
    row.click()
    assert page.host.is_open and page.panel.number == 0, "the nearest passages are no evidence"
    card.alone.click()
    assert world.engine.waiting(Chat)


def test_thumb_down_opens_a_correction_that_is_kept(qtbot) -> None:
    world = World()
    page = open_page(world, qtbot)
    answer = page.transcript.answers()[-1]
    answer.bar.down.click()
    editor = answer.correction
    assert editor is not None
    editor.edit.setPlainText("It is 170 EUR.")
    editor.saved.emit(editor.edit.toPlainText())
    turn = world.store.turns(world.chats.chat_id)[-1]
    assert (turn.rating, turn.corrected) == ("down", "It is 170 EUR.")
    assert answer.correction is None


def test_edit_in_place_and_versions(qtbot) -> None:
    world = World()
    page = open_page(world, qtbot)
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    field = page.transcript.questions()[-1].editor
    assert field is not None
    field.text.setPlainText("What is the limit in Berlin?")
    qtbot.keyClick(field.text, Qt.Key.Key_Return)
    world.found()
    world.complete()
    question = page.transcript.questions()[-1]
    assert question.turn.text == "What is the limit in Berlin?" and question.versions.label.text() == "2/2"
    question.versions.earlier.click()
    assert page.transcript.questions()[-1].turn.text == "What is the limit?"


def test_what_was_left_out_is_said(qtbot) -> None:
    import msgspec

    budget = Budget(context=8192, used=8000, dropped_messages=4, dropped_passages=2)
    page = open_page(World(), qtbot, msgspec.structs.replace(cited(), budget=budget, note="A note."))
    words = _labels(page.transcript.answers()[-1])
    assert "oldest messages" in words and "2 passages did not fit" in words and "A note." in words


def test_earlier_messages_that_are_summed_up_are_said_and_the_summary_is_in_a_fold(qtbot) -> None:
    import msgspec

    page = open_page(world := World(), qtbot, cited("Thirty days a year. [1]"))
    budget = Budget(context=8192, used=8000, dropped_messages=2, summary_words=60)
    world.chats.open_chat(world.stored("And in Berlin?", msgspec.structs.replace(cited(), budget=budget)))
    answer = page.transcript.answers()[-1]
    assert answer.earlier is not None and "you still see all of them" in answer.earlier.button.text()
    assert "left out" not in _labels(answer)
    answer.earlier.button.click()
    assert "Assistant: Thirty days a year" in answer.earlier.text() and not answer.earlier.body.isHidden()


def test_nearly_full_context_warns(qtbot) -> None:
    page = World().page(qtbot)
    page.composer.show_meter(7600, 8192)
    assert "Older messages will be shortened" in page.composer.edit.accessibleDescription()
    page.composer.show_meter(1000, 8192)
    assert "Older" not in page.composer.edit.accessibleDescription()


def test_composer_grows_to_eight_lines(qtbot) -> None:
    page = World().page(qtbot)
    one = page.composer.edit.height()
    page.composer.set_text("line\n" * 5)
    six = page.composer.edit.height()
    page.composer.set_text("line\n" * 500)
    assert one < six < page.composer.edit.height() <= 8 * one + 8


def test_every_button_has_a_name(qtbot) -> None:
    page = open_page(World(), qtbot)
    page.sources.open(page.transcript.answers()[-1], 1)
    nameless = [
        button for button in page.findChildren(QAbstractButton) if not (button.accessibleName() or button.text())
    ]
    assert nameless == []
    card = page.transcript.answers()[-1].cards.cards[0]  # type: ignore[union-attr]
    assert card.accessibleName() == "Source 1, Travel-Policy.pdf, page 8"
    tip = first_text(page).document().find(OBJECT).charFormat().toolTip()
    assert tip == "Source 1, Travel-Policy.pdf, page 8"
    assert QAccessible.queryAccessibleInterface(card).text(QAccessible.Text.Name) == card.accessibleName()


def test_theme_change_colours_everything_anew(qtbot) -> None:
    world = World()
    page = open_page(world, qtbot, cited("Text [1].\n\n|a|b|\n|-|-|\n|c|d|\n\n```python\nx = 1\n```"))
    text = first_text(page)
    before = text.document().firstBlock().begin().fragment().charFormat().foreground().color()
    world.theme.set_mode("dark")
    try:
        after = text.document().firstBlock().begin().fragment().charFormat().foreground().color()
        assert before != after == world.theme.color("text")
    finally:
        world.theme.set_mode("light")


def test_right_to_left_text_runs_its_own_way(qtbot) -> None:
    page = open_page(World(), qtbot, cited("مرحبا بالعالم\n\nHello world"))
    block = first_text(page).document().firstBlock()
    assert block.textDirection() == Qt.LayoutDirection.RightToLeft
    assert block.next().textDirection() == Qt.LayoutDirection.LeftToRight


def test_answer_goes_on_behind_another_chat_and_is_there_on_return(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.ask("First chat")
    first = world.chats.chat_id
    world.found()
    world.say("Half an ")
    world.chats.open_chat(world.store.create(collection_id=TRAVEL).id)
    assert not page.transcript.has_turns
    world.say("answer")
    world.chats.open_chat(first)
    assert "Half an answer" in first_text(page).toPlainText()
    assert page.composer.button.accessibleName() == "Stop"


def test_sample_questions_of_an_empty_chat(qtbot) -> None:
    world = World()
    page = world.page(qtbot, samples=lambda: ["What is the hotel limit?"])
    assert page.start_page.empty.button is not None
    page.start_page.empty.button.click()
    page.start_page.buttons[0].click()
    assert world.store.turns(world.chats.chat_id)[0].text == "What is the hotel limit?"


def test_menu_of_the_collection(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    menu = page.collection_button.make_menu()
    names = [re.sub(r"\s+\(.*", "", action.text()) for action in menu.actions() if action.text()]
    assert names == ["Travel", "Quality", "No documents"]
    menu.actions()[-1].trigger()
    assert world.chats.collection == "" and page.composer.edit.accessibleDescription() == "Ask anything"


def test_chat_menu_copies_the_chat(qtbot) -> None:
    page = open_page(World(), qtbot)
    menu = page.make_menu()
    next(action for action in menu.actions() if action.text() == "Copy chat").trigger()
    assert MUNICH in QApplication.clipboard().text()


def test_thinking_folds_away(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.ask("A question")
    world.found()
    world.say("Let me think about it", thinking=True)
    world.say(MUNICH)
    world.complete(thinking="Let me think about it")
    fold = page.transcript.answers()[-1].fold
    assert fold.button.text().startswith("Thought for") and not fold.body.isVisible()
    fold.button.click()
    assert fold.body.isVisible()


def test_selection_survives_streaming(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.ask("A question")
    world.found()
    world.say("First paragraph.\n\nSecond ")
    qtbot.waitUntil(lambda: "Second" in first_text(page).toPlainText())
    text = first_text(page)
    cursor = QTextCursor(text.document())
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
    text.setTextCursor(cursor)
    world.say("goes on")
    qtbot.waitUntil(lambda: "goes on" in text.toPlainText())
    assert text.selected_text() == "First paragraph."


def test_table_copies_as_rows_and_cells(qtbot) -> None:
    page = open_page(World(), qtbot, cited("|City|Limit|\n|-|-|\n|Munich [1]|165|\n|Berlin|150|\n"))
    table = page.transcript.answers()[-1].body.views()[0]
    assert isinstance(table, TableView)
    piece = table.pieces()[0]
    piece.selectAll()
    piece.copy()
    assert QGuiApplication.clipboard().text() == "City\tLimit\nMunich [1]\t165\nBerlin\t150"


def test_pasted_book_is_shown_by_its_beginning(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.ask("word " * 100_000)
    question = page.transcript.questions()[-1]
    assert question.bubble.height() < 5000
    question.copy.click()
    assert len(QGuiApplication.clipboard().text()) == 499_999


def test_tab_goes_from_the_bar_through_the_answer_to_the_input(qtbot) -> None:
    page = open_page(World(), qtbot)
    page.more.setFocus(Qt.FocusReason.TabFocusReason)
    seen = [page.more]
    while seen[-1] is not page.composer.edit and len(seen) < 40:
        qtbot.keyClick(seen[-1], Qt.Key.Key_Tab)
        seen.append(QApplication.focusWidget())
    names = [widget.accessibleName() for widget in seen]
    assert seen[-1] is page.composer.edit
    assert "Copy answer" in names and first_text(page) in seen
    assert [type(widget).__name__ for widget in seen if not widget.accessibleName()] == []


def test_escape_leaves_the_field_of_a_question_and_goes_to_the_input(qtbot) -> None:
    page = open_page(World(), qtbot)
    question = page.transcript.questions()[-1]
    question.start_edit()
    assert question.editor is not None and question.editor.text.hasFocus()
    qtbot.keyClick(question.editor.text, Qt.Key.Key_Escape)
    assert question.editor is None and page.composer.edit.hasFocus()


def test_escape_leaves_a_correction_before_it_closes_the_panel(qtbot) -> None:
    page = open_page(World(), qtbot)
    answer = page.transcript.answers()[-1]
    page.sources.open(answer, 1)
    answer.bar.down.click()
    assert answer.correction is not None
    qtbot.keyClick(answer.correction.edit, Qt.Key.Key_Escape)
    assert answer.correction is None and page.host.is_open and page.composer.edit.hasFocus()
    qtbot.keyClick(page.composer.edit, Qt.Key.Key_Escape)
    assert not page.host.is_open


@pytest.mark.parametrize("modifier", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier])
def test_a_question_that_is_asked_again_gives_the_keyboard_to_the_input(qtbot, modifier) -> None:
    world = World()
    page = open_page(world, qtbot)
    question = page.transcript.questions()[-1]
    question.start_edit()
    assert question.editor is not None
    question.editor.text.setPlainText("What is the limit in Hamburg?")
    qtbot.keyClick(question.editor.text, Qt.Key.Key_Return, modifier)
    assert page.transcript.questions()[-1].turn.text == "What is the limit in Hamburg?"
    assert page.composer.edit.hasFocus()


def test_regenerating_by_key_keeps_the_keyboard_in_the_chat(qtbot) -> None:
    page = open_page(World(), qtbot)
    again = page.transcript.answers()[-1].bar.again
    again.setFocus()
    qtbot.keyClick(again, Qt.Key.Key_Return)
    assert page.composer.edit.hasFocus()


def test_a_page_that_is_built_late_names_the_collection_that_it_asks(qtbot) -> None:
    """A window that reopens on Settings builds the chat later, when nothing changes any more."""
    world = World()
    page = world.page(qtbot)
    assert "Travel 21 documents" in page.collection_button.accessibleName()
    assert page.composer.chip.isVisible()


def test_the_chat_says_that_its_documents_are_being_read(qtbot) -> None:
    page = World().page(qtbot)
    page.show_adding(1, reading_text(AddState(phase="running", collection_id=1)))
    assert "Reading begins" in page.collection_button.accessibleName()
    assert page.start_page._reading.isVisible()
    page.show_adding(1, reading_text(AddState(phase="running", collection_id=1, done=2, total=8)))
    assert "Reading 3 of 8" in page.collection_button.accessibleName()
    page.show_adding(2, reading_text(AddState(phase="running", collection_id=2, done=2, total=8)))
    assert "21 documents" in page.collection_button.accessibleName(), "files for another collection are not this chat's"
    page.show_adding(1, reading_text(AddState(phase="running", collection_id=1, done=8, total=8)))
    page.show_adding(1, reading_text(AddState(phase="finished", collection_id=1, indexed=8)))
    assert "21 documents" in page.collection_button.accessibleName() and not page.start_page._reading.isVisible()


def test_nothing_that_the_keyboard_reaches_in_a_chat_is_nameless(qtbot) -> None:
    world = World()
    page = open_page(world, qtbot, cited(f"{MUNICH} [1]\n\n```python\nx = 1\n```\n\n|a|b|\n|-|-|\n|c|d [1]|\n"))
    page.sources.open(page.transcript.answers()[-1], 1)
    page.transcript.answers()[-1].bar.down.click()
    names = {
        widget: QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        for widget in page.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible()
    }
    assert len(names) > 15 and [widget for widget, name in names.items() if name in ("", "Text")] == []


def test_what_a_reader_should_know_of_the_documents_stands_below_the_cards_and_opens(qtbot) -> None:
    import msgspec

    answer = cited()
    newer = Newer(document_id=9, document="Travel-Policy-2027.pdf", path="/t.pdf", date="2027")
    source = answer.sources[0]
    old = msgspec.structs.replace(source.passage, date="2026-03-01", date_words="valid from", newer=newer)
    page = open_page(World(), qtbot, msgspec.structs.replace(answer, sources=(Source(n=1, passage=old),)))
    view = page.transcript.answers()[-1]
    assert "valid from 1 March 2026" in view.cards.cards[0].toolTip()
    (button,) = view.notices.findChildren(QAbstractButton)
    assert "There is a newer version of Travel-Policy.pdf: Travel-Policy-2027.pdf" in button.accessibleDescription()
    button.click()
    assert page.host.is_open and page.panel.passage.document_id == 9
