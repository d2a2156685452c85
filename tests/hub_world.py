"""A hub on this computer with a model, and one real models process that asks it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from hub_server import HubServer, Repo
from tiny_gguf import write_tiny
from worker_client import Client

from app.errors import WorkerGone
from app.models.registry import Registry
from app.paths import Home
from app.types import InstalledModel
from app.workers.calls.models import FetchFile, ModelInstalled
from app.workers.message import Data

REPO, FILE = "owner/tiny-GGUF", "tiny-Q4_K_M.gguf"
SIZE = 3 << 20


def model_file(path: Path, seed: int = 3, size: int = SIZE) -> Path:
    """A sound model, as long as it has to be; its end is of no tensor."""
    write_tiny(path, seed=seed)
    with path.open("ab") as file:
        file.write(os.urandom(size - file.tell()))
    return path


@dataclass
class World:
    """A hub, and one models process that asks it."""

    hub: HubServer
    home: Home
    client: Client
    file: Path

    def fetch(self, key: str, seen: list[Data] | None = None, file: str = FILE, repo: str = REPO) -> InstalledModel:
        done = self.client.call(FetchFile(id=key, repo=repo, file=file), (seen if seen is not None else []).append)
        assert isinstance(done, ModelInstalled)
        return done.model

    def forget(self) -> None:
        """Nothing is installed, and nothing went wrong."""
        for model in Registry(self.home).models():
            if model.origin != "starter":
                Registry(self.home).remove(model.id)
        self.hub.faults.clear()
        self.hub.pause_s = 0.0
        self.hub.sent = 0
        self.hub.asked.clear()


@contextlib.contextmanager
def world_with(folder: Path) -> Iterator[World]:
    """The hub, the data folder and the process, until the end."""
    place = Home(folder / "home")
    file = model_file(folder / FILE)
    with HubServer() as hub, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.address)
        patch.setenv("HF_HUB_OFFLINE", "0")
        hub.repos[REPO] = Repo({FILE: file, "README.md": file}, total=1_000_000)
        with Client("models", place) as client:
            yield World(hub, place, client, file)


def share_sent_twice(world: World, path: Path, size: int, kills: int) -> float:
    """Kill the process that fetches again and again; → of the file, what was sent more than once."""
    path.parent.mkdir(exist_ok=True)
    model_file(path, seed=9, size=size)
    world.hub.repos["owner/killed"] = Repo({FILE: path})
    world.hub.pause_s = 0.004
    for number in range(kills):
        with Client("models", world.home) as client:
            thread = Thread(target=_until_gone, args=(client,), daemon=True)
            thread.start()
            until = time.monotonic() + 60
            while world.hub.sent < size * (number + 1) // (kills + 1) and time.monotonic() < until:
                time.sleep(0.002)
            process = client._process
            assert process is not None
            process.kill()
            thread.join()
    world.hub.pause_s = 0.0
    model = world.fetch("killed", repo="owner/killed")
    assert Path(model.path).read_bytes() == path.read_bytes()
    return (world.hub.sent - size) / size


def _until_gone(client: Client) -> None:
    with pytest.raises(WorkerGone):
        client.call(FetchFile(id="killed", repo="owner/killed", file=FILE))
