"""Assistants and prompts out of Inhouse and back in, as one JSON file that people can hand on.

Ids mean nothing elsewhere, so models and collections travel by name; where none is called so, what a chat asks counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.errors import AppError, NewerData
from app.library.records import MOST, Assistant, Library, Prompt, checked_assistant, checked_prompt

FORMAT: Literal["inhouse-assistants"] = "inhouse-assistants"
VERSION = 1
LARGEST = 40_000_000
"""Bytes: more than the most of both kinds, each as long as it may be; a larger file was not written here."""
_DAMAGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True)
class Names:
    """What models and collections are called here, by id."""

    models: Mapping[str, str] = field(default_factory=dict)
    collections: Mapping[int, str] = field(default_factory=dict)


class Shared(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An assistant in a file: its ids mean nothing, the names count."""

    assistant: Assistant
    model: str = ""
    collection: str = ""


class SharedFile(Struct, kw_only=True):
    """The whole file."""

    format: Literal["inhouse-assistants"] = FORMAT
    version: int = VERSION
    assistants: list[Shared] = []
    prompts: list[Prompt] = []


class _Head(Struct):
    format: str = ""
    version: int = 0


def write(library: Library, names: Names) -> bytes:
    """The file of these assistants and prompts."""
    shared = [
        Shared(
            assistant=_without_ids(each),
            model=names.models.get(each.model_id, ""),
            collection=names.collections.get(each.collection_id or 0, ""),
        )
        for each in library.assistants
    ]
    prompts = [msgspec.structs.replace(each, id="") for each in library.prompts]
    return msgspec.json.format(msgspec.json.encode(SharedFile(assistants=shared, prompts=prompts)), indent=1) + b"\n"


def read_file(path: Path) -> bytes:
    """The bytes of a file that may hold assistants.

    Raises:
        AppError: it is missing, no ordinary file, or too large.
    """
    try:
        if not path.is_file():
            raise AppError(f"“{path.name}” is not a file.", "Choose a file that “Export” made.")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise AppError(f"“{path.name}” cannot be read.", "Check the file and try again.", str(error)) from error
    if len(data) > LARGEST:
        raise _no_such_file(f"more than {LARGEST} bytes")
    return data


def read(data: bytes, names: Names) -> tuple[Library, tuple[str, ...]]:
    """What a file holds, without ids, and the names in it that mean nothing here.

    Raises:
        NewerData: a newer Inhouse wrote it.
        AppError: it is not a file of assistants, or something in it may not be kept.
    """
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise _no_such_file(head.format)
        if head.version > VERSION:
            raise NewerData("A newer Inhouse wrote this file of assistants.", "Update Inhouse to import it.")
        found = msgspec.json.decode(data, type=SharedFile)
    except _DAMAGE as error:
        raise _no_such_file(str(error)) from error
    if len(found.assistants) > MOST or len(found.prompts) > MOST:
        raise _no_such_file(f"more than {MOST} assistants or prompts")
    missing: list[str] = []
    assistants = tuple(_found(each, names, missing) for each in found.assistants)
    prompts = tuple(checked_prompt(msgspec.structs.replace(each, id="")) for each in found.prompts)
    return Library(assistants=assistants, prompts=prompts), tuple(dict.fromkeys(missing))


def _found(shared: Shared, names: Names, missing: list[str]) -> Assistant:
    models = {name.casefold(): key for key, name in names.models.items()}
    collections = {name.casefold(): key for key, name in names.collections.items()}
    model_id = models.get(shared.model.casefold(), "") if shared.model else ""
    alone = shared.assistant.collection_id == 0 and not shared.collection
    collection_id = 0 if alone else collections.get(shared.collection.casefold()) if shared.collection else None
    if shared.model and not model_id:
        missing.append(shared.model)
    if shared.collection and not collection_id:
        missing.append(shared.collection)
    own = msgspec.structs.replace(shared.assistant, id="", model_id=model_id, collection_id=collection_id)
    return checked_assistant(own)


def _without_ids(assistant: Assistant) -> Assistant:
    """0 stays: it is the model alone everywhere."""
    alone = 0 if assistant.collection_id == 0 else None
    return msgspec.structs.replace(assistant, id="", model_id="", collection_id=alone)


def _no_such_file(detail: str) -> AppError:
    return AppError("This is not a file of assistants from Inhouse.", "Choose a file that “Export” made.", detail)
