"""Models that are on this computer already: in a folder, or in the stores of Ollama and LM Studio.

Ollama: models/manifests/HOST/OWNER/NAME/TAG is JSON that names the model's layer, and that of its projector, which lie
in models/blobs as sha256-DIGEST. LM Studio: models/OWNER/REPOSITORY/FILE.gguf below its own folder.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from app.errors import AppError, BadFile
from app.hub import FoundFile
from app.llama.gguf_reader import read_header
from app.llama.split_files import first_part, is_later_part, part_paths, stem_of
from app.models.repositories import PROJECTOR

Store = Literal["ollama", "lmstudio"]
STORES: dict[Store, str] = {"ollama": "Ollama", "lmstudio": "LM Studio"}
MODEL_LAYER = "application/vnd.ollama.image.model"
PROJECTOR_LAYER = "application/vnd.ollama.image.projector"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MOST = 2000
"""Files that are looked at: a whole disk is no folder of models."""


class _Layer(Struct):
    digest: str
    media: str = msgspec.field(name="mediaType", default="")


class _Manifest(Struct):
    layers: list[_Layer]


def found_in(where: str) -> list[FoundFile]:
    """The models of a store, of a folder and those below it, or with "" of all stores, by name; what is no whole model
    is left out.

    Raises:
        AppError: there is no such folder or store, or all that is there is a model of which a file is missing.
    """
    if not where.strip():
        return _by_name(_all_kept())
    store: Store | None = next((name for name in STORES if name == where.strip().lower()), None)
    if store is None:
        folder = Path(where).expanduser().absolute()
        if not folder.is_dir():
            raise AppError(f"“{folder.name}” is no folder.", "Choose a file, a folder, or say “ollama” or “lmstudio”.")
        return _by_name(_usable(_ggufs(folder), ""))
    if not _folders(store):
        raise AppError(f"{STORES[store]} keeps no models on this computer.", "Choose a file or a folder instead.")
    return _by_name(_kept(store))


def _all_kept() -> Iterator[FoundFile]:
    for each in STORES:
        with suppress(BadFile):  # half a model in one store hides nothing of the other
            yield from _kept(each)


def _kept(store: Store) -> list[FoundFile]:
    """What a store keeps; nothing where it is not here."""
    read = _blobs if store == "ollama" else _ggufs
    return _usable((file for folder in _folders(store) for file in read(folder)), STORES[store])


def _folders(store: Store) -> list[Path]:
    return [folder for folder in folders_of(store) if folder.is_dir()]


def folders_of(store: Store) -> list[Path]:
    """Where a store may lie, as its own settings and its documentation say."""
    home = Path.home()
    if store == "ollama":
        named = os.environ.get("OLLAMA_MODELS", "")
        usual = [home / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models")]
        return [Path(named).expanduser()] if named else usual
    return [home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"]


def _ggufs(folder: Path) -> Iterator[FoundFile]:
    """Each file, of one in parts the first that is there, and of projectors nothing; sizes are not looked at."""
    for at, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(at) / name
            later = is_later_part(name) and part_paths(path)[0].is_file()
            if name.lower().endswith(".gguf") and not PROJECTOR.search(name) and not later:
                yield FoundFile(name=stem_of(name), path=str(path), bytes=0)


def _blobs(folder: Path) -> Iterator[FoundFile]:
    root = folder / "manifests"
    for file in sorted(path for path in root.rglob("*") if path.is_file()):
        try:
            manifest = msgspec.json.decode(file.read_bytes(), type=_Manifest)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            continue
        digests = {layer.media: layer.digest for layer in reversed(manifest.layers) if DIGEST.fullmatch(layer.digest)}
        if MODEL_LAYER in digests:
            model, eyes = (
                str(folder / "blobs" / digests[each].replace(":", "-")) if each in digests else ""
                for each in (MODEL_LAYER, PROJECTOR_LAYER)
            )
            name, digest = _called(file.relative_to(root)), digests[MODEL_LAYER].removeprefix("sha256:")
            yield FoundFile(name=name, path=model, bytes=0, sha256=digest, projector=eyes)


def _called(manifest: Path) -> str:
    """As Ollama shows it: "qwen3:8b", "owner/name:tag"."""
    *owner, name, tag = manifest.parts[1:] if len(manifest.parts) > 2 else manifest.parts
    return f"{'/'.join(each for each in owner if each != 'library')}/{name}:{tag}".lstrip("/")


def _by_name(files: Iterable[FoundFile]) -> list[FoundFile]:
    return sorted(files, key=lambda each: each.name.casefold())


def _usable(files: Iterator[FoundFile], store: str) -> list[FoundFile]:
    found: dict[Path, FoundFile] = {}
    incomplete: BadFile | None = None
    for file in itertools.islice(files, MOST):
        path = Path(file.path)
        try:
            header = read_header(first_part(path))
        except BadFile as error:
            if error.code == "missing" and path.is_file():
                incomplete = incomplete or error
            continue
        if header.kind == "model" and path.resolve() not in found:
            found[path.resolve()] = msgspec.structs.replace(file, bytes=header.file_bytes, store=store)
    if incomplete is not None and not found:
        raise incomplete
    return list(found.values())
