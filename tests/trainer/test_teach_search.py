"""Teaching the search with the real parts: the embedder's network goes on learning, and both readers sit the exam."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from app.embedder.readers import ADAPTER, READER
from app.types import Message, Passage
from trainer import events, pipeline
from trainer.context import Context
from trainer.reader import exam
from trainer.spec import (
    BaseModel,
    CompareResult,
    Data,
    Example,
    Found,
    Hyper,
    Limits,
    RunSpec,
    TextDocument,
    TrainResult,
    Turn,
    read_json,
    write_json,
    write_lines,
)
from trainer.train import plan

pytestmark = pytest.mark.real

ROOMS = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Grove")
KEPT = "Fjord"


def text_of(room: str) -> str:
    """Written for this test."""
    seats = 4 + 2 * ROOMS.index(room)
    return f"The room {room} has {seats} seats. It is booked at the porter's desk."


def passage(room: str) -> Passage:
    text, number = text_of(room), ROOMS.index(room)
    return Passage(
        id=number, document_id=number, document=f"{room}.md", path="", collection="", start=0, end=len(text), text=text,
        heading=f"Room {room}", score=0.6,
    )  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Seven questions, one of them on a document that was kept out, and four of the sample questions."""
    folder = tmp_path / "runs" / "rooms"
    folder.mkdir(parents=True)
    examples = [
        Example(
            id=room,
            messages=(Turn("user", f"How many seats has the room {room}?"), Message("assistant", text.split(" It")[0])),
        )
        for room in ROOMS
        for text in [text_of(room)]
    ]
    write_lines(folder / "examples.jsonl", examples)
    texts = [
        TextDocument(id=r, text=text_of(r), name=f"{r}.md", split="unseen" if r == KEPT else "train") for r in ROOMS
    ]
    write_lines(folder / "texts.jsonl", texts)
    shown = tuple(passage(room) for room in ROOMS)
    write_lines(folder / "inputs" / "found.jsonl", [Found(id=each.id, passages=shown) for each in examples])
    spec = RunSpec(
        id="rooms",
        name="Rooms",
        recipe="search",
        base=BaseModel(path=str(READER), name="Inhouse’s own reader"),
        data=Data(examples=str(folder / "examples.jsonl"), texts=str(folder / "texts.jsonl")),
        hyper=Hyper(epochs=1, learning_rate=1e-3, evaluations=1, checkpoint_steps=1),
        limits=Limits(threads=1),
    )
    write_json(folder / "run.json", spec)
    samples = json.loads(exam.SAMPLES.read_text(encoding="utf-8"))
    samples["questions"] = [samples["questions"][0], next(q for q in samples["questions"] if not q["answer"])]
    (tmp_path / "samples.json").write_text(json.dumps(samples), encoding="utf-8")
    monkeypatch.setattr(exam, "SAMPLES", tmp_path / "samples.json")
    return folder


def test_a_run_is_planned_learns_is_cut_short_goes_on_and_sits_the_exam(run: Path, tmp_path: Path) -> None:
    context = Context(read_json(run / "run.json", RunSpec), run, lambda _: None)
    found = plan.make(context)
    assert found.fits and found.steps == 2 and found.seconds > 0
    heard: list[events.Event] = []

    def hear(event: events.Event) -> None:
        heard.append(event)
        if isinstance(event, events.Loss) and event.step == 1:
            raise KeyboardInterrupt  # as a process that is killed behind its first step

    with pytest.raises(KeyboardInterrupt):
        pipeline.run(run, hear)
    heard.clear()
    assert pipeline.run(run, heard.append) == 0, heard[-1]
    assert [each.stage for each in heard if isinstance(each, events.StageSkipped)] == ["base"]
    result = read_json(run / "train" / "result.json", TrainResult)
    assert result.examples == {"train": 6, "validation": 0, "passages": 24, "held_out": 1, "not_found": 0}
    before, after = load_file(READER / ADAPTER), load_file(run / "train" / "adapter" / ADAPTER)
    assert before.keys() == after.keys()
    assert any(not np.array_equal(before[name], after[name]) for name in before)
    compared = read_json(run / "compare" / "result.json", CompareResult)
    counts = {each.name: each.count for each in compared.exams}
    assert counts == {
        "first sentence": 1, "five sentences": 1, "sure and right": 1, "not wrong": 1, "unknown": 1,
        "samples": 1, "samples not wrong": 2,
    }  # fmt: skip
    assert compared.judgement.default == "keep" and "not advised" in compared.judgement.sentence, "one proves nothing"
    assert "first sentence | 1" in (run / "README.md").read_text(encoding="utf-8")


def test_a_damaged_reader_to_go_on_from_is_said(run: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(READER, broken)
    (broken / ADAPTER).write_bytes(b"torn")
    spec = read_json(run / "run.json", RunSpec)
    write_json(run / "run.json", RunSpec(id="rooms", recipe="search", base=BaseModel(path=str(broken)), data=spec.data))
    heard: list[events.Event] = []
    assert pipeline.run(run, heard.append) == 1
    failed = heard[-1]
    assert isinstance(failed, events.Failed) and "damaged" in failed.message
