"""No socket listens or connects from start to quit, indexing and asking included: seen by strace, native code too."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.documents.scan_pages import draw_text

pytestmark = pytest.mark.real

INTERNET = re.compile(r"(?:connect|bind|listen|sendto|sendmsg)\(.*(?:AF_INET6?|sin_port)|listen\(")
WINDOW = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from app.gui import main
def painted():
    QTimer.singleShot(4000, QApplication.quit)
raise SystemExit(main.run(["inhouse"], painted))
"""


def traced(command: list[str], log: Path, home: Path) -> tuple[list[str], str]:
    """Run a command and its children under strace; the network calls that it made, and what it printed."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed; `make test` installs it on Debian and Ubuntu")
    env = {**os.environ, "INHOUSE_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    head = [strace, "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,bind,listen,sendto,sendmsg", "-o", str(log)]
    run = subprocess.run([*head, *command], env=env, capture_output=True, text=True, timeout=240)
    if "ptrace" in run.stderr and "not permitted" in run.stderr:
        pytest.skip("this machine forbids strace")
    assert run.returncode == 0, run.stderr
    return log.read_text(errors="replace").splitlines(), run.stdout


def internet(calls: list[str]) -> list[str]:
    """Calls that reach beyond this computer's own files: the core's socket in the data folder listens, and is one."""
    files = {match.groups() for call in calls if (match := re.match(r"(\d+) +bind\((\d+), .*AF_UNIX", call))}

    def is_file(call: str) -> bool:
        listening = re.match(r"(\d+) +listen\((\d+)", call)
        return "AF_UNIX" in call or (listening is not None and listening.groups() in files)

    return [call for call in calls if INTERNET.search(call) and not is_file(call)]


def test_the_watcher_sees_a_connection(tmp_path: Path) -> None:
    code = "import socket\ns = socket.socket()\ns.settimeout(1)\ns.connect_ex(('127.0.0.1', 9))"
    calls, _ = traced([sys.executable, "-c", code], tmp_path / "log", tmp_path)
    assert len(internet(calls)) == 1
    listens = "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()"
    calls, _ = traced([sys.executable, "-c", listens], tmp_path / "log", tmp_path)
    assert len(internet(calls)) == 2


def test_adding_and_asking_touch_no_network(tmp_path: Path) -> None:
    note = tmp_path / "hotels.md"
    scan = tmp_path / "parking.png"
    draw_text("The garage closes at ten in the evening.", 100).crop((0, 0, 830, 250)).save(scan)
    note.write_text("# Hotels\n\nThe hotel limit in Munich is 165 euro per night, breakfast included.\n")
    home, inhouse = tmp_path / "home", [sys.executable, "-m", "app"]
    calls, _ = traced([*inhouse, "add", str(note), str(scan), "--collection", "Travel"], tmp_path / "add.log", home)
    assert internet(calls) == []
    calls, out = traced([*inhouse, "search", "when does the garage close"], tmp_path / "search.log", home)
    assert internet(calls) == []
    assert "evening" in out and "recognised from a picture" in out  # the models came along
    question = "What is the hotel limit in Munich?"
    calls, out = traced([*inhouse, "ask", question, "--collection", "Travel"], tmp_path / "ask.log", home)
    assert internet(calls) == []
    assert "165" in out


def test_a_library_that_reports_to_its_maker_is_kept_from_it(tmp_path: Path) -> None:
    """onnxruntime 1.31 does so some seconds after its import, whatever is called then: by its environment alone."""
    code = "from app.workers.offline import forbid_network; forbid_network(); import time, onnxruntime; time.sleep(20)"
    calls, _ = traced([sys.executable, "-c", code], tmp_path / "log", tmp_path)
    assert internet(calls) == []


def test_the_window_touches_no_network(tmp_path: Path) -> None:
    calls, _ = traced([sys.executable, "-c", WINDOW], tmp_path / "window.log", tmp_path / "home")
    assert internet(calls) == []
