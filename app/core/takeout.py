"""Everything that a person owns here in one archive of files that other programs read: written in small steps, so that
nobody waits, and under another name until it is whole."""

from __future__ import annotations

import contextlib
import csv
import io
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from app.audit.chain import json_lines
from app.chats import exchange
from app.chats.records import Chat
from app.core.calls import takeout as c
from app.core.documents import DocumentsDesk
from app.core.house import Handler, House
from app.core.library import LibraryDesk
from app.core.reply import Reply
from app.core.tables import TablesDesk
from app.errors import AppError, NoSpace
from app.export.tables import write_table
from app.extraction.sheet import sheet_of
from app.files import make_folder
from app.finetune.runs import Runs
from app.library import exchange as words
from app.models.servers import shown_name
from app.types import Document
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.message import Call

PART = ".part"
LARGEST = 64 << 20
"""Bytes of one file of a training; what is larger is a model or an image, which the list of models names."""
RUN_FILES = ("*.json", "*.jsonl", "*.csv", "*.md", "*/*.json", "*/*.jsonl", "*/*.csv")
ABOUT = """\
Everything that was yours in Inhouse on {day}.

chats.json        all chats, which Inhouse reads again (Settings, Data and backup, Import chats)
chats/            each chat as Markdown, with what its answers cite
documents.csv     what was indexed, by collection; the files themselves are where they were
tables/           your tables as spreadsheets, with your corrections
assistants.json   assistants and saved prompts, which Inhouse reads again
settings.json     what you chose
votes.json        blind votes between models
models.csv        models that were installed, and where their files lie
trainings/        the data, questions, decisions and reports of each training
record.jsonl      the record of what was done, where one was kept

Nothing of it is encrypted.
"""
Piece = tuple[str, str, Callable[[], bytes]]
"""Kind, name in the archive, and what makes its bytes."""


class TakeOutDesk:
    """One archive at a time for each door that asks."""

    def __init__(self, house: House, documents: DocumentsDesk, tables: TablesDesk, library: LibraryDesk) -> None:
        self._house, self._documents, self._tables, self._library = house, documents, tables, library
        self._under_way: set[Reply] = set()

    @property
    def is_busy(self) -> bool:
        return any(reply.open for reply in self._under_way)

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {c.TakeOut: self._begin}

    def stop(self) -> None:
        """What is not whole yet goes."""
        for reply in list(self._under_way):
            reply.take("cancel")

    def _begin(self, call: c.TakeOut, reply: Reply) -> None:
        path = Path(call.path)
        if path.is_dir():
            raise AppError(f"“{path.name}” is a folder.", "Choose a name for the file.")
        self._under_way.add(reply)

        def failed(error: AppError) -> None:
            self._under_way.discard(reply)
            reply.failed(error)

        def listed(data: Documents) -> None:
            self._library.with_names(reply, lambda names: self._write(path, data.documents, names, reply))

        job = self._documents.child.request(ListDocuments(collection_id=0), done=listed, failed=failed)

        def cancel() -> None:
            job.cancel(insist=False)
            self._under_way.discard(reply)
            reply.cancelled()

        reply.on_cancel(cancel)

    def _write(self, path: Path, documents: tuple[Document, ...], names: words.Names, reply: Reply) -> None:
        pieces = list(self._pieces(documents, names))
        try:
            archive = _Archive(path)
        except AppError as error:
            self._under_way.discard(reply)
            reply.failed(error)
            return

        def step(at: int) -> None:
            if not reply.open:
                archive.drop()
                return
            try:
                if at == len(pieces):
                    archive.close(self._about())
                    size = path.stat().st_size
                    left_out = tuple(archive.left_out)
                    self._under_way.discard(reply)
                    reply.done(c.TakenOut(path=str(path), bytes=size, parts=archive.parts, left_out=left_out))
                    return
                archive.add(*pieces[at])
            except AppError as error:
                archive.drop()
                self._under_way.discard(reply)
                reply.failed(error)
                return
            reply.event(c.TakingOut(done=at + 1, total=len(pieces)))
            self._house.clock.after(0, lambda: step(at + 1))

        def cancel() -> None:
            self._under_way.discard(reply)
            archive.drop()
            reply.cancelled()

        reply.on_cancel(cancel)
        step(0)

    @staticmethod
    def _about() -> bytes:
        return ABOUT.format(day=time.strftime("%Y-%m-%d")).encode()

    # --- what there is ------------------------------------------------------------------------------------------------

    def _pieces(self, documents: tuple[Document, ...], names: words.Names) -> Iterator[Piece]:
        house, store = self._house, self._house.store
        labels = exchange.Labels(dict(names.collections), {m.id: shown_name(m) for m in house.registry.models()})
        yield "", "chats.json", lambda: exchange.export_json(store, None, labels)
        for chat in store.list_chats(limit=store.count()):
            yield "chats", f"chats/{_name(chat)}.md", partial(_markdown, house, chat, labels)
        yield "", "documents.csv", lambda: _documents_csv(documents)
        for table in house.tables.tables():
            yield "tables", f"tables/{table.id:04} {_safe(table.name)}.xlsx", partial(self._table, table.id)
        yield "", "assistants.json", lambda: words.write(self._library.all, names)
        for name, file in (("settings.json", house.home.settings_file), ("votes.json", house.home.arena_file)):
            if file.is_file():
                yield "", name, file.read_bytes
        yield "", "models.csv", self._models_csv
        for run in Runs(house.home.runs).list():
            for file in sorted({each for pattern in RUN_FILES for each in run.folder.glob(pattern) if each.is_file()}):
                inside = file.relative_to(run.folder).as_posix()
                yield "trainings", f"trainings/{_safe(run.folder.name)}/{inside}", partial(_small, file)
        if house.home.audit.is_dir():
            yield "", "record.jsonl", partial(json_lines, house.home.audit)

    def _table(self, table_id: int) -> bytes:
        read = self._tables.read(table_id)
        sheet = sheet_of(read.table, list(read.rows))
        make_folder(self._house.home.cache)
        with tempfile.TemporaryDirectory(dir=self._house.home.cache) as folder:
            path = Path(folder) / "table.xlsx"
            write_table(path, read.table.name, sheet.columns, sheet.rows, sheet.links)
            return path.read_bytes()

    def _models_csv(self) -> bytes:
        head = ("name", "origin", "quantization", "bytes", "where", "sha256")
        models = self._house.registry.models()
        return _csv(
            head,
            [
                (m.name, m.origin, m.quantization, m.file_bytes, m.path or m.address, m.lineage.get("sha256", ""))
                for m in models
            ],
        )


class _Archive:
    """The file on its way."""

    def __init__(self, path: Path) -> None:
        """Raises NoSpace where nothing can be written there."""
        self._path, self._part = path, path.with_name(f"{path.name}{PART}")
        self.parts: dict[str, int] = {}
        self.left_out: list[str] = []
        with self._plainly():
            self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_DEFLATED)

    def add(self, kind: str, name: str, make: Callable[[], bytes]) -> None:
        """Raises NoSpace; what cannot be made is left out, and named."""
        try:
            raw = make()
        except (AppError, OSError) as error:
            self.left_out.append(f"{name}: {error}")
            return
        with self._plainly():
            self._zip.writestr(name, raw)
        if kind:
            self.parts[kind] = self.parts.get(kind, 0) + 1

    def close(self, about: bytes) -> None:
        """It is whole: it gets its name."""
        with self._plainly():
            self._zip.writestr("README.txt", about)
            self._zip.close()
            self._part.replace(self._path)

    def drop(self) -> None:
        """Nothing of it stays."""
        with contextlib.suppress(OSError, ValueError):
            self._zip.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"“{self._path.name}” could not be written."
            raise NoSpace(message, "Choose another folder, or free some disk space.", str(error)) from error


def _markdown(house: House, chat: Chat, labels: exchange.Labels) -> bytes:
    return exchange.export_markdown(house.store, chat.id, labels).encode("utf-8", "replace")


def _documents_csv(documents: tuple[Document, ...]) -> bytes:
    rows = [
        (
            each.collection,
            each.name,
            each.path,
            each.format,
            each.status,
            each.pages or "",
            each.bytes,
            _day(each.indexed_at),
        )
        for each in documents
    ]
    return _csv(("collection", "name", "path", "format", "status", "pages", "bytes", "indexed"), rows)


def _csv(head: tuple[str, ...], rows: list[tuple[Any, ...]]) -> bytes:
    """With the mark by which spreadsheets know UTF-8; a cell that a spreadsheet would run is written as text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([[f"'{v}" if str(v)[:1] in ("=", "+", "-", "@") else v for v in row] for row in rows])
    return out.getvalue().encode("utf-8-sig", "replace")


def _small(file: Path) -> bytes:
    if file.stat().st_size > LARGEST:
        raise AppError("It is too large to be data of a training.")
    return file.read_bytes()


def _day(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M") if at else ""


def _name(chat: Chat) -> str:
    return f"{chat.id:06} {_safe(chat.title)}"


def _safe(text: str) -> str:
    """As a part of a name that every system takes."""
    kept = "".join(char if char.isalnum() or char in " -_.,()" else "_" for char in text)
    return " ".join(kept.split()).strip(" .")[:80] or "without a name"
