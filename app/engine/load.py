"""Loads a model: header check, fit to the memory, llama.cpp in a thread so that progress and cancel get through."""

from __future__ import annotations

import logging
import os
import platform
import queue
import threading
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil

from app.engine.cores import Cores
from app.errors import AppError, BadFile
from app.llama import bindings as llama
from app.llama.bindings import Model
from app.llama.context import Context
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header, read_projector
from app.llama.needs import Needs, Setup, needs_of
from app.llama.planner import MIN_CONTEXT, SYSTEM_SHARE, Device, Plan, Wish, plan
from app.llama.vision import Eyes
from app.pictures import MOST_SEEN
from app.types import ModelInfo
from app.units import in_gb
from app.workers.calls.engine import Load, LoadProgress

log = logging.getLogger("inhouse.engine")

AS_LARGE = ("qwen2vl", "qwen2.5vl", "qwen3vl")
"""Projectors that give a picture as many tokens as it is large: 2,304 at the size that we keep."""
PICTURES_SHARE = 2
"""Those of a chat that a model sees take at most half of the context: as many of them as it is shown fit."""
SETUP = Setup()
"""Answers at once: eight that programs ask for, and one place that only a person's question may take."""


class LoadedModel:
    """A model with its context, ready to chat."""

    def __init__(
        self,
        header: GgufHeader,
        model: Model,
        context: Context,
        plan: Plan,
        info: ModelInfo,
        cores: Cores,
        eyes: Eyes | None = None,
    ) -> None:
        self.header, self.model, self.context, self.plan = header, model, context, plan
        self.info, self.cores, self.eyes = info, cores, eyes

    def close(self) -> None:
        self.cores.close()
        if self.eyes is not None:
            self.eyes.close()
        self.context.close()
        self.model.close()


def check(path: Path) -> GgufHeader:
    """Read the header and refuse what is no chat model.

    Raises:
        BadFile: damaged, or an adapter, a vision part or an embedder.
    """
    header = read_header(path)
    if header.kind == "adapter":
        message = f"{path.name} is an adapter, not a whole model."
        raise BadFile(message, "Use it together with the model that it was trained from.", code="adapter")
    if header.kind != "model" or "tokenizer.ggml.tokens" not in header.lengths:
        hint = "Choose the file of a chat model."
        raise BadFile(f"{path.name} is not a language model.", hint, header.kind, code="not-chat")
    return header


def physical_cores() -> int:
    """Cores this process may use; hyper-threads do not help llama.cpp."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = min(cores, len(os.sched_getaffinity(0)))
    return max(1, cores)


def processor_name() -> str:
    """The CPU as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def load(call: Load) -> Generator[LoadProgress, None, LoadedModel]:
    """Load what `call` names; yields fractions, and closing it stops llama.cpp.

    Raises:
        BadFile: the file is not a sound chat model.
        AppError: it does not fit, or llama.cpp would not load it.
    """
    started = time.perf_counter()
    header = check(Path(call.path))
    cores = Cores(call.threads or physical_cores())
    gpus = [device for device in llama.devices() if device.is_gpu] if llama.can_offload() else []
    sight = _projector(call.projector)
    needs = needs_of(header, projector=sight)
    found = _plan(header, needs, _devices(gpus), Wish(call.context, header.context_trained, call.gpu_layers, SETUP))
    model = yield from _open(Path(call.path), found.gpu_layers)
    try:
        context, found = _make_context(model, found, cores.most)
        if not (context.has_memory and model.can_chat):
            context.close()
            raise BadFile(f"{header.name} cannot chat.", "Choose the file of a chat model.", code="not-chat")
        eyes = _eyes(sight, model, cores.most, context, gpu=found.gpu_layers > 0)
    except AppError:
        model.close()
        raise
    cores.start()
    taken = _taken(model, needs, found)
    info = _describe(header, model, context, found, gpus, taken, (time.perf_counter() - started) * 1000)
    info = msgspec.structs.replace(info, sees=eyes is not None)
    return LoadedModel(header, model, context, found, info, cores, eyes)


def _projector(path: str) -> GgufHeader | None:
    """Its header. Without one that can be read the model chats and does not see."""
    if not path:
        return None
    try:
        return read_projector(Path(path))
    except AppError as error:
        log.warning("The model does not see: %s %s", error.message, error.detail)
        return None


def _eyes(sight: GgufHeader | None, model: Model, threads: int, context: Context, *, gpu: bool) -> Eyes | None:
    """As above, where the file does not fit the model."""
    if sight is None:
        return None
    try:
        large = sight.text("clip.projector_type").startswith(AS_LARGE)
        most = context.size // (PICTURES_SHARE * MOST_SEEN) if large else -1
        return Eyes(sight.path, model, threads, context.batch, gpu=gpu, most=most)
    except AppError as error:
        log.warning("The model does not see: %s %s", error.message, error.detail)
        return None


def _devices(gpus: list[llama.Device]) -> list[Device]:
    """The processor with its memory, and each graphics card by itself."""
    ram = psutil.virtual_memory()
    cards = [Device(gpu.description, "gpu", gpu.total, gpu.free) for gpu in gpus]
    return [Device(processor_name(), "cpu", ram.total, ram.available), *cards]


def _plan(header: GgufHeader, needs: Needs | None, devices: list[Device], wish: Wish) -> Plan:
    """How to load it. A model of a kind that nobody can plan is tried on the processor, or where a person wants it.

    Raises:
        AppError: no memory here is large enough.
    """
    if needs is None:
        return Plan("unknown", wish.tokens, False, wish.gpu_layers or 0, -1, devices[0].name, 0, devices[0].total)
    found = plan(needs, devices, wish)
    if found.kind == "large":
        need, have = in_gb(found.needs_bytes / SYSTEM_SHARE), in_gb(found.has_bytes)
        raise AppError(
            f"{header.name} needs about {need} GB of memory, and this computer has {have} GB.",
            "Choose a smaller model or a smaller quantization of this one.",
        )
    return found


def _taken(model: Model, needs: Needs | None, found: Plan) -> int:
    """All memory of the loaded model; of an unknown kind its weights at least."""
    if needs is None:
        return model.bytes
    return needs.memory(found.context, eight_bits=found.kv_8bit, setup=SETUP).total


def _open(path: Path, gpu_layers: int) -> Generator[LoadProgress, None, Model]:
    """Run the one blocking call in a thread; its callback both reports and, by its return value, stops it."""
    events: queue.Queue[float | Model | AppError] = queue.Queue()
    stop = threading.Event()

    def progress(fraction: float) -> bool:
        events.put(fraction)
        return not stop.is_set()

    def work() -> None:
        try:
            events.put(Model(path, gpu_layers, progress))
        except AppError as error:
            events.put(error)

    thread = threading.Thread(target=work, name="load")
    thread.start()
    shown = -1.0
    taken = False
    try:
        while True:
            event = events.get()
            if isinstance(event, AppError):
                raise event
            if isinstance(event, Model):
                taken = True
                return event
            if event - shown >= 0.02:
                shown = event
                yield LoadProgress(fraction=event)
    finally:
        stop.set()
        thread.join()
        if not taken:
            _close_unused(events)


def _close_unused(events: queue.Queue[float | Model | AppError]) -> None:
    while not events.empty():
        event = events.get()
        if isinstance(event, Model):
            event.close()


def _make_context(model: Model, planned: Plan, threads: int) -> tuple[Context, Plan]:
    """The context as planned; a 16-bit cache where this model has none in 8 bits, and shorter where memory says no."""
    size, eight = planned.context, planned.kv_8bit
    while True:
        try:
            kv_type = llama.KV_Q8 if eight else llama.KV_F16
            context = Context(model, size, SETUP.batch, threads, kv_type, sequences=SETUP.sequences)
            return context, replace(planned, context=context.size, kv_8bit=eight)
        except MemoryError as error:
            if eight:
                eight = False
            elif size > MIN_CONTEXT:
                size = max(MIN_CONTEXT, size // 2)
            else:
                message = "There is not enough memory for this model."
                raise AppError(message, "Close other programs, or choose a smaller model.", str(error)) from error


def _describe(
    header: GgufHeader,
    model: Model,
    context: Context,
    found: Plan,
    gpus: list[llama.Device],
    taken: int,
    load_ms: float,
) -> ModelInfo:
    gpu = gpus[max(found.gpu, 0)] if gpus and found.gpu_layers > 0 else None
    cores = physical_cores()
    cpu = f"{processor_name()}, {cores} core{'' if cores == 1 else 's'}"
    return ModelInfo(
        path=str(header.path),
        name=header.name,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=model.parameters,
        file_bytes=header.file_bytes,
        context=context.size,
        context_trained=model.context_trained,
        backend=gpu.backend if gpu is not None else "CPU",
        device=gpu.description if gpu is not None else cpu,
        gpu_layers=min(found.gpu_layers, model.layers + 1) if gpu is not None else 0,
        layers=model.layers,
        has_template=bool(header.template),
        load_ms=load_ms,
        memory_bytes=taken,
    )
