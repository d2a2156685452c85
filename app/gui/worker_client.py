"""The window's end of a child process: QProcess, requests with callbacks, watchdog, restart with back-off."""

from __future__ import annotations

import collections
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec
from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from app.errors import AppError, WorkerGone
from app.paths import Home
from app.spawn import child_command, child_environment
from app.workers.client import error_of
from app.workers.protocol import AnyCall, AnyData, Control, Frame, Request, WorkerRole, decode_frame, encode

log = logging.getLogger(__name__)

State = Literal["stopped", "starting", "ready", "failed"]

START_LIMIT_MS = 60_000
"""A child that has not said a word by then is ended: cold disks and virus scanners are slow, hangs are longer."""
CANCEL_GRACE_MS = {"engine": 3_000, "documents": 10_000, "models": 3_000}
"""A child deep in a step gets this long to notice a cancel before it is ended and started anew. A batch of embeddings
on a busy computer takes seconds, and no one waits for the documents process as one waits for a model to be quiet."""
EXIT_GRACE_MS = 1_500
RESTART_DELAYS_MS = (200, 1_000, 5_000)
"""After so many ends in a row without an answer between them, the user is asked instead."""
KEPT_LOG_LINES = 200


@dataclass
class _Callbacks:
    done: Callable[[AnyData], None]
    event: Callable[[AnyData], None] | None
    failed: Callable[[AppError], None] | None
    cancelled: Callable[[], None] | None


class Job:
    """A request under way."""

    def __init__(self, client: WorkerClient, key: int) -> None:
        self._client = client
        self._key = key

    @property
    def active(self) -> bool:
        """Whether its last word has not come yet."""
        return self._client.is_active(self._key)

    def cancel(self, *, insist: bool = True) -> None:
        """Ask the child to stop; `cancelled` is called when it has, or when it had to be ended.

        Without `insist` the child is left to notice in its own time: for what a person did not stop, such as a page
        that is no longer wanted, and that is not worth ending other work for.
        """
        self._client.control(self._key, "cancel", insist=insist)

    def pause(self) -> None:
        self._client.control(self._key, "pause")

    def resume(self) -> None:
        self._client.control(self._key, "resume")


class WorkerClient(QObject):
    """Owns one child process. Requests made before it is ready wait for it."""

    ready = Signal(object)
    failed = Signal(object)  # AppError: the child ended; its requests were told
    state_changed = Signal(str)

    def __init__(self, role: WorkerRole, home: Home, parent: QObject | None = None, *, restarts: bool = True) -> None:
        super().__init__(parent)
        self.role = role
        self.state: State = "stopped"
        self._home = home
        self._restarts = restarts
        self._process: QProcess | None = None
        self._leaving: QProcess | None = None
        self._start_after = False
        self._buffer = bytearray()
        self._log: collections.deque[str] = collections.deque(maxlen=KEPT_LOG_LINES)
        self._ids = 0
        self._callbacks: dict[int, _Callbacks] = {}
        self._waiting: list[bytes] = []
        self._ends_in_a_row = 0
        self._refusal: AppError | None = None
        self._start_watch = self._timer(START_LIMIT_MS, self._kill)
        self._cancel_watch = self._timer(CANCEL_GRACE_MS[role], self._kill)
        self._cancelling: set[int] = set()
        self._restart_timer = self._timer(0, self.start)

    def _timer(self, ms: int, action: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=ms)
        timer.timeout.connect(action)
        return timer

    # --- the child ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the child unless it runs; while the one before is still leaving, after that."""
        if self._process is not None:
            return
        if self._leaving is not None:
            self._start_after = True
            self._set_state("starting")
            return
        process = QProcess(self)
        self._process = process
        env = QProcessEnvironment()
        for key, value in child_environment(self._home).items():
            env.insert(key, value)
        process.setProcessEnvironment(env)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_log)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._could_not_start)
        program, *args = child_command("--worker", self.role)
        self._buffer.clear()
        self._refusal = None
        self._set_state("starting")
        self._start_watch.start()
        process.start(program, args)

    def stop(self) -> None:
        """End the child and wait until it is gone, for when the program ends or its memory is needed at once."""
        self.retire()
        process = self._leaving
        if process is not None and not process.waitForFinished(EXIT_GRACE_MS):
            process.kill()
            process.waitForFinished(EXIT_GRACE_MS)

    def retire(self) -> None:
        """End the child without waiting; requests under way are dropped without a word: the asker wants to leave."""
        self._restart_timer.stop()
        self._callbacks.clear()
        self._waiting.clear()
        self._start_after = False
        process = self._release()
        self._set_state("stopped")
        if process is None or process.state() == QProcess.ProcessState.NotRunning:
            return
        self._leaving = process
        process.finished.connect(self._left)
        grace = QTimer(process, singleShot=True, interval=EXIT_GRACE_MS)
        grace.timeout.connect(process.kill)
        grace.start()
        process.closeWriteChannel()

    def restart(self) -> None:
        """End the child if it runs and start a new one when it is gone; the back-off begins anew."""
        self._ends_in_a_row = 0
        self.retire()
        self.start()

    @property
    def gone(self) -> bool:
        """Whether no process is left."""
        return self._process is None and self._leaving is None

    def _left(self, *_: object) -> None:
        process, self._leaving = self._leaving, None
        if process is not None:
            process.deleteLater()
        if self._start_after:
            self._start_after = False
            self.start()

    def _release(self) -> QProcess | None:
        process, self._process = self._process, None
        self._start_watch.stop()
        self._cancel_watch.stop()
        self._cancelling.clear()
        if process is not None:
            for signal in (
                process.finished,
                process.errorOccurred,
                process.readyReadStandardOutput,
                process.readyReadStandardError,
            ):
                signal.disconnect()
        return process

    def _kill(self) -> None:
        if self._process is not None:
            log.warning("The %s process did not answer in time and is ended", self.role)
            self._process.kill()

    def _could_not_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self, *_: object) -> None:
        """The child is gone: everyone who waits is told, then it starts again, a little later each time."""
        wanted = bool(self._cancelling)
        process = self._release()
        if process is not None:
            self._keep_log(bytes(process.readAllStandardError().data()))
            self._log.append(f"exit status {process.exitCode()}")
            process.deleteLater()
        error = self._refusal or self._gone()
        callbacks, self._callbacks = self._callbacks, {}
        self._waiting.clear()
        self._set_state("failed")
        for each in callbacks.values():
            self._tell_end(each, error, wanted)
        if wanted:
            self.start()
            return
        self.failed.emit(error)
        if self._restarts and self._refusal is None and self._ends_in_a_row < len(RESTART_DELAYS_MS):
            self._restart_timer.start(RESTART_DELAYS_MS[self._ends_in_a_row])
        self._ends_in_a_row += 1

    @staticmethod
    def _tell_end(callbacks: _Callbacks, error: AppError, wanted: bool) -> None:
        if wanted and callbacks.cancelled is not None:
            callbacks.cancelled()
        elif callbacks.failed is not None:
            callbacks.failed(error)

    def _gone(self) -> WorkerGone:
        what = {"engine": "The model", "documents": "The document reader", "models": "The model import"}[self.role]
        return WorkerGone(f"{what} stopped unexpectedly.", "Nothing that was stored is lost.", "\n".join(self._log))

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    # --- requests -----------------------------------------------------------------------------------------------------

    def request(
        self,
        call: AnyCall,
        *,
        done: Callable[[AnyData], None],
        event: Callable[[AnyData], None] | None = None,
        failed: Callable[[AppError], None] | None = None,
        cancelled: Callable[[], None] | None = None,
    ) -> Job:
        """Ask the child. Exactly one of `done`, `failed`, `cancelled` is called at the end, from the Qt loop."""
        self._ids += 1
        self._callbacks[self._ids] = _Callbacks(done, event, failed, cancelled)
        self._write(encode(Request(self._ids, call)))
        if self._process is None:
            self._restart_timer.stop()
            self.start()
        return Job(self, self._ids)

    @property
    def busy(self) -> bool:
        """Whether any request has not ended."""
        return bool(self._callbacks)

    def is_active(self, key: int) -> bool:
        return key in self._callbacks

    def control(self, key: int, control: Literal["cancel", "pause", "resume"], *, insist: bool = True) -> None:
        """Cancel, pause or resume a request; nothing happens when it has ended. `insist`: see Job.cancel."""
        if key not in self._callbacks:
            return
        if control == "cancel" and insist:
            self._cancelling.add(key)
            self._cancel_watch.start()
        self._write(encode(Control(key, control)))

    def _write(self, line: bytes) -> None:
        if self._process is not None and self.state == "ready":
            self._process.write(line)
        else:
            self._waiting.append(line)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        process = self._process
        if process is None:
            return
        self._buffer += process.readAllStandardOutput().data()
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            try:
                frame = decode_frame(bytes(line))
            except msgspec.MsgspecError:
                log.warning("The %s process said something unreadable: %.200r", self.role, bytes(line))
                continue
            self._take(frame)
            if self._process is not process:
                return  # a callback stopped or restarted the child

    def _take(self, frame: Frame) -> None:
        if frame.id == 0:
            self._take_first_word(frame)
            return
        callbacks = self._callbacks.get(frame.id)
        if callbacks is None:
            return
        if frame.kind == "event":
            if callbacks.event is not None and frame.data is not None and frame.id not in self._cancelling:
                callbacks.event(frame.data)
            return
        del self._callbacks[frame.id]
        self._cancelling.discard(frame.id)
        if not self._cancelling:
            self._cancel_watch.stop()
        self._ends_in_a_row = 0
        self._finish(callbacks, frame)

    @staticmethod
    def _finish(callbacks: _Callbacks, frame: Frame) -> None:
        if frame.kind == "cancelled":
            if callbacks.cancelled is not None:
                callbacks.cancelled()
        elif frame.error is not None:
            if callbacks.failed is not None:
                callbacks.failed(error_of(frame.error))
        elif frame.data is not None:
            callbacks.done(frame.data)

    def _take_first_word(self, frame: Frame) -> None:
        if frame.error is not None:
            self._refusal = error_of(frame.error)
            return
        self._start_watch.stop()
        self._set_state("ready")
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._write(line)
        self.ready.emit(frame.data)

    def _read_log(self) -> None:
        if self._process is not None:
            self._keep_log(bytes(self._process.readAllStandardError().data()))

    def _keep_log(self, data: bytes) -> None:
        for line in data.decode(errors="replace").splitlines():
            self._log.append(line)
            log.debug("%s: %s", self.role, line)

    def recent_log(self) -> str:
        """The child's last lines, for *Details*."""
        return "\n".join(self._log)
