"""The catalogue behind the window, played: what the core would answer to its calls, and what it tells by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from core_world import MemoryLink
from shell_world import ShellWorld

from app.core import protocol as p
from app.core.calls import catalogue as c
from app.core.calls.models import Models, ModelsChanged
from app.errors import AppError
from app.hub import Download, FitKind, Fitted, HubFile, HubModel, Offer
from app.types import InstalledModel
from app.workers.failures import failure_of
from app.workers.message import Call, Data, Done

GB = 1_000_000_000
PLAYED = (
    c.ShowCatalogue, c.SearchHub, c.ShowRepository, c.FetchModel, c.ListDownloads, c.PauseDownload, c.ResumeDownload,
    c.CancelDownload, c.KeepHubToken,
)  # fmt: skip


def offer(name: str, gb: float = 5.0, kind: FitKind = "gpu", text: str = "", **more: Any) -> Offer:
    """A model with one file."""
    file = HubFile(name=f"{name}-Q4_K_M.gguf", quantization="Q4_K_M", bytes=round(gb * GB))
    model = HubModel(
        id=name, name=name, repo=f"makers/{name}", licence="Apache-2.0", good_at="good at long texts", files=(file,)
    )
    fit = Fitted(kind=kind, text=text or f"Fits your GPU: {gb} of 12 GB", needs_bytes=file.bytes, has_bytes=12 * GB)
    return Offer(model=model, file=file, fit=fit, **more)


BEST = offer("Qwen3 8B", recommended=True)
SMALL = offer("Phi mini", 2.5)
HUGE = offer("Huge 70B", 42.0, "large", "Too large: needs 48 GB")


def download(of: Offer, key: str = "d1", **more: Any) -> Download:
    """On its way, a fifth of it here."""
    made = Download(
        id=key, name=of.model.name, repo=of.model.repo, file=of.file.name, state="running", done=of.file.bytes // 5,
        total=of.file.bytes, bytes_per_s=18e6, seconds_left=222.0,
    )  # fmt: skip
    return msgspec.structs.replace(made, **more)


class PlayedCatalogue:
    """Answers the calls of the catalogue in the core's place, and keeps them."""

    def __init__(self, world: ShellWorld) -> None:
        self.world = world
        self.calls: list[Call] = []
        self.shown: Data | AppError = c.Catalogue(offers=(BEST, SMALL, HUGE), hub="hub.example")
        self.found: Data | AppError = c.HubFound(offers=())
        self.files: Data | AppError = c.RepositoryShown(offers=())
        self.queue: list[Download] = []
        self.changed: Callable[[Call], object] = lambda _: None
        """What a call does to the queue."""
        link = world.link
        self._write = link.write
        link.write = self._take  # type: ignore[method-assign]

    def asked(self, kind: type[Call]) -> list[Any]:
        return [call for call in self.calls if isinstance(call, kind)]

    def tell(self, *downloads: Download) -> None:
        """The queue is this now."""
        self.queue = list(downloads)
        self.world.core.tell(c.DownloadsMoved(downloads=downloads))

    def install(self, of: Offer, key: str = "new") -> InstalledModel:
        """A download has become a model."""
        made = InstalledModel(
            id=key, name=of.model.name, path="/nowhere/m.gguf", file_bytes=of.file.bytes, origin="downloaded",
            lineage={"repo": of.model.repo, "repo_file": of.file.name},
        )  # fmt: skip
        listed = self.world.parts.models.models()
        active = self.world.parts.models.active
        self.world.core.tell(ModelsChanged(Models(models=(*listed, made), active=active.id if active else "")))
        return made

    def _take(self, line: bytes) -> None:
        message = p.decode_request(line)
        if not isinstance(message, p.DoorRequest) or not isinstance(message.call, PLAYED):
            self._write(line)
            return
        self.calls.append(message.call)
        answer = self._answer(message.call)
        link: MemoryLink = self.world.link
        if isinstance(answer, AppError):
            link.send(p.DoorFrame(message.id, "error", error=failure_of(answer)))
        else:
            link.send(p.DoorFrame(message.id, "done", answer))  # type: ignore[arg-type]  # of the catalogue

    def _answer(self, call: Call) -> Data | AppError:
        match call:
            case c.ShowCatalogue():
                return self.shown
            case c.SearchHub():
                return self.found
            case c.ShowRepository():
                return self.files
            case c.KeepHubToken():
                return Done()
        self.changed(call)
        return c.Downloads(downloads=tuple(self.queue))
