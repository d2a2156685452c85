"""What a door says about trainings: the wizard's steps as calls, and what every door is told of a run."""

from __future__ import annotations

from app.workers.protocol import Call, Data


class ListRuns(Call, frozen=True):
    """→ Runs."""


class Runs(Data, frozen=True):
    """Ids, newest first."""

    ids: tuple[str, ...]


Calls = ListRuns
Answers = Runs
Events = Runs
