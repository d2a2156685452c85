"""Ours, beyond OpenAI: the same fields asked of every document of a collection, with a source for each value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.collections import found_collection, passage_json
from app.api.errors import invalid, not_found
from app.api.reply import json_response
from app.api.schema import TableField, TableRequest, TemplateRequest
from app.api.stream import streamed, unless_gone
from app.core.calls.tables import (
    DeleteTemplate,
    KeepTemplate,
    ListTables,
    RowFilled,
    RunTable,
    TableList,
    TableMoved,
    TableRead,
)
from app.errors import AppError
from app.extraction.records import Cell, Row, Table
from app.extraction.sheet import evidence_of
from app.extraction.templates import template_named, typed_field
from app.text.fields.field import Field, Template, key_of, make_field
from app.workers.message import Data


async def table(request: Request) -> Response:
    """POST /v1/collections/{id}/table."""
    asked = await decoded(request, TableRequest)
    collection = await found_collection(request)
    listed = await request.state.door.ask(ListTables(collection_id=collection.id))
    assert isinstance(listed, TableList)
    fields = _fields(asked, listed)
    if not fields and not asked.name.strip():
        raise invalid("name", "A table needs a name, or a template, whose name it has then.")
    if not fields and not any(each.name.casefold() == asked.name.casefold() for each in listed.tables):
        raise invalid("fields", "Name a template, or fields, in 'template' or 'fields'.")
    call = RunTable(
        name=asked.name, collection_id=collection.id, fields=fields, template=asked.template or "", wait=True
    )
    if asked.stream:
        return await streamed(request, [call], TableStream())
    read = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(read, TableRead)
    return json_response(_table(read))


async def list_templates(request: Request) -> Response:
    """GET /v1/templates: your own first."""
    listed = await _listed(request)
    return json_response({"object": "list", "data": [_template(each) for each in listed.templates]})


async def keep_template(request: Request) -> Response:
    """POST /v1/templates: in place of the one that is called so."""
    asked = await decoded(request, TemplateRequest)
    if not asked.name.strip():
        raise invalid("name", "A template needs a name.")
    listed = await request.state.door.ask(KeepTemplate(name=asked.name, fields=_sent(asked.fields)))
    return json_response(_template(next(each for each in listed.templates if each.key == key_of(asked.name))))


async def change_template(request: Request) -> Response:
    """POST /v1/templates/{key}: another name, or other fields."""
    asked = await decoded(request, TemplateRequest)
    template = await _own_template(request)
    name = asked.name if asked.name.strip() else template.name
    call = KeepTemplate(name=name, fields=_sent(asked.fields), key=template.key)
    listed = await request.state.door.ask(call)
    return json_response(_template(next(each for each in listed.templates if each.key == key_of(name))))


async def delete_template(request: Request) -> Response:
    """DELETE /v1/templates/{key}: one of your own; tables made from it stay."""
    template = await _own_template(request)
    await request.state.door.ask(DeleteTemplate(key=template.key))
    return json_response({"object": "template", "key": template.key, "deleted": True})


async def _listed(request: Request) -> TableList:
    listed = await request.state.door.ask(ListTables())
    assert isinstance(listed, TableList)
    return listed


async def _own_template(request: Request) -> Template:
    key = request.path_params["key"]
    found = next((each for each in (await _listed(request)).templates if each.key == key), None)
    if found is None:
        raise not_found(f"There is no template “{key}”.", "template_not_found")
    if not found.own:
        raise invalid("key", f"“{found.name}” comes with Inhouse and stays as it is.")
    return found


class TableStream:
    """Rows as they are filled, and how far it is; then the whole table."""

    def __init__(self) -> None:
        self._table: Table | None = None

    def take(self, index: int, data: Data, last: bool) -> Iterable[dict[str, Any]]:
        if isinstance(data, TableMoved):
            self._table = data.table
            yield {"object": "collection.table.progress", "done": data.table.done, "total": data.table.total}
        elif isinstance(data, RowFilled) and self._table is not None:
            yield {"object": "collection.table.row", **_row(self._table, data.row)}
        elif isinstance(data, TableRead) and last:
            yield _table(data)

    def end(self) -> Iterable[dict[str, Any]]:
        return ()


def _fields(asked: TableRequest, listed: TableList) -> tuple[Field, ...]:
    try:
        own = tuple(each for each in listed.templates if each.own)
        template = template_named(asked.template, own).fields if asked.template else ()
    except AppError as error:
        raise invalid("template", str(error)) from error
    return (*template, *_sent(asked.fields))


def _sent(fields: Sequence[str | TableField] | None) -> tuple[Field, ...]:
    try:
        return tuple(_field(each) for each in fields or ())
    except AppError as error:
        raise invalid("fields", str(error)) from error


def _field(asked: str | TableField) -> Field:
    if isinstance(asked, str):
        return typed_field(asked)
    return make_field(asked.name, asked.question or "", asked.kind)


def _table(read: TableRead) -> dict[str, Any]:
    return {
        "object": "collection.table",
        "id": read.table.id,
        "collection": read.table.collection_id,
        "name": read.table.name,
        "fields": _fields_json(read.table.fields),
        "rows": [_row(read.table, row) for row in read.rows],
    }


def _template(template: Template) -> dict[str, Any]:
    return {
        "object": "template",
        "key": template.key,
        "name": template.name,
        "own": template.own,
        "fields": _fields_json(template.fields),
    }


def _fields_json(fields: Sequence[Field]) -> list[dict[str, Any]]:
    return [{"key": each.key, "name": each.name, "question": each.question, "kind": each.kind} for each in fields]


def _row(table: Table, row: Row) -> dict[str, Any]:
    cells = {field.key: _cell(row.cells.get(field.key, Cell())) for field in table.fields}
    return {"document_id": row.document_id, "document": row.document, "problem": row.problem, "cells": cells}


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "value": cell.shown or None,
        "state": cell.state,
        "evidence": evidence_of(cell),
        "source": passage_json(cell.passage) if cell.passage is not None else None,
    }
