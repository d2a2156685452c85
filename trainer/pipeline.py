"""The stages of a run in order. A stage whose output stands is skipped, so a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from app.errors import AppError
from trainer import events
from trainer.context import Context
from trainer.errors import TrainerError, as_trainer_error, out_of_memory, out_of_space
from trainer.spec import BROUGHT, FOUND, Export, Limits, Marker, RunSpec, read_json, read_spec, review_of, write_json
from trainer.stages import PREPARE, Stage, stages_of

MARKER = "done.json"


def run(folder: Path, emit: Callable[[events.Event], None]) -> int:
    """Run what is left of a run; returns the exit status. Everything that goes wrong becomes a `Failed` event."""

    def work(at: Callable[[str], None]) -> None:
        spec = read_spec(folder / "run.json")
        context = Context(spec, folder, emit)
        stages = stages_of(spec)
        emit(events.RunStarted(id=spec.id, stages=tuple(s.name for s in stages), pid=os.getpid()))
        with _one_at_a_time(context):
            before = _stamp(spec)
            for index, current in enumerate(stages, 1):
                at(current.name)
                made = _run_stage(context, current, index, len(stages), before)
                before = before if current.apart else made
                if current.review_after and not _reviewed(context):
                    emit(events.Waiting(reason="review", message="The examples are ready to be reviewed."))
                    emit(events.Finished(waiting="review"))
                    return
        emit(events.Finished())

    return reported(emit, work)


def reported(emit: Callable[[events.Event], None], work: Callable[[Callable[[str], None]], None]) -> int:
    """Do something that is handed a way to say at which stage it is; returns the exit status. What goes wrong becomes
    a `Failed` event of that stage."""
    stage = ["start"]
    try:
        work(stage.append)
    except (AppError, OSError) as error:
        return _fail(emit, stage[-1], as_trainer_error(error), traceback.format_exc())
    except Exception as error:  # noqa: BLE001  (the stage runner: one of the three places that may)
        unknown = (
            out_of_memory(error)
            or out_of_space(error)
            or TrainerError("Something went wrong that this program does not know.", "Start the run again.")
        )
        return _fail(emit, stage[-1], unknown, f"{error!r}\n{traceback.format_exc()}")
    return 0


def _fail(emit: Callable[[events.Event], None], stage: str, error: TrainerError, trace: str) -> int:
    detail = error.detail or trace
    emit(events.Failed(stage=stage, message=error.message, hint=error.hint, detail=detail, code=error.code))
    return 1


def _run_stage(context: Context, stage: Stage, index: int, total: int, before: str) -> str:
    """Run one stage, or skip it; returns the fingerprint that the next one builds on."""
    folder = context.stage(stage.name)
    parts = f"{before}|{stage.name}|{_review_stamp(context, stage)}|{_own_stamp(context, stage)}"
    fingerprint = hashlib.sha256(parts.encode()).hexdigest()[:32]
    marker = folder / MARKER
    if marker.exists() and read_json(marker, Marker).fingerprint == fingerprint:
        context.emit(events.StageSkipped(stage=stage.name))
        return fingerprint
    _clear_stale(folder, fingerprint)
    context.emit(events.StageStarted(stage=stage.name, index=index, total=total))
    started = time.monotonic()
    summary = stage.load()(context)
    seconds = round(time.monotonic() - started, 2)
    write_json(marker, Marker(stage=stage.name, fingerprint=fingerprint, seconds=seconds, summary=summary))
    context.emit(events.StageFinished(stage=stage.name, seconds=seconds, summary=summary))
    return fingerprint


def _clear_stale(folder: Path, fingerprint: str) -> None:
    """Throw away half-done work of another specification or other data; keep that of this one (checkpoints)."""
    started = folder / "started"
    if started.exists() and started.read_text() == fingerprint and not (folder / MARKER).exists():
        return
    shutil.rmtree(folder)
    folder.mkdir()
    started.write_text(fingerprint)


def _stamp(spec: RunSpec) -> str:
    """Changes with everything that changes what is learned: the specification and the files that it names."""
    content = msgspec.json.encode(
        msgspec.structs.replace(spec, name="", limits=Limits(), export=Export(), compare=True, find_best=None)
    )
    digest = hashlib.sha256(content)
    data = spec.data
    named = [entry.path for entry in data.inputs]
    named += [data.examples, data.preferences, data.texts, data.own, spec.replay.questions, *spec.replay.earlier]
    for path in filter(None, named):
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()


def _own_stamp(context: Context, stage: Stage) -> str:
    """Another kind of file, or another name, exports again but does not train again; another time to find the best
    settings tries and trains again, but makes no question again; an adapter from elsewhere takes the place of what was
    trained here, and of all that followed from it."""
    if stage.name == "trials":
        return str(context.spec.find_best)
    if stage.name == "train":
        brought = sorted((context.run / BROUGHT).glob("*"))
        return hashlib.sha256(b"".join(path.read_bytes() for path in brought)).hexdigest() if brought else ""
    return f"{context.spec.name}{context.spec.export}" if stage.name == "export" else ""


def _review_stamp(context: Context, stage: Stage) -> str:
    """Training starts anew when a review changed, this run's or an earlier one's, or when search found other passages
    for the questions; what comes before does not care."""
    reviews = [context.run / "review.jsonl", context.run / FOUND, *map(review_of, context.spec.replay.earlier)]
    found = [review.read_bytes() for review in reviews if review.exists()]
    if stage in PREPARE or stage.apart or not found:
        return ""
    return hashlib.sha256(b"".join(found)).hexdigest()


def _reviewed(context: Context) -> bool:
    return (context.run / "reviewed").exists()


@contextmanager
def _one_at_a_time(context: Context) -> Iterator[None]:
    """Two trainings at once would halve each other's speed and double the memory: the second waits."""
    lock = FileLock(context.run.parent / ".training.lock")
    told = False
    while not _taken(lock):
        if not told:
            message = "Another training is running. This one starts when it is done."
            context.emit(events.Waiting(reason="lock", message=message))
            told = True
        if context.control().action == "stop":
            raise TrainerError("The run was stopped before it began.", "Start it again.", code="stopped")
        time.sleep(0.5)
    try:
        if told:
            context.emit(events.Resumed(stage="start"))
        yield
    finally:
        lock.release()


def _taken(lock: FileLock) -> bool:
    """Take the lock if it is free; the operating system frees it when its holder dies, however it dies."""
    try:
        lock.acquire(blocking=False)
    except Timeout:
        return False
    return True
