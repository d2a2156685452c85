"""Ours, beyond OpenAI: which reader weighs the sentences that search finds; another one, and back."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.errors import not_found
from app.api.reply import json_response
from app.api.schema import ReaderRequest
from app.api.stream import unless_gone
from app.core.calls.readers import ChooseReader, LeaveReader, Readers, ShowReaders
from app.embedder.readers import TaughtReader

OWN = "own"
"""The id of the reader that comes along."""


async def list_readers(request: Request) -> Response:
    """GET /v1/readers."""
    return _listed(await request.state.door.ask(ShowReaders()))


async def use_reader(request: Request) -> Response:
    """POST /v1/readers/use: this one reads from now on, for every door."""
    asked = await decoded(request, ReaderRequest)
    known = await request.state.door.ask(ShowReaders())
    assert isinstance(known, Readers)
    if asked.reader != OWN and asked.reader not in {each.id for each in known.taught}:
        raise not_found(f"There is no reader “{asked.reader}”.", "reader_not_found", "reader")
    reader_id = "" if asked.reader == OWN else asked.reader
    return _listed(await unless_gone(request, request.state.door.ask(ChooseReader(reader_id=reader_id))))


async def go_back(request: Request) -> Response:
    """POST /v1/readers/back: the one before reads again."""
    return _listed(await unless_gone(request, request.state.door.ask(LeaveReader())))


def _listed(said: Any) -> Response:
    assert isinstance(said, Readers)
    return json_response({"object": "list", "data": [_reader(each, said) for each in (TaughtReader(), *said.taught)]})


def _reader(reader: TaughtReader, said: Readers) -> dict[str, Any]:
    return {
        "id": reader.id or OWN,
        "object": "reader",
        "name": reader.name,
        "active": reader.id == said.active.id,
        "previous": said.previous is not None and reader.id == said.previous.id,
        "problem": reader.problem,
    }
