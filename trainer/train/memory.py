"""How much memory training really took, where the operating system can tell."""

from __future__ import annotations

import sys

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


def process_peak() -> int:
    """The process's own high-water mark in bytes; 0 where the system keeps none."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) if sys.platform == "darwin" else int(peak) * 1024
