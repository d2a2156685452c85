"""Tables under way and kept: each row is on disk before a door is told of it, and what was cut short goes on later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from app.assistant.extract import KeepDocuments, KeepRow, Rows, Wish, fill
from app.core.calls import tables as c
from app.core.documents import DocumentsDesk
from app.core.flows import Flow
from app.core.house import Handler, House
from app.core.local_work import LocalWork
from app.core.reply import Reply
from app.errors import AppError
from app.export.tables import write_table
from app.extraction.records import Row, Table, corrected, with_corrections
from app.extraction.sheet import sheet_of
from app.extraction.store import TableStore
from app.extraction.templates import templates
from app.text.fields.field import Template, check_fields, key_of
from app.workers.message import Call, Done

UNDER_WAY = AppError("This table is being filled.", "Stop it first, or wait until it is through.")
CHANGED_S = 0.2
"""How far a table is, is told at most this often."""


class Filling(LocalWork):
    """A table under way; as the desk of its use case it keeps rows, and holds the next one back while it is paused."""

    def __init__(self, house: House, child_of: Callable[[Wish], Any], table: Table, reply: Reply | None) -> None:
        super().__init__()
        self._house, self.table, self.reply = house, table, reply
        self._held: int | None = None
        self._told = 0.0
        self.ended_with: Callable[[AppError | None], object] = lambda _: None
        self.flow = Flow(
            fill(table),
            lambda wish: self if wish.role == "desk" else child_of(wish),
            done=lambda _: self.ended_with(None),
            failed=lambda error: self.ended_with(error),
        )

    @property
    def store(self) -> TableStore:
        return self._house.tables

    def begin(self, key: int, call: Call) -> None:
        """The answer comes in a turn of its own: a thousand documents that are known would else be one deep call."""
        try:
            result = self._keep_documents(call) if isinstance(call, KeepDocuments) else self._keep_row(call)
        except AppError as error:
            self.failed(key, error)
            return
        self._house.clock.after(0.0, lambda: self._answer(key, result))

    def pause(self) -> None:
        """After the row that is being read."""
        self._move("paused", at_once=True)

    def resume(self) -> None:
        self._move("running", at_once=True)
        held, self._held = self._held, None
        if held is not None:
            self.ended(held)

    def _answer(self, key: int, result: Any) -> None:
        if self.table.phase == "paused":
            self._held = key
        else:
            self.ended(key, result)

    def _keep_documents(self, call: KeepDocuments) -> Rows:
        self.store.keep_only(self.table.id, call.documents)
        self.table = msgspec.structs.replace(self.table, done=0, total=len(call.documents))
        self._move("running", at_once=True)
        return Rows(rows=self.store.rows(self.table.id))

    def _keep_row(self, call: Any) -> Done:
        assert isinstance(call, KeepRow)
        stored = self.store.row(self.table.id, call.row.document_id)
        row = with_corrections(call.row, stored)
        if row == stored or self.store.keep_row(self.table.id, row):
            if row != stored:
                self.say(c.RowFilled(table_id=self.table.id, row=row))
            self.table = msgspec.structs.replace(self.table, done=self.table.done + 1)
        else:  # its document was removed while it was read
            self.table = msgspec.structs.replace(self.table, total=self.table.total - 1)
        self._move(self.table.phase, at_once=self.table.phase == "paused")
        return Done()

    def _move(self, phase: Any, *, at_once: bool = False) -> None:
        changed = phase != self.table.phase
        self.table = msgspec.structs.replace(self.table, phase=phase)
        if changed or at_once:
            self.table = self.store.keep(self.table)
        now = self._house.clock.now()
        if changed or at_once or now - self._told >= CHANGED_S:
            self._told = now
            self.say(c.TableMoved(table=self.table))

    def say(self, data: Any) -> None:
        """Tell every door, and who waits for it."""
        self._house.tell(data)
        if self.reply is not None:
            self.reply.event(data)


class TablesDesk:
    """Every table of this data folder."""

    def __init__(self, house: House, documents: DocumentsDesk) -> None:
        self._house, self._documents = house, documents
        self._filling: dict[int, Filling] = {}

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.RunTable: self._run,
            c.StopTable: self._stop,
            c.PauseTable: lambda call, reply: self._steer(call.table_id, reply, Filling.pause),
            c.ResumeTable: lambda call, reply: self._steer(call.table_id, reply, Filling.resume),
            c.ListTables: self._list,
            c.ReadTable: lambda call, reply: reply.done(self.read(call.table_id)),
            c.DeleteTable: self._delete,
            c.CorrectCell: self._correct,
            c.KeepTemplate: self._keep_template,
            c.DeleteTemplate: self._delete_template,
            c.ExportTable: self._export,
        }

    @property
    def is_busy(self) -> bool:
        """Whether a table is being filled that must not end with its door; a paused one waits on disk."""
        return any(each.table.phase == "running" for each in self._filling.values())

    def stop(self) -> None:
        """The core ends; the next one finds what is through, and goes on when somebody says so."""
        for filling in self._filling.values():
            filling.flow.drop()
        self._filling.clear()
        self._house.tables.close()

    # --- filling ------------------------------------------------------------------------------------------------------

    def _run(self, call: c.RunTable, reply: Reply) -> None:
        table = self._wanted(call)
        if table.id in self._filling:
            raise UNDER_WAY
        table = self._house.tables.keep(msgspec.structs.replace(table, phase="running"))
        filling = Filling(self._house, lambda _: self._documents.child, table, reply if call.wait else None)
        self._filling[table.id] = filling
        filling.ended_with = lambda error: self._ended(filling, error)
        if call.wait:
            reply.on_cancel(lambda: self._interrupt(filling))
            reply.on("pause", filling.pause)
            reply.on("resume", filling.resume)
        else:
            reply.done(self.read(table.id))
        filling.flow.start()

    def _wanted(self, call: c.RunTable) -> Table:
        """The table that is meant, made where there is none. Raises AppError where nothing is to ask."""
        store = self._house.tables
        name = " ".join(call.name.split()) or self._name_of(call.template)
        if not call.table_id and not name:
            raise AppError("A table needs a name.", "Give it one, or choose a template, whose name it has then.")
        if call.table_id:
            table = store.table(call.table_id)
        else:
            same = [each for each in store.tables(call.collection_id) if each.name.casefold() == name.casefold()]
            made = Table(name=name, collection_id=call.collection_id, fields=call.fields, template=call.template)
            table = same[0] if same else made
        if call.fields:
            table = msgspec.structs.replace(table, fields=call.fields, template=call.template)
        check_fields(table.fields)
        return table

    def _ended(self, filling: Filling, error: AppError | None) -> None:
        self._filling.pop(filling.table.id, None)
        try:
            phase = "interrupted" if error is not None else "done"
            filling.table = self._house.tables.keep(msgspec.structs.replace(filling.table, phase=phase))
            read = self.read(filling.table.id)
        except AppError as problem:
            error, read = error or problem, None
        filling.say(c.TableMoved(table=filling.table, failure=str(error) if error is not None else ""))
        if filling.reply is None:
            return
        if error is not None or read is None:
            filling.reply.failed(error or UNDER_WAY)
        else:
            filling.reply.done(read)

    def _interrupt(self, filling: Filling) -> None:
        """What is through stays, and is not asked again."""
        if self._filling.pop(filling.table.id, None) is None:
            return
        filling.flow.drop()
        filling.table = self._house.tables.keep(msgspec.structs.replace(filling.table, phase="interrupted"))
        self._house.tell(c.TableMoved(table=filling.table))
        if filling.reply is not None:
            filling.reply.cancelled()

    def _stop(self, call: c.StopTable, reply: Reply) -> None:
        filling = self._filling.get(call.table_id)
        if filling is not None:
            self._interrupt(filling)
        reply.done(Done())

    def _steer(self, table_id: int, reply: Reply, action: Callable[[Filling], None]) -> None:
        filling = self._filling.get(table_id)
        if filling is not None:
            action(filling)
        reply.done(Done())

    def forget(self, document_ids: tuple[int, ...], collections: tuple[int, ...]) -> None:
        """Documents or collections were removed; raises AppError where the tables cannot follow now."""
        for filling in [each for each in self._filling.values() if each.table.collection_id in collections]:
            self._interrupt(filling)
        gone = [table.id for table in self._house.tables.tables() if table.collection_id in collections]
        self._house.tables.forget(document_ids, collections)
        for table_id in gone:
            self._house.tell(c.TableGone(table_id=table_id))

    # --- what is kept -------------------------------------------------------------------------------------------------

    def read(self, table_id: int) -> c.TableRead:
        filling = self._filling.get(table_id)
        table = filling.table if filling is not None else self._house.tables.table(table_id)
        return c.TableRead(table=table, rows=_sorted(self._house.tables.rows(table_id)))

    def _list(self, call: c.ListTables, reply: Reply) -> None:
        reply.done(self._listed(call.collection_id))

    def _listed(self, collection_id: int = 0) -> c.TableList:
        store = self._house.tables
        live = {key: each.table for key, each in self._filling.items()}
        tables = tuple(live.get(each.id, each) for each in store.tables(collection_id))
        own = store.templates()
        keys = {each.key for each in own}
        return c.TableList(tables=tables, templates=(*own, *(each for each in templates() if each.key not in keys)))

    def _delete(self, call: c.DeleteTable, reply: Reply) -> None:
        filling = self._filling.get(call.table_id)
        if filling is not None:
            self._interrupt(filling)
        self._house.tables.delete(call.table_id)
        self._house.tell(c.TableGone(table_id=call.table_id))
        reply.done(Done())

    def _correct(self, call: c.CorrectCell, reply: Reply) -> None:
        table = self.read(call.table_id).table
        row = self._house.tables.row(call.table_id, call.document_id)
        if row is None or call.key not in {field.key for field in table.fields}:
            raise AppError("This cell is not there any more.", "Its document may have been removed.")
        row = corrected(row, call.key, call.text)
        self._house.tables.keep_row(call.table_id, row)
        filled = c.RowFilled(table_id=call.table_id, row=row)
        self._house.tell(filled)
        reply.done(filled)

    def _keep_template(self, call: c.KeepTemplate, reply: Reply) -> None:
        name, key, store = " ".join(call.name.split()), key_of(call.name), self._house.tables
        if not name:
            raise AppError("A template needs a name.", "Please type one.")
        before = next((each for each in store.templates() if each.key == call.key), None)
        if call.key and before is None:
            raise AppError("This template is not there any more.", "Only templates made here can be renamed.")
        if before is not None and key != before.key and any(key == each.key for each in self._listed().templates):
            raise AppError(f"There is a template “{name}” already.", "Choose another name, or delete that one.")
        fields = call.fields or (before.fields if before is not None else ())
        check_fields(fields)
        store.keep_template(Template(key=key, name=name, fields=fields, own=True), instead_of=call.key)
        reply.done(self._listed())

    def _name_of(self, template: str) -> str:
        """What the template of a key is called; "" where there is none."""
        return next((each.name for each in self._listed().templates if each.key == template), "")

    def _delete_template(self, call: c.DeleteTemplate, reply: Reply) -> None:
        if all(each.key != call.key for each in self._house.tables.templates()):
            raise AppError("There is no template of your own of this name.", "Those that come along stay.")
        self._house.tables.delete_template(call.key)
        reply.done(self._listed())

    def _export(self, call: c.ExportTable, reply: Reply) -> None:
        read = self.read(call.table_id)
        rows = {row.document_id: row for row in read.rows}
        chosen = [rows[key] for key in call.documents if key in rows] if call.documents else list(read.rows)
        sheet = sheet_of(read.table, chosen)

        def write() -> None:
            write_table(Path(call.path), read.table.name, sheet.columns, sheet.rows, sheet.links)

        self._house.clock.thread(write, lambda _: reply.done(Done()), reply.failed)


def _sorted(rows: Mapping[int, Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows.values(), key=lambda row: (row.document.casefold(), row.document_id)))
