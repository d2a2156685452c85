"""What this computer has, for sentences a person reads; the graphics card is what a loaded engine reports."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.models.servers import host_of
from app.types import InstalledModel, ModelInfo

GB = 1_000_000_000
CONTEXT_SHARE = 1.15
"""Weights plus the context and working memory beside them, as a share of the file; measured where a model is loaded."""
SYSTEM_SHARE = 0.85
"""How much of the memory a model may take before the system itself starts to swap."""


@dataclass(frozen=True)
class Fit:
    """Whether a model can be used here, in words."""

    text: str
    kind: Literal["success", "warning", "danger", "info"]
    icon: str
    short: str = ""
    """Where there is little room; "" for `text`."""

    @property
    def possible(self) -> bool:
        return self.kind != "danger"


def free_memory_bytes() -> int:
    """Memory that a program can have now without making others slow."""
    import psutil

    return int(psutil.virtual_memory().available)


def memory_bytes() -> int:
    """Installed memory."""
    import psutil

    return int(psutil.virtual_memory().total)


def disk_free_bytes(folder: Path) -> int:
    """Free space where `folder` is, or will be made; 0 where nobody can say."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def processor() -> str:
    """ "AMD EPYC 9B14, 2 cores"; the engine says it more exactly once it runs."""
    cores = os.cpu_count() or 1
    name = _processor_name()
    count = f"{cores} cores" if cores > 1 else "1 core"
    return f"{name}, {count}" if name else count


def _processor_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return os.environ.get("PROCESSOR_IDENTIFIER", "").split(",")[0]
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.split("@")[0].replace("(R)", "").replace("(TM)", "").replace(" CPU", "").strip()
    return ""


def in_gb(count: float) -> str:
    """ "5.1" for 5,100,000,000 bytes: two figures where it is small, none behind the point where it is large."""
    value = count / GB
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}" if value < 99.5 else f"{value:.0f}"


def size_text(count: float) -> str:
    """ "12 KB", "98 MB" or "4.4 GB"."""
    if count < 999_500:
        return f"{count / 1e3:.0f} KB"
    return f"{count / 1e6:.0f} MB" if count < 999_500_000 else f"{count / GB:.1f} GB"


def fit_of(model: InstalledModel, total_bytes: int, info: ModelInfo | None = None) -> Fit:
    """Whether it fits; `info` is what the engine measured where this model is loaded. A server's needs no room here."""
    if model.origin == "server":
        host = host_of(model.address)
        return Fit(f"Computed on {host}", "info", "server", host)
    need = info.memory_bytes if info is not None else round(model.file_bytes * CONTEXT_SHARE)
    room = f"{in_gb(need)} of {in_gb(total_bytes)} GB"
    if info is not None and info.backend != "CPU":
        if info.gpu_layers >= info.layers:
            return Fit(f"On your GPU, {size_text(need)}", "success", "circle-check")
        return Fit(f"{info.gpu_layers} of {info.layers} layers on the GPU", "warning", "cpu")
    if need > total_bytes * SYSTEM_SHARE:
        return Fit(f"Too large: needs {in_gb(need / SYSTEM_SHARE)} GB", "danger", "circle-x")
    if need > total_bytes * SYSTEM_SHARE / 2:
        return Fit(f"Tight: {room}", "warning", "memory-stick")
    return Fit(f"Fits memory: {room}", "success", "circle-check", f"Fits: {room}")
