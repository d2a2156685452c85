"""The files of one chat in the terminal: attached, listed, detached, moved to a collection."""

from __future__ import annotations

from pathlib import Path

from app.cli.output import say, tell
from app.cli.session import Session
from app.core.calls.attachments import (
    AttachFiles,
    Attachment,
    AttachmentsChanged,
    ChatAttached,
    DetachFiles,
    ListAttachments,
    PromoteFiles,
)
from app.errors import AppError
from app.types import FileStatus
from app.workers.message import Data

STATES: dict[FileStatus, str] = {"waiting": "waits to be read", "reading": "is being read", "indexing": "is being read"}


class ChatFiles:
    """What `/attach`, `/files`, `/detach` and `/move` do with a chat; the core keeps the files and reads them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.any = False
        """Whether the chat has files that can be asked."""

    def attach(self, words: list[str], chat_id: int, collection_id: int) -> int:
        """Attach files and wait until they are read; → the chat, a new one where `chat_id` is 0."""
        if not words:
            raise AppError("Name a file.", "For example: /attach offer.pdf")
        paths = tuple(existing_file(word) for word in words)
        attached = self._session.call(AttachFiles(paths=paths, chat_id=chat_id, collection_id=collection_id))
        assert isinstance(attached, ChatAttached)
        self._wait(attached.chat.id)
        files = [each for each in self._listed(attached.chat.id) if each.document.path in paths]
        for each in files:
            tell(_line(each))
        if any(each.document.passages for each in files):
            tell(
                "Only this chat asks them, before its collection. /files lists them, /move puts one into a collection."
            )
        return attached.chat.id

    def show(self, chat_id: int) -> None:
        """Print the files of the chat."""
        files = self._listed(chat_id)
        for each in files:
            say(_line(each))
        if not files:
            say("This chat has no files of its own. /attach FILE gives it one.")

    def detach(self, words: list[str], chat_id: int) -> None:
        """Remove files from the chat, with all that was read of them."""
        files = self._named(words, chat_id)
        self._session.progress.show("Removing…")
        self._session.call(DetachFiles(chat_id=chat_id, ids=tuple(each.document.id for each in files)))
        self._listed(chat_id)
        tell(f"Removed from this chat, with all that was read: {_names(files)}.")

    def move(self, words: list[str], chat_id: int) -> str:
        """Move files to the collection that is named last, which is made where it is missing; → its name."""
        if not words:
            raise AppError("Name a collection, and before it the file.", "For example: /move offer.pdf Sales")
        *named, collection = words
        files = self._named(named, chat_id)
        ids = tuple(each.document.id for each in files)
        self._session.call(PromoteFiles(chat_id=chat_id, ids=ids, collection_name=collection))
        self._listed(chat_id)
        tell(f"Moved to “{collection}”: {_names(files)}. Every chat that asks it can find this now.")
        return collection

    def _named(self, words: list[str], chat_id: int) -> list[Attachment]:
        """The files of these names or paths; without any the only one.

        Raises:
            AppError: there is none, or it is not said which.
        """
        files = self._listed(chat_id)
        shown = _names(files) or "none"
        if not words and len(files) == 1:
            return files
        if not words:
            raise AppError("Say which file.", f"Files of this chat: {shown}.")
        found: list[Attachment] = []
        for word in words:
            path = str(Path(word).expanduser().absolute())
            these = [each for each in files if each.document.path in (word, path)]
            these = these or [each for each in files if each.document.name.casefold() == word.casefold()]
            if len(these) != 1:
                what = (
                    f"Several files of this chat are called “{word}”." if these else f"This chat has no file “{word}”."
                )
                raise AppError(what, "Give the path." if these else f"Files of this chat: {shown}.")
            found += these
        return found

    def _listed(self, chat_id: int) -> list[Attachment]:
        files: tuple[Attachment, ...] = ()
        if chat_id:
            listed = self._session.call(ListAttachments(chat_id=chat_id))
            assert isinstance(listed, AttachmentsChanged)
            files = listed.files
        self.any = any(each.document.passages for each in files)
        return [*files]

    def _wait(self, chat_id: int) -> None:
        """Until all are read, each in its turn; Ctrl C stops the waiting, not the reading."""

        def read(data: Data) -> bool:
            if not isinstance(data, AttachmentsChanged) or data.chat_id != chat_id:
                return False
            under_way = next((each for each in data.files if not each.is_read), None)
            if under_way is not None:
                self._session.progress.show(f"Reading {under_way.document.name}… {under_way.fraction:.0%}")
            return under_way is None

        try:
            if any(not each.is_read for each in self._listed(chat_id)):
                self._session.door.listen(read)
        finally:
            self._session.progress.clear()


def existing_file(name: str) -> str:
    """The whole path of a file that was typed.

    Raises:
        AppError: there is no such file.
    """
    path = Path(name).expanduser().absolute()
    if not path.is_file():
        raise AppError(f"There is no file “{name}”.", "Look at its name and its folder.")
    return str(path)


def _line(file: Attachment) -> str:
    document = file.document
    if document.status == "failed":
        return f"{document.name}: {document.reason}"
    return f"{document.name}: {STATES.get(document.status) or f'read, {document.passages} passages'}"


def _names(files: list[Attachment]) -> str:
    return ", ".join(f"“{each.document.name}”" for each in files)
