"""What a door says about tables: the same fields asked of every document of a collection."""

from __future__ import annotations

from app.extraction.records import Row, Table
from app.text.fields.field import Field, Template
from app.workers.message import Call, Data


class RunTable(Call, frozen=True):
    """Ask every document what is not known of it yet; → RowFilled and TableMoved…, TableRead.

    A table is found by its id, or by its name in the collection, and made where there is none; without a name it has
    that of its template. `fields` replace those that it has. Without `wait` the answer comes at once and the rest as
    events to every door; with it the asker may cancel, pause and resume, and the table is interrupted when the asker
    leaves.
    """

    table_id: int = 0
    name: str = ""
    collection_id: int = 0
    fields: tuple[Field, ...] = ()
    template: str = ""
    wait: bool = False


class StopTable(Call, frozen=True):
    """What is through stays; → Done."""

    table_id: int


class PauseTable(Call, frozen=True):
    """→ Done."""

    table_id: int


class ResumeTable(Call, frozen=True):
    """Go on after a pause; → Done."""

    table_id: int


class ListTables(Call, frozen=True):
    """Tables of a collection (0: of all), and the templates; → TableList."""

    collection_id: int = 0


class ReadTable(Call, frozen=True):
    """→ TableRead."""

    table_id: int


class DeleteTable(Call, frozen=True):
    """→ Done."""

    table_id: int


class CorrectCell(Call, frozen=True):
    """Put a cell right by hand; None takes that back, "" says that it is not stated; → RowFilled."""

    table_id: int
    document_id: int
    key: str
    text: str | None


class KeepTemplate(Call, frozen=True):
    """Keep a list of fields under a name, in place of the one that is called so; → TableList.

    With `key` the own template of that key is called so from now on, and keeps its fields where none are given.
    """

    name: str
    fields: tuple[Field, ...] = ()
    key: str = ""


class DeleteTemplate(Call, frozen=True):
    """Delete one that was made here; → TableList."""

    key: str


class ExportTable(Call, frozen=True):
    """Write a table to a file: .xlsx, .docx or .md by its ending, each cell with a link to its page; → Done.

    `documents`: only these, in this order.
    """

    table_id: int
    path: str
    documents: tuple[int, ...] = ()


class TableRead(Data, frozen=True):
    """A table with its rows, in the order of their documents' names."""

    table: Table
    rows: tuple[Row, ...]


class TableList(Data, frozen=True):
    """What there is."""

    tables: tuple[Table, ...]
    templates: tuple[Template, ...]  # own ones first


# --- told to every door that listens ----------------------------------------------------------------------------------


class TableMoved(Data, frozen=True):
    """How far a table is; `failure` says why it was interrupted where nobody wanted that."""

    table: Table
    failure: str = ""


class RowFilled(Data, frozen=True):
    """A row is another one now."""

    table_id: int
    row: Row


class TableGone(Data, frozen=True):
    """It was deleted, by a door or with its collection."""

    table_id: int


Calls = (
    RunTable
    | StopTable
    | PauseTable
    | ResumeTable
    | ListTables
    | ReadTable
    | DeleteTable
    | CorrectCell
    | KeepTemplate
    | DeleteTemplate
    | ExportTable
)
Answers = TableRead | TableList
Events = TableMoved | RowFilled | TableGone
