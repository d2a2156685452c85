"""Personal data of a collection: what is found, where it stands, and whether it is kept."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.collections import found_collection
from app.api.errors import not_found
from app.api.reply import json_response
from app.api.schema import MaskingRequest
from app.api.stream import unless_gone
from app.core.calls.documents import Queued
from app.core.calls.personal import SetMasking
from app.types import Collection
from app.workers.calls.documents import Documents, ListDocuments
from app.workers.calls.personal import DocumentPersonal, FindPersonal, ListPersonal, PersonalFound, PersonalListed


async def find(request: Request) -> Response:
    """GET /v1/collections/{id}/personal."""
    collection = await found_collection(request)
    found = await unless_gone(request, request.state.door.ask(FindPersonal(collection_id=collection.id)))
    assert isinstance(found, PersonalFound)
    return json_response({**_state(collection), "data": [_counts(each) for each in found.documents]})


async def set_masking(request: Request) -> Response:
    """POST /v1/collections/{id}/personal: answered when the documents wait to be read anew."""
    asked = await decoded(request, MaskingRequest)
    collection = await found_collection(request)
    queued = await unless_gone(
        request, request.state.door.ask(SetMasking(collection_id=collection.id, kinds=tuple(asked.mask)))
    )
    assert isinstance(queued, Queued)
    return json_response(_state(await found_collection(request)))


async def one_document(request: Request) -> Response:
    """GET /v1/collections/{id}/personal/{document_id}."""
    collection = await found_collection(request)
    wanted: int = request.path_params["document_id"]
    documents = await request.state.door.ask(ListDocuments(collection_id=collection.id))
    assert isinstance(documents, Documents)
    if wanted not in {each.id for each in documents.documents}:
        raise not_found(f"There is no document {wanted} in collection {collection.id}.", "document_not_found")
    listed = await unless_gone(request, request.state.door.ask(ListPersonal(document_id=wanted)))
    assert isinstance(listed, PersonalListed)
    return json_response(
        {
            "object": "list",
            "document_id": wanted,
            "counts": listed.counts,
            "data": [
                {
                    "kind": each.kind,
                    "where": each.where,
                    "before": each.before,
                    "text": each.text,
                    "after": each.after,
                    "masked": each.masked,
                }
                for each in listed.pieces
            ],
        }
    )


def _state(collection: Collection) -> dict[str, Any]:
    return {
        "object": "collection.personal",
        "collection": collection.id,
        "masks": list(collection.masks),
        "unmasked": collection.unmasked,
    }


def _counts(found: DocumentPersonal) -> dict[str, Any]:
    return {
        "document_id": found.document.id,
        "document": found.document.name,
        "counts": found.counts,
        "masked": found.document.masked is not None,
        "exempt": found.document.exempt,
        "reason": found.reason,
    }
