"""The models process: brings model files in, checked and whole, and out again, while the window stays smooth."""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from app.errors import AppError, BadFile
from app.files import write_atomic
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.llama.split_files import PART, first_part, part_paths, stem_of
from app.models import sharing
from app.models.adapters import base_of, tuned
from app.models.copying import copied, copied_all, hashed
from app.models.hub_role import HubRole
from app.models.listed import listed
from app.models.model_files import check_there, is_missing, projector_beside
from app.models.parts import remove_parts
from app.models.projectors import projector_of, seeing_model
from app.models.registry import ABOUT, Registry, new_id
from app.models.release_role import ReleaseRole
from app.models.runtime_trial import try_runtime
from app.models.runtimes import Runtimes
from app.models.servers import host_of
from app.models.stores import found_in
from app.models.whole_files import check_room, whole, whole_folder
from app.paths import Home
from app.types import InstalledModel
from app.workers.calls.models import (
    ExportModel,
    FilesFound,
    FindFiles,
    ImportModel,
    LinkModel,
    ModelInstalled,
)
from app.workers.calls.runtimes import AddRuntime, RuntimeAdded, TryRuntime
from app.workers.calls.updates import FetchRuntime, ReadFeed, TakeRelease
from app.workers.message import Done
from app.workers.protocol import AnyCall, AnyData
from app.workers.roles import Steps


class ModelsRole:
    """Imports model files; requests wait for the one before, since the disk is shared anyway."""

    concurrent = False

    def __init__(self, home: Home) -> None:
        self._home, self._folder = home, home.models
        self._registry = Registry(home)
        self._hub = HubRole(home, _check_kind)
        self._releases = ReleaseRole(home)

    def handle(self, call: AnyCall) -> Steps:
        if isinstance(call, ImportModel):
            source = Path(call.path).expanduser().absolute()
            if sharing.is_shared(source):
                return (yield from self._import_shared(source, call.name))
            return (yield from self._import(source, call.name, call.projector))
        if isinstance(call, FindFiles):
            return (yield from self._find(call))
        if isinstance(call, LinkModel):
            return (yield from self._link(call))
        if isinstance(call, ExportModel):
            return (yield from self._export(call))
        if isinstance(call, AddRuntime):
            source = Path(call.path).expanduser().absolute()
            return RuntimeAdded(runtime=(yield from Runtimes(self._home).bring_in(source, call.name)))
        if isinstance(call, TryRuntime):
            return try_runtime(self._home, call.id, call.model)
        if isinstance(call, ReadFeed | TakeRelease | FetchRuntime):
            return (yield from self._releases.handle(call))
        return (yield from self._hub.handle(call))

    def background(self) -> Iterator[None]:
        """Remove what a copy that was killed left behind."""
        remove_parts(self._folder)
        yield

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _import(self, source: Path, name: str, projector: str = "") -> Steps:
        source = first_part(source)
        header = read_header(source)
        if header.kind == "adapter":
            return (yield from self._import_adapter(source, header, name))
        if header.is_projector:
            return (yield from self._import_projector(source, header, name))
        _check_kind(header)
        eyes = projector_of(source, header, projector)
        known = yield from self._known(source, header.file_bytes)
        if known is not None:
            raise _already(known)
        if source.resolve().parent == self._folder.resolve():
            digest = yield from hashed(source)
            return ModelInstalled(model=self._install(source, header, name, digest, projector=eyes))
        check_room(self._folder, header.file_bytes + (eyes.stat().st_size if eyes is not None else 0))
        if header.files > 1 or eyes is not None:
            return (yield from self._import_together(source, header, name, eyes))
        with whole(self._named(source.stem), beside=True) as copy, source.open("rb") as file:
            digest = yield from copied(file, header.file_bytes, source.name, copy.out.write)
        return ModelInstalled(model=self._install(copy.path, header, name, digest))

    def _import_together(self, source: Path, header: GgufHeader, name: str, eyes: Path | None) -> Steps:
        """Several files that belong together have a folder of their own, as those that were downloaded."""
        stem = self._named(stem_of(source.name)).stem
        with whole_folder(self._folder / f"{stem}-{new_id()}") as made:
            parts = part_paths(source)
            pairs = [(part, made.path / f"{stem}{_ending(part)}") for part in parts]
            first = pairs[0][1]
            if eyes is not None:
                pairs.append((eyes, projector_beside(first)))
            digest = yield from copied_all(pairs)
            write_atomic(made.path / ABOUT, msgspec.json.encode({"sha256": digest, "file": source.name}))
        path = made.path / first.name
        sight = projector_beside(path) if eyes is not None else None
        return ModelInstalled(model=self._install(path, header, name, digest, projector=sight))

    def _import_projector(self, source: Path, header: GgufHeader, name: str) -> Steps:
        """It is given to the model that it belongs to, which sees from then on; → that model."""
        model = seeing_model(header, self._registry.models(), name, self._registry.active())
        check_room(self._folder, header.file_bytes)
        target = projector_beside(self._named(stem_of(Path(model.path).name)))
        with whole(target, beside=True) as copy, source.open("rb") as file:
            yield from copied(file, header.file_bytes, source.name, copy.out.write)
        return ModelInstalled(model=self._registry.set_projector(model.id, copy.path))

    def _import_adapter(self, source: Path, header: GgufHeader, name: str) -> Steps:
        """A model of its own in the list: the base's weights with this adapter."""
        base = base_of(header, self._registry.models(), self._registry.active())
        check_room(self._folder, header.file_bytes)
        with whole(self._named(source.stem), beside=True) as copy, source.open("rb") as file:
            digest = yield from copied(file, header.file_bytes, source.name, copy.out.write)
        shown = name.strip() or _shown_name(header)
        made = tuned(base, copy.path, shown, file=source.name, adapter_sha256=digest)
        return ModelInstalled(model=self._registry.install(made))

    def _find(self, call: FindFiles) -> Steps:
        yield None
        models = {Path(each.path): each.id for each in self._registry.models() if each.path}
        files = [
            msgspec.structs.replace(file, installed=models.get(Path(file.path), "")) for file in found_in(call.where)
        ]
        return FilesFound(files=tuple(files))

    def _link(self, call: LinkModel) -> Steps:
        """Whose file it is, is kept: it may be gone when its program removes it."""
        path = first_part(Path(call.path).expanduser().absolute())
        header = read_header(path)
        _check_kind(header)
        eyes = projector_of(path, header, call.projector)
        known = next((each for each in self._registry.models() if each.path and Path(each.path) == path), None)
        known = known or (yield from self._known(path, header.file_bytes))
        if known is not None:
            raise _already(known)
        lineage = {"linked": call.store or str(path.parent), **({"sha256": call.sha256} if call.sha256 else {})}
        model = listed(header, path, call.name.strip() or _shown_name(header))
        sight = str(eyes) if eyes is not None else ""
        model = msgspec.structs.replace(model, lineage=lineage, projector=sight)
        return ModelInstalled(model=self._registry.install(model))

    def _import_shared(self, source: Path, name: str) -> Steps:
        """The weights are checked once they are out, before they have a name that anything would load."""
        with sharing.opened(source) as (about, weights, size):
            check_room(self._folder, size)
            with whole(self._named(about.name), beside=True) as copy:
                digest = yield from copied(weights, size, source.name, copy.out.write)
                copy.out.flush()
                header = _header_of_shared(copy.path, source)
                known = yield from self._known(copy.path, size)
                if known is not None:
                    raise _already(known)
        model = self._install(copy.path, header, name or about.name, digest, about)
        return ModelInstalled(model=model)

    def _install(
        self,
        path: Path,
        header: GgufHeader,
        name: str,
        digest: str,
        about: sharing.About | None = None,
        *,
        projector: Path | None = None,
    ) -> InstalledModel:
        lineage = {"sha256": digest, "file": path.name if about else header.path.name}
        model = msgspec.structs.replace(
            listed(header, path, name.strip() or _shown_name(header)),
            projector=str(projector) if projector is not None else "",
            origin="finetuned" if about and about.origin == "finetuned" else "imported",
            lineage=(about.lineage if about else {}) | lineage,
        )
        return self._registry.install(model)

    def _export(self, call: ExportModel) -> Steps:
        model = self._registry.find(call.model_id)
        if model.origin == "server":
            raise AppError(
                f"“{model.name}” is on {host_of(model.address)} and has no file here.", "Save another model."
            )
        check_there(model)
        if model.adapter:
            raise AppError(
                f"“{model.name}” is the difference to another model and not a file of its own.",
                "Save the model that was made of both instead.",
            )
        parts, target = part_paths(Path(model.path)), Path(call.path).expanduser().absolute()
        if len(parts) > 1 and call.card:
            message = f"“{model.name}” comes in {len(parts)} files, and a file to share holds one."
            raise AppError(message, "Save it as GGUF instead: all its files are written beside each other.")
        pairs = [(part, target.with_name(stem_of(target.name) + _ending(part))) for part in parts]
        if len(parts) == 1:
            pairs = [(parts[0], target)]
        if any(to.exists() and to.samefile(source) for source, to in pairs):
            raise AppError("This is the file that Inhouse itself uses.", "Choose another folder.")
        check_room(target.parent, sum(part.stat().st_size for part in parts))
        if call.card:
            yield from self._export_shared(model, parts[0], target, call.card)
        else:
            yield from copied_all(pairs)
        return Done()

    def _export_shared(
        self, model: InstalledModel, source: Path, target: Path, card: str
    ) -> Generator[AnyData, None, None]:
        with source.open("rb") as file, whole(target) as out, sharing.packed(out.out, model, card) as weights:
            yield from copied(file, os.fstat(file.fileno()).st_size, source.name, weights.write)

    def _known(self, source: Path, size: int) -> Generator[AnyData, None, InstalledModel | None]:
        """The installed model with the same content. Files of another size need no reading."""
        models = [model for model in self._registry.models() if model.origin != "server" and not is_missing(model)]
        same_size = [model for model in models if model.file_bytes == size]
        if not same_size:
            return None
        digest = yield from hashed(source)
        for model in same_size:
            known = model.lineage.get("sha256") or (yield from hashed(Path(model.path)))
            if known == digest:
                return model
        return None

    def _named(self, name: str) -> Path:
        stem = re.sub(r"[^\w.+-]+", "-", name).strip("-.")[:100] or "model"
        return self._folder / f"{stem}.gguf"


def _already(known: InstalledModel) -> BadFile:
    return BadFile(f"This model is already installed as “{known.name}”.", "Choose it in the list.", code="known")


def _header_of_shared(weights: Path, source: Path) -> GgufHeader:
    try:
        header = read_header(weights)
        _check_kind(header)
    except BadFile as error:
        message = f"The model in {source.name} cannot be used."
        raise BadFile(message, "Ask for the file again.", str(error), code=error.code) from error
    return header


def _check_kind(header: GgufHeader) -> None:
    if header.kind == "adapter":
        raise BadFile(
            f"{header.path.name} is an adapter, not a whole model.",
            "Import the model that it was made for; adapters come from fine-tuning.",
            code="adapter",
        )
    if header.is_projector:
        raise BadFile(
            f"{header.path.name} is the part of a model by which it sees, not a whole model.",
            "Import the model that it belongs to, with this file beside it.",
            code="kind",
        )
    if header.kind != "model":
        raise BadFile(
            f"{header.path.name} is not a chat model.", "Choose another model file.", header.kind, code="kind"
        )


def _ending(part: Path) -> str:
    """ "-00002-of-00003.gguf", or ".gguf" of a model in one file."""
    counted = PART.search(part.name)
    return counted.group(0) if counted is not None else ".gguf"


def _shown_name(header: GgufHeader) -> str:
    """The file's name, which its owner knows, with the quantization that tells files of one model apart."""
    name = (
        re.sub(r"\s+", " ", re.sub(r"[^\w.+() -]+", " ", stem_of(header.path.name))).strip()[:60] or header.architecture
    )
    shown = header.quantization
    known = shown == "unknown" or shown.replace("_", " ").casefold() in name.replace("_", " ").casefold()
    return name if known else f"{name} {shown}"
