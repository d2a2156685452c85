"""Chats out of the data folder and into it: reports to read, files of our own, and exports of other apps.

What a stranger wrote is read by a process of its own (app/chats/import_child.py), which leaves one chat a line in a
file without a name; the core stores them a few at a time, so that a large import keeps nobody waiting.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import msgspec

from app.chats import exchange
from app.chats.foreign.reading import ReadChat, Skipped
from app.chats.import_child import FULL, Refused, Whole, lines
from app.chats.records import any_wrote
from app.chats.report import chat_blocks
from app.core.calls import chat_files as c
from app.core.calls.chats import ChatsChanged
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.errors import AppError, BadFile, NoSpace
from app.export.reports import write_report
from app.export.saving import check_format, save
from app.files import make_folder
from app.models.servers import shown_name
from app.spawn import child_command, child_environment
from app.workers.failures import error_of
from app.workers.message import Call, Done

TIME_LIMIT_S = 900.0
"""Wall time to read a file: 500 MB on a busy computer takes minutes."""
AT_ONCE = 500
"""Messages that are stored in one transaction, or those of one chat, before others get their turn."""
MOST_SKIPPED = 1000
NO_ROOM = NoSpace("There is no room on the disk for these chats.", "Free some disk space, and import the file again.")
CUT_SHORT = BadFile("This file of chats could not be read to its end.", "Export fewer chats at once.")


class ChatFilesDesk:
    """Lists, exports and imports."""

    def __init__(self, house: House, models: ModelsDesk, documents: DocumentsDesk) -> None:
        self._house, self._models, self._documents = house, models, documents
        self._importing: set[Reply] = set()

    @property
    def is_busy(self) -> bool:
        return bool(self._importing)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.ListChats: self._list, c.ExportChats: self._export, c.ImportChats: self._import}

    def stop(self) -> None:
        """What is stored of an import stays."""
        self._importing.clear()

    def _list(self, call: c.ListChats, reply: Reply) -> None:
        store = self._house.store
        if call.query.strip():
            found = [hit.chat for hit in store.search(call.query, call.limit)]
            chats = [chat for chat in found if call.project_id in (None, chat.project_id)]
        else:
            chats = store.list_chats(call.limit, project_id=call.project_id)
        reply.done(c.ChatsListed(chats=tuple(chats), projects=tuple(store.projects())))

    # --- out ----------------------------------------------------------------------------------------------------------

    def _export(self, call: c.ExportChats, reply: Reply) -> None:
        path = Path(call.path)
        suffix = check_format(path, (*c.CHAT_FORMATS, ".json"))
        write = self._as_json(path, call) if suffix == ".json" else self._as_report(path, call, suffix)
        self._house.clock.thread(write, lambda _: reply.done(Done()), reply.failed)

    def _as_json(self, path: Path, call: c.ExportChats) -> Callable[[], None]:
        data = exchange.export_json(self._house.store, call.chat_ids or None, self._labels())
        return lambda: save(path, data)

    def _as_report(self, path: Path, call: c.ExportChats, suffix: str) -> Callable[[], None]:
        if len(call.chat_ids) != 1:
            raise AppError("A file to read holds one chat.", "Choose one chat, or a name that ends in .json.")
        (chat_id,), store = call.chat_ids, self._house.store
        chat = store.chat(chat_id)
        if suffix == ".md":
            text = exchange.export_markdown(store, chat_id, self._labels()).encode()
            return lambda: save(path, text)
        about, turns = exchange.about_line(chat, *self._labels().of(store, chat)), store.turns(chat_id)
        by_model = any_wrote(turns)
        return lambda: write_report(path, chat.title, chat_blocks(about, turns), by_model=by_model)

    def _labels(self) -> exchange.Labels:
        models = {each.id: shown_name(each) for each in self._house.registry.models()}
        return exchange.Labels({each.id: each.name for each in self._documents.list.all}, models)

    # --- in -----------------------------------------------------------------------------------------------------------

    def _import(self, call: c.ImportChats, reply: Reply) -> None:
        path = Path(call.path)
        if not path.is_file():
            raise AppError(f"“{path.name}” is not a file.", "Choose a file of chats.")
        make_folder(self._house.home.cache)
        out = tempfile.TemporaryFile(dir=self._house.home.cache)  # noqa: SIM115 -- closed by `_Import`
        command = child_command("--child", "import-chats")
        environment = child_environment(self._house.home)
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, env=environment, creationflags=flags)
        self._importing.add(reply)
        reply.on_cancel(lambda: self._cancel(child, reply))

        def failed(error: AppError) -> None:
            out.close()
            self._end(reply)
            reply.failed(error)

        def read(_: None) -> None:
            out.seek(0)
            self._store(_Import(out), reply)

        self._house.clock.thread(lambda: _wait(child, str(path.absolute())), read, failed)

    def _cancel(self, child: subprocess.Popen[bytes], reply: Reply) -> None:
        child.kill()
        self._end(reply)
        reply.cancelled()
        self._house.tell(ChatsChanged())  # what was stored before stays

    def _end(self, reply: Reply) -> None:
        self._importing.discard(reply)

    def _store(self, file: _Import, reply: Reply) -> None:
        """A few chats, then the loop's turn, until the file is through or the door has left."""
        if reply not in self._importing:
            file.close()
            return
        try:
            with self._house.store.together():
                more = file.store(self._house)
        except AppError as error:
            file.close()
            self._end(reply)
            self._house.tell(ChatsChanged())
            reply.failed(error)
            return
        if more:
            reply.event(c.ChatsStored(done=file.added))
            self._house.clock.after(0, lambda: self._store(file, reply))
            return
        file.close()
        self._end(reply)
        self._house.store.resolve_collections({each.name: each.id for each in self._documents.list.all})
        self._house.store.resolve_models({shown_name(each): each.id for each in self._house.registry.models()})
        self._house.tell(ChatsChanged())
        reply.done(c.ChatsImported(file.added, file.known, file.app, tuple(file.skipped), file.left_out))


class _Import:
    """What the reading process left, on its way into the store."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.added = self.known = self.left_out = 0
        self.app = ""
        self.skipped: list[c.NotImported] = []

    def store(self, house: House) -> bool:
        """Some chats; → whether there are more. Raises AppError where the file as a whole cannot be read."""
        room = AT_ONCE
        while room > 0:
            try:
                line = lines.decode(self._file.readline())
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:  # the process was ended in the middle
                raise CUT_SHORT from error
            if isinstance(line, Refused):
                raise error_of(line.failure)
            if isinstance(line, Whole):
                return False
            self._take(line, house)
            room -= len(line.chat.turns) + 1 if isinstance(line, ReadChat) else 1
        return True

    def _take(self, read: ReadChat | Skipped, house: House) -> None:
        if isinstance(read, Skipped):
            if len(self.skipped) < MOST_SKIPPED:
                self.skipped.append(c.NotImported(title=read.title, reason=read.reason))
            return
        self.app = read.app
        if house.store.has_imported(read.app, read.id):
            self.known += 1
            return
        exchange.add_stored(house.store, read.chat, read.app, read.id)
        self.added += 1
        self.left_out += read.left_out

    def close(self) -> None:
        self._file.close()


def _wait(child: subprocess.Popen[bytes], path: str) -> None:
    """Until the process has read the file; what it could not do stands in what it wrote."""
    try:
        with contextlib.suppress(BrokenPipeError):
            child.communicate(path.encode(), timeout=TIME_LIMIT_S)
    except subprocess.TimeoutExpired as error:
        child.kill()
        child.wait()
        raise BadFile("This file of chats takes too long to read.", "Export fewer chats at once.") from error
    if child.returncode == FULL:
        raise NO_ROOM
