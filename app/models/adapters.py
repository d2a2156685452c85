"""An adapter that is brought in belongs to an installed model, whose weights it changes without a copy of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from app.errors import AppError, BadFile
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.llama.model_folders import FOLDER, folder_title
from app.models.model_files import is_missing
from app.types import InstalledModel

ENDINGS = (".lora_a", ".lora_b")


def base_of(adapter: GgufHeader, models: Iterable[InstalledModel], active: InstalledModel | None) -> InstalledModel:
    """The model that an adapter was made for: the one in use where it fits, else the only one that does.

    Raises:
        BadFile: none fits, or several do and the one in use does not.
    """
    here = [model for model in models if model.origin != "server" and not model.adapter and not is_missing(model)]
    fitting = [model for model in here if _fits(adapter, model)]
    if active is not None:
        fitting = [model for model in fitting if model.path == active.path] or fitting
    if len(fitting) == 1:
        return fitting[0]
    name = adapter.path.name
    if fitting:
        names = ", ".join(f"“{model.name}”" for model in fitting)
        hint = f"Use the one that it was made for first, then import it again. It may be: {names}."
        raise BadFile(f"{name} is an adapter that could belong to several models.", hint, code="adapter")
    raise BadFile(
        f"{name} is an adapter, not a whole model, and belongs to none of yours.",
        "Import the model that it was made for first.",
        code="adapter",
    )


def base_named(named: str, models: Sequence[InstalledModel]) -> InstalledModel | None:
    """The model that an adapter's own configuration names: by its file, the folder that it was made of, or that
    folder's name in a repository ("owner/name")."""
    if not named:
        return None
    title = folder_title(Path(named))
    made = {model.id: model.lineage.get(FOLDER, "") for model in models}
    exact = [model for model in models if named in (model.path, made[model.id])]
    alike = [model for model in models if made[model.id] and folder_title(Path(made[model.id])) == title]
    return next(iter([*exact, *alike]), None)


def tuned(base: InstalledModel, adapter: Path, name: str, **lineage: str) -> InstalledModel:
    """An installed adapter as a model of its own for the list: the base's weights with this file."""
    return msgspec.structs.replace(
        base,
        id="",
        name=name,
        adapter=str(adapter),
        origin="imported",
        tokens_per_s=None,
        lineage={"base": base.name, **lineage},
        added_at=0.0,
    )


def _fits(adapter: GgufHeader, model: InstalledModel) -> bool:
    """Whether every weight that it changes is one of the model's, of the same size."""
    try:
        header = read_header(Path(model.path))
    except AppError:
        return False
    if header.architecture != adapter.architecture or not adapter.tensor_shapes:
        return False
    return all(_belongs(name, shape, header) for name, shape in adapter.tensor_shapes.items())


def _belongs(name: str, shape: tuple[int, ...], model: GgufHeader) -> bool:
    """Whether a factor's side is as long as that of its weight: of A (rank × in) the rows, of B (out × rank) how many;
    a table of tokens has them the other way round, and is left to llama.cpp."""
    whole = model.tensor_shapes.get(name.rpartition(".")[0])
    if whole is None or not name.endswith(ENDINGS):
        return False
    if name.startswith("token_embd"):
        return True
    return shape[0] == whole[0] if name.endswith(ENDINGS[0]) else shape[-1] == whole[-1]
