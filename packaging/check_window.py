"""A display of its own for the check of the application, and a person's hands: keys, mouse, a dropped file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from check_application import Missed
from PIL import Image, ImageGrab

DRAG = Path(__file__).with_name("check_drag.py")
WIDE, HIGH = 1280, 820
FILES_AT = (100, 400)
"""Where the window with a file stands, in front of the application's."""
INSIDE = 40
STEPS = 12


@contextmanager
def display(environment: dict[str, str]) -> Iterator[None]:
    """A display, named in `environment` and in this process's own while it lasts."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{WIDE}x{HIGH}x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    environment["DISPLAY"] = os.environ["DISPLAY"] = f":{number}"
    try:
        yield
    finally:
        environment.pop("DISPLAY")
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def shown(title: str) -> bool:
    """Whether a window with this title is on the display."""
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", title], capture_output=True, check=False)
    return bool(found.stdout.strip())


def focus(title: str) -> None:
    """Put it into the corner and give it the keyboard: without a window manager nobody else does."""
    found = ["xdotool", "search", "--onlyvisible", "--name", title]
    subprocess.run([*found, "windowmove", "0", "0", "windowfocus", "--sync"], check=True)


def keys(text: str, *after: str) -> None:
    """Type into the window that has the focus."""
    subprocess.run(["xdotool", "type", "--delay", "15", text], check=True)
    for key in after:
        subprocess.run(["xdotool", "key", key], check=True)


def click(x: int, y: int) -> None:
    """The left button, there."""
    subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", "1"], check=True)


def drop(file: str, x: int, y: int) -> None:
    """Drag a file from another program's window to a point of the display. Raises Missed: it was not taken."""
    command = [sys.executable, str(DRAG), file, *map(str, FILES_AT)]
    source = subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "xcb"})
    try:
        until(lambda: shown("^Files$"), 20, "the window with the file did not open")
        time.sleep(0.5)
        _move(*FILES_AT)
        subprocess.run(["xdotool", "mousedown", "1"], check=True)
        for step in range(1, STEPS + 1):  # as a hand does: a window learns of a drag by its moves
            _move(*(round(a + (b - a) * step / STEPS) for a, b in zip(FILES_AT, (x, y), strict=True)))
            time.sleep(0.08)
        time.sleep(0.5)
        subprocess.run(["xdotool", "mouseup", "1"], check=True)
        if source.wait(10):
            raise Missed(f"{file} was dropped and not taken.")
    except subprocess.TimeoutExpired as error:
        raise Missed(f"{file} was dragged and never dropped.") from error
    finally:
        source.kill()
        source.wait()
    focus("Inhouse")


def _move(x: int, y: int) -> None:
    subprocess.run(["xdotool", "mousemove", str(x + INSIDE), str(y + INSIDE)], check=True)


def seen(box: tuple[int, int, int, int] = (0, 0, WIDE, HIGH)) -> Image.Image:
    """What the display shows there."""
    return ImageGrab.grab(xdisplay=os.environ["DISPLAY"]).crop(box).convert("RGB")


def is_marked(picture: Image.Image) -> bool:
    """Whether the yellow of a marked passage is in it."""
    counted: list[Any] = picture.getcolors(1 << 20) or []
    return bool(sum(count for count, colour in counted if _is_yellow(*colour)) > 500)


def _is_yellow(red: int, green: int, blue: int) -> bool:
    return red > 240 and 200 < green < 235 and blue < 140


def until(what: Callable[[], object], seconds: float, about: str, every: float = 0.05) -> None:
    """Wait until it is so. Raises Missed."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Missed(f"After {seconds:.0f} s {about}.")
        time.sleep(every)
