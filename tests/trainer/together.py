"""Trains the run in each named folder, alone or in two processes; one import of torch for all of them.

    python together.py alone=FOLDER two=FOLDER split=FOLDER

`split` is FSDP, as `accelerate launch --use_fsdp` asks for it. Processes are made by fork: each joins over gloo by the
same environment that accelerate and torchrun set.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import torch

from trainer import together
from trainer.events import EventLog

torch.set_num_threads(1)


def train(kind: str, folder: Path) -> bool:
    """Whether all processes ended well."""
    size = 1 if kind == "alone" else 2
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for rank in range(size):
        child = os.fork()
        if child == 0:
            if size > 1:
                os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(size)}
                os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
            if kind == "split":
                os.environ["ACCELERATE_USE_FSDP"] = "true"
            os._exit(together.part(folder, EventLog(folder / "events.jsonl", echo=False)))
        children.append(child)
    return all(os.waitpid(child, 0)[1] == 0 for child in children)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        name, _, path = argument.partition("=")
        done = train(name, Path(path))
        print(name, "ok" if done else "failed", flush=True)
