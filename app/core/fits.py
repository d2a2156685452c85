"""How each installed model would run on this computer: its header is read once, beside the loop, and planned anew each
time, since what is free changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.clock import Clock
from app.errors import AppError, BadFile
from app.hub import Fitted
from app.llama.fitted import fit_by_size, fit_model, fit_together, freed, wish_for
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.llama.machine import machine
from app.llama.needs import needs_of, usual_needs
from app.llama.planner import Device, Wish
from app.llama.split_files import part_paths
from app.settings import CONTEXT_LENGTH, GPU_LAYERS, Settings
from app.types import InstalledModel, ModelInfo

log = logging.getLogger(__name__)

Stamp = tuple[int, int]
Headers = dict[str, tuple[Stamp, GgufHeader | None]]


class Fits:
    """Answers at once, by a file's size while its header has not been read; `known` is called when it has been."""

    def __init__(self, clock: Clock, settings: Settings, known: Callable[[], object]) -> None:
        self._clock, self._settings, self._known = clock, settings, known
        self._headers: Headers = {}
        """Of each path, as it was at this time; None of one that is no sound model file."""
        self._reading = False
        self.gpus: tuple[Device, ...] = ()
        """What llama.cpp's devices say; whoever asks them sets it."""

    def of(self, models: Sequence[InstalledModel], loaded: ModelInfo | None) -> dict[str, Fitted]:
        """Of each model by its id; those on servers need no room. `loaded`: what will leave for another one."""
        local = [model for model in models if model.origin != "server"]
        devices = self.devices_without(loaded)
        fits = {model.id: self._fit(model, devices) for model in local}
        self._read([path for model in local for path in (model.path, model.projector) if path])
        return fits

    def beside(self, model: InstalledModel, loaded: ModelInfo) -> bool:
        """Whether a model has room on its device while the loaded one is still there. Reads the file's header."""
        header = self._fresh(model.path) or _header(model.path)
        sight = self._fresh(model.projector)
        usual = usual_needs(model.parameters, model.file_bytes)
        needs = needs_of(header, projector=sight) if header is not None else usual
        if needs is None:
            return False  # of an unknown kind: the old one leaves first
        wish = wish_for(header, self._wish()) if header is not None else self._wish()
        return fit_together(needs, machine(self.gpus), self.devices_without(loaded), wish)

    def room(self, model: InstalledModel, loaded: ModelInfo) -> tuple[int, int]:
        """Bytes that a model takes once the loaded one has left, and those that are free for it now on that device."""
        if model.origin == "server":
            return 0, 0
        fit = self._fit(model, self.devices_without(loaded))
        now = machine(self.gpus)
        return fit.needs_bytes, next((each.free for each in now if each.name == fit.device), now[0].free)

    def devices_without(self, loaded: ModelInfo | None) -> list[Device]:
        """The devices as they will be once the loaded model has left."""
        devices = machine(self.gpus)
        if loaded is None or not loaded.memory_bytes:
            return devices
        return freed(devices, "cpu" if loaded.gpu_layers == 0 else "gpu", loaded.memory_bytes)

    def _wish(self) -> Wish:
        return Wish(self._settings.get(CONTEXT_LENGTH), gpu_layers=self._settings.get(GPU_LAYERS))

    def _fit(self, model: InstalledModel, devices: Sequence[Device]) -> Fitted:
        header = self._fresh(model.path)
        if header is None:
            return fit_by_size(model.file_bytes, devices, model.parameters, self._wish())
        return fit_model(header, devices, self._wish(), projector=self._fresh(model.projector))

    def _fresh(self, path: str) -> GgufHeader | None:
        kept = self._headers.get(path)
        return kept[1] if kept is not None and kept[0] == _stamp(path) else None

    def _read(self, paths: Sequence[str]) -> None:
        """In a thread, since a vocabulary of 256,000 tokens takes half a second; one at a time."""
        missing = [path for path in paths if (self._headers.get(path) or (None,))[0] != _stamp(path)]
        if self._reading or not missing:
            return
        self._reading = True
        self._clock.thread(lambda: {path: (_stamp(path), _header(path)) for path in missing}, self._take, self._failed)

    def _take(self, read: Headers) -> None:
        self._reading = False
        self._headers |= read
        if any(header is not None for _, header in read.values()):
            self._known()

    def _failed(self, error: AppError) -> None:
        self._reading = False
        log.info("Headers of models could not be read: %s", error)


def _stamp(path: str) -> Stamp:
    """Another model at the same path looks otherwise; (0, 0) where a file of it is not there."""
    try:
        seen = [part.stat() for part in part_paths(Path(path))]
    except OSError:
        return 0, 0
    return sum(each.st_size for each in seen), max(each.st_mtime_ns for each in seen)


def _header(path: str) -> GgufHeader | None:
    try:
        return read_header(Path(path))
    except BadFile as error:
        log.info("%s cannot be planned: %s", path, error)
        return None
