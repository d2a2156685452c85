"""`make package-check`: uses the built application as a person does, without Python or this tree; prints what held.

It starts from an empty home: documents are added and asked, each kind of processor that can be forced answers, the
window opens under a display of its own, takes a question by keys and answers it, a PDF and a model are dropped on it,
a source is clicked, the model is swapped while it is open, everything is killed and comes back, and training is
installed from wheels up to its first step. Nothing may be written outside the data and cache folders, and no connection
may be tried.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from check_application import Installed, Missed
from check_screen_reader import screen_reader
from check_window import HIGH, WIDE, click, display, drop, focus, is_marked, keys, seen, shown, until

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "documents")]  # whose made files are used
QUESTION = "What is the monthly leasing rate for department heads?"
ASKED_ALONE = "Tell me what a pump does."
DROPPED = "Boat-Hire.pdf"
STATED = ("Hire of boats", "The green boat costs 47 euros per hour.", "The blue boat costs 58 euros per hour.")
ASKED_OF_IT = "How much does the green boat cost per hour?"
SOURCE_ROW = (480, 226)
"""Where the first source of a chat's first answer stands."""
PAGE = (720, 100, 1270, 760)
"""Where the page of a source stands."""
COLLECTION = "Samples"
STARTER = "SmolLM2 135M"
NETWORK = re.compile(r"(?:connect|bind|sendto|sendmsg)\(.*(?:AF_INET6?|sin_port)")


def documents(app: Installed) -> str:
    """Documents are added and asked, and no connection is tried."""
    trace = app.home / "trace" if _may_trace() else None
    app.run("add", app.seen(app.inside / "resources" / "samples"), "--collection", COLLECTION, trace=trace)
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
    """The window opens and takes keys; a PDF and a model are dropped on it; a source opens; it outlives a kill."""
    with display(app.environment), _seen_when_missed(pictures):
        how = "cold" if _empty_caches() else "the first time"
        first = _opened(app)
        keys("", "Return")  # the first run: start with what comes along
        time.sleep(1)
        keys("What is the capital of France?", "Return")
        until(lambda: _answered(app, "capital"), 90, "no whole answer came in the window")
        picture(pictures, "window")
        _drop_pdf(app)
        keys("", "ctrl+n")
        time.sleep(0.5)
        keys(ASKED_OF_IT, "Return")
        until(lambda: "47" in _answered(app, "boat"), 90, "no answer from a dropped PDF came in the window")
        picture(pictures, "dropped")
        click(*SOURCE_ROW)
        until(lambda: is_marked(seen(PAGE)), 20, "the page of a source with its passage marked did not open")
        picture(pictures, "source")
        swapped = _swapped(app)
        picture(pictures, "swapped")
        app.end()
        again = _opened(app)
        if not _answered(app, "capital"):
            raise Missed("The chat did not outlive a kill.")
        picture(pictures, "again")
        app.end()
        whole = _asked_at_once(app)
        app.end()
    times = f"open after {first:.1f} s ({how}), after a kill {again:.1f} s with its chats"
    times += f"; a question typed as it opens, answered whole {whole:.1f} s after its start"
    return f"{times}; a PDF dropped, asked, its page opened; {swapped}"


@contextlib.contextmanager
def _seen_when_missed(pictures: Path | None) -> Iterator[None]:
    """A picture of what stood there, for whoever looks into it."""
    try:
        yield
    except Missed:
        picture(pictures, "missed")
        raise


def _empty_caches() -> bool:
    """Let the system forget what it has read, as after a start of the computer; → whether it may be told."""
    with contextlib.suppress(OSError):
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
        return True
    return False


def _drop_pdf(app: Installed) -> None:
    """Drop one of our own on the window, and wait until a search finds what it states."""
    from made_files import pdf, text_at

    file = app.home / DROPPED
    page = "".join(text_at(72, 740 - 24 * line, said) for line, said in enumerate(STATED))
    file.write_bytes(pdf([page]))
    drop(app.seen(file), WIDE // 2, HIGH // 3)
    until(lambda: STATED[1] in app.run("search", ASKED_OF_IT), 60, f"{DROPPED} was dropped and is not found", every=1)


def _swapped(app: Installed) -> str:
    """A model is dropped on the window, used, and answers in it; then the one that comes along again."""
    from tiny_gguf import write_tiny

    tiny = app.home / "Tinydrop.gguf"
    write_tiny(tiny)
    drop(app.seen(tiny), WIDE // 2, HIGH // 3)
    until(lambda: _model(app, "inydrop"), 60, "a model was dropped and is not listed", every=1)
    name = _model(app, "inydrop")
    app.run("models", "use", name)
    keys("", "ctrl+n")
    time.sleep(0.5)
    keys("What is a valve?", "Return")
    until(lambda: _answered(app, "valve"), 60, "the model that was swapped in did not answer in the window")
    app.run("models", "use", STARTER)
    app.run("models", "remove", name)
    tiny.unlink()
    return f"“{name}” dropped, swapped in, answered"


def _model(app: Installed, part: str) -> str:
    """The name of an installed model that holds this; "" where there is none."""
    return next((str(model["name"]) for model in app.lines("models") if part in str(model["name"])), "")


def _opened(app: Installed) -> float:
    started = time.monotonic()
    app.start()
    until(lambda: shown("Inhouse"), 60, "no window opened")
    took = time.monotonic() - started
    focus("Inhouse")
    time.sleep(3)
    return took


def _asked_at_once(app: Installed) -> float:
    """Seconds from the start of the program to the last word of an answer, where somebody types as the window opens."""
    store = app.home / ".local" / "share" / "Inhouse" / "chats.db"

    def is_answered() -> bool:
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
            sql = (
                "SELECT count(*) FROM turns q JOIN turns a ON a.parent = q.id "
                "WHERE q.text LIKE '%pump%' AND a.state = 'done'"
            )
            return bool(db.execute(sql).fetchone()[0])

    started = time.monotonic()
    app.start()
    until(lambda: shown("Inhouse"), 60, "no window opened")
    focus("Inhouse")
    keys("What is a pump? One word.", "Return")
    until(is_answered, 60, "a question that was typed as the window opened was not answered", every=0.02)
    return time.monotonic() - started


def _answered(app: Installed, word: str) -> str:
    """The whole answer in the chat that a question with this word began; "" until there is one."""
    ids = [str(chat["id"]) for chat in app.lines("chats") if word in str(chat["title"])]
    if not ids:
        return ""
    file = app.home / ".local" / "share" / "Inhouse" / "checked.json"
    app.run("chats", "export", ids[0], app.seen(file))
    turns = json.loads(file.read_text())["chats"][0]["turns"]
    file.unlink()
    return next((turn["text"] for turn in turns if turn["role"] == "answer" and turn["state"] == "done"), "")


def models(app: Installed) -> str:
    """A model file is brought, used, and removed again."""
    from tiny_gguf import write_tiny

    tiny = app.home / "Tiny.gguf"
    write_tiny(tiny)
    app.run("models", "import", app.seen(tiny))
    name = _model(app, "iny")
    if not name:
        raise Missed("The imported model is not listed.")
    app.run("models", "use", name)
    app.run("chat", said="/alone\nHello\n")
    app.run("models", "use", STARTER)
    app.run("models", "remove", name)
    tiny.unlink()
    return f"“{name}” brought, used, removed"


def processors(app: Installed) -> str:
    """Each kind of processor that this one can be answers, with the library for it alone: the oldest is any x86."""
    libraries = app.inside / "llama_cpp" / "lib"
    kinds = sorted(path.name.removeprefix("libggml-cpu-").split(".")[0] for path in libraries.glob("libggml-cpu-*"))
    if "x64" not in kinds:
        raise Missed(f"No library for any processor: {', '.join(kinds) or 'one for all'}.")
    ran, passed_over = [], []
    for kind in kinds:
        only = f"libggml-cpu-{kind}.so"
        if not _runs_here(libraries, only):
            passed_over.append(kind)
            continue
        app.end()  # what runs has another library already
        with tempfile.TemporaryDirectory(prefix="kind-", dir=app.home) as folder:
            Path(folder).chmod(0o755)
            for file in libraries.iterdir():
                if not file.name.startswith("libggml-cpu-") or file.name == only:
                    (Path(folder) / file.name).symlink_to(app.seen(file))
            app.environment["LLAMA_CPP_LIB_PATH"] = app.seen(Path(folder))
            try:
                said = app.run("chat", said=f"/alone\n{ASKED_ALONE}\n")
            finally:
                app.environment.pop("LLAMA_CPP_LIB_PATH")
            if not any(only in maps for maps in _maps(app.program)):
                raise Missed(f"{only} was the only one there, and no process has it loaded.")
        if "pump" not in said.lower():
            raise Missed(f"With {only} alone it answers: {said[-300:]}")
        ran.append(kind)
    app.end()
    return f"answers as {', '.join(ran)}; this processor cannot be {', '.join(passed_over) or 'none of the others'}"


def _runs_here(libraries: Path, name: str) -> bool:
    """What llama.cpp itself asks of a library before it takes it."""
    ctypes.CDLL(str(libraries / "libggml-base.so"), mode=ctypes.RTLD_GLOBAL)
    score: Callable[[], int] = ctypes.CDLL(str(libraries / name)).ggml_backend_score
    return score() > 0


def _maps(program: Path) -> list[str]:
    """The libraries of each process of the application."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "exe").readlink() == program:
                found.append((process / "maps").read_text())
    return found


def training(app: Installed, wheels: Path) -> str:
    """The training component comes out of a folder of wheels, and a training takes its first step with it."""
    started = time.monotonic()
    app.run("training", "install", "--wheels", app.seen(wheels), limit=1200)
    took = time.monotonic() - started
    app.start("train", "--recipe", "search", "--collection", COLLECTION, "--author", "rules", "--effort", "quick",
              "--approve-above", "0.5")  # fmt: skip
    runs = app.home / ".local" / "share" / "Inhouse" / "runs"
    until(lambda: any('"event":"Loss"' in file.read_text() for file in runs.glob("*/events.jsonl")), 900,
          "no first step of a training")  # fmt: skip
    app.end()
    subprocess.run(["pkill", "-9", "-f", app.seen(runs)], check=False)
    return f"installed from a folder in {took:.0f} s; the first step of a training was taken"


def traces(app: Installed) -> str:
    """Nothing lies outside the data and cache folders."""
    allowed = (
        DROPPED,
        ".local/share/Inhouse",
        ".cache/Inhouse",
        ".local/share/applications",
        ".cache/fontconfig",
        ".cache/mesa",
    )
    files = (str(path.relative_to(app.home)) for path in app.home.rglob("*") if path.is_file())
    strange = [name for name in files if not name.startswith((*allowed, *app.was_there))]
    if strange:
        raise Missed(f"Files outside the data folder: {', '.join(strange[:5])}")
    return "only in the data and cache folders"


def picture(folder: Path | None, name: str) -> None:
    """What the display shows, where pictures are wanted."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        seen().save(folder / f"{name}.png")


# --- all of it --------------------------------------------------------------------------------------------------------


def check(app: Installed, wheels: Path | None = None, pictures: Path | None = None) -> bool:
    """Print a line for each part; → whether all held."""
    checks: list[tuple[str, Callable[[], str]]] = [
        ("window", lambda: window(app, pictures)),
        *([] if app.is_apart else [("screen reader", lambda: screen_reader(app.program))]),
        ("documents", lambda: documents(app)),
        ("models", lambda: models(app)),
        ("processors", lambda: processors(app)),
        *([("training", lambda: training(app, wheels))] if wheels else []),
        ("traces", lambda: traces(app)),
    ]
    missed = 0
    for name, part in checks:
        try:
            said, held = part(), True
        except (Missed, OSError, subprocess.SubprocessError) as error:
            said, held = str(error), False
        missed += not held
        sys.stdout.write(f"{'held' if held else 'MISSED':<7} {name:<13} {said}\n")
        sys.stdout.flush()
    app.end()
    return not missed


def main(argv: list[str] | None = None) -> int:
    """Check the application of a folder; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make package-check", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / ".build" / "app" / "Inhouse")
    parser.add_argument("--wheels", type=Path, help="a folder of packaging/wheelhouse.py: training is tried, too")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of the window")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="inhouse-check-") as home:
        app = Installed(args.folder.resolve() / "Inhouse", Path(home))
        return 0 if check(app, args.wheels.resolve() if args.wheels else None, args.pictures) else 1


if __name__ == "__main__":
    sys.exit(main())
