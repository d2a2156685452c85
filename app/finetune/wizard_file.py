"""wizard.json: read whatever version wrote it, and what it knew by name found by id."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from app.errors import AppError
from app.files import write_atomic
from app.finetune.wizard import VERSION, Named, Wizard
from app.types import Collection, InstalledModel

FILE, KEPT = "wizard.json", "wizard-{0}.json"
"""The file, and what the one of an earlier version is kept as before the first change."""
DAMAGE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Version(Struct):
    version: int = 1


class _First(Struct, kw_only=True):
    """What version 1 knew by name."""

    base: str = ""
    collections: tuple[str, ...] = ()
    installed: str = ""


def read_wizard(folder: Path) -> Wizard:
    """The wizard of a run. One of version 1 comes with its names, for `resolved`.

    Raises:
        AppError: it cannot be read, or a newer Inhouse wrote it.
    """
    path = folder / FILE
    try:
        raw = path.read_bytes()
        version = msgspec.json.decode(raw, type=_Version).version
        if version <= VERSION:
            return msgspec.json.decode(raw, type=Wizard) if version > 1 else _from_first(raw)
    except (OSError, *DAMAGE) as error:
        hint = "Delete this run, or start a new one."
        raise AppError(f"The run “{folder.name}” cannot be read.", hint, f"{path}: {error}") from error
    raise AppError(f"A newer Inhouse wrote the run “{folder.name}”.", "Update Inhouse to open it.")


def _from_first(raw: bytes) -> Wizard:
    names = msgspec.json.decode(raw, type=_First)
    fields: dict[str, Any] = msgspec.json.decode(raw)
    fields |= {"version": VERSION, "base": "", "collections": (), "installed": ""}
    wizard = msgspec.convert(fields, Wizard)
    named = Named(base=names.base, collections=names.collections, installed=names.installed)
    return msgspec.structs.replace(wizard, named=named)


def write_wizard(folder: Path, wizard: Wizard) -> None:
    """Replace the file; that of an earlier version is kept beside it. Raises NoSpace."""
    path = folder / FILE
    try:
        before = path.read_bytes()
        version = msgspec.json.decode(before, type=_Version).version
    except (OSError, *DAMAGE):
        pass  # none yet, or none that could be kept
    else:
        kept = folder / KEPT.format(version)
        if version < VERSION and not kept.exists():
            write_atomic(kept, before)
    write_atomic(path, msgspec.json.format(msgspec.json.encode(wizard), indent=1))


def resolved(wizard: Wizard, models: Iterable[InstalledModel], collections: Iterable[Collection] | None) -> Wizard:
    """The wizard with ids in place of the names of version 1; `collections` None: they are not known yet.

    A name that nothing has any more is dropped. A model that was renamed since is known by the run that it came from.
    """
    named = wizard.named
    if named is None:
        return wizard
    installed = list(models)
    base, ours = wizard.base or _model(named.base, installed), wizard.installed or _model(named.installed, installed)
    if named.installed and not ours:
        ours = next((model.id for model in installed if model.lineage.get("run_id") == wizard.id), "")
    chosen, left = wizard.collections, named.collections
    if collections is not None:
        ids = {each.name.casefold(): each.id for each in collections}
        chosen = chosen or tuple(ids[name.casefold()] for name in named.collections if name.casefold() in ids)
        left = ()
    names = Named(collections=left) if left else None
    return msgspec.structs.replace(wizard, base=base, installed=ours, collections=chosen, named=names)


def _model(name: str, models: list[InstalledModel]) -> str:
    return next((model.id for model in models if name and model.name.casefold() == name.casefold()), "")
