"""Counts what is being dragged, a few milliseconds at a time, so that a folder of 10,000 files holds nothing up."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from PySide6.QtCore import QObject, QTimer, Signal

from app.drives import is_remote
from app.formats import BY_SUFFIX, COLLECTION_SUFFIX, MODEL_SUFFIXES, UNREAD_SUFFIXES, suffix_of

SLICE_S = 0.008
MOST_ENTRIES = 20_000
LONGEST_S = 3.0


class DropCount(QObject):
    """The count so far; `counted` after each slice."""

    counted = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._slice)
        self._reset()

    def _reset(self) -> None:
        self.kinds: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.models: list[str] = []
        self.collections: list[str] = []
        """Files of collections that were exported or are shared."""
        self.unknown = 0
        """Folders on network drives, which are counted after the drop."""
        self.cut = False
        """Whether there is more than was counted."""
        self.complete = False
        self._steps: Iterator[None] = iter(())
        self._began = time.monotonic()

    @property
    def files(self) -> int:
        """Files that can be read."""
        return sum(self.kinds.values())

    @property
    def usable(self) -> bool:
        """Whether there is, or may still be, something to add."""
        return self.files > 0 or self.unknown > 0 or self.cut or not self.complete

    def start(self, paths: Sequence[str], links: int = 0) -> None:
        """Count these files and folders; `links` are addresses that are no files."""
        self._reset()
        if links:
            self.skipped["web link"] = links
        self._steps = self._walk(paths)
        self._slice()
        if not self.complete:
            self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _slice(self) -> None:
        until = time.monotonic() + SLICE_S
        for _ in self._steps:
            if time.monotonic() > until:
                break
        else:
            self.complete = True
        if not self.complete and time.monotonic() - self._began > LONGEST_S:
            self.cut = self.complete = True
        if self.complete:
            self._timer.stop()
        self.counted.emit()

    def _walk(self, paths: Sequence[str]) -> Iterator[None]:
        folders: list[str] = []
        for path in paths:
            self._top(path, folders)
            yield
        seen = 0
        while folders:
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        seen += 1
                        if seen > MOST_ENTRIES:
                            self.cut = True
                            return
                        if entry.name.endswith(COLLECTION_SUFFIX) and not entry.name.startswith("."):
                            self.collections.append(entry.path)
                        elif not entry.is_dir(follow_symlinks=False):
                            self._count(entry.name)
                        elif not entry.name.startswith("."):
                            folders.append(entry.path)
                        yield
            except OSError:
                self.skipped["folder that cannot be opened"] += 1

    def _top(self, path: str, folders: list[str]) -> None:
        suffix = PurePath(path).suffix.lower()
        if suffix in MODEL_SUFFIXES:
            self.models.append(path)
        elif suffix == COLLECTION_SUFFIX:
            self.collections.append(path)
        elif is_remote(path):
            if suffix in BY_SUFFIX or suffix in UNREAD_SUFFIXES:
                self._count(path)
            else:
                self.unknown += 1
        elif Path(path).is_dir():
            folders.append(path)
        else:
            self._count(path)

    def _count(self, name: str) -> None:
        suffix = suffix_of(name)
        if suffix in BY_SUFFIX:
            self.kinds[BY_SUFFIX[suffix].label] += 1
        elif not PurePath(name).name.startswith("."):
            self.skipped[UNREAD_SUFFIXES.get(suffix, "other file")] += 1
