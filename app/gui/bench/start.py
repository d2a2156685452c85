"""How long a start takes: from the process's first instruction to a painted window whose input takes keys.

Run by `app.gui.bench.__main__`; each side is a process of its own, taking turns, since the machine is noisy.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from app.chats.store import ChatStore
from app.figures import Figure
from app.paths import Home
from app.settings import FIRST_RUN_DONE, Settings
from app.types import Answer

ROUNDS = 10
CHATS = 1_000
TARGET = 2.5
BARE = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QPlainTextEdit
class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, lambda: (print("painted", flush=True), QApplication.exit()))
app = QApplication(sys.argv)
window = Window()
window.setCentralWidget(QPlainTextEdit())
window.resize(1280, 820)
window.show()
app.exec()
"""
"""The least that a PySide6 program with one input can do."""


def fill(home: Home) -> None:
    """A data folder of someone who has used Inhouse for a year."""
    home.root.mkdir(parents=True, exist_ok=True)
    Settings(home).set(FIRST_RUN_DONE, True)
    store = ChatStore(home.chats_db, home.backups)
    for n in range(CHATS):
        chat = store.create(f"Question number {n} about the travel policy")
        question = store.add_question(chat.id, f"What does rule {n} say?")
        answer = store.begin_answer(question.id)
        store.finish_answer(answer.id, Answer(text=f"Rule {n} says that claims close after {n} days."))
    store.close()


def seconds_to_paint(code: str, env: dict[str, str]) -> float:
    """Seconds from the start of a process to its word.

    Raises:
        RuntimeError: the window was not ready for keys when it was painted.
    """
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env, text=True)
    assert process.stdout is not None
    word = process.stdout.readline().strip()
    seconds = time.perf_counter() - started
    process.stdout.close()
    process.wait()
    if word != "painted":
        raise RuntimeError("The window was painted but its input did not take a key.")
    return seconds


def measure(folder: Path) -> Figure:
    """Median of ten starts of each side, in turns."""
    fill(Home(folder))
    env = {**os.environ, "INHOUSE_HOME": str(folder)}
    env.setdefault("QT_QPA_PLATFORM", "offscreen")
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # a start as it is from the second one on, with compiled modules
    env["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    ours, bare = [], []
    for n in range(ROUNDS + 1):
        sides = (seconds_to_paint(BARE, env), seconds_to_paint("from app.gui.bench.probe import probe; probe()", env))
        if n:  # the first round warms the disk cache for both
            bare.append(sides[0])
            ours.append(sides[1])
    value, reference = statistics.median(ours), statistics.median(bare)
    ratio = value / reference
    return {
        "figure": f"start: first paint, ready for keys, {CHATS} chats",
        "value": round(value * 1000, 1),
        "unit": "ms",
        "reference": round(reference * 1000, 1),
        "ratio": round(ratio, 3),
        "target": f"at most {TARGET} of a bare PySide6 window",
        "ok": ratio <= TARGET,
    }
