"""`inhouse table`: the same fields asked of every document of a collection, as a table with a source for each cell."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cited import where
from app.cli.output import passage_json, say, say_json, tell
from app.cli.session import Session
from app.cli.table_templates import templates_command
from app.core.calls.tables import ExportTable, ListTables, RowFilled, RunTable, TableList, TableMoved, TableRead
from app.errors import AppError
from app.extraction.records import Cell, Row, Table
from app.extraction.sheet import evidence_of, shown
from app.extraction.templates import template_named, typed_field
from app.text.fields.field import Field, Template
from app.workers.message import Data

TEMPLATES = "templates"
"""In place of a table's name: the rest is about templates."""


def command(args: argparse.Namespace, session: Session) -> int:
    """Fill a table, or what is missing or has changed in it; Ctrl C stops, and the next time goes on."""
    if args.name == TEMPLATES:
        return templates_command(args, session)
    if args.more:
        raise AppError(f"“{args.more[0]}” is one word too many.", "Put a name of several words in quotation marks.")
    collections = session.collections(args.collection)
    if len(collections) != 1:
        raise AppError("A table asks the documents of one collection.", "Name it with --collection.")
    listed = session.call(ListTables(collection_id=collections[0].id))
    assert isinstance(listed, TableList)
    template, fields = _asked(args, listed)
    known = any(each.name.casefold() == args.name.casefold() for each in listed.tables)
    if not fields and not args.name.strip():
        raise AppError("A table needs a name.", "Give it one, or choose a template, whose name it has then.")
    if not fields and not known:
        names = ", ".join(f"“{each.name}”" for each in listed.tables) or "none yet"
        raise AppError(
            f"There is no table “{args.name}” in “{collections[0].name}”.",
            f"Say what to ask, with --template or --field. Tables there: {names}.",
        )

    def show(data: Data) -> None:
        if isinstance(data, TableMoved) and data.table.total:
            session.progress.show(f"{data.table.done} of {data.table.total} documents")
        elif isinstance(data, RowFilled) and args.verbose:
            tell(data.row.document)

    read = session.call(
        RunTable(
            name=args.name,
            collection_id=collections[0].id,
            fields=fields,
            template=template.key if template else "",
            wait=True,
        ),
        show,
    )
    assert isinstance(read, TableRead)
    for row in read.rows:
        _print(read.table, row, as_json=args.json)
    if args.export:
        session.call(ExportTable(table_id=read.table.id, path=str(Path(args.export).expanduser().absolute())))
        tell(f"Saved as “{args.export}”.")
    return 0


def _asked(args: argparse.Namespace, listed: TableList) -> tuple[Template | None, tuple[Field, ...]]:
    """The template that is named, and its fields with those that were typed."""
    own = tuple(each for each in listed.templates if each.own)
    template = template_named(args.template, own) if args.template else None
    typed = tuple(typed_field(text) for text in args.field)
    return template, (*(template.fields if template else ()), *typed)


def _print(table: Table, row: Row, *, as_json: bool) -> None:
    cells = [(field, row.cells.get(field.key, Cell())) for field in table.fields]
    if as_json:
        say_json(
            {
                "document": row.document,
                "path": row.path,
                "problem": row.problem,
                "cells": {field.key: cell_json(field, cell) for field, cell in cells},
            }
        )
        return
    say(row.document)
    for field, cell in cells:
        stands = where(cell.passage) if cell.passage and cell.state == "found" else ""
        by_hand = " (corrected by hand)" if cell.state == "by_hand" else ""
        say(f"  {field.name:<24} {shown(row, cell)}{f' ({stands})' if stands else ''}{by_hand}")


def cell_json(field: Field, cell: Cell) -> dict[str, Any]:
    """A cell for machines: its value, or null where it is not stated, and where it stands."""
    return {
        "field": field.name,
        "value": cell.shown or None,
        "state": cell.state,
        "evidence": evidence_of(cell),
        "source": passage_json(cell.passage) if cell.passage is not None else None,
    }
