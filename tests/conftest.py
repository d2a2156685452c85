"""What holds for every test: no network but this machine, no screen, no unexpected warning in the log."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.packages import STARTER, package_folder

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # a test keeps no key in the user's own keyring
os.environ.pop("INHOUSE_HOME", None)

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
_LOCAL = ("127.0.0.1", "localhost", "::1")


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo" and args[0] not in (None, "", *_LOCAL):
        raise PermissionError(f"A test looked up {args[0]}: the network is blocked in tests")
    if event != "socket.connect" or not isinstance(args[0], socket.socket):
        return
    address = args[1]
    if isinstance(address, tuple) and address[0] not in _LOCAL:
        raise PermissionError(f"A test connected to {address[0]}: the network is blocked in tests")


sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has a data folder of its own, so none can touch the user's."""
    folder = tmp_path / "inhouse-home"
    monkeypatch.setenv("INHOUSE_HOME", str(folder))
    return folder


@pytest.fixture
def expected_warnings() -> list[str]:
    """Parts of log messages that a test provokes on purpose: append them."""
    return []


@pytest.fixture(autouse=True)
def no_unexpected_warnings(caplog: pytest.LogCaptureFixture, expected_warnings: list[str]) -> Iterator[None]:
    """A warning that our code logs fails the test, unless the test expects it."""
    with caplog.at_level(logging.WARNING):
        yield
    for record in [r for when in ("setup", "call") for r in caplog.get_records(when)]:
        if record.levelno >= logging.WARNING and record.name.startswith(("app", "trainer")):
            message = record.getMessage()
            assert any(part in message for part in expected_warnings), f"unexpected: {record.name}: {message}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real documents beside the checkout; tests that use them skip where there are none."""
    if not SHARED.is_dir():
        pytest.skip("the real documents in ../shared/data are not here")
    return SHARED


@pytest.fixture(scope="session")
def starter() -> Path:
    """The starter model's file."""
    folder = package_folder(STARTER)
    assert folder is not None, "the starter model is not installed"
    return next(folder.glob("*.gguf"))
