"""The program as a person uses it on the first day, with nothing played: the starter model, the embedder, Chroma."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from real_window import RealWindow, kill, make_pdf

from app.gui.shell.first_run import FirstRun
from app.gui.theme import theme
from app.paths import Home
from app.settings import DEFAULT_COLLECTION, MAX_TOKENS

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
SAMPLES = "Larkfield samples"
STORY = "Write a long story about a lighthouse keeper and a storm."
CANTEEN = (
    ("Canteen rules", "The canteen serves breakfast from 07:00 to 09:00.", "The canteen closes at 14:30 on Fridays."),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("real") / "home")


@pytest.fixture(scope="module")
def real(qapp: QApplication, place: Home) -> Iterator[RealWindow]:
    """One window for the first day; the tests below are its hours and run in their order."""
    made = RealWindow(qapp, place)
    yield made
    made.close()


def marked_pixels(image: QImage) -> int:
    """How many pixels have the colour of the marker."""
    mark = theme().color("mark").rgb()
    return sum(image.pixel(x, y) == mark for x in range(0, image.width(), 2) for y in range(0, image.height(), 2))


def test_the_first_run_starts_with_the_samples_and_answers_from_them(real: RealWindow) -> None:
    real.parts.settings.set(MAX_TOKENS, 160)
    welcome = real.window.findChild(FirstRun)
    assert welcome is not None and len(welcome._sample_list.chosen()) == 8
    QTest.mouseClick(welcome.start, Qt.MouseButton.LeftButton)
    assert real.window.key == "chat"
    real.until(lambda: real.parts.chats.collection == SAMPLES, "the samples' collection")
    real.added()
    real.until(lambda: [each.documents for each in real.parts.documents.totals] == [8], "eight documents")
    real.engine_ready()
    real.press("Show sample questions")
    before = len(real.finished)
    real.press("What is the hotel limit per night in Munich?")
    answer = real.answered(before).answer
    assert answer is not None and not answer.stopped
    shown = [*(source.passage for source in answer.sources), *answer.nearest]
    assert any(passage.document == "Travel-Policy-2026.pdf" and passage.page == 8 for passage in shown)


def test_a_dropped_pdf_is_asked_cited_and_shown_with_its_passage_marked(real: RealWindow, tmp_path: Path) -> None:
    real.window.new_chat()
    real.drop(make_pdf(tmp_path / "Canteen-Rules.pdf", CANTEEN))
    real.until(lambda: real.parts.documents.add_state.phase == "running", "the drop")
    real.added()
    assert real.window.key == "documents" and real.parts.documents.current == real.parts.chats.collection_id
    real.until(lambda: "Canteen-Rules.pdf" in [row.name for row in real.parts.documents.documents.rows()], "its row")
    real.window.act("focus_input")
    answer = real.ask("When does the canteen close on Fridays?").answer
    assert answer is not None and "14:30" in answer.sources[0].passage.text  # how the starter puts it varies
    assert answer.sources[0].passage.document == "Canteen-Rules.pdf" and answer.sources[0].passage.page == 1
    real.press_first_chip()
    panel = real.chat.panel
    assert real.chat.host.is_open
    real.until(lambda: panel.page_view.image is not None, "the page")
    assert marked_pixels(panel.page_view.grab().toImage()) > 100
    box = panel.page_view.image
    assert box is not None and box.marks
    elsewhere = panel.page_view.grab().toImage().copy(0, panel.page_view.height() * 3 // 4, 200, 40)
    assert marked_pixels(elsewhere) == 0
    QTest.keyClick(real.chat, Qt.Key.Key_Escape)
    assert not real.chat.host.is_open


def test_a_stopped_answer_keeps_what_was_said(real: RealWindow) -> None:
    real.window.new_chat()
    real.parts.chats.choose_collection(0)
    real.parts.settings.set(MAX_TOKENS, 2_000)
    before = len(real.finished)
    real.send(STORY)
    said = real.until_it_writes()
    QTest.keyClick(real.chat.composer.edit, Qt.Key.Key_Escape)
    turn = real.answered(before)
    assert turn.state == "stopped" and turn.text.startswith(said[:40])
    assert real.parts.reader.turns(turn.chat_id)[-1].text == turn.text
    assert said[:10] in real.shown()


def test_a_killed_model_costs_a_banner_and_the_chat_goes_on(real: RealWindow, expected_warnings: list[str]) -> None:
    before = len(real.finished)
    real.send(STORY)
    said = real.until_it_writes()
    kill(real.core, "engine")
    turn = real.answered(before)
    assert turn.state == "stopped" and turn.text.startswith(said[:40])
    assert "stopped unexpectedly" in real.chat.banner.text()
    real.press("Restart model")
    real.engine_ready()
    assert real.chat.banner.text() == ""
    real.parts.settings.set(MAX_TOKENS, 30)
    answer = real.ask(STORY).answer
    assert answer is not None and answer.text and not answer.stopped
    real.until(lambda: real.parts.models.active and real.parts.models.active.tokens_per_s, "the model's speed", 10)


def test_a_killed_reader_goes_on_where_it_was(real: RealWindow, tmp_path: Path) -> None:
    real.window.show_page("documents")
    paths = [tmp_path / f"pump-{n:02}.txt" for n in range(24)]
    for n, path in enumerate(paths):
        path.write_text(f"Pump number {n} is serviced every {n + 3} months by the service desk. " * 20)
    real.parts.documents.add([str(path) for path in paths])
    real.until(lambda: real.parts.documents.add_state.done >= 2, "two files")
    kill(real.core, "documents")
    real.until(lambda: real.parts.documents.add_state.phase == "interrupted", "the end of the process")
    QTest.mouseClick(real.documents.add_bar.continue_button, Qt.MouseButton.LeftButton)
    real.added()
    real.until(lambda: [each.documents for each in real.parts.documents.totals] == [33], "all 33 documents")


def test_a_second_start_raises_the_window_and_leaves(real: RealWindow, place: Home) -> None:
    env = {**os.environ, "INHOUSE_HOME": str(place.root), "QT_QPA_PLATFORM": "offscreen"}
    before = len(real.raised)
    second = subprocess.Popen([sys.executable, "-m", "app"], env=env, stdin=subprocess.DEVNULL)
    try:
        real.until(lambda: second.poll() is not None, "the second start to leave", 30)
    finally:
        second.kill()
        second.wait()
    assert second.returncode == 0 and len(real.raised) == before + 1 and real.window.isVisible()


def test_chats_draft_and_shape_come_back(qapp: QApplication, real: RealWindow, place: Home) -> None:
    real.window.show_page("chat")
    real.window.resize(800, 640)  # Qt brings a window back no larger than the screen
    real.window.move(QPoint(60, 40))
    QTest.keyClicks(real.chat.composer.edit, "Half a quest")
    chat_id, count = real.parts.chats.chat_id, real.parts.reader.count()
    assert chat_id and count == 3
    real.close()
    real.__init__(qapp, place)  # type: ignore[misc]  # the next day, in the same fixture
    assert real.window.size() == QSize(800, 640)
    assert real.parts.chats.chat_id == chat_id and real.parts.reader.count() == count
    assert real.chat.composer.text() == "Half a quest" and real.window.key == "chat"
    real.until(lambda: len(real.chat.transcript.answers()) == 3, "the answers")
    assert real.parts.collections.name(real.parts.settings.get(DEFAULT_COLLECTION)) == SAMPLES
    real.engine_ready()
    real.until(lambda: [each.documents for each in real.parts.documents.totals] == [33], "the documents")
