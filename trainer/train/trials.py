"""The stage that finds a run's settings by trying, in the time that the person gave (trainer.train.halving).

It looks at the watched questions alone, which training is stopped by: never at the exam's, never at the person's own.
The trial that is kept is where the training goes on.
"""

from __future__ import annotations

import gc

import torch
from msgspec.structs import replace as changed

from trainer.context import Context, Summary
from trainer.spec import Control, SettingsTrial, TrialsResult, write_json
from trainer.train import brought, found, halving, memory, several
from trainer.train.stages import ready
from trainer.train.trial_runs import Trials


def run(context: Context) -> Summary:
    """Try settings until the time is over, all is tried, or the person stops; the best so far are kept."""
    if brought.is_there(context):
        return {"trials": 0}
    if several.here().splits_weights:
        why = "Settings cannot be tried where several processes split the weights."
        context.notice(why, "The recipe's own are used.")
        return {"trials": 0}
    result = _Search(context, Trials(context, ready(context, several.Group(), found.STAGE))).run()
    _forget_model()
    kept = result.found
    if kept is None or halving.decide(result.trials) is None:
        context.notice(result.reason)
    said: Summary = {"trials": len(result.trials), "kept": result.kept, "reason": result.reason}
    if kept is not None:
        said |= {"rank": kept.rank, "learning_rate": kept.learning_rate, "epochs": kept.epochs}
    return said


def _forget_model() -> None:
    """The training loads it anew, in its place and not beside it."""
    gc.collect()
    memory.give_back()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


class _Search:
    """Successive halving over rank and rate, then whole trainings with other times through the data."""

    def __init__(self, context: Context, trials: Trials) -> None:
        self._context, self._trials = context, trials

    def run(self) -> TrialsResult:
        """Try, and decide."""
        trials = self._trials
        if trials.result.reason:  # killed behind its last write
            return trials.result
        if trials.result.watched < halving.ENOUGH:
            return self._end(0, f"Only {trials.result.watched} watched questions: too few to choose settings by.")
        trials.measure_before()
        winner = self._halve()
        if winner is not None:
            for other in trials.all:
                if other.number != winner.number and other.epochs == winner.epochs and not other.ended:
                    trials.change(other.number, ended="dropped")
                    trials.remove(other.number)
            self._whole(trials.all[winner.number - 1])
        return self._decide()

    def _halve(self) -> SettingsTrial | None:
        """Try pairs of rank and rate; → the one that is left, None where the time was over before."""
        trials, hyper = self._trials, self._trials.hyper
        rate, epochs = hyper.learning_rate or 0.0, hyper.epochs or 1.0
        pairs = halving.pairs(hyper.rank, rate)
        if not trials.advance(trials.enter(1, *pairs[0], epochs), 1):
            return None
        if not trials.result.planned:
            trials.keep(planned=halving.how_many(trials.clock.given, trials.all[0].seconds, len(pairs)))
        entered = [trials.enter(n, *pair, epochs) for n, pair in enumerate(pairs[: trials.result.planned], 1)]
        for part in halving.PARTS:
            goes_on = halving.survivors(len(entered))
            for number in entered:
                if not trials.advance(number, part):
                    return None
                if goes_on > 1:
                    trials.drop(entered, part, goes_on)
            measured = [trial for trial in trials.of(entered) if part in trial.losses]
            if len(measured) < 2 or goes_on == 1 or part == halving.PARTS[-1]:
                return halving.pick(measured, part) if measured else None
            entered = [trial.number for trial in halving.order(measured, part)[:goes_on]]
        return None

    def _whole(self, winner: SettingsTrial) -> None:
        """The winner to its end, and beside it whole trainings with other times through the data, as the time allows:
        with less than one to hold it against, its end says nothing."""
        trials = self._trials
        if winner.planned_steps < halving.WHOLE or not winner.steps:
            return
        pace, first = winner.seconds / winner.steps, halving.TIMES[0]
        if trials.clock.left < pace * (winner.planned_steps - winner.steps + self._steps_left(winner, first)):
            return
        if not trials.advance(winner.number, halving.WHOLE):
            return
        for times in halving.TIMES:
            if trials.clock.left < pace * self._steps_left(winner, times):
                return
            known = self._with_times(winner, times)
            number = known.number if known else len(trials.all) + 1
            trials.enter(number, winner.rank, winner.learning_rate, winner.epochs * times)
            if not trials.advance(number, halving.WHOLE):
                return

    def _with_times(self, winner: SettingsTrial, times: float) -> SettingsTrial | None:
        return next((each for each in self._trials.all if each.epochs == winner.epochs * times), None)

    def _steps_left(self, winner: SettingsTrial, times: float) -> float:
        """Of the whole training with other times through the data than this one."""
        known = self._with_times(winner, times)
        if known is not None and (known.ended or halving.WHOLE in known.losses):
            return 0.0
        return winner.planned_steps * times - (known.steps if known else 0)

    def _decide(self) -> TrialsResult:
        """Say which settings train, and why."""
        trials = self._trials
        decided = halving.decide(trials.all)
        if decided is not None:
            kept, part = decided
            return self._end(kept.number, halving.reason(trials.all, kept, part, trials.result.watched))
        why = f"{trials.clock.given / 60:g} min were too short to hold two trials against each other."
        if trials.stopped:
            why = "It was ended before two trials could be held against each other."
        elif all(trial.ended for trial in trials.all):
            why = "No two trials could be held against each other."
        return self._end(0 if trials.all[0].ended else 1, f"{why}")

    def _end(self, kept: int, why: str) -> TrialsResult:
        """Write the result, and leave of the trials what the training goes on from."""
        trials = self._trials
        decided = halving.decide(trials.all)
        if decided is None:
            why = f"{why} The recipe's own settings train."
        ended = []
        for trial in trials.all:
            held = decided is not None and decided[1] in trial.losses
            word = "kept" if trial.number == kept else trial.ended or ("dropped" if held else "time")
            ended.append(changed(trial, ended=word))
            if trial.number != kept:
                trials.remove(trial.number)
        trials.keep(trials=tuple(ended), kept=kept, reason=why)
        if trials.stopped:  # the search alone is ended: the training comes now
            write_json(self._context.run / "control.json", Control())
        return trials.result
