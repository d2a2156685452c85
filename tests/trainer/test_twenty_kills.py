"""One whole run, from documents to the model card, killed with -9 twenty times: twice in each of its ten stages."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny import write_tiny

from trainer import events
from trainer.spec import (
    BaseModel,
    CompareResult,
    Data,
    Example,
    Hyper,
    Input,
    Limits,
    Prepare,
    Replay,
    RunSpec,
    TextDocument,
    TrainResult,
    read_json,
    read_lines,
    write_json,
    write_lines,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a thing of POSIX systems")
ROOT = Path(__file__).resolve().parents[2]
STAGES = ("base", "collect", "clean", "questions", "split", "train", "export", "gate", "compare", "card")
KILLS_A_STAGE = 2
RULES = {
    "pump": "The north pump is oiled every 12 days. The cellar pump costs 340 euros. The spare pump weighs 85 kg.",
    "canteen": "The lunch menu costs 6 euros. The coffee machine is cleaned every 3 hours. The hall seats 64.",
    "travel": "The daily allowance is 42 euros. A travel request takes 5 working days. The mileage rate is 37 cents.",
    "leave": "The annual leave is 31 days. The parental leave is 14 months. The notice period is 7 weeks.",
    "crane": "The yard crane lifts 900 kg. The crane licence is renewed every 24 months. The course costs 510 euros.",
    "printing": "The colour printer prints 28 pages. The toner lasts 60 days. The plotter costs 1,250 euros.",
    "laboratory": "The balance is calibrated every 39 months. The hood costs 265 euros. The oven heats for 90 minutes.",
    "parking": "The garage holds 118 cars. The parking permit costs 55 euros. The gate closes after 20 minutes.",
}

FORKS = """
import os, sys
from trainer import __main__, stages
for stage in (*stages.PREPARE, *stages.TRAIN, stages.COMPARE, stages.CARD):
    stage.load()
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os._exit(__main__.main(["run", line.strip()]))
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Forks the trainer once its libraries are imported, which takes longer than all that a run of the tiny model does."""


def _write_documents(path: Path) -> None:
    """Documents that are no twins of each other: such would land on one side of the split."""
    rows = []
    for number, (thing, text) in enumerate(RULES.items()):
        name = f"{thing}.md"
        whole = f"# {thing.capitalize()} rules\n\n{text}"
        rows.append(TextDocument(id=name, text=whole, name=name, path=name, collection="c", document_id=number + 1))
    write_lines(path, rows)


def _make(home: Path, name: str) -> Path:
    folder = home / name / "run"
    folder.mkdir(parents=True)
    spec = RunSpec(
        id="run",
        base=BaseModel(path=str(home / "tiny.gguf")),
        data=Data(inputs=(Input(kind="documents", path=str(home / "documents.jsonl"), name="c"),)),
        prepare=Prepare(approve_above=0.0, max_facts=10, phrasings=5),
        hyper=Hyper(learning_rate=5e-3, epochs=3, checkpoint_steps=1, precision="fp32", batch_tokens=3000),
        replay=Replay(enabled=False),
        limits=Limits(threads=1),
    )
    write_json(folder / "run.json", spec)
    (folder / "reviewed").touch()
    return folder


class Trainer:
    """Starts the trainer on a run and kills it."""

    def __init__(self) -> None:
        self._parent = subprocess.Popen(
            [sys.executable, "-c", FORKS], cwd=ROOT, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def start(self, folder: Path) -> int:
        assert self._parent.stdin is not None and self._parent.stdout is not None
        self._parent.stdin.write(f"{folder / 'run.json'}\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def ended(self) -> int:
        assert self._parent.stdout is not None
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        assert self._parent.stdin is not None and self._parent.stdout is not None
        self._parent.stdin.close()
        self._parent.wait()
        self._parent.stdout.close()


@pytest.fixture
def trainer() -> Iterator[Trainer]:
    made = Trainer()
    yield made
    made.close()


def _heard(folder: Path) -> list[events.AnyEvent]:
    path = folder / "events.jsonl"
    return events.read_events(path)[0] if path.exists() else []


def _is_at_work(event: events.AnyEvent, stage: str) -> bool:
    """Training is met behind its first checkpoint, so that there is something to resume."""
    if stage == "train":
        return isinstance(event, events.Loss) and event.step >= 2
    return isinstance(event, events.StageStarted) and event.stage == stage


def _wait_for(folder: Path, stage: str, starts: int) -> None:
    """Until the process that was started last works on this stage."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        heard = _heard(folder)
        runs = [n for n, event in enumerate(heard) if isinstance(event, events.RunStarted)]
        if len(runs) == starts and any(_is_at_work(event, stage) for event in heard[runs[-1] :]):
            return
        time.sleep(0.002)
    raise AssertionError(f"{stage} never began: {_heard(folder)[-1]}")


@pytest.mark.timeout(600)
def test_twenty_kills_change_nothing(tmp_path: Path, trainer: Trainer) -> None:
    write_tiny(tmp_path / "tiny.gguf")
    _write_documents(tmp_path / "documents.jsonl")
    whole, killed = _make(tmp_path, "whole"), _make(tmp_path, "killed")
    trainer.start(whole)
    assert trainer.ended() == 0, _heard(whole)[-1]
    took = {event.stage: event.seconds for event in _heard(whole) if isinstance(event, events.StageFinished)}
    assert tuple(took) == STAGES
    rng, starts, kills = random.Random(11), 0, []
    for stage in STAGES:
        while kills.count(stage) < KILLS_A_STAGE:
            child = trainer.start(killed)
            starts += 1
            _wait_for(killed, stage, starts)
            # once it has ended this stage the next one finds it done, and the second kill would miss it
            time.sleep(0.0 if stage == "train" else took[stage] * rng.random() * 0.5)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            if trainer.ended() == -signal.SIGKILL:
                kills.append(stage)
            # where it was quicker than the kill, by however many stages, it is as if it had been killed before
            # the last write of this one
            for done in STAGES[STAGES.index(stage) :]:
                (killed / done / "done.json").unlink(missing_ok=True)
            assert starts < 60, kills
    trainer.start(killed)
    assert trainer.ended() == 0, _heard(killed)[-1]
    assert len(kills) == 20
    assert any(isinstance(event, events.Resumed) and event.step for event in _heard(killed))
    _same(whole, killed)


def _same(whole: Path, killed: Path) -> None:
    """The same data, the same curve, the same weights, the same files, the same verdict."""
    lists = [{e.id: e for e in read_lines(run / "split" / "examples.jsonl", Example)} for run in (whole, killed)]
    assert lists[0] == lists[1] and len(lists[0]) >= 10
    one, other = (read_json(run / "train" / "result.json", TrainResult) for run in (whole, killed))
    assert one.curve == other.curve and one.best_step == other.best_step and one.steps > 5
    weights = [whole / "train" / "adapter" / "adapter_model.safetensors", *(whole / "export").glob("*.gguf")]
    assert len(weights) == 4
    for path in weights:
        assert path.read_bytes() == (killed / path.relative_to(whole)).read_bytes(), path
    mine, theirs = (read_json(run / "compare" / "result.json", CompareResult) for run in (whole, killed))
    assert mine.exams == theirs.exams and mine.judgement == theirs.judgement and mine.exams
    cards = [(run / "README.md").read_text() for run in (whole, killed)]
    assert mine.judgement.sentence in cards[0] and mine.judgement.sentence in cards[1]
