"""Trains in several processes of this computer, a card each, where the plan finds more than one that holds the model.

A run that `accelerate launch` started in several processes has them already (trainer.train.several); this one starts
them for the training alone, and passes on what the first of them says.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import msgspec

from app.llama.planner import SHARE, Device
from app.llama.teaching import Teaching
from trainer import events
from trainer.context import Context
from trainer.errors import TrainerError


def processes(found: Teaching, here: Sequence[Device]) -> int:
    """How many processes train: one for each card that holds the model as it was planned; on the processor one."""
    holding = [each for each in here if each.kind == "gpu" and found.needs_bytes <= each.free * SHARE]
    return len(holding) if found.device.kind == "gpu" and holding else 1


def train(context: Context, count: int) -> bool:
    """Train in so many processes; False where they could not be started together.

    Raises:
        TrainerError: the training itself failed, in the words of the process that failed.
    """
    threads = max(1, context.threads // count)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    process = subprocess.Popen(
        [*command, "-m", "trainer", "part", str(context.run)], stdout=subprocess.PIPE, env=environment
    )
    trained = False
    try:
        for event in _said(process):
            if isinstance(event, events.Failed):
                raise TrainerError(event.message, event.hint, event.detail, event.code)
            trained = trained or isinstance(event, events.Loss)
            context.emit(event)
        ended = process.wait()
    finally:
        if process.poll() is None:
            process.terminate()  # torch's launcher ends the others
            process.wait()
        assert process.stdout is not None
        process.stdout.close()
    if ended and trained:
        hint = (
            "Start the run again: it goes on where it was. With limits.processes 1 in its run.json one process trains."
        )
        raise TrainerError("One of the processes that train together ended.", hint, f"exit status {ended}", "process")
    return not ended


def _said(process: subprocess.Popen[bytes]) -> Iterator[events.AnyEvent]:
    assert process.stdout is not None
    for line in process.stdout:
        try:
            yield events.decode(line)
        except msgspec.DecodeError:  # a library's own words
            sys.stderr.write(line.decode(errors="replace"))
