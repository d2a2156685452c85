"""Ours, beyond OpenAI: trainings of a model or of the search, begun, approved, watched, ended, used and taken back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import Response

from app.api.body import decoded
from app.api.errors import ApiError, invalid, not_found
from app.api.reply import json_response
from app.api.schema import AuthorRequest, RunRequest, TrainRequest
from app.api.stream import unless_gone
from app.core.calls.training import (
    ApproveGood,
    BeginRun,
    ChangeRun,
    LeaveRun,
    ListRuns,
    PrepareRun,
    RunKept,
    RunMoved,
    RunRecord,
    Runs,
    SteerRun,
    StopPreparing,
    TrainingRefused,
    TrainRun,
    TryAuthor,
    UseRun,
)
from app.finetune.compare import Comparison
from app.finetune.review import ReviewList
from app.finetune.wizard import Changes, OwnQuestion, Wizard
from app.workers.calls.documents import Collections, ListCollections
from app.workers.message import Call


async def list_runs(request: Request) -> Response:
    """GET /v1/runs: newest first."""
    runs, moved = await _runs(request)
    return json_response({"object": "list", "data": [_run(each, moved.get(each.id)) for each in runs]})


async def one_run(request: Request) -> Response:
    """GET /v1/runs/{id}: where it is, and what the comparison says where there was one."""
    return await _shown(request)


async def begin_run(request: Request) -> Response:
    """POST /v1/runs: gather the documents and let the trainer make questions; it waits for the review then."""
    asked = await decoded(request, RunRequest)
    listed = await request.state.door.ask(ListCollections())
    assert isinstance(listed, Collections)
    if missing := set(asked.collections) - {each.id for each in listed.collections}:
        raise not_found(f"There is no collection {min(missing)}.", "collection_not_found", "collections")
    changes = Changes(
        goal=asked.recipe,
        effort=asked.effort,
        size=asked.size,
        collections=tuple(asked.collections),
        name=asked.name or UNSET,
        mask=asked.mask,
        own=UNSET if asked.ask is None else tuple(OwnQuestion(q.question, q.answer) for q in asked.ask),
        author=asked.author,
        consent=asked.passages_to,
    )
    kept = await request.state.door.ask(BeginRun(changes=changes, by_hand=True))
    assert isinstance(kept, RunKept)
    if not asked.prepare:
        return await _shown(request, kept.run.id)
    return await _done(request, PrepareRun(run_id=kept.run.id), kept.run.id)


async def prepare(request: Request) -> Response:
    """POST /v1/runs/{id}/prepare: gather the documents and make questions, of a run that was only begun."""
    run = await _found(request)
    return await _done(request, PrepareRun(run_id=run.id), run.id)


async def try_author(request: Request) -> Response:
    """POST /v1/runs/{id}/author: who writes the questions; it is tried, and how well and how fast it writes is said."""
    asked = await decoded(request, AuthorRequest)
    run = await _found(request)
    if asked.author is not None:
        changes = Changes(author=asked.author, consent=asked.passages_to)
        await request.state.door.ask(ChangeRun(run_id=run.id, changes=changes))
    return await _done(request, TryAuthor(run_id=run.id), run.id)


async def list_questions(request: Request) -> Response:
    """GET /v1/runs/{id}/questions: what the review decides about."""
    run = await _found(request)
    review = await asyncio.to_thread(ReviewList, Path(run.folder))
    return json_response(
        {
            "object": "list",
            "data": [
                {
                    "id": entry.example.id,
                    "object": "run.question",
                    "state": entry.state,
                    "question": entry.example.question,
                    "answer": entry.example.answer,
                    "quality": entry.example.quality,
                    "source": entry.source_text,
                }
                for entry in review.entries
            ],
        }
    )


async def train(request: Request) -> Response:
    """POST /v1/runs/{id}/train: approve every question of at least this quality, and train with what is approved."""
    asked = await decoded(request, TrainRequest)
    run = await _found(request)
    if asked.approve_above is not None:
        await request.state.door.ask(ApproveGood(run_id=run.id, quality=asked.approve_above))
    said = await unless_gone(request, request.state.door.ask(TrainRun(run_id=run.id, pause_chat=asked.pause_chat)))
    if isinstance(said, TrainingRefused):
        reason = said.measured.reason or "There is too little memory."
        raise invalid("pause_chat" if said.possible else "", f"{reason} {said.measured.instead}".strip())
    return await _shown(request)


async def cancel(request: Request) -> Response:
    """POST /v1/runs/{id}/cancel: end what it does now; what stands stays, and the training keeps the best so far."""
    run = await _found(request)
    preparing = run.state == "preparing"
    call = StopPreparing(run_id=run.id) if preparing else SteerRun(run_id=run.id, action="stop")
    return await _done(request, call, run.id)


async def use(request: Request) -> Response:
    """POST /v1/runs/{id}/use: what came out answers, or reads, from now on."""
    run = await _found(request)
    return await _done(request, UseRun(run_id=run.id), run.id)


async def go_back(request: Request) -> Response:
    """POST /v1/runs/{id}/back: to what was in use before."""
    run = await _found(request)
    return await _done(request, LeaveRun(run_id=run.id), run.id)


async def _done(request: Request, call: Call, run_id: str) -> Response:
    await unless_gone(request, request.state.door.ask(call))
    return await _shown(request, run_id)


async def _shown(request: Request, run_id: str = "") -> Response:
    runs, moved = await _runs(request)
    run = _one(runs, run_id or request.path_params["id"])
    shown = _run(run, moved.get(run.id))
    result = (await asyncio.to_thread(Comparison, Path(run.folder))).result if run.state == "done" else None
    judged = result.judgement if result is not None else None
    shown["result"] = {"verdict": judged.verdict, "sentence": judged.sentence} if judged is not None else None
    return json_response(shown)


async def _found(request: Request) -> RunRecord:
    runs, _ = await _runs(request)
    return _one(runs, request.path_params["id"])


def _one(runs: tuple[RunRecord, ...], run_id: str) -> RunRecord:
    found = next((each for each in runs if each.id == run_id), None)
    if found is None:
        raise not_found(f"There is no run “{run_id}”.", "run_not_found")
    return found


async def _runs(request: Request) -> tuple[tuple[RunRecord, ...], dict[str, RunMoved]]:
    """Every run, and of those at work where they are."""
    moved: dict[str, RunMoved] = {}
    async for _, data, _ in request.state.door.all([ListRuns()]):
        if isinstance(data, RunMoved):
            moved[data.run_id] = data
        elif isinstance(data, Runs):
            return data.runs, moved
    raise ApiError(500, "The runs could not be listed.")


def _run(run: RunRecord, moved: RunMoved | None) -> dict[str, Any]:
    wizard = run.wizard
    return {
        "id": run.id,
        "object": "run",
        "state": run.state,
        "name": wizard.name if wizard is not None else "",
        "recipe": wizard.goal if wizard is not None else "",
        "collections": list(wizard.collections) if wizard is not None else [],
        "asked": [{"question": each.question, "answer": each.answer} for each in wizard.own] if wizard else [],
        "author": _author(wizard) if wizard is not None else None,
        "problem": run.problem,
        "now": moved.sentence if moved is not None else "",
        "done": moved.train_fraction if moved is not None else None,
        "seconds_left": moved.seconds_left if moved is not None else None,
    }


def _author(wizard: Wizard) -> dict[str, Any]:
    """Who writes the questions, and what came of trying."""
    trial = wizard.trial
    tried = None
    if trial is not None:
        questions = [{"question": q, "answer": a, "dropped": rule} for q, a, rule in trial.questions]
        tried = {
            "asks_well": trial.used,
            "checks_well": trial.able,
            "asked": trial.asked,
            "passed": trial.passed,
            "facts": trial.facts,
            "seconds": round(trial.seconds, 1),
            "questions": questions,
        }
    return {"chosen": wizard.author, "passages_to": wizard.consent, "trial": tried}
