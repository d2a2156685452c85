"""A training in two stages as the window follows it: each stage has its own curve."""

from __future__ import annotations

from app.finetune.progress import RunProgress
from trainer import events


def point(step: int, loss: float, *, best: bool = False) -> events.Loss:
    return events.Loss(step=step, steps=10, epoch=1.0, train=loss, best=best, at=float(step))


def sample(step: int, question: str) -> events.Sample:
    return events.Sample(step=step, question=question, wanted="", before="", now="said")


def test_the_conversations_begin_a_curve_of_their_own_and_a_restart_goes_on_with_it() -> None:
    told = RunProgress()
    stages = ("corpus", "pretrain", "train", "export", "gate", "card")
    told.take([events.RunStarted(id="r", stages=stages, pid=1)])
    told.take([events.StageStarted(stage="pretrain", index=2, total=6), point(1, 8.0), point(5, 5.0, best=True)])
    told.take([sample(5, "Once upon")])
    assert told.sentence() == "Reading" and told.train_fraction == 0.5 and list(told.samples) == ["Once upon"]
    told.take([events.StageFinished(stage="pretrain", seconds=1.0, summary={})])
    told.take([events.StageStarted(stage="train", index=3, total=6)])
    assert not told.points and told.best_step is None and not told.samples and told.train_fraction == 0.0
    told.take([point(1, 4.0), point(2, 3.5), point(3, 3.0)])
    told.take([events.RunStarted(id="r", stages=stages, pid=2), events.StageSkipped(stage="pretrain")])
    told.take([events.StageStarted(stage="train", index=3, total=6), events.Resumed(stage="train", step=2)])
    assert [each.step for each in told.points] == [1, 2], "what was learned before the kill stays in the curve"
    assert told.sentence() == "Training"
