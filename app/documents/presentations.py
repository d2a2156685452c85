"""Presentations as PDFs that LibreOffice draws, where it is on the computer; kept by the hash of the file's content.

They are a cache and a copy of what a document says: what no document of the index has the hash of goes (`sweep`).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Generator
from pathlib import Path

import msgspec

from app.documents import slides_child
from app.documents.contents import Contents
from app.errors import AppError
from app.formats import suffix_of
from app.spawn import child_command
from app.types import Document
from app.workers.calls.documents import Warming
from app.workers.protocol import AnyData

VERSION = 1
"""Of how they are drawn: one of another version is drawn anew."""
KEPT = 100
"""Presentations; those drawn first go first."""
NEEDS_OFFICE = "Slides are shown as pictures where LibreOffice is installed."
_PLACES = {
    "darwin": ("/Applications/LibreOffice.app/Contents/MacOS/soffice",),
    "win32": (r"C:\Program Files\LibreOffice\program\soffice.exe",),
}
_WHY = {
    "too_slow": "LibreOffice took too long to draw this presentation.",
    "too_large": "LibreOffice needs too much memory to draw this presentation.",
}
_BLOCK = 1 << 20


def office() -> str | None:
    """LibreOffice's program, or None where it is not on this computer."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((path for path in _PLACES.get(sys.platform, ()) if Path(path).is_file()), None)


class Presentations:
    """Draws one presentation at a time; what is wanted meanwhile waits. One that failed is not tried again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._drawing: _Drawing | None = None
        self._failed: dict[str, AppError] = {}

    def drawn(self, store: Contents, document: Document) -> Generator[AnyData, None, Path]:
        """The PDF of a presentation of the index.

        Raises:
            AppError: LibreOffice is not there, or cannot draw it.
        """
        row = store.db.execute("SELECT sha256 FROM documents WHERE id = ?", (document.id,)).fetchone()
        sha256 = str(row[0])
        kept = self.folder / f"{sha256}-{VERSION}.pdf"
        while not kept.is_file():
            if sha256 in self._failed:
                raise self._failed[sha256]
            if self._drawing is None:
                program = office()
                if program is None:
                    raise AppError(NEEDS_OFFICE)
                self._drawing = _Drawing(program, document.path, sha256, self.folder / f"{sha256}.drawing", kept)
            drawing = self._drawing
            while drawing.wait(0.05):
                yield Warming()
            self._settle(drawing)
        return kept

    def sweep(self, store: Contents) -> int:
        """Delete what belongs to no document of the index, by its hash; → how many files could not be deleted."""
        drawing = self._drawing
        if drawing is not None and not _known(store, drawing.sha256):
            drawing.stop()
        if drawing is not None and not drawing.wait(0):
            self._settle(drawing)
        left = 0
        for path in self._files():
            current = self._drawing is not None and path == self._drawing.folder
            sha256, _, version = path.stem.partition("-")
            if not current and not (version == str(VERSION) and _known(store, sha256)):
                left += not _removed(path)
        return left

    def close(self) -> None:
        """End what is being drawn; safe to call twice."""
        if self._drawing is not None:
            self._drawing.stop()
            self._settle(self._drawing)

    def _settle(self, drawing: _Drawing) -> None:
        """What has been drawn is kept under its name; who waited for it finds it there."""
        if self._drawing is not drawing:
            return
        self._drawing = None
        error = drawing.keep()
        if error is not None and not drawing.stopped:
            self._failed[drawing.sha256] = error
        for path in self._files()[:-KEPT]:
            _removed(path)

    def _files(self) -> list[Path]:
        """The oldest first."""
        try:
            return sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime)
        except OSError:
            return []


class _Drawing:
    """LibreOffice at work, in a helper of its own, on a copy of the file that has the hash."""

    def __init__(self, program: str, path: str, sha256: str, folder: Path, kept: Path) -> None:
        self.sha256, self.folder, self._kept = sha256, folder, kept
        self.stopped = False
        self._program, self._path = program, path
        self._error: AppError | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="slides", daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait so long; → whether it is still at work."""
        self._thread.join(seconds)
        return self._thread.is_alive()

    def stop(self) -> None:
        """End it, and wait until nothing of it writes any more."""
        with self._lock:
            self.stopped = True
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
        self._thread.join()

    def keep(self) -> AppError | None:
        """Move what was drawn to its name, and delete the rest; → why there is nothing."""
        drawn = next(iter((self.folder / "out").glob("*.pdf")), None)
        if self._error is None and drawn is not None and not self.stopped:
            try:
                drawn.replace(self._kept)
            except OSError as error:
                self._error = _unable(str(error))
        _removed(self.folder)
        return self._error

    def _run(self) -> None:
        try:
            said = self._draw(self._copied())
        except (OSError, ValueError) as error:
            self._error = _unable(str(error))
            return
        if said != "drawn":
            self._error = AppError(_WHY[said], "Its text is shown.") if said in _WHY else _unable(said)

    def _copied(self) -> str:
        """The file under a name of ours, if it still is what was read."""
        _removed(self.folder)
        self.folder.mkdir(parents=True)
        name = f"slides{suffix_of(self._path)}"
        digest = hashlib.sha256()
        with Path(self._path).open("rb") as source, (self.folder / name).open("xb") as copy:
            while block := source.read(_BLOCK):
                digest.update(block)
                copy.write(block)
        if digest.hexdigest() != self.sha256:
            raise ValueError("the file has changed")
        return name

    def _draw(self, name: str) -> str:
        order = slides_child.Order(self._program, str(self.folder), name)
        with self._lock:
            if self.stopped:
                return "stopped"
            flags = 0
            if sys.platform == "win32":
                flags = subprocess.CREATE_NO_WINDOW  # else it opens a console
            process = self._process = subprocess.Popen(
                child_command("--child", "slides"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=flags,
            )
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(msgspec.json.encode(order) + b"\n")
            process.stdin.flush()
            return process.stdout.read().decode("ascii", "replace").strip() or "ended"
        finally:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            process.wait()


def _known(store: Contents, sha256: str) -> bool:
    """Whether a document of the index has this content."""
    return store.db.execute("SELECT 1 FROM documents WHERE sha256 = ? LIMIT 1", (sha256,)).fetchone() is not None


def _unable(detail: str) -> AppError:
    return AppError("LibreOffice could not draw this presentation.", "Its text is shown.", detail)


def _removed(path: Path) -> bool:
    """Delete a file, or a folder with all in it; → whether it is gone."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    return not os.path.lexists(path)
