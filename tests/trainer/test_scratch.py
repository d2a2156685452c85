"""A model from nothing, in a tiny shape: it learns, is killed and goes on, and its file says what torch says."""

from __future__ import annotations

from pathlib import Path

import pytest
from facts import write_facts
from tiny import write_tiny

from trainer import events, pipeline
from trainer.spec import (
    BaseModel,
    Data,
    Export,
    GateResult,
    Hyper,
    Limits,
    NewModel,
    RunSpec,
    TextDocument,
    TrainResult,
    read_json,
    write_json,
    write_lines,
)

SHAPE = NewModel(vocabulary=400, hidden=64, layers=2, heads=2, wide=128, context=128, epochs=6, answer_tokens=16)


def make(folder: Path) -> Path:
    folder.mkdir(parents=True)
    facts = write_facts(folder / "facts.jsonl", 6)
    texts = [TextDocument(id=str(n), text=f"Room {n} has {n} seats and a lamp. " * 12) for n in range(6)]
    write_lines(folder / "texts.jsonl", texts)
    spec = RunSpec(
        id=folder.name,
        name="From nothing",
        recipe="scratch",
        base=BaseModel(path=""),
        data=Data(examples=str(folder / "facts.jsonl"), texts=str(folder / "texts.jsonl")),
        hyper=Hyper(evaluations=3, epochs=4, checkpoint_steps=1, precision="fp32"),
        export=Export(quantizations=("F16", "Q8_0")),
        limits=Limits(threads=1, device="cpu"),
        scratch=SHAPE,
    )
    write_json(folder / "run.json", spec)
    return folder


def test_whole(tmp_path: Path) -> None:
    run = make(tmp_path / "runs" / "r")
    heard: list[events.Event] = []
    assert pipeline.run(run, heard.append) == 0, heard[-1]
    for e in heard: print(e)
    print((run/"README.md").read_text())
    assert read_json(run / "gate" / "result.json", GateResult).files[0].passed
