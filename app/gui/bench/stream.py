"""What the window costs while an answer streams: its longest stall, and the tokens a second that come through it.

The stall is measured on a 4,000-token answer that a real child reads out; the speed on the starter model, beside a
bare llama_cpp loop on the same prompt.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from app.figures import Figure
from app.gui import main
from app.gui.main import Parts
from app.gui.shell.main_window import MainWindow
from app.models.registry import Registry
from app.paths import Home
from app.settings import FIRST_RUN_DONE, MAX_TOKENS, TEMPERATURE, Settings
from app.spawn import child_environment
from app.types import Answer, InstalledModel, Sampling
from app.workers.calls.engine import Chat

STALL_LIMIT_MS = 50.0
PROBE_MS = 1
LEAST_SHARE = 0.97
ROUNDS = 3
QUESTION = "Write a long story about a lighthouse keeper, a storm and a lost ship, with every detail."
ANSWER_LIMIT_S = 180.0
SAMPLING = Sampling(temperature=0.0, max_tokens=512)


class Probe:
    """Notes the longest time in which the Qt loop did not come round."""

    def __init__(self) -> None:
        self.longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer = QTimer(interval=PROBE_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Begin anew."""
        self.longest_ms = 0.0
        self._last = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest_ms = max(self.longest_ms, (now - self._last) * 1000 - PROBE_MS)
        self._last = now


class Bench:
    """The real window with the real parts; `replay` puts the reading child in the engine's place."""

    def __init__(self, folder: Path, replay: bool) -> None:
        self.app = QApplication.instance() or QApplication(sys.argv[:1])
        assert isinstance(self.app, QApplication)
        home = Home(folder)
        home.root.mkdir(parents=True, exist_ok=True)
        settings = Settings(home)
        settings.set(FIRST_RUN_DONE, True)
        settings.set(TEMPERATURE, 0.0)
        settings.set(MAX_TOKENS, SAMPLING.max_tokens)
        self._core = _replay_core(home) if replay else None
        self.parts: Parts = main.build_parts(home, self.app)
        self.window: MainWindow = main.build_window(self.parts)
        self.window.show()
        self.parts.core.connect_core()
        self.parts.models.start()

    def ask(self) -> tuple[Answer, float]:
        """Ask in a new chat; the answer, and the seconds from its first words in the window to its end."""
        chats, loop = self.parts.chats, QEventLoop()
        times: list[float] = []
        found: list[Answer] = []

        def finished(turn: object) -> None:
            times.append(time.perf_counter())
            found.append(getattr(turn, "answer"))  # noqa: B009 -- the signal carries an object
            loop.quit()

        def arrived(*_: object) -> None:
            times.append(time.perf_counter())

        chats.token_arrived.connect(arrived)
        chats.answer_finished.connect(finished)
        chats.new_chat()
        chats.ask(QUESTION)
        QTimer.singleShot(int(ANSWER_LIMIT_S * 1000), loop.quit)
        loop.exec()
        chats.token_arrived.disconnect(arrived)
        chats.answer_finished.disconnect(finished)
        if not found:
            raise RuntimeError("The answer did not come.")
        return found[0], times[-1] - times[0]

    def close(self) -> None:
        self.window.close()
        main.stop(self.parts)
        if self._core is not None:
            self._core.wait()


def _replay_core(home: Home) -> subprocess.Popen[bytes]:
    """A core whose engine reads out; the window finds it where it finds any core."""
    return subprocess.Popen([sys.executable, "-m", "app.gui.bench.replay", "core"], env=child_environment(home))


def stall(folder: Path) -> Iterator[Figure]:
    """The longest stall over a 4,000-token answer with headings, lists, tables and code."""
    bench, probe = Bench(folder / "stall", replay=True), Probe()
    bench.app.processEvents()
    QTimer.singleShot(500, probe.start)
    answer, _ = bench.ask()
    probe.stop()
    bench.close()
    yield {
        "figure": f"stream: longest stall of the window in {answer.stats.completion_tokens} tokens",
        "value": round(probe.longest_ms, 1),
        "unit": "ms",
        "reference": STALL_LIMIT_MS,
        "ratio": round(probe.longest_ms / STALL_LIMIT_MS, 3),
        "target": f"under {STALL_LIMIT_MS:.0f} ms",
        "ok": probe.longest_ms < STALL_LIMIT_MS,
    }


class _BareLoop:
    """llama_cpp's own calls in a process of their own: the reference, measured in turns with the window."""

    def __init__(self, model: InstalledModel) -> None:
        command = [sys.executable, "-m", "app.engine.bare", model.path]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def tokens_per_s(self) -> float:
        """The same question, greedy, as many tokens at most."""
        assert self._process.stdin is not None and self._process.stdout is not None
        call = Chat(conversation="bare", question=QUESTION, sampling=SAMPLING)
        self._process.stdin.write(msgspec.json.encode(call) + b"\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.communicate()


def speed(folder: Path) -> Iterator[Figure]:
    """Tokens/s while the transcript draws them, beside a bare loop on the same prompt; in turns."""
    bench = Bench(folder / "speed", replay=False)
    loop = _BareLoop(Registry(bench.parts.home).models()[0])
    ours, alone = [], []
    for n in range(ROUNDS + 1):
        answer, _ = bench.ask()
        reference = loop.tokens_per_s()
        if n:  # the first pages the weights in
            ours.append(answer.stats.tokens_per_s)
            alone.append(reference)
    loop.close()
    bench.close()
    value, reference = statistics.median(ours), statistics.median(alone)
    ratio = statistics.median(one / other for one, other in zip(ours, alone, strict=True))  # neighbours in time
    yield {
        "figure": "stream: tokens/s with the window drawing, beside a bare llama_cpp loop",
        "value": round(value, 1),
        "unit": "tokens/s",
        "reference": round(reference, 1),
        "ratio": round(ratio, 3),
        "target": f"at least {LEAST_SHARE}",
        "ok": ratio >= LEAST_SHARE,
    }
