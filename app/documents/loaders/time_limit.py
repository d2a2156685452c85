"""Ends what takes too long in this thread, so that one bad file inside of another does not cost all the others."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class TooLate(BaseException):
    """The time is over. No `Exception`, so that no library takes it for a failure of its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooLate` inside of the block after so many seconds, between two steps of Python.

    A step in C (a page of a PDF) is waited for: what never ends there is ended with its process. Signals would do the
    same on Linux alone.
    """
    thread = threading.get_ident()
    lock = threading.Lock()
    over = False

    def strike() -> None:
        with lock:
            if not over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TooLate))

    timer = threading.Timer(seconds, strike)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:  # a strike is complete or will not come, so that it is raised here at the latest
            over = True
        timer.cancel()
