"""What a run tried before it trained, where the person gave it time to find the best settings."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Ended = Literal["", "kept", "dropped", "unstable", "memory", "time"]
"""How a trial ended: not yet; its settings train; another one was better; its loss was no number; there was too little
memory for it; the time was over, or the person stopped, before it was measured."""


class SettingsTrial(Struct, frozen=True, kw_only=True):
    """A training with these settings, as far as it came."""

    number: int  # from 1, the recipe's own settings; its folder is trials/NN
    rank: int
    learning_rate: float
    epochs: float
    planned_steps: int = 0  # of a whole training
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0  # by the clock, measuring included
    losses: dict[int, float] = {}  # eighths of the planned steps → lowest loss on the watched questions, nats a token
    early: bool = False  # ended by itself, since the loss no longer fell
    ended: Ended = ""

    @property
    def loss(self) -> float | None:
        """The newest of its measurements."""
        return self.losses[max(self.losses)] if self.losses else None


class TrialsResult(Struct, frozen=True, kw_only=True):
    """trials/result.json, rewritten as it goes: where it was killed it goes on from here."""

    version: int = 1
    given: float  # seconds that the person gave
    spent: float = 0.0  # seconds, pauses and restarts left out
    watched: int = 0  # questions (texts, pairs) that the loss is measured on
    before: float | None = None  # their loss before training
    planned: int = 0  # trials of rank and rate that the time holds; 0: not known yet
    trials: tuple[SettingsTrial, ...] = ()
    kept: int = 0  # number of the trial whose settings train; 0: none was made
    reason: str = ""  # why these, for a person; "" while it is under way

    @property
    def found(self) -> SettingsTrial | None:
        """The one whose settings train."""
        return next((trial for trial in self.trials if trial.number == self.kept), None)
