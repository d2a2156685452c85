"""Pictures with nothing played: python packaging/screenshots_real.py FOLDER adds the samples, asks, and shoots.

One process prepares a data folder (the samples, real answers of the starter model), then one a theme, size and scaling
opens the real window on a copy of it. `screenshots.py` does the pages that need no answer.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import picture
from filelock import FileLock

ROOT = Path(__file__).resolve().parent.parent
WIDE, NARROW = (1280, 820), (880, 560)
SHOTS = (("light", WIDE, 1), ("dark", WIDE, 1), ("light", NARROW, 1), ("light", WIDE, 2))
COLLECTION = "Larkfield samples"
CITED = "What is the hotel limit per night in Munich?"
MISSING = (
    "What is the salary of a shift lead?",
    "What is the hotel limit in Tokyo?",
    "Who won the football world cup in 1990?",
)
ASKED = (
    "How long is the warranty on refurbished pumps?",
    "In which weeks are the torque wrenches of line 3 calibrated?",
    "How late can I tell the shift lead about a shift swap?",
    *MISSING,
    CITED,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Prepare once, then shoot each theme and size in a process of its own, since Qt reads the scaling at its start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pictures, separated by commas")
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "gui")]
    if options.child == "prepare":
        return prepare()
    if options.child:
        theme, width, height = options.child.split(",")
        return shoot(options.folder, theme, (int(width), int(height)), options.only)
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="inhouse-pictures-") as made:
        _child(options, "prepare", Path(made) / "home", 1)
        with FileLock(Path(made) / "home" / "core.lock"):  # its core has left
            (Path(made) / "home" / "core.sock").unlink(missing_ok=True)
        for theme, (width, height), scale in SHOTS:
            copy = Path(made) / f"{theme}-{width}-{scale}"
            shutil.copytree(Path(made) / "home", copy)
            _child(options, f"{theme},{width},{height}", copy, scale)
    return 0


def _child(options: argparse.Namespace, child: str, home: Path, scale: int) -> None:
    env = {**os.environ, "QT_SCALE_FACTOR": str(scale), "PYTHONPATH": str(ROOT), "INHOUSE_HOME": str(home)}
    env.setdefault("QT_QPA_PLATFORM", "offscreen")
    command = [sys.executable, __file__, str(options.folder), "--child", child, "--only", options.only]
    subprocess.run(command, env=env, check=True)


def prepare() -> int:
    """The samples in their collection, one file that cannot be read, and the questions answered."""
    from app.gui.shell.first_run import sample_files
    from app.paths import SAMPLES
    from app.settings import DEFAULT_COLLECTION, FIRST_RUN_DONE, TEMPERATURE
    from app.workers.calls.documents import CreateCollection

    real = _open(first=True)
    settings = real.parts.settings
    settings.set(FIRST_RUN_DONE, True)
    settings.set(TEMPERATURE, 0.0)
    torn = real.parts.home.root / "Supplier-List-2025.pdf"
    torn.write_bytes((SAMPLES / "Travel-Policy-2026.pdf").read_bytes()[:20_000])
    made: list[int] = []
    call = CreateCollection(name=COLLECTION)
    real.parts.core.request(call, done=lambda data: made.append(data.collection.id))
    real.until(lambda: made, "the collection")
    settings.set(DEFAULT_COLLECTION, made[0])
    real.parts.documents.add([str(path) for path in [*sample_files(SAMPLES), torn]], made[0])
    real.added()
    for question in ASKED:
        real.window.new_chat()
        real.ask(question)
    real.close()
    return 0


def shoot(folder: Path, theme: str, size: tuple[int, int], only: str) -> int:
    """Save the pictures of one theme and size."""
    from app.paths import home
    from app.settings import THEME, Settings

    Settings(home()).set(THEME, theme)
    real = _open()
    real.window.resize(*size)
    scale = os.environ.get("QT_SCALE_FACTOR", "1")
    suffix = f"-{theme}" + (f"-{size[0]}x{size[1]}" if size != WIDE else "") + ("-200" if scale == "2" else "")
    real.engine_ready()
    real.until(lambda: real.parts.documents.totals, "the documents")
    for name, show in scenes(real).items():
        if not only or name in only.split(","):
            show()
            _settle()
            picture.save(real.window.grab().toImage(), folder / f"{name}{suffix}.png")
    real.close()
    return 0


def scenes(real: Any) -> dict[str, Callable[[], None]]:
    """Name → what brings the window there."""
    chats = {chat.title: chat.id for chat in real.parts.reader.list_chats()}

    def chat(question: str) -> None:
        title = next(title for title in chats if question.startswith(title.rstrip("…")[:30]))
        real.window.open_chat(chats[title])

    def source() -> None:
        chat(CITED)
        _settle()
        real.press_first_chip()
        real.until(lambda: real.chat.panel.page_view.image is not None, "the page")

    def why() -> None:
        chat(CITED)
        _settle()
        real.chat.transcript.answers()[-1].bar.why.click()

    def start() -> None:
        real.window.new_chat()
        real.press("Show sample questions")

    def drop() -> None:
        real.window.show_page("documents")
        folder = real.parts.home.root / "drop"
        folder.mkdir(exist_ok=True)
        for name in ("Supplier-Contract.pdf", "Claims-2025.csv", "Site-Rules.md", "Photos.zip", "Logo.png"):
            (folder / name).write_bytes(b"x")
        real.drag(*folder.iterdir())
        _settle()

    def missing() -> None:
        """The first of these questions that really found nothing."""
        for question in MISSING:
            chat(question)
            answer = real.parts.chats.turns()[-1].answer
            if answer is not None and answer.not_found:
                break

    def failure() -> None:
        from real_window import kill

        real.window.end_first_run()
        chat(CITED)
        kill(real.core, "engine")
        real.until(real.chat.banner.text, "the banner")

    def first_run() -> None:
        from PySide6.QtWidgets import QLineEdit

        real.drag_leave()
        _settle()
        real.window.show_first_run()
        place = next(each for each in real.window.findChildren(QLineEdit) if each.text() == str(real.parts.home.root))
        place.setText("~/.local/share/Inhouse")

    return {
        "chat": lambda: chat(CITED),
        "chat-source": source,
        "chat-why": why,
        "chat-start": start,
        "not-found": missing,
        "documents": lambda: real.window.show_page("documents"),
        "drop": drop,
        "first-run": first_run,
        "model-stopped": failure,
    }


def _open(*, first: bool = False) -> Any:
    from PySide6.QtWidgets import QApplication
    from real_window import RealWindow

    from app.paths import home
    from app.settings import FIRST_RUN_DONE, Settings

    if first:
        home().root.mkdir(parents=True)
        Settings(home()).set(FIRST_RUN_DONE, True)
    return RealWindow(QApplication.instance() or QApplication([]), home())


def _settle() -> None:
    from PySide6.QtTest import QTest

    QTest.qWait(600)


if __name__ == "__main__":
    sys.exit(main())
