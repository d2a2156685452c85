"""From a finished run to an installed model: the file that passed the gate, its lineage, and what it learned from."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from app.embedder.readers import Readers, TaughtReader, shipped
from app.errors import AppError
from app.files import cannot_write
from app.finetune.review import read_lines
from app.finetune.runs import Run, Runs
from app.finetune.wizard import Wizard
from app.types import InstalledModel
from trainer.spec import ExportedFile, TextDocument

WHOLE_ONLY = "With domain words there is no adapter: their tokens come with the whole model alone."


class Scores(Struct, frozen=True, kw_only=True):
    """What the comparison says in a few words."""

    title: str = ""
    detail: str = ""


def offered_files(run: Run) -> list[ExportedFile]:
    """Files that passed the gate, the recommended one first; none of the others is ever offered."""
    exported, gate = run.exported, run.gate
    if exported is None or gate is None:
        return []
    passed = {judged.path for judged in gate.files if judged.passed}
    files = [file for file in exported.files if file.path in passed and file.kind == "model"]
    return sorted(files, key=lambda file: not file.recommended)


def offered_adapter(run: Run) -> ExportedFile | None:
    """What was learned as a file of its own, where it passed the gate; it is applied to the base that was taught."""
    exported, gate = run.exported, run.gate
    passed = {judged.path for judged in gate.files if judged.passed} if gate is not None else set()
    files = exported.files if exported is not None else ()
    return next((file for file in files if file.kind == "adapter" and file.path in passed), None)


def adapter_of(run: Run, models: Iterable[InstalledModel]) -> InstalledModel | None:
    """The listed model of this run's adapter; one that was listed before the run was trained again is another one."""
    mine = [each for each in models if each.lineage.get("run_id") == run.id and Path(each.adapter or "/").is_file()]
    file = offered_adapter(run) if mine else None
    if file is None:
        return None
    made = run.folder / "export" / file.path
    try:
        written = made.stat().st_mtime
        return next((each for each in mine if each.added_at >= written or Path(each.adapter).samefile(made)), None)
    except OSError:
        return mine[0]  # the other files of the run were removed: what is listed is all that there is


def refused_files(run: Run) -> dict[str, str]:
    """Files that failed the gate, with the reason."""
    return {judged.path: judged.reason for judged in run.gate.files if not judged.passed} if run.gate else {}


def prepare_install(
    run: Run, wizard: Wizard, models: Path, base: InstalledModel | None, scores: Scores
) -> InstalledModel:
    """Put the recommended file into the models folder and describe it; the caller lists it in the registry.

    Raises:
        AppError: no file passed the gate.
        NoSpace: the file could not be put there.
    """
    files = offered_files(run)
    if not files:
        reasons = " ".join(dict.fromkeys(refused_files(run).values()))
        hint = "Train again with changes. The old model stays in use."
        raise AppError("No file of this run passed the check, so there is nothing to use.", hint, reasons)
    file = files[0]
    path = _place(run.folder / "export" / file.path, models, run.id)
    return InstalledModel(
        name=wizard.name,
        path=str(path),
        file_bytes=file.bytes,
        architecture=base.architecture if base else "",
        quantization=file.quantization,
        parameters=base.parameters if base else 0,
        context_trained=base.context_trained if base else 0,
        origin="finetuned",
        lineage=lineage_of(run, wizard, scores, base.name if base else ""),
    )


def prepare_adapter(
    run: Run, wizard: Wizard, models: Path, base: InstalledModel | None, scores: Scores
) -> InstalledModel:
    """Put what was learned into the models folder and describe it as a model beside its base; the caller lists it.

    Raises:
        AppError: it did not pass the gate, or its base is gone.
        NoSpace: the file could not be put there.
    """
    file = offered_adapter(run)
    if file is None and run.spec is not None and run.spec.grows:
        raise AppError(WHOLE_ONLY, "Use the whole model.")
    if file is None:
        raise AppError(
            "What this run learned is not there as an adapter that passed the check.", "Use the whole model."
        )
    if base is None:
        raise AppError("The model that it was taught is no longer installed.", "Use the whole model.")
    return msgspec.structs.replace(
        base,
        id="",
        name=f"{wizard.name}, adapter",
        adapter=str(_place(run.folder / "export" / file.path, models, run.id)),
        origin="finetuned",
        tokens_per_s=None,
        lineage=lineage_of(run, wizard, scores, base.name),
        added_at=0.0,
    )


def lineage_of(run: Run, wizard: Wizard, scores: Scores, base: str) -> dict[str, str]:
    """Base → data → run → scores, in words that the Models page shows; `run_id` and `documents` are for programs.

    `base` is the name that the base has now; where it is gone, the one that it had then counts.
    """
    spec = run.spec
    training = run.training
    minutes = max(1, round(training.seconds / 60)) if training else 0
    documents = taught_documents(run)
    lineage = {
        "base": base or (spec.base.name if spec is not None else ""),
        "data": data_text(run, wizard),
        "run": f"{wizard.effort.capitalize()}, {minutes} min" if training else wizard.effort.capitalize(),
        "scores": scores.title,
        "run_id": run.id,
        "documents": ",".join(str(key) for key in documents),
    }
    return {key: value for key, value in lineage.items() if value}


def data_text(run: Run, wizard: Wizard) -> str:
    """ "412 reviewed answers"."""
    training = run.training
    count = training.examples.get("train", 0) if training else 0
    what = {
        "teach": "reviewed answer",
        "read": "passage",
        "prefer": "rated answer",
        "classify": "labelled text",
        "search": "reviewed question",
    }
    return f"{count:,} {what[wizard.goal]}{'' if count == 1 else 's'}"


def place_reader(run: Run, wizard: Wizard, readers: Readers, scores: Scores) -> TaughtReader:
    """Copy the adapter that came out into the data folder, with where it comes from.

    Raises:
        AppError: nothing was trained.
        NoSpace: it could not be put there.
    """
    spec, training = run.spec, run.training
    if spec is None or training is None:
        raise AppError("Nothing was trained in this run.", "Train it first.")
    parent = "" if Path(spec.base.path) == readers.folder("") else Path(spec.base.path).name
    reader = TaughtReader(
        id=run.id,
        name=wizard.name,
        parent=parent,
        shipped=shipped(),
        lineage=lineage_of(run, wizard, scores, spec.base.name),
        made_at=time.time(),
    )
    return readers.install(reader, run.folder / training.adapter)


def taught_documents(run: Run) -> dict[int, str]:
    """Documents that the run was given: id → name."""
    found: dict[int, str] = {}
    for path in sorted((run.folder / "inputs").glob("documents-*.jsonl")):
        found.update(_names_in(path, path.stat().st_mtime_ns))
    return found


@lru_cache(maxsize=64)
def _names_in(path: Path, changed_ns: int) -> Mapping[int, str]:
    """Read once for each state of the file: it holds the whole text of its documents, many megabytes."""
    return {text.document_id: text.name for text in read_lines(path, TextDocument) if text.document_id is not None}


def trained_on(models: Iterable[InstalledModel], document_ids: Sequence[int]) -> list[InstalledModel]:
    """Models that learned from any of these documents. Removing a document does not make them forget it."""
    wanted = {str(key) for key in document_ids}
    return [model for model in models if wanted.intersection(model.lineage.get("documents", "").split(","))]


def holding(runs: Runs, document_ids: Sequence[int]) -> list[str]:
    """Names of the runs whose training data holds the text of any of these documents."""
    wanted = set(document_ids)
    return [_name_of(run) for run in runs.list() if wanted.intersection(taught_documents(run))]


def _name_of(run: Run) -> str:
    try:
        return run.load().name or run.id
    except AppError:
        return run.id


def card_of(model: InstalledModel, runs: Runs) -> str:
    """The model card that its run wrote; its title alone where the run was deleted."""
    run = runs.get(model.lineage.get("run_id", ""))
    try:
        if run is not None:
            return (run.folder / "README.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    return f"# {model.name}\n"


def earlier_examples(model: InstalledModel, runs: Runs) -> tuple[str, ...]:
    """What the base was taught in earlier rounds, to be mixed in again, where the run's data is still there."""
    run = runs.get(model.lineage.get("run_id", ""))
    path = run.folder / "split" / "examples.jsonl" if run else None
    return (str(path),) if path is not None and path.exists() else ()


def _place(source: Path, models: Path, run_id: str) -> Path:
    """A second name for the file where the disk can do that, else a copy: deleting the run keeps the model.

    A run that was trained again has another file of the same size; the one of the first time may still be in use.
    """
    target = models / f"{source.stem}-{run_id}.gguf"
    count = 1
    try:
        models.mkdir(parents=True, exist_ok=True)
        while target.exists():
            if target.samefile(source):
                return target
            count += 1
            target = models / f"{source.stem}-{run_id}-{count}.gguf"
        part = target.with_name(target.name + ".part")
        part.unlink(missing_ok=True)
        try:
            os.link(source, part)
        except OSError:
            shutil.copyfile(source, part)
        part.replace(target)
    except OSError as error:
        raise cannot_write(target, error) from error
    return target
