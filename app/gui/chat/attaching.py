"""Joins the files of a chat to its page: the button, the chips, the words above and below, and what the menus do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu

from app.core.calls.attachments import Attachment
from app.formats import SUPPORTED_SUFFIXES
from app.gui.chat import parts
from app.gui.chat.chat_files import ChatFiles
from app.gui.chat.controller import ChatController
from app.gui.chat.frame import ChatFrame
from app.gui.collections import DEFAULT_COLLECTION
from app.gui.icons import icon
from app.gui.widgets.file_dialogs import ask_for_files

if TYPE_CHECKING:
    from app.gui.chat.attachment_strip import AttachmentStrip


class Attaching(QObject):
    """Made by the page; the strip of chips is built with the first file."""

    collection_asked = Signal()
    """Files are to be added to a collection instead."""
    said = Signal(str)
    """A sentence for a toast."""

    def __init__(self, controller: ChatController, frame: ChatFrame) -> None:
        super().__init__(frame)
        self._controller, self._frame = controller, frame
        self.files = ChatFiles(controller, self)
        self.strip: AttachmentStrip | None = None
        self.files.changed.connect(self._show)
        self.files.said.connect(self.said)
        self.files.failed.connect(lambda error: self.said.emit(str(error)))
        self.files.promoted.connect(self._promoted)
        controller.collection_changed.connect(lambda _: self._show())
        composer = frame.composer
        composer.attach_asked.connect(lambda: self._popup(self.make_menu(), composer.attach.mapToGlobal(QPoint(0, 0))))
        composer.edit.files_pasted.connect(self.files.attach)
        frame.attached.clicked.connect(self._focus)
        self._show()

    def make_menu(self) -> QMenu:
        """What the paperclip offers: the two places where a file can go."""
        menu = QMenu(self._frame)
        attach = menu.addAction(icon("paperclip"), self.tr("Attach, only in this chat…"), self._choose)
        attach.setEnabled(not self._controller.is_temporary)
        name = self._controller.collection
        words = self.tr("Add to “{0}”…").format(name) if name else self.tr("Add to a collection…")
        menu.addAction(icon("folder-plus"), words, self.collection_asked.emit)
        return menu

    def make_file_menu(self, file: Attachment) -> QMenu:
        """What is done with one file."""
        document = file.document
        menu = QMenu(self._frame)
        if file.is_read and document.passages:
            name = document.name
            menu.addAction(icon("message-square"), self.tr("Ask about this file"), lambda: self._ask_about(name))
            menu.addAction(icon("text-quote"), self.tr("Summarise"), lambda: self._summarise(name))
            menu.addSeparator()
            add = menu.addMenu(icon("folder-plus"), self.tr("Add to a collection"))
            known = [(each.id, each.name) for each in self._controller.collections()]
            for key, called in known or [(0, DEFAULT_COLLECTION)]:
                add.addAction(icon("folder"), called, partial(self.files.promote, document.id, key, called))
            menu.addSeparator()
        menu.addAction(icon("x"), self.tr("Remove from this chat"), lambda: self.files.remove(document.id))
        return menu

    # --- what a person does -------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        kinds = self.tr("Documents ({0})").format(" ".join(f"*{suffix}" for suffix in SUPPORTED_SUFFIXES))
        self.attach(ask_for_files(self._frame, self.tr("Attach files to this chat only"), kinds))

    def attach(self, paths: Sequence[str]) -> None:
        """Read these files for this chat alone; none: nothing."""
        if paths:
            self.files.attach(paths)
            self._frame.composer.edit.setFocus()

    def show_page(self, path: str, page: int) -> bool:
        """Let a page of a document go with the next question, as a picture; → whether the model can be shown it."""
        shown = self.files.show_page(path, page)
        if shown:
            self._frame.composer.edit.setFocus()
        return shown

    def _ask_about(self, name: str) -> None:
        composer = self._frame.composer
        composer.set_text(self.tr("In {0}: ").format(name) + composer.text())
        composer.edit.setFocus()

    def _summarise(self, name: str) -> None:
        self._controller.ask(self.tr("Summarise {0}").format(name))

    def _promoted(self, name: str) -> None:
        self.said.emit(self.tr("Added to {0}. Every chat that asks it can find the file now.").format(name))

    def _focus(self) -> None:
        """From the words at the chat's top to the first file."""
        if self.strip is not None and self.strip.chips:
            self.strip.chips[0].remove.setFocus()

    # --- what is shown ------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        files = self.files.all
        if files and self.strip is None:
            strip = self.strip = parts.attachment_strip()()
            strip.removed.connect(self.files.remove)
            strip.menu_asked.connect(lambda file, at: self._popup(self.make_file_menu(file), at))
            self._frame.add_strip(strip)
        if self.strip is not None:
            self.strip.setVisible(bool(files))
            self.strip.show_files(files)
        readable = [each for each in files if each.document.status != "failed" and each.document.id >= 0]
        self._frame.show_attached(len(files))
        self._frame.composer.set_attached(bool(readable))
        self._frame.warning.setText(self._words(bool(readable)))

    def _words(self, attached: bool) -> str:
        """Below the input: where an answer comes from."""
        if self.files.pictures:
            return self.tr("The model answers from the pictures, without your documents. Check what it says.")
        if not attached:
            return self.tr("Answers can be wrong. Open the source before you rely on one.")
        name = self._controller.collection
        if name:
            words = self.tr("Answers come from the attached files first, then from {0}.").format(name)
        else:
            words = self.tr("Answers come from the attached files.")
        return f"{words} {self.tr('Open the source before you rely on one.')}"

    def _popup(self, menu: QMenu, at: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)
