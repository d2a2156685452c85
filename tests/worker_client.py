"""A plain synchronous client of a worker: one request at a time, and nothing between the test and the child."""

from __future__ import annotations

import collections
import contextlib
import subprocess
import threading
from collections.abc import Callable
from types import TracebackType
from typing import IO

import msgspec
import psutil

from app.errors import AppError, WorkerGone
from app.paths import Home
from app.spawn import child_command, child_environment
from app.workers.failures import error_of
from app.workers.message import Data, WorkerRole
from app.workers.protocol import AnyCall, Control, Frame, Request, decode_frame, encode

CANCEL_GRACE_S = 2.0
EXIT_GRACE_S = 5.0
KEPT_LOG_LINES = 200


def _close_pipes(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


class Client:
    """Starts the child at the first call and ends it with `close`. Use it as a context manager."""

    def __init__(self, role: WorkerRole, home: Home, *, verbose: bool = False) -> None:
        self._role = role
        self._home = home
        self._verbose = verbose
        self._process: subprocess.Popen[bytes] | None = None
        self._ids = 0
        self._log: collections.deque[str] = collections.deque(maxlen=KEPT_LOG_LINES)

    def call(self, call: AnyCall, on_event: Callable[[Data], None] | None = None) -> Data:
        """Ask and wait for the result; `on_event` sees the progress.

        KeyboardInterrupt cancels the request in the child before it is raised again.

        Raises:
            AppError: what the child says went wrong; WorkerGone when the child ended.
        """
        self._ids += 1
        self._write(encode(Request(self._ids, call)))
        try:
            return self._wait(self._ids, on_event)
        except KeyboardInterrupt:
            self._cancel(self._ids)
            raise

    def close(self) -> None:
        """End the child: close its input, then kill it if it does not go."""
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(EXIT_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _close_pipes(process)

    def worked(self) -> float:
        """Seconds of processor time that the child has used, 0 where there is none."""
        if self._process is None:
            return 0.0
        try:
            used = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(used.user + used.system)

    def kill(self) -> None:
        """End the child at once, from any thread: who waits for it hears that it is gone."""
        process = self._process
        if process is not None:
            process.kill()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                child_command("--worker", self._role),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=child_environment(self._home, role=self._role),
            )
            threading.Thread(target=self._keep_log, args=(self._process.stderr,), daemon=True).start()
        return self._process

    def _keep_log(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(ValueError):  # closed under us
            for line in pipe:
                self._log.append(line.decode(errors="replace").rstrip())

    def _write(self, line: bytes) -> None:
        stdin = self._start().stdin
        assert stdin is not None
        try:
            stdin.write(line)
            stdin.flush()
        except OSError as error:
            raise self._gone() from error

    def _wait(self, key: int, on_event: Callable[[Data], None] | None) -> Data:
        while True:
            frame = self._read()
            if frame.error is not None and frame.id in (0, key):
                raise error_of(frame.error)
            if frame.id != key:
                continue  # the child's first word, or the end of a request that was cancelled
            if frame.kind == "done" and frame.data is not None:
                return frame.data
            if frame.kind == "event" and frame.data is not None and on_event is not None:
                on_event(frame.data)

    def _read(self) -> Frame:
        stdout = self._start().stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            raise self._gone()
        try:
            return decode_frame(line)
        except msgspec.MsgspecError as error:
            raise WorkerGone(f"The {self._role} process said something unreadable.", "Please try again.") from error

    def _cancel(self, key: int) -> None:
        """Ask the child to stop; a child that is deep in a step is killed after a grace."""
        process = self._process
        if process is None:
            return
        killer = threading.Timer(CANCEL_GRACE_S, process.kill)
        killer.start()
        try:
            self._write(encode(Control(key, "cancel")))
            while self._read().kind not in ("cancelled", "done", "error"):
                pass
        except AppError:
            self.close()
        finally:
            killer.cancel()

    def _gone(self) -> WorkerGone:
        process, self._process = self._process, None
        code = None
        if process is not None:
            code = process.wait()
            _close_pipes(process)
        detail = "\n".join([f"exit status {code}", *self._log])
        return WorkerGone(f"The {self._role} process ended unexpectedly.", "Please try again.", detail)
