"""What a person does with tables, as calls to the core: fill, stop, correct, export. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls import tables as c
from app.core.calls.documents import DocumentsRemoved
from app.core.protocol import Welcome
from app.errors import AppError
from app.extraction.records import Table
from app.gui.core_client import CoreClient
from app.gui.extraction.model import TableModel
from app.text.fields.field import Field, Template, key_of
from app.workers.message import Call


class TablesController(QObject):
    """Owns the table that is shown, and knows the collection's others. Every wish is a call to the core."""

    listed = Signal()
    """The collection's tables and the templates are known, or are others now."""
    table_changed = Signal()
    """Another table is shown, none, or how far it is has changed."""
    failed = Signal(object)
    """AppError"""
    notice_raised = Signal(str)
    """A short sentence that needs no answer (a toast)."""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.collection_id = 0
        self.tables: tuple[Table, ...] = ()
        self.templates: tuple[Template, ...] = ()
        self.renamed: dict[str, str] = {}
        """The key that the template has now which was renamed last, by the one it had."""
        self.table: Table | None = None
        self._new = False
        """A new table is being made: its form stays, whatever tables there are."""
        self.model = TableModel(self)
        self.model.corrected.connect(self.correct)
        core.told.connect(self._told)
        core.welcomed.connect(self._welcomed)

    # --- which table --------------------------------------------------------------------------------------------------

    def open_collection(self, collection_id: int) -> None:
        """Read the tables of a collection; its newest one is shown, unless one of it is shown already."""
        if collection_id != self.collection_id:
            self.collection_id, self._new = collection_id, False
            self._show(None)
        self._list(then_open=True)

    def _list(self, *, then_open: bool = False) -> None:
        asked = self.collection_id

        def listed(data: c.TableList) -> None:
            if asked != self.collection_id:
                return
            self.tables, self.templates = data.tables if asked else (), data.templates
            self.listed.emit()
            if then_open and self.table is None and self.tables and not self._new:
                self.open_table(self.tables[0].id)

        self._ask(c.ListTables(collection_id=asked), listed)

    def new_table(self) -> None:
        """Show none, until one is chosen or made."""
        self._new = True
        self._show(None)

    def open_table(self, table_id: int) -> None:
        """Show a table; 0 shows none, for a new one."""
        if not table_id:
            self._show(None)
            return
        self._ask(c.ReadTable(table_id=table_id), self._take)

    def _take(self, read: c.TableRead) -> None:
        self._new = False
        self.model.show(read.table, read.rows)
        self._show(read.table)

    def _show(self, table: Table | None) -> None:
        self.table = table
        if table is None:
            self.model.show(None, ())
        self.table_changed.emit()

    # --- filling ------------------------------------------------------------------------------------------------------

    def begin(self, name: str, fields: Sequence[Field], template: str = "") -> None:
        """Make a table, or the one of this name anew, and fill it."""
        call = c.RunTable(name=name, collection_id=self.collection_id, fields=tuple(fields), template=template)
        self._ask(call, self._began)

    def _began(self, read: c.TableRead) -> None:
        self._take(read)
        self._list()

    def go_on(self) -> None:
        """Ask what is not known yet: new and changed documents, and what an interruption left."""
        if self.table is not None:
            self._ask(c.RunTable(table_id=self.table.id), self._take)

    def pause(self) -> None:
        if self.table is not None:
            self._ask(c.PauseTable(table_id=self.table.id))

    def resume(self) -> None:
        if self.table is not None:
            self._ask(c.ResumeTable(table_id=self.table.id))

    def stop(self) -> None:
        if self.table is not None:
            self._ask(c.StopTable(table_id=self.table.id))

    # --- what is kept -------------------------------------------------------------------------------------------------

    def correct(self, document_id: int, key: str, text: str | None) -> None:
        """Put a cell right by hand; None takes that back."""
        if self.table is not None:
            self._ask(c.CorrectCell(table_id=self.table.id, document_id=document_id, key=key, text=text))

    def delete(self) -> None:
        """Delete the table that is shown; the documents stay."""
        if self.table is not None:
            self._ask(c.DeleteTable(table_id=self.table.id))

    def keep_template(self, name: str, fields: Sequence[Field]) -> None:
        """Keep a list of fields."""
        words = self.tr("Kept as the template “{0}”.").format(name)
        self._ask(c.KeepTemplate(name=name, fields=tuple(fields)), lambda data: self._take_templates(data, words))

    def problem_of(self, name: str, key: str) -> str:
        """Why the template of a key cannot be called so, or ""."""
        if not name.strip():
            return self.tr("Enter a name.")
        taken = any(each.key == key_of(name) and each.key != key for each in self.templates)
        return self.tr("This name is already in use. Choose another.") if taken else ""

    def rename_template(self, key: str, name: str) -> None:
        """Call one that was made here otherwise; its fields stay."""
        words = self.tr("The template is called “{0}” now.").format(name.strip())
        self.renamed = {key: key_of(name)}
        self._ask(c.KeepTemplate(name=name, key=key), lambda data: self._take_templates(data, words))

    def delete_template(self, key: str) -> None:
        """Delete one that was made here; the tables that were made from it stay."""
        words = self.tr("The template is deleted.")
        self._ask(c.DeleteTemplate(key=key), lambda data: self._take_templates(data, words))

    def _take_templates(self, data: c.TableList, words: str) -> None:
        self.templates = data.templates
        self.listed.emit()
        self.notice_raised.emit(words)

    def export(self, path: str, documents: Sequence[int]) -> None:
        """Write these rows, in this order, to a file."""
        if self.table is None:
            return

        def done(_: object) -> None:
            self.notice_raised.emit(self.tr("Saved as “{0}”.").format(path.replace("\\", "/").rsplit("/", 1)[-1]))

        self._ask(c.ExportTable(table_id=self.table.id, path=path, documents=tuple(documents)), done)

    # --- what the core tells ------------------------------------------------------------------------------------------

    def _welcomed(self, _: Welcome) -> None:
        if self.collection_id:
            self._list()
        if self.table is not None:
            self.open_table(self.table.id)

    def _told(self, data: object) -> None:
        if isinstance(data, c.TableMoved):
            self._moved(data)
        elif isinstance(data, c.RowFilled):
            if self.table is not None and data.table_id == self.table.id:
                self.model.take(data.row)
        elif isinstance(data, c.TableGone):
            if self.table is not None and data.table_id == self.table.id:
                self._show(None)
            self._list()
        elif isinstance(data, DocumentsRemoved):
            self.model.forget(data.ids)

    def _moved(self, moved: c.TableMoved) -> None:
        shown = self.table is not None and moved.table.id == self.table.id
        if shown:
            self.table = moved.table
            self.model.follow(moved.table)
            self.table_changed.emit()
        if moved.failure and shown:
            self.failed.emit(AppError(moved.failure))

    def _ask(self, call: Call, done: Callable[[Any], object] = lambda _: None) -> None:
        self._core.request(call, done=done, failed=self.failed.emit)
