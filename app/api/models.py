"""Which models there are for programs: those installed, the one in use under a name that never changes, and the
embedder."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.api.door import ApiDoor
from app.api.errors import ApiError, not_found
from app.api.reply import json_response
from app.core.calls.models import ListModels, Models
from app.types import InstalledModel

IN_USE = "inhouse"
"""Stands for whatever model is in use."""
EMBEDDER = "inhouse-embed"
"""Stands for the embedder that the documents are searched with."""


async def list_models(request: Request) -> Response:
    """GET /v1/models."""
    models = await _listed(request.state.door)
    return json_response({"object": "list", "data": _entries(models)})


async def one_model(request: Request) -> Response:
    """GET /v1/models/{id}."""
    wanted = request.path_params["id"]
    for entry in _entries(await _listed(request.state.door)):
        if entry["id"] == wanted:
            return json_response(entry)
    raise unknown_model(wanted)


async def chosen(door: ApiDoor, wanted: str) -> tuple[str, str]:
    """The model that a program means: its id for the core ("" the one in use), and how it is called in the answer.

    Raises:
        ApiError: 404, there is no such model; 503, there is none at all.
    """
    models = await _listed(door)
    usable = [model for model in models.models if model.id not in models.missing]
    active = next((model for model in usable if model.id == models.active), None)
    if wanted == IN_USE or (active is not None and wanted in (active.id, active.name)):
        if active is None:
            raise ApiError(503, "No model is installed. Import one on the Models page.", code="no_model")
        return "", active.id
    found = [model for model in usable if wanted == model.id] or [model for model in usable if wanted == model.name]
    if not found:
        raise unknown_model(wanted)
    return found[0].id, found[0].id


def unknown_model(name: str) -> ApiError:
    return not_found(f"There is no model '{name}'. GET /v1/models lists them.", "model_not_found", "model")


async def _listed(door: ApiDoor) -> Models:
    found = await door.ask(ListModels())
    assert isinstance(found, Models)
    return found


def _entries(models: Models) -> list[dict[str, Any]]:
    usable = [model for model in models.models if model.id not in models.missing]
    active = [_entry(model, IN_USE, active=True) for model in usable if model.id == models.active]
    each = [_entry(model, model.id, active=model.id == models.active) for model in usable]
    return [*active, *each, {"id": EMBEDDER, "object": "model", "created": 0, "owned_by": "inhouse"}]


def _entry(model: InstalledModel, name: str, *, active: bool) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": int(model.added_at),
        "owned_by": "inhouse",
        "name": model.name,
        "in_use": active,
    }
