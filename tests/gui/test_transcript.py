"""The transcript: long chats open fast, long answers stream evenly, and the reader stays where they read."""

from __future__ import annotations

import time

import pytest
from chat_world import World, cited
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget

from app.gui.chat.answer_body import AnswerBody
from app.gui.chat.chips import Citations
from app.gui.chat.rich_text import RichText
from app.gui.chat.transcript import ALIVE, FIRST

STALL_S = 0.05
SHAPES = {
    "paragraph": "Lorem ipsum **dolor** sit amet consectetur. " * 370,
    "paragraphs": "Lorem ipsum **dolor** sit amet, with `code` and more words.\n\n" * 270,
    "list": "- item number **one** two three four\n" * 430,
    "table": "|a|b|\n|-|-|\n" + "| one cell | two cells |\n" * 620,
    "code": "```python\n" + "value = compute(1)  # a comment\n" * 500 + "```\n",
}
"""About 16,000 characters each: an answer of 4,000 tokens."""


def in_a_scrolled_column(qtbot) -> tuple[QScrollArea, AnswerBody]:
    area = QScrollArea()
    area.setWidgetResizable(True)
    inner = QWidget()
    column = QVBoxLayout(inner)
    body = AnswerBody(Citations())
    column.addWidget(body)
    column.addStretch(1)
    area.setWidget(inner)
    qtbot.addWidget(area)
    area.resize(800, 700)
    area.show()
    return area, body


@pytest.mark.parametrize("shape", SHAPES)
def test_no_piece_of_a_long_answer_stalls_the_window(qtbot, shape: str) -> None:
    World()
    area, body = in_a_scrolled_column(qtbot)
    body.start()
    text, costs = SHAPES[shape], []
    for at in range(0, len(text), 160):
        start = time.thread_time()  # the machine may be busy; what counts is our own share
        body.feed(text[at : at + 160])
        area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
        QApplication.processEvents()
        costs.append(time.thread_time() - start)
    assert sorted(costs)[-3] < STALL_S, f"{max(costs) * 1000:.0f} ms"
    start = time.thread_time()
    body.end()
    assert time.thread_time() - start < STALL_S


def test_streamed_answer_looks_like_the_finished_one(qtbot) -> None:
    World()
    text = "A [1] paragraph.\n\n- one\n- two\n\n|a|b|\n|-|-|\n|c|d|\n\nLast words."
    streamed, whole = AnswerBody(Citations()), AnswerBody(Citations())
    for body in (streamed, whole):
        qtbot.addWidget(body)
        body.resize(600, 400)
    streamed.start()
    for at in range(0, len(text), 3):
        streamed.feed(text[at : at + 3])
    streamed.end()
    whole.show_text(text)
    assert [type(view) for view in streamed.views()] == [type(view) for view in whole.views()]
    for one, two in zip(streamed.views(), whole.views(), strict=True):
        if isinstance(one, RichText) and isinstance(two, RichText):
            assert one.toPlainText() == two.toPlainText()


def test_long_chat_opens_with_its_end_and_grows_upwards(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    for n in range(60):
        chat_id = world.stored(f"Question {n}", cited(f"Answer {n} [1]. " + "More words. " * 30))
        world.chats.open_chat(chat_id) if n == 0 else None
    start = time.thread_time()
    world.chats.open_chat(chat_id)
    assert time.thread_time() - start < 1.0
    assert len(page.transcript.answers()) == 1  # the end is there at once, and what is above it follows
    qtbot.waitUntil(lambda: len(page.transcript.answers()) + len(page.transcript.questions()) == FIRST)
    bar = page.transcript.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    assert page.transcript.questions()[-1].turn.text == "Question 59"
    bar = page.transcript.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 500 and bar.value() == bar.maximum())
    top = page.transcript.questions()[0]
    bar.setValue(0)
    qtbot.waitUntil(lambda: len(page.transcript.questions()) > FIRST // 2)
    assert page.transcript.questions()[0] is not top
    qtbot.waitUntil(lambda: abs(top.mapTo(page.transcript.viewport(), top.rect().topLeft()).y()) < 400)


def test_only_the_last_turns_stay_alive(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    chat_id = world.stored("First", cited())
    world.chats.open_chat(chat_id)
    turns = world.store.turns(chat_id)
    for _ in range(ALIVE // 10):
        page.transcript.add_turns(turns * 6)
    assert len(page.transcript.answers()) + len(page.transcript.questions()) <= ALIVE


def test_reader_who_scrolled_up_is_left_alone(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.open_chat(world.stored("A question", cited("Some words.\n\n" * 60)))
    bar = page.transcript.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 400)
    world.chats.ask("Another question")
    world.found()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum())
    bar.setValue(bar.maximum() - 300)
    kept = bar.value()
    assert not page.transcript.is_following and page.transcript.latest.isVisible()
    before = bar.maximum()
    world.say("New words.\n\n" * 40)
    qtbot.waitUntil(lambda: bar.maximum() > before)
    assert bar.value() == kept
    page.transcript.latest.click()
    assert bar.value() == bar.maximum() and not page.transcript.latest.isVisible()
    world.say("And more.\n\n" * 40)
    before = bar.maximum()
    qtbot.waitUntil(lambda: bar.maximum() > before)
    assert bar.value() == bar.maximum()


def test_long_answer_is_redrawn_with_its_citations_out_of_sight(qtbot) -> None:
    world = World()
    page = world.page(qtbot)
    world.chats.ask("A question")
    world.found()
    text = "The hotel limit in Munich is 165 EUR per night. " * 120
    world.say(text)
    world.complete(text)
    answer = page.transcript.answers()[-1]
    qtbot.waitUntil(lambda: "\ufffc" in answer.body.views()[0].toPlainText())  # type: ignore[union-attr]
    assert answer.body.isVisible()
