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
from app.engine.fit import MIN_CONTEXT, Fit, Memory, fit
from app.errors import AppError, BadFile
from app.llama import bindings as llama
from app.llama.bindings import Model
from app.llama.context import Context
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header
from app.llama.vision import Eyes
from app.types import ModelInfo
from app.workers.calls.engine import Load, LoadProgress

log = logging.getLogger("inhouse.engine")

PROJECTOR = "clip"
"""The architecture of a projector; files of before 2025 do not name themselves "mmproj"."""
BATCH = 512
SEQUENCES = 9
"""Answers at once: eight that programs ask for, and one place that only a person's question may take."""


class LoadedModel:
    """A model with its context, ready to chat."""

    def __init__(
        self,
        header: GgufHeader,
        model: Model,
        context: Context,
        plan: Fit,
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
    ram = psutil.virtual_memory()
    beside = Path(call.projector).stat().st_size if Path(call.projector).is_file() else 0
    memory = Memory(ram.available - beside, ram.total, sum(gpu.free for gpu in gpus))
    plan = fit(header, memory, call.context, call.gpu_layers)
    model = yield from _open(Path(call.path), plan.gpu_layers)
    try:
        context, plan = _make_context(model, plan, cores.most)
        if not (context.has_memory and model.can_chat):
            context.close()
            raise BadFile(f"{header.name} cannot chat.", "Choose the file of a chat model.", code="not-chat")
        eyes = _eyes(call.projector, model, cores.most, gpu=plan.gpu_layers > 0)
    except AppError:
        model.close()
        raise
    cores.start()
    info = _describe(header, model, context, plan, gpus, (time.perf_counter() - started) * 1000)
    info = msgspec.structs.replace(info, sees=eyes is not None)
    return LoadedModel(header, model, context, plan, info, cores, eyes)


def _eyes(path: str, model: Model, threads: int, *, gpu: bool) -> Eyes | None:
    """The projector, where there is one. Without one that fits it the model chats and does not see."""
    if not path:
        return None
    try:
        check_projector(Path(path))
        return Eyes(Path(path), model, threads, gpu=gpu)
    except AppError as error:
        log.warning("The model does not see: %s %s", error.message, error.detail)
        return None


def check_projector(path: Path) -> GgufHeader:
    """Read a projector's header.

    Raises:
        BadFile: damaged, or no projector.
    """
    header = read_header(path)
    if header.architecture != PROJECTOR:
        raise BadFile(f"{path.name} is no vision file.", "Choose the file whose name begins with mmproj.", header.kind)
    return header


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


def _make_context(model: Model, plan: Fit, threads: int) -> tuple[Context, Fit]:
    """The context as planned; a 16-bit cache where this model has none in 8 bits, and shorter where memory says no."""
    size, eight = plan.context, plan.kv_8bit
    while True:
        try:
            kv_type = llama.KV_Q8 if eight else llama.KV_F16
            context = Context(model, size, BATCH, threads, kv_type, sequences=SEQUENCES)
            return context, replace(plan, context=context.size, kv_8bit=eight)
        except MemoryError as error:
            if eight:
                eight = False
            elif size > MIN_CONTEXT:
                size = max(MIN_CONTEXT, size // 2)
            else:
                message = "There is not enough memory for this model."
                raise AppError(message, "Close other programs, or choose a smaller model.", str(error)) from error


def _describe(
    header: GgufHeader, model: Model, context: Context, plan: Fit, gpus: list[llama.Device], load_ms: float
) -> ModelInfo:
    on_gpu = bool(gpus) and plan.gpu_layers > 0
    cores = physical_cores()
    cpu = f"{processor_name()}, {cores} core{'' if cores == 1 else 's'}"
    per_value = 34 / 32 if plan.kv_8bit else 2.0
    return ModelInfo(
        path=str(header.path),
        name=header.name,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=model.parameters,
        file_bytes=header.file_bytes,
        context=context.size,
        context_trained=model.context_trained,
        backend=gpus[0].backend if on_gpu else "CPU",
        device=gpus[0].description if on_gpu else cpu,
        gpu_layers=min(plan.gpu_layers, model.layers + 1) if on_gpu else 0,
        layers=model.layers,
        has_template=bool(header.template),
        load_ms=load_ms,
        memory_bytes=model.bytes + int(context.size * header.kv_bytes_per_token(per_value)),
    )
