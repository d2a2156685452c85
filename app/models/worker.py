"""The models process: brings model files in, checked and whole, while the window stays smooth."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import psutil

from app.errors import AppError, BadFile, NoSpace
from app.files import cannot_write, sync_folder
from app.gguf_header import GgufHeader, read_header
from app.models.registry import Registry, is_missing
from app.paths import Home
from app.types import InstalledModel
from app.workers.protocol import AnyCall, AnyData, CopyProgress, DownloadModel, ImportModel, ModelInstalled
from app.workers.roles import Steps

PIECE = 8 << 20
SPARE_BYTES = 256 << 20
"""Kept free on the disk beside the copy, for chats and documents."""

_Copied = Generator[AnyData, None, str]


class ModelsRole:
    """Imports model files; requests wait for the one before, since the disk is shared anyway."""

    concurrent = False

    def __init__(self, home: Home) -> None:
        self._folder = home.models
        self._registry = Registry(home)

    def handle(self, call: AnyCall) -> Steps:
        if isinstance(call, ImportModel):
            return (yield from self._import(Path(call.path).expanduser(), call.name))
        if isinstance(call, DownloadModel):
            raise AppError(
                "This version of Inhouse does not download models.",
                "Import a GGUF file that you have on this computer.",
            )
        raise AppError("The models process cannot do this.", detail=type(call).__name__)

    def background(self) -> Iterator[None]:
        """Remove what a copy that was killed left behind."""
        for part in self._folder.glob("*.part") if self._folder.is_dir() else ():
            owner = re.search(r"\.(\d+)\.part$", part.name)
            if owner is None or not psutil.pid_exists(int(owner.group(1))):
                with contextlib.suppress(OSError):
                    part.unlink()
            yield

    def close(self) -> None:
        """Nothing is held open between requests."""

    def _import(self, source: Path, name: str) -> Steps:
        header = read_header(source)
        _check_kind(header)
        known = yield from self._known(source, header.file_bytes)
        if known is not None:
            raise BadFile(f"This model is already installed as “{known.name}”.", "Choose it in the list.", code="known")
        if source.resolve().parent == self._folder.resolve():
            digest = yield from _hashed(source)
            return ModelInstalled(model=self._install(source, header, name, digest))
        self._check_room(header.file_bytes)
        target = self._free_name(source)
        digest = yield from self._copy(source, target)
        return ModelInstalled(model=self._install(target, header, name, digest))

    def _install(self, path: Path, header: GgufHeader, name: str, digest: str) -> InstalledModel:
        model = InstalledModel(
            name=name.strip() or _shown_name(header),
            path=str(path),
            file_bytes=header.file_bytes,
            architecture=header.architecture,
            quantization=header.quantization,
            parameters=header.parameters,
            context_trained=header.context_trained,
            origin="imported",
            lineage={"sha256": digest, "file": header.path.name},
        )
        return self._registry.install(model)

    def _known(self, source: Path, size: int) -> Generator[AnyData, None, InstalledModel | None]:
        """The installed model with the same content. Files of another size need no reading."""
        same_size = [model for model in self._registry.models() if model.file_bytes == size and not is_missing(model)]
        if not same_size:
            return None
        digest = yield from _hashed(source)
        for model in same_size:
            known = model.lineage.get("sha256") or (yield from _hashed(Path(model.path)))
            if known == digest:
                return model
        return None

    def _check_room(self, size: int) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self._folder).free
        except OSError as error:
            raise cannot_write(self._folder, error) from error
        if free < size + SPARE_BYTES:
            raise NoSpace(
                f"The disk has {free / 1e9:.1f} GB free, and this model needs {(size + SPARE_BYTES) / 1e9:.1f} GB.",
                "Free some disk space and import it again.",
            )

    def _free_name(self, source: Path) -> Path:
        stem = re.sub(r"[^\w.+-]+", "-", source.stem).strip("-.") or "model"
        target = self._folder / f"{stem}.gguf"
        count = 1
        while target.exists():
            count += 1
            target = self._folder / f"{stem}-{count}.gguf"
        return target

    def _copy(self, source: Path, target: Path) -> _Copied:
        """Copy under another name, flush to the disk, then rename; whatever ends it early removes the copy."""
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as out:
                digest = yield from _hashed(source, out.write)
                out.flush()
                os.fsync(out.fileno())
            part.rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise cannot_write(target, error) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink()
        return digest


def _hashed(source: Path, write: Callable[[bytes], object] | None = None) -> _Copied:
    """The SHA-256 of a file, read piece by piece; each piece is handed to `write` too."""
    digest = hashlib.sha256()
    started = time.monotonic()
    with source.open("rb") as file:
        total = os.fstat(file.fileno()).st_size
        done = 0
        while piece := file.read(PIECE):
            digest.update(piece)
            if write is not None:
                write(piece)
            done += len(piece)
            seconds = max(time.monotonic() - started, 1e-6)
            yield CopyProgress(done=done, total=total, bytes_per_s=done / seconds)
    if done != total:
        raise BadFile(f"{source.name} changed while it was read.", "Import it again.")
    return digest.hexdigest()


def _check_kind(header: GgufHeader) -> None:
    if header.kind == "adapter":
        raise BadFile(
            f"{header.path.name} is an adapter, not a whole model.",
            "Import the model that it was made for; adapters come from fine-tuning.",
            code="adapter",
        )
    if header.kind != "model":
        raise BadFile(
            f"{header.path.name} is not a chat model.", "Choose another model file.", header.kind, code="kind"
        )


def _shown_name(header: GgufHeader) -> str:
    """The file's name, which its owner knows, with the quantization that tells files of one model apart."""
    name = re.sub(r"\s+", " ", re.sub(r"[^\w.+() -]+", " ", header.path.stem)).strip()[:60] or header.architecture
    shown = header.quantization
    known = shown == "unknown" or shown.replace("_", " ").casefold() in name.replace("_", " ").casefold()
    return name if known else f"{name} {shown}"
