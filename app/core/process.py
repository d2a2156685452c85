"""A child process under the core's event loop: started, watched by its signs of life, restarted with back-off."""

from __future__ import annotations

import asyncio
import collections
import contextlib
import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from app.core.children import ChildState
from app.core.requests import ControlWord, Job, Requests
from app.core.signals import Signal
from app.errors import AppError, WorkerGone
from app.paths import Home
from app.spawn import NO_CONSOLE, child_command, child_environment
from app.workers.failures import error_of
from app.workers.message import Call, WorkerRole
from app.workers.protocol import Control, Frame, Ready, Request, decode_frame, encode

log = logging.getLogger(__name__)

SILENT_LIMIT_S = 120.0
"""A child beats every two seconds from a thread of its own. One that says nothing at all for so long is not slow."""
CANCEL_LIMIT_S = {"engine": 20.0, "documents": 60.0, "models": 20.0}
"""How long a child that still beats may take to notice a cancel. Its steps end by themselves (llama.cpp's abort
callback, a batch of embeddings), on a busy computer later; only then is it ended and started anew."""
EXIT_GRACE_S = 1.5
RESTART_DELAYS_S = (0.2, 1.0, 5.0)
"""After so many ends in a row without an answer between them, the user is asked instead."""
KEPT_LOG_LINES = 200
LINE_LIMIT = 256 << 20
"""Bytes of one line: a page as an image and the text of a long document are single lines."""
FallBack = Callable[[WorkerRole, bool, int, str], bool]
"""A child of this role ended by itself: whether it had said its first word, after how many ends in a row, its last
lines → whether the next one runs on another build of llama.cpp, so that nobody need be told of this one."""
NAMES = {"engine": "The model", "documents": "The document reader", "models": "The model import"}


@dataclass(eq=False)
class _Run:
    """One life of the child: its process, once it is there, and the task that reads it to its end."""

    process: asyncio.subprocess.Process | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class ChildProcess:
    """Owns one child process; see `app.core.children.Child` for what it promises."""

    def __init__(
        self,
        role: WorkerRole,
        home: Home,
        *,
        command: Callable[..., list[str]] = child_command,
        fall_back: FallBack = lambda *_: False,
    ) -> None:
        self.role = role
        self.state: ChildState = "stopped"
        self.ready: Signal[object] = Signal()
        self.failed: Signal[AppError] = Signal()
        self.state_changed: Signal[str] = Signal()
        self._home, self._command, self._fall_back = home, command, fall_back
        self._requests = Requests(self._send_call, self._send_control)
        self._run: _Run | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._start_after = False
        self._unsent: list[bytes] = []
        self._log: collections.deque[str] = collections.deque(maxlen=KEPT_LOG_LINES)
        self._ends_in_a_row = 0
        self._refusal: AppError | None = None
        self._restart: asyncio.TimerHandle | None = None
        self._silence: asyncio.TimerHandle | None = None
        self._cancel_watch: asyncio.TimerHandle | None = None

    # --- requests -----------------------------------------------------------------------------------------------------

    def request(
        self,
        call: Call,
        *,
        done: Callable[..., object],
        event: Callable[..., object] | None = None,
        failed: Callable[[AppError], object] | None = None,
        cancelled: Callable[[], object] | None = None,
    ) -> Job:
        """Ask the child; it is started where it does not run."""
        job = self._requests.request(call, done=done, event=event, failed=failed, cancelled=cancelled)
        if self._run is None:
            self.start()
        return job

    @property
    def busy(self) -> bool:
        return bool(self._requests.waiting)

    @property
    def gone(self) -> bool:
        return self._run is None and not self._leaving

    def recent_log(self) -> str:
        return "\n".join(self._log)

    def _send_call(self, key: int, call: Call) -> None:
        self._write(encode(Request(key, call)))  # type: ignore[arg-type]  # a child refuses what is not its own

    def _send_control(self, key: int, word: ControlWord, insist: bool) -> None:
        self._write(encode(Control(key, word)))
        if word == "cancel" and insist and self._cancel_watch is None:
            limit = CANCEL_LIMIT_S[self.role]
            self._cancel_watch = asyncio.get_running_loop().call_later(limit, self._kill, "did not stop")

    def _write(self, line: bytes) -> None:
        process = self._run.process if self._run is not None else None
        if process is not None and process.stdin is not None and self.state == "ready":
            process.stdin.write(line)  # a broken pipe is told by the end of its output
        else:
            self._unsent.append(line)

    # --- the process --------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the child unless it runs; while the one before is still leaving, after that."""
        if self._run is not None:
            return
        self._set_state("starting")
        if self._leaving:
            self._start_after = True
            return
        self._cancel_timer("_restart")
        self._refusal = None
        self._run = run = _Run()
        run.task = asyncio.get_running_loop().create_task(self._live(run))

    def retire(self) -> None:
        """End the child without waiting; requests under way are dropped without a word: the asker wants to leave."""
        self._cancel_timer("_restart")
        self._requests.drop_all()
        self._unsent.clear()
        self._start_after = False
        self._set_state("stopped")
        run, self._run = self._run, None
        self._stop_watching()
        if run is not None:
            leaving = asyncio.get_running_loop().create_task(self._leave(run))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._left)

    def stop(self) -> None:
        """The same: the core waits for its children to be gone before it ends."""
        self.retire()

    def restart(self) -> None:
        """End the child if it runs and start a new one when it is gone; the back-off begins anew."""
        self._ends_in_a_row = 0
        self.retire()
        self.start()

    async def wait_gone(self) -> None:
        """Until no process of this child is left."""
        while self._leaving:
            await asyncio.wait(set(self._leaving))

    async def _live(self, run: _Run) -> None:
        """From the start of a process to its end."""
        try:
            run.process = process = await asyncio.create_subprocess_exec(
                *self._command("--worker", self.role),
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=child_environment(self._home, role=self.role), limit=LINE_LIMIT, creationflags=NO_CONSOLE,
            )  # fmt: skip
        except OSError as error:
            run.begun.set()
            self._log.append(str(error))
            self._ended(run, None)
            return
        run.begun.set()
        logs = asyncio.get_running_loop().create_task(self._read_log(process))
        assert process.stdout is not None
        if self._run is run:
            self._watch_silence()
        async for line in process.stdout:
            if self._run is run:
                self._take_line(line)
        code = await process.wait()
        await logs
        self._ended(run, code)

    async def _leave(self, run: _Run) -> None:
        """Close the input, wait a little, then kill."""
        await run.begun.wait()
        if run.process is None or run.task is None:
            return
        if run.process.stdin is not None:
            run.process.stdin.close()
        done, _ = await asyncio.wait({run.task}, timeout=EXIT_GRACE_S)
        if not done:
            with contextlib.suppress(ProcessLookupError):
                run.process.kill()
            await asyncio.wait({run.task})

    def _left(self, task: asyncio.Task[None]) -> None:
        self._leaving.discard(task)
        if self._start_after and not self._leaving:
            self._start_after = False
            self.start()

    # --- what it says -------------------------------------------------------------------------------------------------

    def _take_line(self, line: bytes) -> None:
        self._watch_silence()
        try:
            frame = decode_frame(line)
        except msgspec.MsgspecError:
            log.warning("The %s process said something unreadable, %d bytes", self.role, len(line))
            return
        if frame.id == 0:
            self._take_word(frame)
        elif self._requests.take(frame):
            self._ends_in_a_row = 0
            if not self._requests.cancelling:
                self._cancel_timer("_cancel_watch")

    def _take_word(self, frame: Frame) -> None:
        """What is not about a request: its first word, a refusal to start, a beat."""
        if frame.error is not None:
            self._refusal = error_of(frame.error)
        elif isinstance(frame.data, Ready):
            self._set_state("ready")
            unsent, self._unsent = self._unsent, []
            for line in unsent:
                self._write(line)
            self.ready.emit(frame.data)

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            text = line.decode(errors="replace").rstrip()
            self._log.append(text)
            log.debug("%s: %s", self.role, text)

    def _ended(self, run: _Run, code: int | None) -> None:
        """The child is gone by itself: everyone who waits is told, then it starts again, a little later each time."""
        if self._run is not run:
            return  # it was told to leave
        wanted = bool(self._requests.cancelling)
        self._run = None
        self._stop_watching()
        self._log.append(f"exit status {code}")
        begun = self.state == "ready"
        if self._refusal is None and self._fall_back(self.role, begun, self._ends_in_a_row, self.recent_log()):
            self._ends_in_a_row = 0
            if not begun:
                self.start()
                return
        error = self._refusal or WorkerGone(
            f"{NAMES[self.role]} stopped unexpectedly.", "Nothing that was stored is lost.", self.recent_log()
        )
        self._unsent.clear()
        self._set_state("failed")
        self._requests.fail_all(error)
        if wanted:
            self.start()
            return
        self.failed.emit(error)
        if self._refusal is None and self._ends_in_a_row < len(RESTART_DELAYS_S) and self._run is None:
            delay = RESTART_DELAYS_S[self._ends_in_a_row]
            self._restart = asyncio.get_running_loop().call_later(delay, self.start)
        self._ends_in_a_row += 1

    def _watch_silence(self) -> None:
        self._cancel_timer("_silence")
        self._silence = asyncio.get_running_loop().call_later(SILENT_LIMIT_S, self._kill, "gave no sign of life")

    def _kill(self, why: str) -> None:
        process = self._run.process if self._run is not None else None
        if process is not None:
            log.warning("The %s process %s and is ended", self.role, why)
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def _stop_watching(self) -> None:
        self._cancel_timer("_silence")
        self._cancel_timer("_cancel_watch")

    def _cancel_timer(self, name: str) -> None:
        timer: asyncio.TimerHandle | None = getattr(self, name)
        if timer is not None:
            timer.cancel()
            setattr(self, name, None)

    def _set_state(self, state: ChildState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)
