"""Ends a process with SIGKILL at each line of some files in turn, for what must survive a kill at any line."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any


def killed_at_each_line(files: tuple[str, ...], act: Callable[[], object], every: int = 1) -> Iterator[int]:
    """Fork and run `act` in the child, killed at its first line in `files`, then at its second, … until none is left.

    `every` n-th line only, where there are many. Yields after each death, the count of lines that were run. Use it in a
    process without threads.
    """
    last = 0
    while True:
        last += every
        child = os.fork()
        if not child:
            _run(files, act, last)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0, f"it failed by itself at line {last}"
            return
        yield last


def _run(files: tuple[str, ...], act: Callable[[], object], last: int) -> None:
    left = last

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    status = 1
    try:
        sys.settrace(trace)
        act()
        status = 0
    finally:
        sys.settrace(None)
        if status:
            traceback.print_exc()
        os._exit(status)
