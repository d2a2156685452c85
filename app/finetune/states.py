"""Where a run can be, and what may be done with it there."""

from __future__ import annotations

from typing import Literal

from app.errors import AppError

RunState = Literal["none", "preparing", "review", "training", "paused", "waiting", "stopped", "failed", "done"]
BUSY: tuple[RunState, ...] = ("preparing", "training", "paused", "waiting")
"""Something works on it, or holds its place in the queue."""
IDLE: tuple[RunState, ...] = ("none", "review", "stopped", "failed", "done")
LISTED: tuple[RunState, ...] = ("review", "stopped", "failed", "done")
"""There may be a list to review."""
Action = Literal[
    "change", "prepare", "stop preparing", "decide", "train", "pause", "unpause", "stop", "shorten", "skip", "resume",
    "ask a sample",
    "use", "keep the old one", "remove", "delete",
]  # fmt: skip
ALLOWED: dict[Action, tuple[RunState, ...]] = {
    "change": IDLE,
    "prepare": IDLE,
    "stop preparing": ("preparing",),
    "decide": LISTED,
    "train": LISTED,
    "pause": ("training", "waiting"),
    "unpause": ("training", "paused", "waiting"),  # a pause may not have come into effect yet
    "stop": ("training", "paused", "waiting"),
    "shorten": ("training",),
    "skip": ("training",),
    "resume": ("stopped", "failed"),
    "ask a sample": ("none", "preparing", "review", "training", "paused", "waiting", "stopped", "failed"),
    "use": ("done",),
    "keep the old one": ("done",),
    "remove": IDLE,
    "delete": IDLE,
}
"""What may be done with a run where it is."""
WORDS: dict[RunState, str] = {
    "none": "has not begun yet",
    "preparing": "is being prepared",
    "review": "waits for your review",
    "training": "is training",
    "paused": "is paused",
    "waiting": "waits until another training is done",
    "stopped": "was interrupted",
    "failed": "has failed",
    "done": "is done",
}


def require(action: Action, state: RunState) -> None:
    """Raises AppError where a run in this state does not allow it."""
    if state in ALLOWED[action]:
        return
    hint = "Stop it first." if state in BUSY else "Prepare its data first." if state == "none" else "Open it to go on."
    raise AppError(f"This run {WORDS[state]}, so it cannot do that now.", hint, f"{action} while {state}")
