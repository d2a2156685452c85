"""What only a graphics card can show; run by `make gpu-check`, left out otherwise.

The runtime is the one that was just built (`INHOUSE_GPU_RUNTIME`), added and chosen through the doors of the app.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from worker_client import Client

from app.llama.gguf_reader import read_header
from app.models.registry import find_starter
from app.models.runtime_trial import try_runtime
from app.models.runtimes import Runtimes
from app.paths import Home
from app.runtimes import Device, Runtime, environment
from app.workers.calls.engine import Chat, Chatted, Load, Loaded

pytestmark = [pytest.mark.gpu, pytest.mark.real]

LOST_BYTES = 64 << 20
"""Of a card's memory that a driver may keep for itself between two looks."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("gpu"))


@pytest.fixture(scope="module")
def added(place: Home) -> Runtime:
    """The runtime in this data folder, chosen for the engine."""
    source = os.environ.get("INHOUSE_GPU_RUNTIME", "")
    if not source:
        pytest.fail("INHOUSE_GPU_RUNTIME names no runtime: run “make gpu-check”")
    runtimes = Runtimes(place)
    steps = runtimes.bring_in(Path(source), "")
    while True:
        try:
            next(steps)
        except StopIteration as end:
            runtimes.choose("engine", end.value.id)
            made: Runtime = end.value
            return made


@pytest.fixture
def engine(place: Home, added: Runtime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name, value in environment(place, "engine").items():
        monkeypatch.setenv(name, value)
    client = Client("engine", place)
    yield client
    client.close()


def starter() -> str:
    found = find_starter()
    assert found is not None
    return found.path


def card(place: Home, added: Runtime) -> Device:
    """The first card, as a process that does nothing else sees it."""
    return next(device for device in try_runtime(place, added.id).devices if device.is_gpu)


def test_the_card_is_named_with_its_memory(place: Home, added: Runtime) -> None:
    seen = card(place, added)
    said = subprocess.run(
        ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    name, total = said.splitlines()[0].rsplit(",", 1)
    assert seen.kind == "CUDA"
    assert seen.name == name.strip()
    assert seen.total == pytest.approx(float(total) * (1 << 20), rel=0.05)


def test_a_token_comes_from_the_card(place: Home, added: Runtime) -> None:
    tried = try_runtime(place, added.id, starter())
    assert tried.gpu and tried.text
    assert tried.text == try_runtime(place, "built-in", starter()).text


def test_a_model_lies_on_the_card_as_planned_and_leaves_it(place: Home, added: Runtime, engine: Client) -> None:
    before = card(place, added)
    header = read_header(Path(starter()))
    loaded = engine.call(Load(path=starter(), context=4096))
    assert isinstance(loaded, Loaded)
    info = loaded.info
    taken = before.free - card(place, added).free
    (share,) = info.placed.shares
    assert share.name == before.name and share.layers == header.layers + 1 and not info.placed.note
    sys.stdout.write(f"\nfit: planned {share.bytes / 1e6:.0f} MB, taken on the card {taken / 1e6:.0f} MB\n")
    assert (info.backend, info.gpu_layers) == ("CUDA", header.layers + 1)
    answer = engine.call(Chat(conversation="", question="Name a colour."))
    assert isinstance(answer, Chatted) and answer.text
    engine.close()
    assert card(place, added).free >= before.free - LOST_BYTES
