"""What the trials of a run found, as its training takes it: the settings, and the trial that it goes on from."""

from __future__ import annotations

import shutil
from dataclasses import replace

import msgspec

from trainer import events
from trainer.context import Context
from trainer.spec import SettingsTrial, TrialsResult, read_json
from trainer.train import checkpoint, replay

STAGE, FILE = "trials", "result.json"
PARTS = ("adapter", "checkpoints")
"""Of a trial's folder, the checkpoints last: with them it is handed over."""


def folder_of(number: int) -> str:
    """Name of a trial's folder."""
    return f"{number:02d}"


def read(context: Context) -> TrialsResult | None:
    """What was tried; None where nothing was to be."""
    path = context.run / STAGE / FILE
    return read_json(path, TrialsResult) if context.spec.tries and path.exists() else None


def with_settings(context: Context, trial: SettingsTrial) -> Context:
    """The run with the settings of a trial."""
    settings = {"rank": trial.rank, "learning_rate": trial.learning_rate, "epochs": trial.epochs}
    hyper = msgspec.structs.replace(context.spec.hyper, **settings)
    return replace(context, spec=msgspec.structs.replace(context.spec, hyper=hyper))


def applied(context: Context) -> Context:
    """The run as it trains: with the settings that were found, where some were looked for."""
    result = read(context)
    return context if result is None or result.found is None else with_settings(context, result.found)


def hand_over(context: Context) -> None:
    """Let the training go on where the trial with its settings ended: a trial is its beginning, step by step."""
    result = read(context)
    if result is None:
        return
    here, target = context.run / STAGE, context.stage("train")
    answers = here / replay.FILE
    if answers.exists():
        answers.rename(target / replay.FILE)
    source = here / folder_of(result.kept)
    if not checkpoint.whole(source / "checkpoints"):
        return
    for part in PARTS:
        if (source / part).exists():
            shutil.rmtree(target / part, ignore_errors=True)
            (source / part).rename(target / part)
    position = checkpoint.position(checkpoint.whole(target / "checkpoints")[-1])
    _tell(context, position, result)


def _tell(context: Context, position: checkpoint.Position, result: TrialsResult) -> None:
    """The curve as far as the trial came, which said nothing of it."""
    trial = result.found
    steps = trial.planned_steps if trial is not None else 0
    for point in position.curve:
        context.emit(
            events.Loss(
                step=point.step,
                steps=steps,
                epoch=round(point.epoch, 3),
                train=round(point.train, 5),
                heldout=point.heldout,
                learning_rate=point.learning_rate,
                best=point.step == position.best_step,
            )
        )
