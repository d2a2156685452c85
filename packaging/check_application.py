"""The built application as its check runs it: with a home of its own, and in a system below a folder, if need be."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

WATCH = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,bind,sendto,sendmsg", "-o")


class Missed(Exception):
    """What did not hold, in words to print."""


class Installed:
    """The application of a folder, run in a home of its own."""

    def __init__(self, program: Path, home: Path, root: Path | None = None, user: str = "") -> None:
        """`root`: a system of its own, in which this user runs it, without a network. All paths are of the outside."""
        self.program, self.home, self._root = program, home, root
        self.inside = program.parent / "_internal"
        self.was_there = tuple(path.name for path in home.iterdir())
        system = {name: os.environ[name] for name in ("LANG", "XDG_RUNTIME_DIR") if name in os.environ and root is None}
        self.environment = {**system, "HOME": self.seen(home), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
        entered = [] if root is None else ["unshare", "-n", "chroot", f"--userspec={user}:{user}", str(root)]
        self._command = [*entered, self.seen(program)]

    @property
    def is_apart(self) -> bool:
        """Whether it runs in a system of its own, which reaches nothing of this one's session."""
        return self._root is not None

    def seen(self, path: Path) -> str:
        """A path as the application has it."""
        return str(path) if self._root is None else f"/{path.relative_to(self._root)}"

    def run(self, *args: str, said: str = "", trace: Path | None = None, limit: float = 300) -> str:
        """What a command printed; it must end well. Raises Missed."""
        command = [*((*WATCH, str(trace)) if trace else ()), *self._command, *args]
        done = subprocess.run(command, input=said, capture_output=True, text=True, env=self.environment, timeout=limit)
        if done.returncode:
            raise Missed(f"“{' '.join(args)}” ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return done.stdout

    def start(self, *args: str) -> None:
        """Let it run beside; without arguments its window opens."""
        quiet = subprocess.DEVNULL
        subprocess.Popen([*self._command, *args], env=self.environment, stdin=quiet, stdout=quiet, stderr=quiet)

    def lines(self, *args: str) -> list[dict[str, object]]:
        """What a command printed as JSON lines."""
        return [json.loads(line) for line in self.run(*args, "--json").splitlines() if line.startswith("{")]

    def end(self) -> None:
        """Kill whatever of it runs, at once."""
        subprocess.run(["pkill", "-9", "-f", f"^{self._command[-1]}"], check=False)
        time.sleep(0.5)
