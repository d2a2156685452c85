"""Attaching files to a chat in the window: the two places that are named, chips that say what comes of a file, and
nothing that is typed or sent too early gets lost."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from chat_world import World, cited, page_image, passage, real_file
from PySide6.QtCore import QBuffer, QMimeData, QUrl
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.core.calls import attachments as c
from app.errors import AppError
from app.gui.chat.attachment_strip import AttachmentStrip
from app.gui.chat.page import ChatPage
from app.pictures import Picture
from app.types import Document, FileStatus, Filter, InstalledModel, Source
from app.workers.calls.attached import Attach, Attached, LoadPicture, Moved, MoveDocuments, PictureLoaded
from app.workers.calls.documents import (
    Add,
    Added,
    Documents,
    FileEvent,
    ListDocuments,
    ListTombstones,
    Remove,
    Removed,
    RenderPage,
    Search,
    Tombstones,
)
from app.workers.calls.engine import Chat

HIDDEN = 7
OFFER, BAD = "/files/Offer.pdf", "/files/Bad.pdf"


class Drafts:
    def __init__(self) -> None:
        self.kept: dict[int, str] = {}

    def draft(self, chat_id: int) -> str:
        return self.kept.get(chat_id, "")

    def set_draft(self, chat_id: int, text: str) -> None:
        self.kept[chat_id] = text

    def filter(self, chat_id: int) -> Filter:
        return Filter()

    def set_filter(self, chat_id: int, chosen: Filter) -> None:
        """These tests choose none."""
        assert not chosen.asks


def document(id_: int, path: str, status: FileStatus = "waiting", reason: str = "") -> Document:
    return Document(
        id=id_, collection_id=HIDDEN, collection="Attached files", name=Path(path).name, path=path, format="pdf",
        bytes=9, status=status, pages=2 if status == "indexed" else None, passages=int(status == "indexed"),
        reason=reason,
    )  # fmt: skip


def paste(page: ChatPage, *paths: str) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    page.composer.edit.insertFromMimeData(data)


def take(world: World, *documents: Document) -> None:
    """The index has the files, and they wait."""
    world.documents.last(Attach).finish(Attached(collection_id=HIDDEN, documents=documents))


def read(world: World, *documents: Document) -> None:
    """The file under way is through."""
    world.documents.last(Add).finish(Added(indexed=1, unchanged=0, failed=0))
    world.documents.last(ListDocuments).finish(Documents(documents=documents))


def strip_of(page: ChatPage) -> AttachmentStrip:
    strip = page.attaching.strip
    assert strip is not None
    return strip


def texts(page: ChatPage) -> list[str]:
    return [chip.text() for chip in strip_of(page).chips]


def named(menu: QMenu, text: str) -> QAction:
    return next(each for each in menu.actions() if each.text() == text)


def test_the_paperclip_names_the_two_places(qtbot: QtBot) -> None:
    page = World().page(qtbot)
    menu = page.attaching.make_menu()
    assert [each.text() for each in menu.actions()] == ["Attach, only in this chat…", "Add to “Travel”…"]
    with qtbot.waitSignal(page.attach_asked) as asked:
        menu.actions()[1].trigger()
    assert asked.args == [1], "to the collection that the chat asks"
    assert page.attaching.strip is None and not page.frame.attached.isVisible()


def test_what_is_sent_before_the_files_are_taken_waits_and_is_asked_in_their_chat(qtbot: QtBot) -> None:
    world, drafts = World(), Drafts()
    page = world.page(qtbot, drafts=drafts)
    page.composer.set_text("What is the price?")
    paste(page, OFFER)
    assert texts(page) == ["Offer.pdf Waits"] and page.composer.text() == "What is the price?", "no path was pasted"
    page.composer.send()
    assert world.store.count() == 0 and page.composer.text() == "What is the price?"
    take(world, document(1, OFFER))
    assert world.store.count() == 1, "one chat, begun by the files"
    assert page.composer.text() == "" and drafts.draft(world.chats.chat_id) == ""
    assert not world.documents.waiting(Search) and not world.engine.waiting(Chat)
    read(world, document(1, OFFER, "indexed"))
    assert world.documents.last(Search).call.collections == (HIDDEN,)


def test_a_draft_goes_along_into_the_chat_that_files_begin(qtbot: QtBot) -> None:
    world, drafts = World(), Drafts()
    page = world.page(qtbot, drafts=drafts)
    page.composer.set_text("What is")
    paste(page, OFFER)
    take(world, document(1, OFFER))
    assert page.composer.text() == "What is" and page.more.isEnabled()
    assert drafts.kept[0] == "" and drafts.kept[world.chats.chat_id] == "What is"


def test_chips_that_come_back_are_in_sight(qtbot: QtBot) -> None:
    """As when a chat with files is opened again after one without."""
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER)
    take(world, document(1, OFFER))
    strip = strip_of(page)
    files = page.attaching.files.all
    qtbot.waitUntil(lambda: not strip.chips[0].visibleRegion().isEmpty())
    strip.show_files(())
    qtbot.wait(20)
    strip.show_files(files)
    qtbot.waitUntil(lambda: not strip.chips[0].visibleRegion().isEmpty())


def test_chips_say_how_far_a_file_is_and_why_one_cannot_be_read(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER, BAD)
    take(world, document(1, OFFER), document(2, BAD))
    world.documents.last(Add).say(FileEvent(path=OFFER, status="indexing", fraction=0.4))
    assert texts(page) == ["Offer.pdf Reading, 40 %", "Bad.pdf Waits"]
    assert "the answer waits" in strip_of(page).words.text()
    read(world, document(1, OFFER, "indexed"), document(2, BAD))
    read(world, document(1, OFFER, "indexed"), document(2, BAD, "failed", "The PDF is damaged."))
    assert texts(page) == ["Offer.pdf 2 pages", "Bad.pdf The PDF is damaged."]
    assert strip_of(page).chips[1].toolTip() == "The PDF is damaged."
    assert strip_of(page).title.text() == "Only in this chat" and "In no collection" in strip_of(page).words.text()
    assert page.frame.attached.text() == "2 files only in this chat"
    assert page.frame.warning.text().startswith("Answers come from the attached files first, then from Travel.")
    world.chats.choose_collection(0)
    assert page.frame.warning.text().startswith("Answers come from the attached files.")
    assert not strip_of(page).grab().isNull()


def test_a_chat_shows_its_own_files_and_no_others(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER)
    take(world, document(1, OFFER))
    read(world, document(1, OFFER, "indexed"))
    with_files = world.chats.chat_id
    world.chats.new_chat()
    assert texts(page) == [] and not strip_of(page).isVisible() and not page.frame.attached.isVisible()
    assert page.frame.warning.text().startswith("Answers can be wrong.")
    world.chats.open_chat(with_files)
    assert texts(page) == ["Offer.pdf 2 pages"] and strip_of(page).isVisible()


def test_files_taken_for_a_chat_that_is_not_open_any_more_are_not_shown_elsewhere(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    other = world.stored("Earlier?")
    paste(page, OFFER)
    world.chats.open_chat(other)
    take(world, document(1, OFFER))
    assert world.chats.chat_id == other and texts(page) == []


def test_the_menu_of_a_file_asks_summarises_promotes_and_removes(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER)
    take(world, document(1, OFFER))
    read(world, document(1, OFFER, "indexed"))
    (file,) = page.attaching.files.all
    menu = page.attaching.make_file_menu(file)
    named(menu, "Ask about this file").trigger()
    assert page.composer.text() == "In Offer.pdf: "
    adding = named(menu, "Add to a collection").menu()
    assert isinstance(adding, QMenu)
    assert [each.text() for each in adding.actions()] == ["Travel", "Quality"]
    named(adding, "Quality").trigger()
    assert world.documents.last(MoveDocuments).call == MoveDocuments(ids=(1,), collection_id=2)
    world.documents.last(MoveDocuments).fail(AppError("It is in this collection already."))
    assert texts(page) == ["Offer.pdf 2 pages"], "it stays where it was"
    named(adding, "Travel").trigger()
    with qtbot.waitSignal(page.attaching.said) as said:
        world.documents.last(MoveDocuments).finish(Moved(ids=(1,)))
    assert said.args[0].startswith("Added to Travel.") and texts(page) == []


def test_a_file_is_removed_by_its_cross(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER)
    assert not strip_of(page).chips[0].remove.isEnabled(), "the core does not know it yet"
    take(world, document(1, OFFER))
    strip_of(page).chips[0].remove.click()
    assert world.documents.last(Remove).call == Remove(ids=(1,))
    world.documents.last(Remove).finish(Removed(documents=1, passages=0, traces=0, ids=(1,)))
    world.documents.last(ListTombstones).finish(Tombstones(ids=()))
    assert texts(page) == [] and not strip_of(page).isVisible()


def test_many_files_scroll_and_leave_room(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot, size=(824, 560))
    files = [f"/files/A-document-with-a-long-name-{n}.pdf" for n in range(20)]
    paste(page, *files)
    take(world, *(document(n + 1, path) for n, path in enumerate(files)))
    assert len(texts(page)) == 20 and strip_of(page).height() < 150 and page.composer.isVisible()
    assert page.conversation.height() > 150


def test_a_question_about_the_files_is_what_the_input_offers(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER)
    assert page.composer._hint() == "Ask about the attached files, or anything else"


def test_what_is_attached_is_told_again_when_the_core_comes_back(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    paste(page, OFFER)
    take(world, document(1, OFFER))
    read(world, document(1, OFFER, "indexed"))
    world.link.lose()
    world.client.connect_core()
    assert texts(page) == ["Offer.pdf 2 pages"]
    assert isinstance(page.attaching.files.all[0], c.Attachment)


def test_a_picture_goes_to_a_model_that_sees_and_is_read_for_one_that_does_not(qtbot: QtBot) -> None:
    world = World()
    page = world.page(qtbot)
    with qtbot.waitSignal(page.attaching.said) as said:
        paste(page, "/files/plan.png")
    assert "cannot see pictures" in said.args[0] and world.documents.last(Attach).call.paths == ("/files/plan.png",)
    take(world, document(1, "/files/plan.png"))
    read(world, document(1, "/files/plan.png", "indexed"))
    seer = add_seer(world)
    menu = page.make_menu()
    models = next(each.menu() for each in menu.actions() if each.text() == "Model of this chat")
    assert isinstance(models, QMenu)
    named(models, "Seer").trigger()
    assert world.chats.chat is not None and world.chats.chat.own_model_id == seer.id
    paste(page, "/files/photo.JPG")
    assert texts(page)[-1] == "photo.JPG is shown to the model" and not world.documents.waiting(Attach)
    assert "from the pictures" in page.frame.warning.text()
    page.composer.set_text("What is on it?")
    page.composer.send()
    seen = Picture(name="photo.JPG", width=20, height=10, data=jpeg())
    world.documents.last(LoadPicture).finish(PictureLoaded(picture=seen))
    assert len(texts(page)) == 1, "it has gone with its question"
    (question,) = page.transcript.questions()
    assert question.pictures is not None and not question.pictures.places[0].pixmap().isNull()


def add_seer(world: World) -> InstalledModel:
    """A model that sees, beside the one in use."""
    file, eyes = world.home.models / "seer.gguf", world.home.models / "mmproj-seer.gguf"
    world.home.models.mkdir(parents=True, exist_ok=True)
    file.touch()
    eyes.touch()
    seer = InstalledModel(name="Seer", path=str(file), file_bytes=9, projector=str(eyes))
    return world.core.models.list.install(seer)


def page_of_source(world: World, qtbot: QtBot, tmp_path: Path, width: int = 1032) -> ChatPage:
    """A chat with the page of its source beside it."""
    source = msgspec.structs.replace(passage(), path=str(real_file(tmp_path)))
    answer = msgspec.structs.replace(cited(), sources=(Source(n=1, passage=source),))
    page = world.page(qtbot, size=(width, 820))
    world.chats.open_chat(world.stored("What is the limit?", answer))
    page.sources.open(page.transcript.answers()[0], 1)
    world.documents.last(RenderPage).finish(page_image())
    return page


@pytest.mark.parametrize("width", [1032, 640])
def test_a_page_is_asked_about_as_a_picture(qtbot: QtBot, tmp_path: Path, width: int) -> None:
    world = World()
    page = page_of_source(world, qtbot, tmp_path, width)
    ask = page.panel.bar.ask
    assert ask.isVisible() and "Ask about this page" in ask.accessibleName()
    with qtbot.waitSignal(page.attaching.said) as said:
        ask.click()
    assert "cannot see pictures" in said.args[0] and page.host.is_open and not page.attaching.files.all
    world.chats.keep_model(add_seer(world).id)
    page.panel.turn_page(1)
    for _ in range(2):
        ask.click()  # the second time it is there already
    assert texts(page) == ["Travel-Policy.pdf, page 9 is shown to the model"]
    assert page.composer.edit.hasFocus(), "also where the panel was over it"
    page.composer.set_text("What is drawn there?")
    page.composer.send()
    job = world.documents.last(LoadPicture)
    assert (job.call.path, job.call.page) == (str(tmp_path / "Travel-Policy.pdf"), 9)
    assert not page.attaching.files.all
    job.fail(AppError("Personal data is masked in this document."))
    assert texts(page) == ["Travel-Policy.pdf, page 9 is shown to the model"], "it comes back with the words"
    assert page.composer.text() == "What is drawn there?"
    page.attaching.strip.chips[0].remove.click()  # type: ignore[union-attr]
    assert not page.attaching.files.all


def jpeg() -> bytes:
    image, out = QImage(20, 10, QImage.Format.Format_RGB32), QBuffer()
    image.fill(0xFF8800)
    out.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(out, "JPEG")
    return bytes(out.data().data())
