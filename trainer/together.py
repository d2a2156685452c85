"""A run in several processes, as `accelerate launch -m trainer run RUN` or torchrun starts it.

The first process does everything that there is to do; the others wait for its training, and train along. The run's
folder has to be one that all of them see, also on other machines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trainer import events, pipeline
from trainer.context import Context
from trainer.spec import read_spec
from trainer.train import several, stages


def run(folder: Path, emit: Callable[[events.Event], None]) -> int:
    """Run what is left of a run, together; returns the exit status of this process."""
    group = several.here()
    if group.first:
        status = pipeline.run(folder, emit)
        if status == 0:  # else the launcher ends the others, which may be in the middle of a step
            group.leave()
        return status
    return pipeline.reported(emit, lambda _at: _along(folder, group))


def part(folder: Path, emit: Callable[[events.Event], None]) -> int:
    """The training alone, in one of the processes that `trainer.train.launch` started."""
    group = several.here()

    def work(at: Callable[[str], None]) -> None:
        at("train")
        context = Context(read_spec(folder / "run.json"), folder, emit if group.first else _silent)
        stages.taught(context, group)

    return pipeline.reported(emit, work)


def _along(folder: Path, group: several.Group) -> None:
    context = Context(read_spec(folder / "run.json"), folder, _silent)
    while group.called():
        stages.taught(context, group)
    group.leave()


def _silent(_event: events.Event) -> None:
    """The first process tells."""
