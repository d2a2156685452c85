"""Settings that are found by trying, in the real window: the choice, the table that grows, and the way to end it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import fake_run
import pytest
from PySide6.QtWidgets import QApplication
from shell_world import ShellWorld

from app.finetune.runs import Run
from app.workers.calls.documents import Collections, ListCollections
from trainer import events
from trainer.spec import Control, SettingsTrial, TrialsResult, read_json, write_json

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints", extend=True)


class TrialsWorld(ShellWorld):
    """The window with the wizard's page open."""

    def __init__(self) -> None:
        super().__init__(chats=("A chat",))
        for job in self.last("documents").waiting(ListCollections):
            job.finish(Collections(collections=()))
        self.controller = self.parts.finetune
        self.controller.find_running()
        self.window.show_page("finetune")
        self.page = self.window.page("finetune")

    def run(self, **values: object) -> Run:
        made = fake_run.make_run(self.parts.home.runs, **values)
        self.controller.open(made.id)
        return made


@pytest.fixture
def world(qapp: QApplication, data_folder: Path) -> Iterator[TrialsWorld]:
    made = TrialsWorld()
    yield made
    made.close()


def _tried(run: Run, *, decided: bool) -> None:
    losses = ({1: 0.41}, {1: 0.3, 2: 0.21}, {})
    ended = ("dropped", "kept" if decided else "", "time" if decided else "")
    trials = [
        SettingsTrial(
            number=n,
            rank=16,
            learning_rate=5e-4 * n,
            epochs=1.0,
            planned_steps=80,
            steps=10 * n,
            tokens=5000 * n,
            seconds=30.0 * n,
            losses=measured,
            ended=word,  # type: ignore[arg-type]
        )
        for n, (measured, word) in enumerate(zip(losses, ended, strict=True), 1)
    ]
    why = "Rank 16, rate 0.001: error 0.210 on 24 watched questions." if decided else ""
    result = TrialsResult(
        given=900.0, spent=95.0, watched=24, before=2.0, planned=3, trials=tuple(trials), kept=2 * decided, reason=why
    )
    write_json(run.folder / "trials" / "result.json", result)


def test_off_by_default_and_the_time_is_kept_with_the_choice(world: TrialsWorld) -> None:
    run = world.run(step="goal")
    choice = world.page.steps["goal"].find_best
    assert not choice.tick.isChecked() and not choice.minutes.isEnabled()
    choice.tick.click()
    assert run.load().find_best == 30 and choice.minutes.isEnabled()
    choice.minutes.setCurrentIndex(choice.minutes.findData(60.0))
    choice.minutes.activated.emit(choice.minutes.currentIndex())
    assert run.load().find_best == 60
    world.controller.choose_goal("search")
    assert choice.isHidden()
    world.controller.choose_goal("teach")
    choice.tick.click()
    assert run.load().find_best == 0


def test_a_time_that_the_terminal_chose_is_shown(world: TrialsWorld) -> None:
    world.run(step="goal", find_best=7.0)
    choice = world.page.steps["goal"].find_best
    assert choice.tick.isChecked() and choice.minutes.currentText() == "7 min"


def test_the_table_grows_and_the_best_so_far_can_be_taken(world: TrialsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "alive", lambda _run, pid: pid == os.getpid())
    run = fake_run.make_run(world.parts.home.runs, step="train", find_best=15.0)
    fake_run.prepare(run)
    run.mark_reviewed()
    _tried(run, decided=False)
    note = "Trial 3 of 3"
    fake_run.say(
        run,
        events.RunStarted(id=run.id, stages=("trials", "train"), pid=os.getpid()),
        events.StageStarted(stage="trials", index=6, total=10),
        events.Progress(stage="trials", done=95, total=900, unit="s", seconds_left=805, note=note),
    )
    world.controller.open(run.id)
    step = world.page.steps["train"]
    assert step._head.title.text() == "Finding the best settings" and "13 min left" in step._head.left.text()
    assert step.stop.text() == "Use the best so far" and step.stop.isEnabled() and step.pause.isEnabled()
    rows = step.trials.rows()
    assert len(rows) == 4 and "another was better" in rows[1] and "still in" in rows[2]
    step.stop.click()
    assert read_json(run.folder / "control.json", Control).action == "stop"
    _tried(run, decided=True)
    fake_run.say(run, events.StageFinished(stage="trials", seconds=95.0, summary={}), at=2000.0)
    fake_run.say(run, events.StageStarted(stage="train", index=7, total=10), at=2001.0)
    world.world.clock.pass_time(0.35)
    assert step.stop.text() == "Stop and keep best"
    assert step.trials.reason.text().startswith("Rank 16") and "kept" in step.trials.rows()[2]


def test_a_run_that_tried_nothing_has_no_table_and_one_that_did_tells_it_in_the_end(world: TrialsWorld) -> None:
    world.load_starter()
    run = fake_run.make_run(world.parts.home.runs, step="compare")
    fake_run.prepare(run)
    fake_run.finish(run)
    world.controller.open(run.id)
    assert world.page.steps["train"].trials.isHidden()
    _tried(run, decided=True)
    world.controller.open(run.id)
    world.controller.use()
    world.load_beside()
    said = world.page.steps["use"]._details_text.text()
    assert "watched questions" in said and "the time was over" in said
