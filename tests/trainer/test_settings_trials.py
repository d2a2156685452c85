"""Settings that are found by trying: the rules of halving, and whole runs of the tiny model, stopped and killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from facts import write_facts
from tiny import write_tiny

from trainer import events, pipeline
from trainer.spec import (
    BaseModel,
    Control,
    Data,
    Example,
    Export,
    Hyper,
    Lessons,
    Limits,
    Replay,
    RunSpec,
    SettingsTrial,
    TrainResult,
    TrialsResult,
    read_json,
    read_lines,
    write_json,
    write_lines,
)
from trainer.train import halving, trial_runs

ROOT = Path(__file__).resolve().parents[2]
HYPER = Hyper(learning_rate=4e-3, epochs=2, rank=4, precision="fp32", batch_tokens=600, checkpoint_steps=1)
HOUR = 60.0


def _trial(number: int, losses: dict[int, float], **settings: object) -> SettingsTrial:
    given = {"rank": 16, "learning_rate": 5e-4, "epochs": 1.0, **settings}
    return SettingsTrial(number=number, losses=losses, **given)  # type: ignore[arg-type]


# --- the rules --------------------------------------------------------------------------------------------------------


def test_the_recipes_own_settings_are_tried_first_and_none_twice() -> None:
    pairs = halving.pairs(16, 5e-4)
    assert pairs[0] == (16, 5e-4)
    assert sorted(pairs) == sorted((rank, rate) for rank in (8, 16, 32) for rate in (2.5e-4, 5e-4, 1e-3))
    assert len(halving.pairs(1, 5e-4)) == 6  # there is no rank of a half


@pytest.mark.parametrize("count", range(2, 10))
def test_work_is_what_halving_by_hand_comes_to(count: int) -> None:
    eighths, alive, at = 0, count, 0
    for part in halving.PARTS:
        for _ in range(alive):
            eighths += part - at
        at, alive = part, max(1, alive // 2)
        if alive == 1:
            break
    assert halving.work(count) == eighths


def test_a_time_holds_no_more_trials_than_their_work_and_none_below_two() -> None:
    assert halving.how_many(19.0, 10.0, 9) == 0
    assert halving.how_many(20.0, 10.0, 9) == 2
    for given in (30.0, 75.0, 100.0, 165.0, 1000.0):
        count = halving.how_many(given, 10.0, 9)
        assert halving.work(count) * 10.0 <= given
        assert count == 9 or halving.work(count + 1) * 10.0 > given


def test_equals_are_decided_by_what_changes_the_model_least() -> None:
    strong = _trial(1, {4: 0.100}, learning_rate=1e-3, rank=32)
    mild = _trial(2, {4: 0.104}, learning_rate=5e-4)
    behind = _trial(3, {4: 0.200}, learning_rate=1e-4)
    assert halving.pick([strong, mild, behind], 4) is mild
    assert "changes the model less" in halving.reason([strong, mild, behind], mild, 4, 20)
    mild = msgspec.structs.replace(mild, losses={4: 0.110})
    assert halving.pick([strong, mild, behind], 4) is strong


def test_where_time_ends_in_a_round_the_last_place_with_two_measurements_decides() -> None:
    trials = [_trial(1, {1: 0.5, 2: 0.30}), _trial(2, {1: 0.4}), _trial(3, {1: 0.9}), _trial(4, {1: 0.8})]
    decided = halving.decide(trials)
    assert decided is not None and (decided[0].number, decided[1]) == (2, 1)
    trials[1] = _trial(2, {1: 0.4, 2: 0.35})
    decided = halving.decide(trials)
    assert decided is not None and (decided[0].number, decided[1]) == (1, 2)
    assert halving.decide(trials[:1]) is None


def test_a_time_that_holds_no_two_trials_is_said_before() -> None:
    seconds, warnings = halving.expected(1.0, whole=600.0)
    assert seconds == 60.0 and "hardly hold two trials" in warnings[0]
    assert halving.expected(60.0, whole=600.0) == (halving.longest(600.0), ())
    assert halving.expected(10.0, whole=600.0) == (600.0, ())
    assert halving.expected(None, whole=600.0) == (0.0, ())


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trials")
    write_tiny(folder / "tiny.gguf")
    rows = list(read_lines(write_facts(folder / "facts.jsonl", 10), Example))
    train = [row for row in rows if row.split == "train"]
    watched = {row.group: row.id for row in train}  # the last phrasing of each fact
    changed = [msgspec.structs.replace(row, split="validation") if row.id in watched.values() else row for row in rows]
    write_lines(folder / "facts.jsonl", changed)
    return folder


def _make(home: Path, name: str, **changes: object) -> Path:
    spec = RunSpec(
        id=name,
        base=BaseModel(path=str(home / "tiny.gguf")),
        data=Data(examples=str(home / "facts.jsonl")),
        hyper=HYPER,
        replay=Replay(enabled=False),
        lessons=Lessons(variants=0, grounded=0.0, refused=0.0),
        export=Export(quantizations=("Q8_0",)),
        limits=Limits(threads=1),
        compare=False,
        find_best=HOUR,
    )
    folder = home / name
    folder.mkdir()
    write_json(folder / "run.json", msgspec.structs.replace(spec, **changes))
    return folder


def _run(folder: Path) -> list[events.AnyEvent]:
    code = pipeline.run(folder, events.EventLog(folder / "events.jsonl", echo=False))
    heard = events.read_events(folder / "events.jsonl")[0]
    assert code == 0, heard[-1]
    return heard


def _tried(folder: Path) -> TrialsResult:
    return read_json(folder / "trials" / "result.json", TrialsResult)


@pytest.fixture(scope="module")
def whole(home: Path) -> Path:
    """A run with time for all there is to try."""
    folder = _make(home, "whole")
    _run(folder)
    return folder


def test_all_is_tried_and_the_better_half_goes_on(whole: Path) -> None:
    result = _tried(whole)
    pairs, times = result.trials[:9], result.trials[9:]
    assert [(trial.rank, trial.learning_rate) for trial in pairs] == halving.pairs(4, 4e-3)
    assert [len([trial for trial in pairs if part in trial.losses]) for part in halving.PARTS] == [9, 4, 2]
    for part, after in zip(halving.PARTS, halving.PARTS[1:], strict=False):
        measured = halving.order([trial for trial in pairs if part in trial.losses], part)
        went_on = {trial.number for trial in pairs if after in trial.losses}
        assert went_on == {trial.number for trial in measured[: len(went_on)]}
    assert {trial.epochs for trial in times} == {1.0, 4.0}
    assert all(halving.WHOLE in trial.losses for trial in times)
    assert result.watched == 10 and result.before is not None and result.before > result.trials[0].losses[1]
    assert [trial.number for trial in result.trials if trial.ended == "kept"] == [result.kept]
    assert all(trial.ended in ("kept", "dropped") and trial.tokens and trial.seconds for trial in result.trials)
    assert 0 < result.spent < result.given


def test_the_training_goes_on_from_the_trial_that_was_kept(whole: Path) -> None:
    kept = _tried(whole).found
    result = read_json(whole / "train" / "result.json", TrainResult)
    assert kept is not None
    used = (result.hyper.rank, result.hyper.learning_rate, result.hyper.epochs, result.hyper.alpha)
    assert used == (kept.rank, kept.learning_rate, kept.epochs, 2.0 * kept.rank)
    assert result.heldout_loss == kept.losses[halving.WHOLE] and result.steps == kept.planned_steps
    assert not list((whole / "trials").glob("*/checkpoints"))


def test_it_comes_to_the_very_weights_of_a_training_with_these_settings(home: Path, whole: Path) -> None:
    kept = _tried(whole).found
    assert kept is not None
    hyper = msgspec.structs.replace(HYPER, rank=kept.rank, learning_rate=kept.learning_rate, epochs=kept.epochs)
    plain = _make(home, "plain", hyper=hyper, find_best=None)
    _run(plain)
    assert not (plain / "trials").exists()
    weights = Path("train") / "adapter" / "adapter_model.safetensors"
    assert (plain / weights).read_bytes() == (whole / weights).read_bytes()


def test_every_trial_stands_in_the_model_card(whole: Path) -> None:
    card, result = (whole / "README.md").read_text(), _tried(whole)
    assert result.reason in card
    rows = [line for line in card.splitlines() if (line.startswith("| ") and "e-03" in line) or "| 0.0" in line]
    assert len(rows) >= len(result.trials)


def test_a_second_start_tries_nothing_and_another_time_tries_anew(home: Path, whole: Path) -> None:
    before = (whole / "trials" / "result.json").read_bytes()
    heard = _run(whole)
    last = heard[max(i for i, event in enumerate(heard) if isinstance(event, events.RunStarted)) :]
    assert {type(event).__name__ for event in last} == {"RunStarted", "StageSkipped", "Finished"}
    assert (whole / "trials" / "result.json").read_bytes() == before


def test_nothing_of_the_exam_and_nothing_of_the_person_is_looked_at(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    rows = {row.id: row for row in read_lines(home / "facts.jsonl", Example)}

    class Watched(trial_runs.Trials):
        def measure_before(self) -> None:
            seen.extend(example.id for unit in self._task.validation for example in unit)
            super().measure_before()

    monkeypatch.setattr("trainer.train.trials.Trials", Watched)
    write_lines(home / "own.jsonl", [row for row in rows.values() if row.split == "validation"][:1])
    folder = _make(home, "kept-out", data=Data(examples=str(home / "facts.jsonl"), own=str(home / "own.jsonl")))
    write_json(folder / "run.json", msgspec.structs.replace(read_json(folder / "run.json", RunSpec), find_best=0.001))
    _run(folder)
    assert seen and {rows[key].split for key in seen} == {"validation"}
    assert next(iter(read_lines(home / "own.jsonl", Example))).id not in seen


def test_too_short_a_time_says_so_and_trains_with_the_recipes_own(home: Path) -> None:
    folder = _make(home, "short", find_best=0.0005)
    heard = _run(folder)
    result = _tried(folder)
    assert "too short" in result.reason and "recipe's own" in result.reason
    assert any(isinstance(event, events.Notice) and event.message == result.reason for event in heard)
    hyper = read_json(folder / "train" / "result.json", TrainResult).hyper
    assert (hyper.rank, hyper.learning_rate, hyper.epochs) == (4, 4e-3, 2)


def test_too_few_watched_questions_say_so_and_train_with_the_recipes_own(home: Path, tmp_path: Path) -> None:
    write_facts(tmp_path / "few.jsonl", 5)
    folder = _make(home, "few", data=Data(examples=str(tmp_path / "few.jsonl")))
    heard = _run(folder)
    result = _tried(folder)
    assert result.trials == () and "too few" in result.reason
    assert any(isinstance(event, events.Notice) and "too few" in event.message for event in heard)
    assert read_json(folder / "train" / "result.json", TrainResult).hyper.rank == 4


@dataclass
class _Once:
    """Ends the search where two trials were measured."""

    folder: Path

    def __call__(self, event: events.Event) -> None:
        if isinstance(event, events.StageStarted) and event.stage == "trials":
            self.folder.joinpath("control.json").unlink(missing_ok=True)
        measured = sum(1 in trial.losses for trial in _tried(self.folder).trials)
        if measured == 2 and not self.folder.joinpath("control.json").exists():
            write_json(self.folder / "control.json", Control("stop"))


def test_stopped_early_the_best_so_far_trains_to_its_end(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_runs, "TOLD_S", 0.0)
    folder = _make(home, "stopped")
    stop = _Once(folder)

    def emit(event: events.Event) -> None:
        if (folder / "trials" / "result.json").exists():
            stop(event)

    assert pipeline.run(folder, emit) == 0
    result, trained = _tried(folder), read_json(folder / "train" / "result.json", TrainResult)
    assert result.found is not None and [trial.number for trial in result.trials if 1 in trial.losses] == [1, 2]
    assert [trial.ended for trial in result.trials[2:]] == ["time"] * 7
    assert trained.stopped != "user" and trained.hyper.learning_rate == result.found.learning_rate
    assert read_json(folder / "control.json", Control).action == "run"


def test_a_rate_that_breaks_the_loss_is_one_trial_that_ended(home: Path) -> None:
    folder = _make(home, "broken", hyper=msgspec.structs.replace(HYPER, learning_rate=1e30))
    code = pipeline.run(folder, lambda _event: None)
    result = _tried(folder)
    assert any(trial.ended == "unstable" and not trial.losses for trial in result.trials)
    assert code in (0, 1)  # the training itself may break as well, and says so


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a thing of POSIX systems")
@pytest.mark.timeout(600)
def test_kills_lose_no_trial_and_change_none(home: Path, whole: Path) -> None:
    folder, rng, kills = _make(home, "killed"), random.Random(5), 0
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    finished: dict[int, dict[int, float]] = {}
    while kills < 3:
        child = subprocess.Popen(
            [sys.executable, "-m", "trainer", "run", str(folder / "run.json")], cwd=ROOT, stdout=subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip
        _wait_for_another_measurement(folder, finished, child)
        time.sleep(rng.random() * 0.3)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        kills += 1
        child.wait()
        known = {trial.number: dict(trial.losses) for trial in _tried(folder).trials}
        for number, losses in finished.items():
            assert losses.items() <= known[number].items()
        finished = known
    _run(folder)
    one, other = _tried(whole), _tried(folder)
    assert [(t.number, t.rank, t.learning_rate, t.epochs, t.losses, t.ended) for t in one.trials] == [
        (t.number, t.rank, t.learning_rate, t.epochs, t.losses, t.ended) for t in other.trials
    ]
    assert one.reason == other.reason
    weights = Path("train") / "adapter" / "adapter_model.safetensors"
    assert (whole / weights).read_bytes() == (folder / weights).read_bytes()


def _wait_for_another_measurement(
    folder: Path, finished: dict[int, dict[int, float]], child: subprocess.Popen[bytes]
) -> None:
    until = time.monotonic() + 120
    before = sum(map(len, finished.values()))
    while time.monotonic() < until and child.poll() is None:
        path = folder / "trials" / "result.json"
        if path.exists() and sum(len(trial.losses) for trial in _tried(folder).trials) > before:
            return
        time.sleep(0.02)
    assert child.poll() is None, "nothing was measured"
