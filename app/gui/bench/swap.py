"""What a swap costs in the real window: another adapter, another model, and a hundred of them while answers stream."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QEventLoop, QTimer

from app.figures import Figure, figure
from app.gui.bench.stream import Bench
from app.gui.bench.swap_stress import SETTLE_MS, Typist, Watched, loads_a_file, whole
from app.gui.models.controller import ModelsController
from app.models.registry import Registry
from app.paths import Home
from app.settings import MAX_TOKENS
from app.types import Answer, InstalledModel

ADAPTER_LIMIT_MS = 100.0
LOAD_SHARE, LOAD_EXTRA_MS = 1.1, 100.0
ROUNDS = 5
SWAPS = 100
WAIT_S = 60.0
SPARE_MS = 500
RANK = 8
BARE_LOAD = """
import sys, llama_cpp as c
c.llama_backend_init()
model = c.llama_model_load_from_file(sys.argv[1].encode(), c.llama_model_default_params())
options = c.llama_context_default_params()
options.n_ctx = int(sys.argv[2])
assert c.llama_init_from_model(model, options)
"""
"""llama_cpp's own calls in a process of their own, as a swap starts one: the old model answers in the meantime."""


class Swaps:
    """The window with the starter, the same weights with an adapter, and a copy of the file as another model."""

    def __init__(self, folder: Path) -> None:
        home = Home(folder)
        registry = Registry(home)
        (starter,) = registry.models()
        self.plain = starter
        home.models.mkdir(parents=True, exist_ok=True)
        adapter, copy = home.models / "adapter.gguf", home.models / "copy.gguf"
        write_adapter(Path(starter.path), adapter)
        shutil.copyfile(starter.path, copy)
        self.adapted = registry.install(_as(starter, "With adapter", adapter=str(adapter)))
        self.other = registry.install(_as(starter, "Another file", path=str(copy)))
        self.bench = Bench(folder, replay=False)
        self.models = self.bench.parts.models
        self.bench.parts.settings.set(MAX_TOKENS, 40)
        if self.models.info is None:
            _wait(self.models.engine_ready)

    def switch(self, model: InstalledModel) -> float:
        """Milliseconds from the click to the model that answers."""
        began = time.perf_counter()
        loop, failed = QEventLoop(), list[object]()

        def refused(_: str, error: object) -> None:
            failed.append(error)
            loop.quit()

        self.models.switched.connect(loop.quit)
        self.models.switch_failed.connect(refused)
        QTimer.singleShot(0, lambda: self.models.switch_to(model.name))
        QTimer.singleShot(int(WAIT_S * 1000), loop.quit)
        loop.exec()
        self.models.switched.disconnect(loop.quit)
        self.models.switch_failed.disconnect(refused)
        active = self.models.active
        if failed or active is None or active.name != model.name:
            raise RuntimeError(f"The switch to {model.name} failed: {failed}")
        return (time.perf_counter() - began) * 1000


def adapter(swaps: Swaps) -> Iterator[Figure]:
    """The longest of ten adapter swaps, each between two answers to one question; the next answer must read it all."""
    took, cleared, said = [], True, set[str]()
    for n in range(10):
        swaps.bench.ask()
        took.append(swaps.switch(swaps.plain if n % 2 else swaps.adapted))
        after = swaps.bench.ask()[0]
        cleared = cleared and after.stats.evaluated_tokens == after.stats.prompt_tokens > 0
        said.add(after.text)  # computed from nothing: the same words each time
    yield _milliseconds("swap: adapter, longest of ten", max(took), ADAPTER_LIMIT_MS, max(took) < ADAPTER_LIMIT_MS)
    yield {
        "figure": "swap: the cache is empty after it, and each of the two says its own",
        "value": float(cleared) + len(said),
        "unit": "",
        "reference": 3.0,
        "ratio": (float(cleared) + len(said)) / 3.0,
        "target": "3",
        "ok": cleared and len(said) == 2,
    }


def model(swaps: Swaps) -> Iterator[Figure]:
    """A swap to another file beside a bare load of it, in turns; neighbours in time are compared."""
    context = swaps.models.info.context if swaps.models.info else 4096
    ours, bare = [], []
    for _ in range(ROUNDS):
        bare.append(_bare_load(swaps.other.path, context))
        ours.append(swaps.switch(swaps.other))
        _pause(SETTLE_MS)
        swaps.switch(swaps.plain)
        _pause(SETTLE_MS)
    pairs = zip(ours, bare, strict=True)
    over = statistics.median(mine - LOAD_SHARE * other for mine, other in pairs)
    yield _milliseconds(
        "swap: model", statistics.median(ours), statistics.median(bare), over <= LOAD_EXTRA_MS,
        f"{LOAD_SHARE} of the reference + {LOAD_EXTRA_MS:.0f} ms",
    )  # fmt: skip


def streaming(swaps: Swaps, count: int = SWAPS) -> Iterator[Figure]:
    """A swap in the middle of every answer, adapters and models in turns; no answer may be lost or cut."""
    turn = (swaps.adapted, swaps.plain, swaps.other)
    context = swaps.models.info.context if swaps.models.info else 4096
    typist, watched = Typist(swaps.bench.window), Watched(lambda: _bare_load(swaps.other.path, context))
    ended: list[float] = []
    swaps.models.switched.connect(lambda _: ended.append(watched.elapsed_ms()))
    kept = typed = 0
    for n in range(count):
        model = turn[n % 3]
        ended.clear()
        answer = _swapped_midway(swaps, model, typist, watched)
        swapped = _takes_over(swaps.models, model.name)
        kept += answer is not None and whole(answer) and swapped
        typed += typist.kept
        if swapped and ended and n:
            _pause(SETTLE_MS + SPARE_MS)  # what is begun for the next switch must not slow the bare load down
            watched.ended(ended[-1], loads=loads_a_file(turn[(n - 1) % 3], model))
        if n % 3 == 2:
            watched.rests(_pause, swaps.bench.parts.home)
    stored = swaps.bench.parts.reader.count()
    yield _counted(f"swap: answers kept of {count} with a swap in their middle", "answers", kept, count, stored)
    yield _counted(f"swap: letters typed in the middle of {count} that stand where they were typed", "letters",
                   typed, count, count)  # fmt: skip
    yield from watched.figures()


def _swapped_midway(swaps: Swaps, model: InstalledModel, typist: Typist, watched: Watched) -> Answer | None:
    """Ask, and with the first word type a letter and switch; the answer, None where no word came."""
    chats = swaps.bench.parts.chats
    asked: list[bool] = []

    def midway(*_: object) -> None:
        if not asked:
            asked.append(True)
            typist.type()
            watched.begins()
            swaps.models.switch_to(model.name)

    chats.token_arrived.connect(midway)
    answer = swaps.bench.ask()[0]
    chats.token_arrived.disconnect(midway)
    return answer if asked else None


def _takes_over(models: ModelsController, name: str) -> bool:
    """Whether the model of this name is in use within a minute: an adapter takes over when the answer has ended."""
    until = time.monotonic() + WAIT_S
    while not (swapped := models.active is not None and models.active.name == name) and time.monotonic() < until:
        _pause(10)
    return swapped


def _counted(name: str, unit: str, value: int, count: int, least: int) -> Figure:
    """All of `count` must be there, and at least so many stored."""
    return figure(name, value, unit, count, value / count, str(count), value == count <= least)


def measure(folder: Path) -> Iterator[Figure]:
    """All of them in one window."""
    swaps = Swaps(folder / "swap")
    yield from adapter(swaps)
    yield from model(swaps)
    yield from streaming(swaps)
    swaps.bench.close()


def write_adapter(base: Path, out: Path) -> None:
    """A random low-rank adapter for the attention of a GGUF, strong enough to change what it says."""
    import gguf
    import numpy as np

    random = np.random.default_rng(7)
    reader = gguf.GGUFReader(base)
    writer = gguf.GGUFWriter(out, str(reader.get_field("general.architecture").contents()))
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(RANK))
    for tensor in reader.tensors:
        if tensor.name.endswith("attn_v.weight"):
            columns, rows = (int(size) for size in tensor.shape)
            for name, shape in (("lora_a", (RANK, columns)), ("lora_b", (rows, RANK))):
                values = random.normal(0.0, 0.05, shape).astype(np.float32)
                writer.add_tensor(f"{tensor.name}.{name}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _as(model: InstalledModel, name: str, **changes: Any) -> InstalledModel:
    return msgspec.structs.replace(model, id="", name=name, origin="imported", **changes)


def _bare_load(path: str, context: int) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE_LOAD, path, str(context)], check=True, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000


def _wait(signal: Any) -> None:
    loop = QEventLoop()
    signal.connect(loop.quit)
    QTimer.singleShot(int(WAIT_S * 1000), loop.quit)
    loop.exec()
    signal.disconnect(loop.quit)


def _pause(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _milliseconds(name: str, value: float, reference: float, ok: bool, target: str = "") -> Figure:
    return figure(name, value, "ms", reference, value / reference, target or f"under {reference:.0f} ms", ok)
