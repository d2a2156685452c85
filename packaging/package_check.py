"""`make package-check`: uses the built application as a person does, without Python or this tree; prints what held.

It starts from an empty home: documents are added and asked, the window opens under a display of its own, takes a
question by keys and answers it, models are brought, swapped and removed, everything is killed and comes back. Nothing
may be written outside the data and cache folders, and no connection may be tried.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import ImageGrab

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "What is the monthly leasing rate for department heads?"
ASKED_OF_A_PDF = "What is the hotel limit per night in Munich?"
SOURCE_ROW = ("480", "226")
"""Where the first source of a chat's first answer stands in a window of 1280 by 820."""
COLLECTION = "Samples"
NETWORK = re.compile(r"(?:connect|bind|sendto|sendmsg)\(.*(?:AF_INET6?|sin_port)")


class Missed(Exception):
    """What did not hold, in words to print."""


class Installed:
    """The application of a folder, run in a home of its own."""

    def __init__(self, program: Path, home: Path) -> None:
        self.program, self.home = program, home
        system = {name: os.environ[name] for name in ("LANG", "XDG_RUNTIME_DIR") if name in os.environ}
        self.environment = {**system, "HOME": str(home), "PATH": "/usr/bin:/bin"}

    def run(self, *args: str, said: str = "", trace: Path | None = None, limit: float = 300) -> str:
        """What a command printed; it must end well."""
        head = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,bind,sendto,sendmsg", "-o", str(trace)]
        command = [*(head if trace else []), str(self.program), *args]
        done = subprocess.run(command, input=said, capture_output=True, text=True, env=self.environment, timeout=limit)
        if done.returncode:
            raise Missed(f"“{' '.join(args)}” ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-1500:]}")
        return done.stdout

    def lines(self, *args: str) -> list[dict[str, object]]:
        """What a command printed as JSON lines."""
        return [json.loads(line) for line in self.run(*args, "--json").splitlines() if line.startswith("{")]

    def end(self) -> None:
        """Kill whatever of it runs, at once."""
        subprocess.run(["pkill", "-9", "-f", str(self.program)], check=False)
        time.sleep(0.5)


def documents(app: Installed) -> str:
    """Documents are added and asked, and no connection is tried."""
    trace = app.home / "trace" if _may_trace() else None
    app.run(
        "add", str(app.program.parent / "_internal" / "resources" / "samples"), "--collection", COLLECTION, trace=trace
    )
    started = time.monotonic()
    answer = app.run("ask", QUESTION, "--collection", COLLECTION)
    took = time.monotonic() - started
    if "[1]" not in answer:
        raise Missed(f"The answer cites nothing: {answer[-500:]}")
    if trace is None:
        return f"answer with its source in {took:.1f} s; nobody may watch connections here"
    tried = [line for line in trace.read_text(errors="replace").splitlines() if NETWORK.search(line)]
    trace.unlink()
    if tried:
        raise Missed(f"A connection was tried: {tried[0]}")
    return f"answer with its source in {took:.1f} s, no connection tried"


def _may_trace() -> bool:
    """Whether strace is here and this machine lets it watch."""
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-f", "-qq", "true"], capture_output=True, check=False).returncode == 0


def window(app: Installed, pictures: Path | None) -> str:
    """The window opens, takes keys, and answers."""
    with display(app):
        cold = _opened(app)
        keys("Tell me in one sentence what a pump does.", "Return")
        until(lambda: _answered(app, "pump"), 90, "no whole answer came in the window")
        picture(app, pictures, "window")
        app.end()
        warm = _opened(app)
        if not _answered(app, "pump"):
            raise Missed("The chat did not outlive a kill.")
        picture(app, pictures, "again")
        app.run("chat", said=f"{ASKED_OF_A_PDF}\n")
        keys("", "ctrl+k")
        keys("hotel", "Return")
        time.sleep(2)
        subprocess.run(["xdotool", "mousemove", *SOURCE_ROW, "click", "1"], check=True)
        until(lambda: _marked(app), 20, "the page of a source with its passage marked did not open")
        picture(app, pictures, "source")
    app.end()
    return f"window after {cold:.1f} s, after a kill {warm:.1f} s with its chat; the page of a source opens"


def _marked(app: Installed) -> bool:
    """Whether the right half of the window shows the yellow of a marked passage."""
    shown = ImageGrab.grab(xdisplay=app.environment["DISPLAY"]).crop((720, 100, 1270, 760)).convert("RGB")
    counted = shown.getcolors(1 << 20) or []
    return sum(count for count, colour in counted if _is_yellow(colour)) > 500


def _is_yellow(colour: Any) -> bool:
    red, green, blue = colour
    return bool(red > 240 and 200 < green < 235 and blue < 140)


def _opened(app: Installed) -> float:
    started = time.monotonic()
    subprocess.Popen([str(app.program)], env=app.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "Inhouse"], env=app.environment,
                                 capture_output=True, check=False).stdout.strip(), 60, "no window opened")  # fmt: skip
    took = time.monotonic() - started
    # without a window manager nobody else gives it the focus
    subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "Inhouse", "windowfocus", "--sync"], check=True)
    time.sleep(3)
    return took


def _answered(app: Installed, word: str) -> bool:
    """Whether the chat that a question with this word began holds a whole answer."""
    ids = [str(chat["id"]) for chat in app.lines("chats") if word in str(chat["title"])]
    if not ids:
        return False
    file = app.home / ".local" / "share" / "Inhouse" / "checked.json"
    app.run("chats", "export", ids[0], str(file))
    turns = json.loads(file.read_text())["chats"][0]["turns"]
    file.unlink()
    return any(turn["role"] == "answer" and turn["text"] and turn["state"] == "done" for turn in turns)


def models(app: Installed) -> str:
    """A model file is brought, used, and removed again."""
    tiny = app.home / "Tiny.gguf"
    sys.path.insert(0, str(ROOT / "tests"))
    from tiny_gguf import write_tiny

    write_tiny(tiny)
    app.run("models", "import", str(tiny))
    named = [str(model["name"]) for model in app.lines("models") if "iny" in str(model["name"])]
    if not named:
        raise Missed("The imported model is not listed.")
    app.run("models", "use", named[0])
    app.run("chat", said="/alone\nHello\n")
    app.run("models", "use", "SmolLM2 135M")
    app.run("models", "remove", named[0])
    tiny.unlink()
    return f"“{named[0]}” brought, used, removed"


def variants(app: Installed) -> str:
    """There is a library for each kind of processor; that this one's loads is seen by the answers."""
    names = sorted(path.name for path in (app.program.parent / "_internal" / "llama_cpp" / "lib").glob("libggml-cpu-*"))
    if not names:
        raise Missed("There is one library for all processors.")
    return f"{len(names)} kinds of processor: {', '.join(name.split('-')[-1].split('.')[0] for name in names)}"


def training(app: Installed, wheels: Path) -> str:
    """The training component comes out of a folder of wheels, and a training takes its first step with it."""
    started = time.monotonic()
    app.run("training", "install", "--wheels", str(wheels), limit=1200)
    took = time.monotonic() - started
    command = ["train", "--recipe", "search", "--collection", COLLECTION, "--author", "rules", "--effort", "quick"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen([str(app.program), *command, "--approve-above", "0.5"], env=app.environment, **quiet)  # type: ignore[call-overload]
    runs = app.home / ".local" / "share" / "Inhouse" / "runs"
    until(lambda: any('"event":"Loss"' in file.read_text() for file in runs.glob("*/events.jsonl")), 900,
          "no first step of a training")  # fmt: skip
    app.end()
    subprocess.run(["pkill", "-9", "-f", str(runs)], check=False)
    return f"installed from a folder in {took:.0f} s; the first step of a training was taken"


def traces(app: Installed) -> str:
    """Nothing lies outside the data and cache folders."""
    allowed = (
        ".local/share/Inhouse",
        ".cache/Inhouse",
        ".local/share/applications",
        ".cache/fontconfig",
        ".cache/mesa",
    )
    strange = [
        str(path.relative_to(app.home)) for path in app.home.rglob("*")
        if path.is_file() and not str(path.relative_to(app.home)).startswith(allowed)
    ]  # fmt: skip
    if strange:
        raise Missed(f"Files outside the data folder: {', '.join(strange[:5])}")
    return "only in the data and cache folders"


# --- the display ------------------------------------------------------------------------------------------------------


@contextmanager
def display(app: Installed) -> Iterator[None]:
    """A display of its own."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x820x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    app.environment["DISPLAY"] = os.environ["DISPLAY"] = f":{number}"
    try:
        yield
    finally:
        app.environment.pop("DISPLAY")
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def keys(text: str, *after: str) -> None:
    """Type into the window that has the focus."""
    subprocess.run(["xdotool", "type", "--delay", "15", text], check=True)
    for key in after:
        subprocess.run(["xdotool", "key", key], check=True)


def picture(app: Installed, folder: Path | None, name: str) -> None:
    """What the display shows, where pictures are wanted."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        ImageGrab.grab(xdisplay=app.environment["DISPLAY"]).save(folder / f"{name}.png")


def until(what: Callable[[], object], seconds: float, about: str) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise Missed(f"After {seconds:.0f} s {about}.")
        time.sleep(0.05)


# --- all of it --------------------------------------------------------------------------------------------------------


def main(argv: list[str] | None = None) -> int:
    """Check the application of a folder; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make package-check", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / ".build" / "app" / "Inhouse")
    parser.add_argument("--wheels", type=Path, help="a folder of packaging/wheelhouse.py: training is tried, too")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the window")
    args = parser.parse_args(argv)
    program = args.folder.resolve() / "Inhouse"
    missed = 0
    with tempfile.TemporaryDirectory(prefix="inhouse-check-") as home:
        app = Installed(program, Path(home))
        checks: list[tuple[str, Callable[[], str]]] = [
            ("documents", lambda: documents(app)),
            ("models", lambda: models(app)),
            ("processors", lambda: variants(app)),
            ("window", lambda: window(app, args.pictures)),
            *([("training", lambda: training(app, args.wheels.resolve()))] if args.wheels else []),
            ("traces", lambda: traces(app)),
        ]
        for name, check in checks:
            try:
                said, held = check(), True
            except (Missed, OSError, subprocess.SubprocessError) as error:
                said, held = str(error), False
            missed += not held
            sys.stdout.write(f"{'held' if held else 'MISSED':<7} {name:<11} {said}\n")
            sys.stdout.flush()
        app.end()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
