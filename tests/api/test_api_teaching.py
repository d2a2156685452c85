"""Programs teach: which reader reads, trainings where they are, what came out used and taken back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from api_world import ApiWorld, error_of, failing

from app.core.calls import training as t
from app.embedder.readers import READER, SHIPPED, Readers, TaughtReader, shipped
from app.errors import AppError
from app.finetune.runs import Run
from app.finetune.wizard import Changes
from app.workers.calls.documents import ListDocuments
from app.workers.calls.reader import ReaderUsed, UseReader
from trainer import events
from trainer.spec import BaseModel, CompareResult, Data, Hyper, Judgement, Marker, RunSpec, TrainResult, write_json


def world() -> ApiWorld:
    made = ApiWorld()
    kept = Readers(made.core.home.readers)
    made.answers[UseReader] = lambda job: job.finish(ReaderUsed(name=kept.active().name))
    return made


def active(listed: dict[str, Any]) -> list[tuple[str, bool, bool]]:
    return [(each["id"], each["active"], each["previous"]) for each in listed["data"]]


def test_readers_are_listed_used_and_gone_back_from(data_folder: Path) -> None:
    asked = world()
    Readers(asked.core.home.readers).install(TaughtReader(id="run-1", name="House", shipped=shipped()), READER)
    assert active(asked.get("/v1/readers").json()) == [("own", True, False), ("run-1", False, False)]
    assert active(asked.post("/v1/readers/use", {"reader": "run-1"}).json()) == [
        ("own", False, True),
        ("run-1", True, False),
    ]
    assert active(asked.post("/v1/readers/back", {}).json())[0] == ("own", True, False)
    assert asked.post("/v1/readers/use", {"reader": "../x"}).status_code == 404
    asked.answers[UseReader] = failing(AppError("“House” could not be loaded.", "Go back."))
    assert "could not be loaded" in error_of(asked.post("/v1/readers/use", {"reader": "run-1"}))["message"]
    assert active(asked.get("/v1/readers").json())[0][1], "the old one stays"


def trained(asked: ApiWorld) -> Run:
    """A run that taught the search, at its end, with a comparison."""
    door = asked.core.door()
    kept = door.result(door.call(t.BeginRun(changes=Changes(goal="search", name="House, taught"), by_hand=True)))
    run = Run(Path(kept.run.folder))
    run.write_spec(RunSpec(id=run.id, recipe="search", base=BaseModel(path=str(READER), name=SHIPPED), data=Data()))
    shutil.copytree(READER, run.folder / "train" / "adapter")
    result = TrainResult(
        adapter="train/adapter", steps=9, planned_steps=9, best_step=9, stopped="finished", train_loss=0.5,
        heldout_loss=None, heldout_before=None, curve=(), examples={"train": 84}, tokens=1, tokens_per_s=1.0,
        seconds=200.0, peak_memory_bytes=1, precision="bf16", hyper=Hyper(),
    )  # fmt: skip
    write_json(run.folder / "train" / "result.json", result)
    compared = CompareResult(file="", judgement=Judgement(verdict="better", sentence="It reads better."), exams=())
    (run.folder / "compare").mkdir()
    write_json(run.folder / "compare" / "result.json", compared)
    for stage in ("train", "compare"):
        write_json(run.folder / stage / "done.json", Marker(stage=stage, fingerprint="f", seconds=1.0, summary={}))
    run.mark_reviewed()
    log = events.EventLog(run.folder / "events.jsonl", echo=False)
    log(events.RunStarted(id=run.id, stages=("train", "compare"), pid=0))
    log(events.Finished())
    door.result(door.call(t.OpenRun(run_id=run.id)))
    return run


def test_a_run_tells_its_result_is_used_and_gone_back_from(data_folder: Path) -> None:
    asked = world()
    run = trained(asked)
    (listed,) = asked.get("/v1/runs").json()["data"]
    assert (listed["id"], listed["state"], listed["recipe"]) == (run.id, "done", "search")
    shown = asked.get(f"/v1/runs/{run.id}").json()
    assert shown["result"] == {"verdict": "better", "sentence": "It reads better."}
    assert asked.post(f"/v1/runs/{run.id}/use", {}).json()["id"] == run.id
    assert active(asked.get("/v1/readers").json())[1] == (run.id, True, False)
    asked.post(f"/v1/runs/{run.id}/back", {})
    assert active(asked.get("/v1/readers").json())[0] == ("own", True, False)
    assert asked.get(f"/v1/runs/{run.id}/questions").json()["data"] == []
    refused = asked.post(f"/v1/runs/{run.id}/cancel", {})
    assert refused.status_code == 400 and "is done" in error_of(refused)["message"]
    assert asked.get("/v1/runs/..%2f..").status_code == 404
    assert asked.post("/v1/runs/nowhere/use", {}).status_code == 404


def test_a_run_begins_with_collections_that_are_there_and_is_refused_in_words(data_folder: Path) -> None:
    asked = world()
    body: dict[str, Any] = {"recipe": "search", "collections": [1], "name": "House"}
    assert asked.post("/v1/runs", {**body, "collections": [9]}).status_code == 404
    assert asked.post("/v1/runs", {**body, "recipe": "cook"}).status_code == 400
    assert asked.get("/v1/runs").json()["data"] == [], "what was refused left nothing"
    asked.answers[ListDocuments] = failing(AppError("The documents cannot be read now."))
    refused = asked.post("/v1/runs", body)
    (run,) = asked.get("/v1/runs").json()["data"]
    assert (run["name"], run["recipe"], run["collections"]) == ("House", "search", [1])
    assert refused.status_code in (200, 400), refused.text
    early = asked.post(f"/v1/runs/{run['id']}/train", {"approve_above": 0.6})
    assert early.status_code == 400 and error_of(early)["message"]
