"""Ours, beyond OpenAI: what is different between two documents of the index."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.errors import not_found
from app.api.reply import json_response, new_id, now
from app.api.schema import CompareRequest
from app.api.stream import unless_gone
from app.text.compare.readable import Readable
from app.text.compare.result import Change, Place, Span
from app.workers.calls.documents import Compared, CompareVersions, Documents, ListDocuments, Version


async def compare(request: Request) -> Response:
    """POST /v1/compare."""
    asked = await decoded(request, CompareRequest)
    listed = await request.state.door.ask(ListDocuments(collection_id=0))
    assert isinstance(listed, Documents)
    known = {each.id for each in listed.documents}  # what is only in a chat is in no list
    for wanted in (asked.left, asked.right):
        if wanted not in known:
            raise not_found(f"There is no document {wanted}.", "document_not_found")
    call = CompareVersions(left=Version(document_id=asked.left), right=Version(document_id=asked.right))
    found = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(found, Compared)
    return json_response(
        {
            "id": new_id("comparison"),
            "object": "comparison",
            "created": now(),
            "left": {"document_id": asked.left, "document": found.left.name},
            "right": {"document_id": asked.right, "document": found.right.name},
            "changes": _changes(found),
            "renumbered": [{"left": each.left, "right": each.right} for each in found.comparison.renumbered],
        }
    )


def _changes(found: Compared) -> list[dict[str, Any]]:
    sides = tuple((side.text, Readable(side.text, side.format)) for side in (found.left, found.right))
    return [_change(change, *sides) for change in found.comparison.changes]


def _change(change: Change, left: tuple[str, Readable], right: tuple[str, Readable]) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "part": change.part,
        "words": change.words,
        "figures": [{"kind": each.kind, "left": each.left, "right": each.right} for each in change.figures],
        "left": _side(left, change.left, [each.left for each in change.differences]),
        "right": _side(right, change.right, [each.right for each in change.differences]),
    }


def _side(side: tuple[str, Readable], place: Place, marks: list[Span]) -> dict[str, Any]:
    text, readable = side
    return {
        "section": place.section,
        "page": place.page,
        "start": place.start,
        "end": place.end,
        "text": text[place.start : place.end],
        "shown": readable.text(place),
        "flagged": list(readable.flagged(place)),
        "differences": [list(span) for span in marks],
    }
