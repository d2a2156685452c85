"""Ours, beyond OpenAI: every document of a collection that mentions something and not something else."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.collections import found_collection
from app.api.errors import invalid
from app.api.reply import json_response, new_id, now
from app.api.schema import FindRequest
from app.api.stream import unless_gone
from app.text.find.plan import Plan
from app.text.find.request import narrowed, plan_of
from app.text.find.words import as_json
from app.workers.calls.finding import Find, Found


async def find(request: Request) -> Response:
    """POST /v1/collections/{id}/find."""
    asked = await decoded(request, FindRequest)
    collection = await found_collection(request)
    plan = narrowed(plan_of(asked.request), _given(asked))
    if not plan.asks:
        raise invalid("request", "There is nothing to look for: send “request” in words, or “with” or “without”.")
    call = Find(plan=plan, collections=(collection.id,), meaning=asked.by_meaning)
    found = await unless_gone(request, request.state.door.ask(call))
    assert isinstance(found, Found)
    head = {"id": new_id("find"), "object": "collection.documents", "created": now(), "collection": collection.id}
    return json_response({**head, **as_json(found.findings, paths=False)})


def _given(asked: FindRequest) -> Plan:
    """What its fields say beside the words."""
    chosen = asked.filter()
    if asked.before:
        until = datetime(*asked.before.timetuple()[:3], tzinfo=UTC).timestamp()
        chosen = msgspec.structs.replace(chosen, until=until)
    return Plan(must=tuple(asked.having), without=tuple(asked.without), filter=chosen, sheet=asked.sheet)
