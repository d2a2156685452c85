"""A training on another computer: its data and configuration written into a folder, its adapter taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.core.calls import training as c
from app.core.reply import Reply
from app.core.reviews import Reviews
from app.core.run_flows import RunFlows
from app.core.watched_run import WatchedRun
from app.errors import AppError
from app.finetune import away
from app.finetune.review import ReviewList
from app.finetune.states import require
from app.finetune.trainer_command import require_trainer
from app.finetune.wizard import AWAY
from app.paths import Home
from trainer.spec import Written


class Away:
    """The trainer reads and writes; `launched` is called when what came back is at work."""

    def __init__(
        self, home: Home, flows: RunFlows, reviews: Reviews, launched: Callable[[WatchedRun, Reply], object]
    ) -> None:
        self._home, self._flows, self._reviews, self._launched = home, flows, reviews, launched

    def _require(self, watched: WatchedRun) -> None:
        require("train", watched.state)
        require_trainer(self._home)
        wizard = watched.kept()
        if wizard.goal not in AWAY:
            raise AppError("What this run makes is no adapter of a chat model.", "Train it on this computer.")
        if wizard.words:
            raise AppError("An adapter cannot bring new words.", "Leave the domain words out, or train here.")

    def export(self, call: c.ExportRun, watched: WatchedRun, reply: Reply) -> None:
        """Write what would train here."""
        self._require(watched)

        def listed(review: ReviewList) -> None:
            steps = away.export(watched.run, review, call.tool, _absolute(call.folder))
            self._flows.run(watched, steps, done, reply.failed, review=review)
            reply.on_cancel(lambda: reply.cancelled() if self._flows.drop(watched) else None)

        def done(written: Written) -> None:
            reply.done(c.RunExported(files=written.files))

        self._reviews.with_list(watched.run, listed, reply.failed)

    def bring(self, call: c.BringAdapter, watched: WatchedRun, reply: Reply) -> None:
        """Take an adapter, and go on with it as with one that was trained here."""
        self._require(watched)

        def listed(review: ReviewList) -> None:
            steps = away.bring(watched.run, review, _absolute(call.folder))
            self._flows.run(watched, steps, lambda _: self._launched(watched, reply), reply.failed, review=review)
            reply.on_cancel(lambda: reply.cancelled() if self._flows.drop(watched) else None)

        self._reviews.with_list(watched.run, listed, reply.failed)


def _absolute(folder: str) -> str:
    """
    Raises:
        AppError: no folder is named.
    """
    if not folder.strip():
        raise AppError("No folder is named.", "Name one.")
    return str(Path(folder).expanduser().absolute())
