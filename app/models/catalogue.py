"""The list of models that Inhouse offers: the one that comes along, or a company's own in the same form."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.hub import HubModel
from app.paths import RESOURCES

VERSION = 1
OWN = RESOURCES / "models.json"
LIMIT_BYTES = 8 << 20
"""Of a company's list; a larger file is something else."""


class _List(Struct, frozen=True):
    version: int
    models: tuple[HubModel, ...]


class _Version(Struct, frozen=True):
    version: int


def read_catalogue(path: Path = OWN) -> tuple[HubModel, ...]:
    """The models of a list.

    Raises:
        AppError: it is not there, or is no such list.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise AppError(f"The list of models “{path.name}” cannot be read.", "Ask who keeps it.", str(error)) from error
    return parse_catalogue(raw, path.name)


def parse_catalogue(raw: bytes, name: str) -> tuple[HubModel, ...]:
    """The models of a list that was read; `name` is what a person knows it by.

    Raises:
        AppError: it is no such list, or a later version's.
    """
    wrong = AppError(f"“{name}” is not a list of models.", "Its form is that of resources/models.json.")
    if len(raw) > LIMIT_BYTES:
        raise wrong
    try:
        if msgspec.json.decode(raw, type=_Version).version > VERSION:
            raise AppError(f"The list of models “{name}” is for a newer Inhouse.", "Update Inhouse to use it.")
        models = msgspec.json.decode(raw, type=_List).models
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        wrong.detail = str(error)
        raise wrong from error
    if len({model.id for model in models}) < len(models):
        raise wrong
    return models
