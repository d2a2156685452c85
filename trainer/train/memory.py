"""How much memory training really took, where the operating system can tell."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import psutil
import torch

from trainer import events


class Peak:
    """The highest use seen of this process; looked at when most is held (after a backward pass)."""

    def __init__(self, device: torch.device) -> None:
        self._process = psutil.Process()
        self._cuda = device.type == "cuda"
        self.peak = 0

    def look(self) -> int:
        """Bytes in use now."""
        used = int(self._process.memory_info().rss)
        self.peak = max(self.peak, used)
        return used

    def event(self) -> events.Memory:
        """The figures as an event."""
        gpu = int(torch.cuda.max_memory_allocated()) if self._cuda else None
        available = int(psutil.virtual_memory().available)
        return events.Memory(used=self.look(), peak=self.peak, available=available, gpu_used=gpu)


def left() -> int:
    """Bytes that the computer has left."""
    return int(psutil.virtual_memory().available)


def give_back() -> None:
    """Let the system have what was freed: glibc keeps it, in pieces that the next batch, of another length, fits into
    badly. Without this a training in float32 grew from 2.9 to 3.9 GB between its first two batches; with it after every
    batch the starter trained at half the speed, so it is for a computer that is short of memory."""
    _trim()(0)


@cache
def _trim() -> Callable[[int], object]:
    found: Callable[[int], object] | None = None
    if sys.platform == "linux":
        found = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    return found or (lambda _: None)


def process_peak() -> int:
    """The process's own high-water mark in bytes; 0 where the system keeps none."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    if sys.platform == "linux":  # of this program alone: getrusage also counts who started it, up to the exec
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024  # BSD's own unit elsewhere
