"""Where a run is, by what its trainer says, and what becomes of its wizard then. No disk, no clock, no process.

    none → preparing → review → training ⇄ paused → done
                                training ← waiting (for another training)

From "preparing" and everything behind it a run may also end as "failed", by the trainer's own word, or as "stopped",
where its process is gone without one; from both it goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from app.finetune.progress import RunProgress
from app.finetune.states import BUSY, LISTED, RunState
from app.finetune.wizard import STEPS, Step, Wizard
from trainer.events import AnyEvent, RunStarted

START_LIMIT_S = 30.0
"""A trainer without a first word by then did not start; the word comes before anything heavy is imported."""


@dataclass
class Gathered:
    """Documents read and in all, while what the model learns from is gathered."""

    done: int = 0
    total: int = 0


class RunMachine:
    """One run: fed with what its trainer said, whether its process lives and what the time is."""

    def __init__(self, *, started: bool = False, reviewed: bool = False) -> None:
        """`started`: the trainer was given a specification. `reviewed`: the person let it train once."""
        self.started, self.reviewed = started, reviewed
        self.progress = RunProgress()
        self.gathering: Gathered | None = None
        self._alive = False
        self._launched_at: float | None = None

    @property
    def state(self) -> RunState:
        """Where the run is."""
        if self.gathering is not None:
            return "preparing"
        if self._launched_at is not None:
            return "training" if self.reviewed else "preparing"
        phase = self.progress.phase
        if phase == "idle":
            return "stopped" if self.started else "none"
        if phase in ("review", "failed", "done"):
            return phase
        if not self._alive:
            return "stopped"
        if phase in ("paused", "waiting"):
            return phase
        return "preparing" if self.progress.preparing and not self.reviewed else "training"

    @property
    def launching(self) -> bool:
        """Whether its process was started and has not said its first word, which names its number."""
        return self._launched_at is not None

    def launched(self, now: float) -> None:
        """Its process was started at this time (seconds of any steady clock)."""
        self._alive, self._launched_at = True, now

    def take(self, events: Iterable[AnyEvent]) -> bool:
        """Its trainer said something; → whether it did."""
        said = list(events)
        if self.launching and any(isinstance(event, RunStarted) for event in said):
            self._alive, self._launched_at = True, None
        return self.progress.take(said)

    def check(self, *, alive: bool, now: float) -> None:
        """Whether its process lives, as far as the system knows; one that is just starting gets its time."""
        if self._launched_at is None:
            self._alive = alive
        elif not alive and now - self._launched_at > START_LIMIT_S:
            self.died()

    def died(self) -> None:
        """Its process ended without a word."""
        self._alive, self._launched_at = False, None


# --- what becomes of the wizard ---------------------------------------------------------------------------------------


def opened(wizard: Wizard, state: RunState) -> Wizard:
    """As it is shown: what was being gathered when everything ended opens where its data is chosen."""
    if state == "none" and wizard.step not in ("goal", "data"):
        return at(wizard, "data")
    return wizard


def at(wizard: Wizard, step: Step) -> Wizard:
    """Another step is open."""
    return msgspec.structs.replace(wizard, step=step)


def training(wizard: Wizard, *, chat_paused: bool) -> Wizard:
    """A training begins, perhaps anew: what came out before counts no more."""
    return msgspec.structs.replace(
        wizard, step="train", chat_paused=chat_paused, kept_old=False, installed="", went_back=False
    )


def chat_back(wizard: Wizard) -> Wizard:
    """The training has ended, and the chat has its memory again."""
    return msgspec.structs.replace(wizard, chat_paused=False)


def installed(wizard: Wizard, model_id: str, name: str) -> Wizard:
    """The model that came out is listed under this id."""
    return msgspec.structs.replace(wizard, installed=model_id, name=name, step="use", kept_old=False, went_back=False)


def reachable(step: Step, wizard: Wizard, state: RunState, *, reviewed: bool = False, listed: bool = True) -> bool:
    """Whether a step may be opened. `reviewed`: training began once; `listed`: there is a list to review."""
    if state in BUSY:
        return step == ("review" if state == "preparing" else "train")
    if step in ("goal", "data"):
        return True
    if step == "review":
        return state in LISTED and (listed or state != "done")
    if step == "train":
        interrupted = reviewed and state in ("stopped", "failed")
        return state == "done" or interrupted or STEPS.index(wizard.step) >= STEPS.index("train")
    if step == "compare":
        return state == "done"
    return bool(wizard.installed)
