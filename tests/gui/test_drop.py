"""Dropping files: what is counted, where it goes, and that counting holds nothing up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from documents_world import QUALITY, TRAVEL, DocumentsWorld
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app import drives
from app.drives import is_remote
from app.gui.documents import drop_count
from app.gui.documents.drop_count import DropCount
from app.gui.documents.drop_overlay import DropOverlay, files_of
from app.gui.documents.drop_words import chat_words
from app.gui.theme import Theme
from app.paths import Home

LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


@pytest.fixture
def host(qtbot: QtBot, qapp: QApplication) -> QWidget:
    Theme(qapp, mode="light")
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1280, 820)
    made.show()
    return made


@pytest.fixture
def overlay(host: QWidget, tmp_path: Path) -> DropOverlay:
    world = DocumentsWorld(Home(tmp_path / "home"), host)
    world.become_ready()
    world.give_collections("Travel", "Quality")
    return DropOverlay(host, world.controller)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "drop"
    (made / "sub" / ".git").mkdir(parents=True)
    for name in (
        "a.pdf",
        "b.PDF",
        "c.docx",
        "d.csv",
        "x.rar",
        "sub/e.md",
        "sub/talk.mp4",
        "sub/.git/config.txt",
        ".hidden",
    ):
        (made / name).write_text("text")
    return made


def mime(*paths: Path | str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(path) if isinstance(path, str) else QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag(target: QWidget, data: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(QPoint(600, 400), COPY, data, LEFT, NONE)
    QApplication.sendEvent(target, event)
    return event


def test_a_folder_is_counted_by_kind_and_skips_are_named(overlay: DropOverlay, folder: Path, qtbot: QtBot) -> None:
    overlay.show_paths([str(folder)])
    qtbot.waitUntil(lambda: overlay._count.complete)
    assert dict(overlay._count.kinds) == {"PDF": 2, "Word": 1, "table": 1, "Markdown": 1}
    assert dict(overlay._count.skipped) == {"packed archive": 1, "recording": 1}
    assert overlay.words()[0] == "Drop to add 5 files to Travel"
    texts = [text for text, _, _ in overlay.chips()]
    assert texts[0] == "2 PDF" and "1 packed archive will be skipped" in texts


def test_the_drag_goes_through_the_window_and_ends_in_the_chosen_collection(
    overlay: DropOverlay, host: QWidget, folder: Path, qtbot: QtBot
) -> None:
    assert drag(host, mime(folder)).isAccepted() and overlay.isVisible()
    assert overlay.target == TRAVEL
    at = {collection.id: rect for collection, rect in overlay._rows()}[QUALITY].center()
    overlay.dragMoveEvent(QDragMoveEvent(at, COPY, mime(folder), LEFT, NONE))  # Qt sends moves only in a real drag
    assert overlay.target == QUALITY and "Quality" in overlay.words()[0]
    assert not overlay.grab().isNull()
    with qtbot.waitSignal(overlay.files_dropped) as blocker:
        QApplication.sendEvent(overlay, QDropEvent(QPointF(at), COPY, mime(folder), LEFT, NONE))
    assert blocker.args == [[str(folder)], QUALITY] and not overlay.isVisible()


def test_leaving_the_window_cancels(overlay: DropOverlay, host: QWidget, folder: Path, qtbot: QtBot) -> None:
    data = mime(folder)
    drag(host, data)
    overlay.dragLeaveEvent(QDragLeaveEvent())
    assert not overlay.isVisible() and not overlay._count._timer.isActive()


def test_a_model_is_imported_and_text_is_not_taken(
    overlay: DropOverlay, host: QWidget, tmp_path: Path, qtbot: QtBot
) -> None:
    model = tmp_path / "Tiny.Q4_1.gguf"
    model.write_bytes(b"GGUF")
    drag(host, mime(model))
    assert overlay.words()[0] == "Drop to import the model Tiny.Q4_1.gguf" and overlay._rows() == []
    with qtbot.assertNotEmitted(overlay.files_dropped), qtbot.waitSignal(overlay.model_dropped) as blocker:
        QApplication.sendEvent(overlay, QDropEvent(QPointF(9, 9), COPY, mime(model), LEFT, NONE))
    assert blocker.args == [str(model)]
    text = QMimeData()
    text.setText("just words")
    drag(host, text)
    assert not overlay.isVisible()


def test_nothing_readable_is_said_and_not_added(
    overlay: DropOverlay, host: QWidget, tmp_path: Path, qtbot: QtBot
) -> None:
    archive = tmp_path / "a.7z"
    archive.write_bytes(b"PK")
    drag(host, mime(archive))
    assert overlay.words()[0] == "None of these files can be read"
    with qtbot.assertNotEmitted(overlay.files_dropped):
        QApplication.sendEvent(overlay, QDropEvent(QPointF(9, 9), COPY, mime(archive), LEFT, NONE))


def test_web_addresses_are_counted_as_skipped(tmp_path: Path) -> None:
    paths, links = files_of(mime(tmp_path / "a.pdf", "https://example.org/b.pdf"))
    assert paths == [str(tmp_path / "a.pdf")] and links == 1


def test_ten_thousand_files_are_counted_in_short_turns(tmp_path: Path, qtbot: QtBot) -> None:
    for i in range(100):
        (tmp_path / str(i)).mkdir()
        for j in range(100):
            (tmp_path / str(i) / f"{j}.pdf").touch()
    count = DropCount()
    longest = 0.0  # seconds of this process's own work: other work on the computer is no matter of it
    whole = time.perf_counter()
    began = time.process_time()
    count.start([str(tmp_path)])
    longest = max(longest, time.process_time() - began)
    while not count.complete:
        began = time.process_time()
        QApplication.processEvents()
        longest = max(longest, time.process_time() - began)
        assert time.perf_counter() - whole < 120
    assert count.files == 10_000 or count.cut
    assert longest < 0.1, f"{longest * 1000:.0f} ms"


def test_more_than_the_limit_is_said_to_be_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    monkeypatch.setattr(drop_count, "MOST_ENTRIES", 10)
    for i in range(30):
        (tmp_path / f"{i}.pdf").touch()
    count = DropCount()
    count.start([str(tmp_path)])
    assert count.complete and count.cut and count.files == 10 and count.usable


def test_a_network_folder_is_not_touched(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot) -> None:
    assert is_remote("\\\\files\\hr\\policies") and is_remote("//files/hr")
    monkeypatch.setattr(drives, "_remote_mounts", lambda: ("/mnt/share",))
    monkeypatch.setattr(drop_count.os, "scandir", lambda path: pytest.fail("a network folder was read"))
    count = DropCount()
    count.start(["/mnt/share/hr", "/mnt/share/a.pdf", "/mnt/sharex.pdf"])
    assert count.unknown == 1 and count.files == 2 and count.usable


def test_a_drag_that_only_touches_the_window_leaves_nothing_behind(
    overlay: DropOverlay, folder: Path, qtbot: QtBot
) -> None:
    drag(overlay.parentWidget(), mime(folder))
    assert overlay.isVisible()
    QApplication.sendEvent(overlay.parentWidget(), QDragLeaveEvent())
    qtbot.waitUntil(lambda: not overlay.isVisible())


def test_a_drop_on_the_chats_input_is_for_that_chat_only(
    host: QWidget, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    world = DocumentsWorld(Home(tmp_path / "home"), host)
    world.become_ready()
    world.give_collections("Travel", "Quality")
    heights = [120]
    overlay = DropOverlay(host, world.controller, chat_foot=lambda: heights[0])
    pdf = folder / "a.pdf"
    drag(host, mime(pdf))
    zone, above = overlay._zone(), overlay._frame().center()
    assert chat_words(overlay._count)[0] == "Drop here to attach 1 file, only in this chat"
    assert overlay.words()[0] == "Drop to add 1 file to Travel"
    overlay.dragMoveEvent(QDragMoveEvent(zone.center(), COPY, mime(pdf), LEFT, NONE))
    assert not overlay.grab().isNull()
    with qtbot.assertNotEmitted(overlay.files_dropped), qtbot.waitSignal(overlay.files_attached) as attached:
        QApplication.sendEvent(overlay, QDropEvent(QPointF(zone.center()), COPY, mime(pdf), LEFT, NONE))
    assert attached.args == [[str(pdf)]]
    drag(host, mime(pdf))
    with qtbot.assertNotEmitted(overlay.files_attached), qtbot.waitSignal(overlay.files_dropped) as added:
        QApplication.sendEvent(overlay, QDropEvent(QPointF(above), COPY, mime(pdf), LEFT, NONE))
    assert added.args == [[str(pdf)], TRAVEL]
    heights[0] = 0  # another page is open
    drag(host, mime(pdf))
    assert overlay._zone().isEmpty()
