"""The settings that were tried before a training, in words: for the window and the terminal alike."""

from __future__ import annotations

from collections.abc import Iterator

from app.finetune.durations import duration
from trainer.spec import Ended, SettingsTrial, TrialsResult

HEADINGS = ("Trial", "Rank", "Rate", "Times through", "Steps", "Tokens", "Time", "Watched error", "How it ended")
_ENDED: dict[Ended, str] = {
    "": "still in",
    "kept": "kept",
    "dropped": "another was better",
    "unstable": "its error was no number",
    "memory": "too little memory",
    "time": "the time was over",
}


def rows(result: TrialsResult) -> list[tuple[str, ...]]:
    """A row a trial, under `HEADINGS`."""
    return [_row(trial) for trial in result.trials]


def text(result: TrialsResult) -> str:
    """All of it for a terminal: the table, then what was kept and why."""
    return "\n".join(_lines(result))


def time_words(result: TrialsResult) -> str:
    """How much of the time was used, and what the error is measured on."""
    return f"{duration(result.spent)} of {duration(result.given)}, on {result.watched} watched questions."


def _lines(result: TrialsResult) -> Iterator[str]:
    if result.trials:
        table = [HEADINGS, *rows(result)]
        wide = [max(len(row[column]) for row in table) for column in range(len(HEADINGS))]
        for row in table:
            yield "  ".join(cell.rjust(width) for cell, width in zip(row[:-1], wide, strict=False)) + f"  {row[-1]}"
    yield result.reason or "It is still being tried."
    yield time_words(result)


def _row(trial: SettingsTrial) -> tuple[str, ...]:
    return (
        str(trial.number),
        str(trial.rank),
        f"{trial.learning_rate:.1e}",
        f"{trial.epochs:g}",
        f"{trial.steps} of {trial.planned_steps}",
        f"{trial.tokens:,}",
        duration(trial.seconds),
        "–" if trial.loss is None else f"{trial.loss:.3f}",
        _ENDED[trial.ended],
    )
