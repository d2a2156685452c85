"""Whole runs with the tiny model in real child processes: paused, stopped, waiting, full disk."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from facts import write_facts
from filelock import FileLock
from msgspec import Struct
from safetensors import SafetensorError
from tiny import write_tiny

from trainer import __main__ as program
from trainer import events, pipeline
from trainer.spec import (
    BaseModel,
    Control,
    Data,
    Example,
    Export,
    ExportResult,
    GateResult,
    Hyper,
    Input,
    Limits,
    Origins,
    Preference,
    Recipe,
    Replay,
    RunSpec,
    SampleQuestion,
    TextDocument,
    TrainResult,
    Turn,
    read_json,
    write_json,
    write_lines,
)
from trainer.train import base

ROOT = Path(__file__).resolve().parents[2]
HYPER = Hyper(learning_rate=5e-3, epochs=2, evaluations=4, checkpoint_steps=1, precision="fp32", batch_tokens=900)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    write_tiny(folder / "tiny.gguf")
    write_facts(folder / "facts.jsonl", 6)
    return folder


def _make(home: Path, name: str, **changes: object) -> Path:
    spec = RunSpec(
        id=name,
        base=BaseModel(path=str(home / "tiny.gguf")),
        data=Data(examples=str(home / "facts.jsonl")),
        hyper=HYPER,
        replay=Replay(enabled=False),
        limits=Limits(threads=1),
        compare=False,
    )
    spec = msgspec.structs.replace(spec, **changes)
    folder = home / name
    folder.mkdir()
    write_json(folder / "run.json", spec)
    return folder


def _start(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "trainer", "run", str(folder / "run.json")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def _events(child: subprocess.Popen[bytes]) -> Iterator[events.AnyEvent]:
    assert child.stdout is not None
    for line in child.stdout:
        yield events.decode(line)


def _run_in_process(folder: Path) -> tuple[int, list[events.AnyEvent]]:
    code = pipeline.run(folder, events.EventLog(folder / "events.jsonl", echo=False))
    return code, events.read_events(folder / "events.jsonl")[0]


@pytest.fixture(scope="module")
def whole(home: Path) -> Path:
    """A run that nothing interrupted, with six steps or more."""
    folder = _make(home, "whole")
    code, heard = _run_in_process(folder)
    assert code == 0, heard[-1]
    return folder


def test_run_ends_with_files_that_passed_the_gate(whole: Path) -> None:
    result = read_json(whole / "train" / "result.json", TrainResult)
    assert result.steps >= 6
    assert result.heldout_loss is not None
    assert result.heldout_before is not None
    assert result.heldout_loss < result.heldout_before
    assert result.hyper.alpha == 32
    files = read_json(whole / "export" / "result.json", ExportResult).files
    assert [file.quantization for file in files] == ["", "Q8_0", "Q4_K_M"]
    gate = read_json(whole / "gate" / "result.json", GateResult)
    assert all(file.passed for file in gate.files), gate
    card = (whole / "README.md").read_text()
    assert all(word in card for word in ("Tiny", "Q4_K_M", "learning_rate: 0.005", "train: "))
    assert not list(whole.rglob("*.part"))


def test_second_start_skips_everything(whole: Path) -> None:
    code, heard = _run_in_process(whole)
    last = heard[max(i for i, event in enumerate(heard) if isinstance(event, events.RunStarted)) :]
    assert code == 0
    assert [type(event).__name__ for event in last[1:]] == ["StageSkipped"] * 5 + ["Finished"]


def test_a_persons_question_is_answered_before_it_learns_and_a_new_one_at_once(home: Path) -> None:
    folder = _make(home, "asked", hyper=msgspec.structs.replace(HYPER, epochs=400, evaluations=100))
    write_json(folder / "sample.json", SampleQuestion("the hen?"))
    child = _start(folder)
    found: list[events.Sample] = []
    for event in _events(child):
        if isinstance(event, events.Sample) and event.own:
            found.append(event)
            if event.question == "the hen?" and event.step:
                write_json(folder / "sample.json", SampleQuestion("the barn?"))
            elif event.question == "the barn?":
                write_json(folder / "control.json", Control("stop"))
    assert child.wait(60) == 0
    child.communicate()
    first, second = found[0], next(each for each in found if each.question == "the barn?")
    assert (first.step, first.question, first.before) == (0, "the hen?", first.now)
    assert second.step > 0 and second.since == 0
    untaught = _events_of(home, "untaught", "the barn?")[0]
    assert second.before == untaught.before, "the adapter was off while it was asked what it said before"


def _events_of(home: Path, name: str, question: str) -> list[events.Sample]:
    """What a run of one time through says to a person's question."""
    folder = _make(home, name, hyper=msgspec.structs.replace(HYPER, epochs=1, evaluations=1))
    write_json(folder / "sample.json", SampleQuestion(question))
    code, heard = _run_in_process(folder)
    assert code == 0, heard[-1]
    return [event for event in heard if isinstance(event, events.Sample) and event.own]


def test_an_adapter_from_elsewhere_takes_the_place_of_what_was_trained_and_of_all_that_followed(
    home: Path, whole: Path
) -> None:
    folder = home / "brought"
    shutil.copytree(whole, folder)
    assert program.main(["bring", str(folder), str(whole / "train" / "adapter")]) == 0

    def ran() -> list[str]:
        offset = (folder / "events.jsonl").stat().st_size
        assert pipeline.run(folder, events.EventLog(folder / "events.jsonl", echo=False)) == 0
        heard, _ = events.read_events(folder / "events.jsonl", offset)
        return [event.stage for event in heard if isinstance(event, events.StageFinished)]

    assert ran() == ["train", "export", "gate", "card"] and ran() == []
    assert read_json(folder / "train" / "result.json", TrainResult).device == "another computer"
    shutil.rmtree(folder / "brought")
    assert ran() == ["train", "export", "gate", "card"], "trained here again"
    assert read_json(folder / "train" / "result.json", TrainResult).steps >= 6


def test_pause_waits_and_stop_keeps_the_best(home: Path) -> None:
    folder = _make(home, "paused", hyper=msgspec.structs.replace(HYPER, epochs=400, evaluations=100))
    child = _start(folder)
    heard = _events(child)
    asked = False
    for event in heard:
        if isinstance(event, events.Loss) and event.step >= 1 and not asked:
            write_json(folder / "control.json", Control("pause"))
            asked = True
        if isinstance(event, events.Waiting):
            assert event.reason == "pause"
            write_json(folder / "control.json", Control("run"))
        if isinstance(event, events.Resumed):
            write_json(folder / "control.json", Control("stop"))
    assert child.wait(60) == 0
    child.communicate()
    result = read_json(folder / "train" / "result.json", TrainResult)
    assert result.stopped == "user"
    assert result.steps < result.planned_steps
    assert (folder / "export" / "result.json").exists()


def test_a_pause_is_heard_while_general_questions_are_asked(home: Path) -> None:
    data = Data(
        examples=str(home / "facts.jsonl"), system=""
    )  # behind a long one random weights say nothing that can be read
    folder = _make(home, "asking", replay=Replay(max_new_tokens=4), data=data)
    write_json(folder / "control.json", Control("pause"))
    heard: list[events.Event] = []

    def emit(event: events.Event) -> None:
        heard.append(event)
        if isinstance(event, events.Waiting):
            write_json(folder / "control.json", Control("stop"))

    assert pipeline.run(folder, emit) == 1
    last = heard[-1]
    assert isinstance(last, events.Failed) and last.code == "stopped", "what learned nothing is not exported"
    assert not (folder / "train" / "result.json").exists()
    asked = [at for at, event in enumerate(heard) if isinstance(event, events.Progress) and event.unit == "questions"]
    waited = next(at for at, event in enumerate(heard) if isinstance(event, events.Waiting))
    assert asked[0] < waited < asked[1], "after the first of them, not after all"
    noted = [event for event in heard if isinstance(event, events.Progress) and event.unit == "answers"]
    assert noted and noted[-1].done == noted[-1].total, "no minutes without a word before the first step"


def test_second_run_waits_for_the_first(home: Path, whole: Path) -> None:
    with FileLock(home / ".training.lock"):
        child = _start(whole)
        heard = _events(child)
        waiting = next(event for event in heard if isinstance(event, events.Waiting))
        assert "Another training is running" in waiting.message
    rest = list(heard)
    assert child.wait(60) == 0
    child.communicate()
    assert isinstance(rest[-1], events.Finished)


def test_a_full_disk_that_a_library_calls_otherwise_is_said(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _make(home, "elsewise")

    def refuse(*_: object, **__: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(base, "ensure_folder", refuse)
    code, heard = _run_in_process(folder)
    last = heard[-1]
    assert code == 1 and isinstance(last, events.Failed)
    assert (last.code, last.message) == ("disk-full", "The disk is full.") and "Free some space" in last.hint


def test_full_disk_is_said_and_loses_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = _make(home, "full")
    written = 0
    real = os.fsync

    def fill(handle: int) -> None:
        nonlocal written
        written += 1
        if written > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fill)
        code, heard = _run_in_process(folder)
    last = heard[-1]
    assert code == 1
    assert isinstance(last, events.Failed)
    assert (last.code, last.stage) == ("disk-full", "train")
    assert "disk is full" in last.message
    code, heard = _run_in_process(folder)
    assert code == 0
    assert any(isinstance(event, events.Resumed) and event.step for event in heard)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "No example is approved"),
        ('{"id":"1","messages":[{"role":"user","content":"q"}],"approved":true}\n', "All examples are masked"),
        ('{"id":"1"}\n', "Line 1 of"),
    ],
)
def test_data_that_cannot_teach_ends_with_a_sentence(home: Path, data: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "examples.jsonl"
    path.write_text(data)
    folder = _make(home, f"bad-{abs(hash(said))}", data=Data(examples=str(path)))
    code, heard = _run_in_process(folder)
    assert code == 1
    assert isinstance(heard[-1], events.Failed)
    assert said in heard[-1].message


def test_missing_base_is_named(home: Path) -> None:
    folder = _make(home, "missing", base=BaseModel(path=str(home / "gone.gguf")))
    code, heard = _run_in_process(folder)
    assert code == 1
    assert isinstance(heard[-1], events.Failed)
    assert "gone.gguf" in heard[-1].message


def test_four_examples_are_allowed_with_a_warning(home: Path) -> None:
    few = home / "few.jsonl"
    few.write_bytes(b"\n".join((home / "facts.jsonl").read_bytes().splitlines()[:4]))
    folder = _make(home, "few", data=Data(examples=str(few)))
    code, heard = _run_in_process(folder)
    assert code == 0
    assert any(isinstance(event, events.Notice) and "Only 3 examples" in event.message for event in heard)


def test_four_bits_train_and_their_export_passes(home: Path) -> None:
    """QLoRA: the frozen weights in NF4 with double quantization, the adapter merged into the base's own weights."""
    folder = _make(home, "four", hyper=msgspec.structs.replace(HYPER, precision="nf4"))
    code, heard = _run_in_process(folder)
    assert code == 0, heard[-1]
    result = read_json(folder / "train" / "result.json", TrainResult)
    assert result.precision == "nf4" and result.curve[-1].train < result.curve[0].train
    assert all(file.passed for file in read_json(folder / "gate" / "result.json", GateResult).files)


@pytest.mark.parametrize("recipe", ["read", "prefer", "classify"])
def test_every_recipe_runs_to_files_that_passed(home: Path, recipe: Recipe) -> None:
    path = home / f"{recipe}.jsonl"
    if recipe == "read":
        texts = ("The hen sleeps in the barn. " * 60, "Rain falls on the roof. " * 40)
        rows: list[Struct] = [TextDocument(id=str(i), text=text) for i, text in enumerate(texts)]
        data = Data(texts=str(path))
    elif recipe == "prefer":
        asked = (Turn("user", "Where does the hen sleep?"),)
        rows = [Preference(id=str(i), messages=asked, chosen="In the barn.", rejected="No idea.") for i in range(6)]
        data = Data(preferences=str(path))
    else:
        labels = ("bill", "repair")
        rows = [
            Example(id=str(i), messages=(Turn("user", f"letter {i}"), Turn("assistant", labels[i % 2])))
            for i in range(12)
        ]
        data = Data(examples=str(path), labels=labels)
    write_lines(path, rows)
    folder = _make(home, recipe, recipe=recipe, data=data, export=Export(quantizations=("Q8_0",)))
    code, heard = _run_in_process(folder)
    assert code == 0, heard[-1]
    losses = [event.train for event in heard if isinstance(event, events.Loss) and event.step]
    assert losses[-1] < losses[0]
    assert all(file.passed for file in read_json(folder / "gate" / "result.json", GateResult).files)


def test_unknown_label_is_named_by_its_line(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    turns = (Turn("user", "letter"), Turn("assistant", "holiday"))
    write_lines(path, [Example(id="a", messages=turns, source=Origins(row=14))])
    folder = _make(home, "labels", recipe="classify", data=Data(examples=str(path), labels=("bill", "repair")))
    code, heard = _run_in_process(folder)
    assert code == 1
    assert isinstance(heard[-1], events.Failed)
    assert heard[-1].message == "“holiday” (line 14) is not one of the labels."


def test_hugging_face_folder_is_a_base_and_is_exported_on_its_gguf(home: Path, whole: Path) -> None:
    unpacked = next((home / ".cache").glob("base-*"))
    source = BaseModel(path=str(unpacked), gguf=str(home / "tiny.gguf"))
    folder = _make(home, "folder", base=source, hyper=msgspec.structs.replace(HYPER, epochs=0.5))
    code, heard = _run_in_process(folder)
    assert code == 0, heard[-1]


PREPARED = ["collect", "clean", "questions", "split"]


def test_the_base_is_checked_before_anything_is_prepared(whole: Path) -> None:
    spec = read_json(whole / "run.json", RunSpec)
    ready = [stage.name for stage in pipeline.stages_of(msgspec.structs.replace(spec, compare=True))]
    assert ready == ["base", "train", "export", "gate", "compare", "card"]
    raw = msgspec.structs.replace(spec, data=Data(inputs=(Input(kind="file", path="a.csv"),)))
    assert [stage.name for stage in pipeline.stages_of(raw)][:6] == ["base", *PREPARED, "train"]
