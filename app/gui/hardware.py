"""What this computer has, for sentences a person reads; the graphics card is what a loaded engine reports."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.hub import Fitted
from app.models.servers import host_of
from app.runtimes import placed_text
from app.types import InstalledModel, ModelInfo
from app.units import GB


@dataclass(frozen=True)
class Fit:
    """Whether a model can be used here, in words."""

    text: str
    kind: Literal["success", "warning", "danger", "info", "neutral"]
    icon: str
    short: str = ""
    """Where there is little room; "" for `text`."""

    @property
    def possible(self) -> bool:
        return self.kind != "danger"


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


def size_text(count: float) -> str:
    """ "12 KB", "98 MB", "4.4 GB" or "214 GB"."""
    if count < 999_500:
        return f"{count / 1e3:.0f} KB"
    if count < 999_500_000:
        return f"{count / 1e6:.0f} MB"
    return f"{count / GB:.1f} GB" if count < 99.95 * GB else f"{count / GB:.0f} GB"


def runs_on(info: ModelInfo) -> str:
    """What computes, where the model lies there, and why not elsewhere."""
    where = placed_text(info.placed)
    return f"Runs on {info.device} ({info.backend}){f', {where}' if where else ''}. {info.placed.note}".rstrip(". ")


def fit_of(model: InstalledModel, fitted: Fitted | None, info: ModelInfo | None = None) -> Fit:
    """How it runs here, as the planner says (`fitted`) or, where it is loaded, the engine (`info`). A server's needs no
    room here."""
    if model.origin == "server":
        host = host_of(model.address)
        return Fit(f"Computed on {host}", "info", "server", host)
    if info is not None and info.backend != "CPU":
        if info.gpu_layers > info.layers or not info.placed.shares:
            where = placed_text(info.placed) or f"on your GPU, {size_text(info.memory_bytes)}"
            return Fit(where[:1].upper() + where[1:], "success", "circle-check", "On your GPU")
        return Fit(f"{info.gpu_layers} of {info.layers + 1} layers on the GPU", "warning", "cpu")
    if info is not None and info.placed.note:
        return Fit("On the processor, slower", "warning", "cpu")
    return planned(fitted) if fitted is not None else Fit("Not looked at yet", "info", "info")


def planned(fitted: Fitted) -> Fit:
    """How a model would run here, as the planner says: of one that is installed, and of one that could be."""
    text = fitted.text
    if fitted.kind == "large":
        return Fit(text, "danger", "circle-x")
    if fitted.kind == "unknown":
        kind: Literal["warning", "neutral"] = "warning" if text else "neutral"
        return Fit(text or "Not known whether it fits", kind, "circle-help", "Unknown")
    if fitted.kind == "part":
        return Fit(text, "warning", "cpu", "Partly on your GPU")
    if fitted.kind == "cpu" and not text.startswith("Fits"):  # slower than a card here would be, or little memory left
        return Fit(text, "warning", "cpu")
    return Fit(text, "success", "circle-check", text.replace("Fits memory", "Fits").replace("Fits your GPU", "GPU"))
