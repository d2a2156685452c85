"""Loads a model: header check, fit to the memory, llama.cpp in a thread so that progress and cancel get through."""

from __future__ import annotations

import logging
import os
import platform
import queue
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil

from app.engine.allowed import check_allowed
from app.engine.cores import Cores
from app.engine.placing import is_full, layers_of, place, split_of
from app.errors import AppError, BadFile
from app.llama import bindings as llama
from app.llama.bindings import Device, Model
from app.llama.context import Context
from app.llama.gguf_header import GgufHeader
from app.llama.gguf_reader import read_header, read_projector
from app.llama.needs import Needs, Setup, needs_of
from app.llama.planner import MIN_CONTEXT, Plan, Wish
from app.llama.vision import Eyes
from app.pictures import MOST_SEEN
from app.types import ModelInfo
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
        NotAllowed: the company's policy does not name a file of it.
        BadFile: the file is not a sound chat model.
        AppError: it does not fit, or llama.cpp would not load it.
    """
    started = time.perf_counter()
    yield from check_allowed(call)
    header = check(Path(call.path))
    cores = Cores(call.threads or physical_cores())
    sight = _projector(call.projector)
    needs = needs_of(header, projector=sight)
    wish = Wish(call.context, header.context_trained, call.gpu_layers, SETUP)

    def load_as(found: Plan, gpus: Sequence[Device]) -> Generator[LoadProgress, None, LoadedModel]:
        model = yield from _open(Path(call.path), layers_of(found), split_of(found, gpus))
        try:
            context, found = _make_context(model, found, cores.most)
            if not (context.has_memory and model.can_chat):
                context.close()
                raise BadFile(f"{header.name} cannot chat.", "Choose the file of a chat model.", code="not-chat")
        except AppError:
            model.close()
            raise
        eyes = _eyes(sight, model, cores.most, context, [card for card, _ in split_of(found, gpus)])
        info = _describe(header, model, context, found, gpus, _taken(model, needs, found))
        return LoadedModel(header, model, context, found, info, cores, eyes)

    loaded, placed = yield from place(header, needs, wish, processor_name(), load_as)
    cores.start()
    took, sees = (time.perf_counter() - started) * 1000, loaded.eyes is not None
    loaded.info = msgspec.structs.replace(loaded.info, placed=placed, load_ms=took, sees=sees)
    return loaded


def _projector(path: str) -> GgufHeader | None:
    """Its header. Without one that can be read the model chats and does not see."""
    if not path:
        return None
    try:
        return read_projector(Path(path))
    except AppError as error:
        log.warning("The model does not see: %s %s", error.message, error.detail)
        return None


def _eyes(
    sight: GgufHeader | None, model: Model, threads: int, context: Context, cards: Sequence[Device]
) -> Eyes | None:
    """On the first of the model's cards, or else on the processor; None as above, where the file does not fit it."""
    if sight is None:
        return None
    large = sight.text("clip.projector_type").startswith(AS_LARGE)
    most = context.size // (PICTURES_SHARE * MOST_SEEN) if large else -1
    for card in (*cards[:1], None):
        try:
            return Eyes(sight.path, model, threads, context.batch, card, most)
        except AppError as error:
            log.warning("The model does not see: %s %s", error.message, error.detail)
            if not is_full(error):
                break
    return None


def _taken(model: Model, needs: Needs | None, found: Plan) -> int:
    """All memory of the loaded model; of an unknown kind its weights at least."""
    if needs is None:
        return model.bytes
    return needs.memory(found.context, eight_bits=found.kv_8bit, setup=SETUP).total


def _open(path: Path, gpu_layers: int, split: Sequence[tuple[Device, int]]) -> Generator[LoadProgress, None, Model]:
    """Run the one blocking call in a thread; its callback both reports and, by its return value, stops it."""
    events: queue.Queue[float | Model | AppError] = queue.Queue()
    stop = threading.Event()

    def progress(fraction: float) -> bool:
        events.put(fraction)
        return not stop.is_set()

    def work() -> None:
        try:
            events.put(Model(path, gpu_layers, progress, split))
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
    """The context as planned; a 16-bit cache where this model has none in 8 bits, and shorter where memory says no.

    Raises:
        AppError: there is no room for it, or none on the graphics cards of the plan.
    """
    size, eight = planned.context, planned.kv_8bit
    while True:
        try:
            kv_type = llama.KV_Q8 if eight else llama.KV_F16
            context = Context(model, size, SETUP.batch, threads, kv_type, sequences=SETUP.sequences)
            return context, replace(planned, context=context.size, kv_8bit=eight)
        except MemoryError as error:
            message = "There is not enough memory for this model."
            refused = AppError(message, "Close other programs, or choose a smaller model.", str(error))
            if planned.shares and is_full(refused):
                raise refused from error  # planned anew: fewer layers may be better than a short context
            if eight:
                eight = False
            elif size > MIN_CONTEXT:
                size = max(MIN_CONTEXT, size // 2)
            else:
                raise refused from error


def _describe(
    header: GgufHeader,
    model: Model,
    context: Context,
    found: Plan,
    gpus: Sequence[Device],
    taken: int,
) -> ModelInfo:
    gpu = gpus[found.shares[0].card] if found.shares else None
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
        device=" and ".join(gpus[each.card].description for each in found.shares) or cpu,
        gpu_layers=min(found.gpu_layers, model.layers + 1) if gpu is not None else 0,
        layers=model.layers,
        has_template=bool(header.template),
        load_ms=0.0,
        memory_bytes=taken,
    )
