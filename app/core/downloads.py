"""The queue of downloads: two at a time, each in a models process of its own, kept on disk so that it goes on after a
restart. What has come of a file lies in the download's folder, whoever ends."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.core.calls import catalogue as c
from app.core.children import Child
from app.core.embedders import EmbeddersDesk
from app.core.house import Handler, House
from app.core.models import ModelsDesk
from app.core.reply import Reply
from app.core.retired import Retired
from app.errors import AppError, WorkerGone
from app.hub import Download, DownloadState
from app.llama.split_files import parts_of, stem_of
from app.models.download_queue import Queued, read_queue, write_queue
from app.models.hub_access import blocked
from app.settings import OFFLINE
from app.workers.calls.embedders import ImportEmbedder
from app.workers.calls.models import EmbedderFetched, FetchFile, FetchProgress, ModelInstalled
from app.workers.message import Call

log = logging.getLogger(__name__)

AT_ONCE = 2
START_S = 1.0
"""After the core's start: what a door waits for comes first."""
POLL_S = 0.2
ENDS = 3
"""After so many ends of its process without a byte between them a download is said to have failed."""


@dataclass
class _Running:
    """A download under way."""

    child: Child
    bytes_per_s: float = 0.0
    checking: bool = False


class DownloadsDesk:
    """Puts files into the queue and runs it."""

    def __init__(self, house: House, models: ModelsDesk, embedders: EmbeddersDesk) -> None:
        """`models` lists what came, and uses it where that was wished; an embedder is brought in by `embedders`."""
        self._house, self._models, self._embedders = house, models, embedders
        self._folder = house.home.models / "downloads"
        self._file = self._folder / "queue.json"
        self._queue: list[Queued] = read_queue(self._file)
        self._running: dict[str, _Running] = {}
        self._ends: dict[str, int] = {}
        self._stopped = False
        self._retired = Retired(house.clock)
        house.settings.subscribe(self._setting_changed)
        self._start = house.clock.after(START_S, self._begin)

    @property
    def is_busy(self) -> bool:
        """Whether something comes, or is next."""
        waiting = any(each.state == "waiting" for each in self._queue)
        return bool(self._running) or (waiting and not blocked(self._house.settings))

    def handlers(self) -> Mapping[type[Call], Handler]:
        return {
            c.FetchModel: self._fetch,
            c.ListDownloads: lambda _, reply: reply.done(self.shown()),
            c.PauseDownload: self._pause,
            c.ResumeDownload: self._resume,
            c.CancelDownload: self._cancel,
        }

    def stop(self) -> None:
        """The core ends: what is under way goes on with the next one."""
        self._stopped = True
        self._start.cancel()
        for running in self._running.values():
            running.child.stop()
        self._retired.stop()

    def shown(self) -> c.Downloads:
        """The queue as a door shows it."""
        return c.Downloads(downloads=tuple(self._shown(each) for each in self._queue))

    def _shown(self, queued: Queued) -> Download:
        running = self._running.get(queued.id)
        speed = running.bytes_per_s if running is not None else 0.0
        left = queued.total - queued.done
        state: DownloadState = queued.state
        if running is not None:
            state = "checking" if running.checking else "running"
        return Download(
            id=queued.id, name=queued.name or stem_of(Path(queued.file).name), repo=queued.repo, file=queued.file,
            state=state, done=queued.done, total=queued.total, bytes_per_s=speed,
            seconds_left=left / speed if speed > 0 and queued.total else None,
            problem=queued.problem, advice=queued.advice,
        )  # fmt: skip

    # --- what doors want ----------------------------------------------------------------------------------------------

    def _fetch(self, call: c.FetchModel, reply: Reply) -> None:
        """
        Raises:
            AppError: nothing may be fetched, or the model is installed already.
        """
        why = blocked(self._house.settings)
        if why:
            raise AppError(why, "Bring the file instead: save it elsewhere, then import it.")
        call = msgspec.structs.replace(call, file=parts_of(call.file)[0])
        for model in self._house.registry.models():
            if (model.lineage.get("repo"), model.lineage.get("repo_file")) == (call.repo, call.file):
                raise AppError(f"This model is already installed as “{model.name}”.", "Choose it in the list.")
        known = next((each for each in self._queue if (each.repo, each.file) == (call.repo, call.file)), None)
        if known is None:
            known = Queued(
                id=secrets.token_hex(6), name=call.name, repo=call.repo, file=call.file, revision=call.revision
            )
            self._queue.append(known)
        active = self._house.registry.active()
        replaces = active.id if call.use and active is not None else known.replaces
        self._set(known.id, state="waiting", problem="", advice="", replaces=replaces)
        self._next()
        reply.done(self.shown())

    def _pause(self, call: c.PauseDownload, reply: Reply) -> None:
        self._find(call.id)
        self._end(call.id)
        self._set(call.id, state="paused")
        self._next()
        reply.done(self.shown())

    def _resume(self, call: c.ResumeDownload, reply: Reply) -> None:
        self._find(call.id)
        if call.id not in self._running:
            self._ends.pop(call.id, None)
            self._set(call.id, state="waiting", problem="", advice="")
            self._next()
        reply.done(self.shown())

    def _cancel(self, call: c.CancelDownload, reply: Reply) -> None:
        self._find(call.id)
        child = self._end(call.id)
        self._forget(call.id, child)
        self._next()
        reply.done(self.shown())

    def _find(self, key: str) -> Queued:
        for each in self._queue:
            if each.id == key:
                return each
        raise AppError("This download is not in the list any more.", "It may have finished, or was cancelled.")

    # --- the queue ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """After the start: delete what a cancelled download left, and go on."""
        known = {each.id for each in self._queue}
        left = [path for path in self._folder.iterdir() if path.is_dir()] if self._folder.is_dir() else []
        for path in left:
            if path.name not in known:
                self._delete(path)
        self._next()

    def _setting_changed(self, key: str) -> None:
        if key != OFFLINE.key or self._stopped:
            return
        if blocked(self._house.settings):
            for each in list(self._running):
                self._end(each)
            self._tell()
        else:
            self._next()

    def _next(self) -> None:
        """Start what waits, as long as there is room."""
        if not self._stopped and not blocked(self._house.settings):
            for each in self._queue:
                if len(self._running) >= AT_ONCE:
                    break
                if each.state == "waiting" and each.id not in self._running:
                    self._run(each)
        self._tell()

    def _run(self, queued: Queued) -> None:
        child = self._house.make_child("models")
        running = self._running[queued.id] = _Running(child)
        call = FetchFile(
            id=queued.id, repo=queued.repo, file=queued.file, revision=queued.revision, name=queued.name,
            sha256=queued.sha256,
        )  # fmt: skip

        def mine() -> bool:
            return self._running.get(queued.id) is running

        def heard(data: object) -> None:
            if isinstance(data, FetchProgress) and mine():
                self._heard(queued.id, running, data)

        def here() -> None:
            self._end(queued.id)
            self._forget(queued.id, child)
            self._models.list.tell()
            self._next()

        def came(data: ModelInstalled | EmbedderFetched) -> None:
            if mine() and isinstance(data, ModelInstalled):
                self._use(queued, data.model.id)
                here()
            elif mine() and isinstance(data, EmbedderFetched):
                bring = ImportEmbedder(path=data.path, name=data.name)
                self._embedders.bring_in(bring, lambda _: here() if mine() else None, failed)

        def failed(error: AppError) -> None:
            if mine():
                self._end(queued.id)
                self._failed(queued.id, error)
                self._next()

        child.request(call, done=came, event=heard, failed=failed)

    def _use(self, queued: Queued, model_id: str) -> None:
        """Let it answer, where it was fetched for that and the model of that time is still the one in use."""
        active = self._house.registry.active()
        if queued.replaces and active is not None and active.id == queued.replaces:
            try:
                self._models.use(model_id)
            except AppError as error:
                log.info("%s is not used at once: %s", queued.file, error)

    def _heard(self, key: str, running: _Running, data: FetchProgress) -> None:
        queued = self._find(key)
        if data.done > queued.done:
            self._ends.pop(key, None)
        running.bytes_per_s, running.checking = data.bytes_per_s, data.checking
        changed = msgspec.structs.replace(queued, done=data.done, total=data.total)
        self._queue[self._queue.index(queued)] = changed  # what has come the disk says itself: not written each time
        if data.note:
            log.info("%s: %s", queued.file, data.note)
        self._tell()

    def _failed(self, key: str, error: AppError) -> None:
        """A process that ended is started again a few times; what it fetched stays."""
        self._ends[key] = self._ends.get(key, 0) + 1
        if isinstance(error, WorkerGone) and self._ends[key] < ENDS:
            return
        log.info("A download failed: %s %s", error, error.detail)
        self._set(key, state="failed", problem=error.message, advice=error.hint)

    def _end(self, key: str) -> Child | None:
        """Let its process end; what has come stays."""
        running = self._running.pop(key, None)
        if running is None:
            return None
        running.child.retire()
        self._write()
        return running.child

    def _set(self, key: str, **changes: object) -> None:
        self._queue = [msgspec.structs.replace(each, **changes) if each.id == key else each for each in self._queue]
        self._write()

    def _forget(self, key: str, child: Child | None) -> None:
        """Take it off the list, and delete its folder once nobody writes there."""
        self._queue = [each for each in self._queue if each.id != key]
        self._write()

        def delete() -> None:
            if child is not None and not child.gone and not self._stopped:
                self._house.clock.after(POLL_S, delete)
            else:
                self._delete(self._folder / key)

        delete()

    def _delete(self, folder: Path) -> None:
        self._house.clock.thread(
            lambda: shutil.rmtree(folder, ignore_errors=True), lambda _: None, lambda error: log.info("%s", error)
        )

    def _write(self) -> None:
        write_queue(self._file, self._queue)

    def _tell(self) -> None:
        self._house.tell(c.DownloadsMoved(downloads=self.shown().downloads))
