"""Files attached to a chat in the real window: read, asked, cited, kept over a kill, and gone with their chat."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QApplication
from real_window import RealWindow, make_pdf

from app.paths import Home
from app.settings import FIRST_RUN_DONE, Settings

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
OFFER = (("Offer", "The severance of the zebra keeper is 4711 gold coins.", "It is paid on the last day of March."),)


@pytest.fixture
def place(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.root.mkdir()
    Settings(made).set(FIRST_RUN_DONE, True)
    return made


@pytest.fixture
def real(qapp: QApplication, place: Home) -> Iterator[RealWindow]:
    made = RealWindow(qapp, place)
    yield made
    made.close()


def chips(real: RealWindow) -> list[str]:
    strip = real.chat.attaching.strip
    return [chip.text() for chip in strip.chips] if strip is not None and strip.isVisible() else []


def files_holding(folder: Path, needle: bytes) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file() and needle in file.read_bytes()]


def read(real: RealWindow) -> None:
    files = real.chat.attaching.files
    real.until(lambda: files.all and all(each.is_read for each in files.all), "the files")


def paste(real: RealWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    real.chat.composer.edit.insertFromMimeData(data)


def test_attached_asked_cited_promoted_and_forgotten(real: RealWindow, place: Home, tmp_path: Path) -> None:
    offer, bad = make_pdf(tmp_path / "Offer.pdf", OFFER), tmp_path / "Bad.pdf"
    bad.write_bytes(b"%PDF-1.7 cut")
    real.window.new_chat()
    real.chat.composer.set_text("When is it")
    paste(real, offer, bad)
    answer = real.ask(" and how much is the severance of the zebra keeper?").answer  # sent while they are read
    assert answer is not None and answer.sources[0].passage.document == "Offer.pdf"
    assert answer.searched == "Attached files"
    first, second = chips(real)
    assert first == "Offer.pdf" and second.startswith("Bad.pdf The PDF is damaged")
    assert real.chat.frame.attached.text() == "2 files only in this chat"
    real.press_first_chip()
    real.until(lambda: real.chat.panel.isVisible(), "the cited page")
    assert real.parts.collections.all == ()

    chat_id = real.parts.chats.chat_id
    real.window.new_chat()
    assert chips(real) == []
    real.window.open_chat(chat_id)
    real.until(lambda: len(chips(real)) == 2, "the files of the chat that is opened again")
    files = real.chat.attaching.files
    files.remove(files.all[1].document.id)
    real.until(lambda: chips(real) == ["Offer.pdf"], "the bad file is gone")

    real.window.delete_chat(chat_id)
    real.window.act("undo_delete")
    real.until(lambda: real.parts.chats.chat_id == chat_id and chips(real) == ["Offer.pdf"], "the chat is back")
    files.promote(files.all[0].document.id, 0, "Offers")
    real.until(lambda: [each.documents for each in real.parts.collections.all] == [1], "the collection")
    assert chips(real) == [] and real.parts.chats.collection == "Offers"


def test_a_killed_core_reads_on_and_a_deleted_chat_leaves_nothing(
    real: RealWindow, place: Home, tmp_path: Path
) -> None:
    text = tmp_path / "Terms.txt"
    text.write_text("The severance of the zebra keeper is 4711 gold coins.\n" + "Many other things are said.\n" * 1000)
    real.engine_ready()
    real.window.new_chat()
    paste(real, text)
    real.until(lambda: real.parts.chats.chat_id > 0, "the chat that begins with its files")
    core = real.core
    assert core != os.getpid()
    psutil.Process(core).kill()
    real.until(lambda: real.core != core and real.parts.core.state == "connected", "another core")
    read(real)
    answer = real.ask("How much is the severance of the zebra keeper?").answer
    assert answer is not None and answer.sources[0].passage.document == "Terms.txt"
    assert files_holding(place.root, b"severance of the zebra keeper")
    real.window.delete_chat(real.parts.chats.chat_id)
    real.window.deleted.purge()
    real.until(lambda: not files_holding(place.root, b"severance of the zebra keeper"), "no trace of it")
