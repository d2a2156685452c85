"""`inhouse train`: begin a training from a collection or files, or run one that is there; the trainer does the work."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from app.cli.output import Progress, say, say_json, tell
from app.cli.session import Session
from app.errors import AppError
from app.finetune.compare import Comparison
from app.finetune.plan import Facts, Wizard, build_spec, with_defaults
from app.finetune.progress import RunProgress
from app.finetune.review import ReviewList
from app.finetune.runs import Run, Runs, missing_libraries, trainer_command
from app.finetune.sources import READABLE, document_of
from app.finetune.use import earlier_examples, prepare_install
from app.spawn import child_environment
from app.workers.protocol import Documents, DocumentText, ListDocuments, ReadText
from trainer.events import decode
from trainer.spec import Input


def command(args: argparse.Namespace, session: Session) -> int:
    """Begin, plan, approve, run or install, as the arguments say."""
    if missing := missing_libraries():
        raise AppError(f"Training is not installed ({', '.join(missing)} missing).", "Install Inhouse with training.")
    run = _found(args.run) if args.run else _begun(args, session)
    if args.plan:
        return subprocess.run(trainer_command("plan", str(run.folder)), env=_env(session), check=False).returncode
    if args.approve_above is not None:
        _approve(run, args.approve_above)
    status = _run(run, args, session)
    if status == 0 and args.install:
        _install(run, args.install, session)
    return status


def _found(named: str) -> Run:
    folder = Path(named).absolute()
    run = Run(folder if folder.is_dir() else folder.parent)
    if not run.started:
        raise AppError(f"There is no run at “{named}”.", "Name a run.json, or the folder of one.")
    return run


def _begun(args: argparse.Namespace, session: Session) -> Run:
    """A new run, as the wizard would write it; the window finds it too."""
    if not args.collection and not args.file:
        raise AppError("There is nothing to learn from.", "Name a RUN.json, or begin with --collection or --file.")
    collections = session.collections(args.collection) if args.collection else ()
    active = session.registry.active()
    facts = Facts(models=tuple(session.registry.models()), active=active.name if active else "")
    base = session.model(args.base)
    runs = Runs(session.home.runs)
    run = runs.create()
    wizard = Wizard(
        id=run.id, step="review", goal=args.recipe, base=base.name, effort=args.effort, touched=True,
        collections=tuple(each.name for each in collections), created_at=time.time(),
        files=tuple(str(Path(file).absolute()) for file in args.file),
    )  # fmt: skip
    wizard = with_defaults(wizard, facts)
    try:
        inputs = tuple(_input_of(run, number, name, session) for number, name in enumerate(wizard.collections, 1))
        inputs += tuple(Input(kind="file", path=path, name=Path(path).name) for path in wizard.files)
        run.write_spec(build_spec(wizard, base, inputs, earlier=earlier_examples(base, runs)))
        run.save(wizard)
    except AppError:
        runs.delete(run)
        raise
    tell(f"The run is in {run.folder}")
    return run


def _input_of(run: Run, number: int, collection: str, session: Session) -> Input:
    listed = session.call("documents", ListDocuments(collection=collection))
    assert isinstance(listed, Documents)
    rows = []
    for document in listed.documents:
        if document.status not in READABLE:
            continue
        found = session.call("documents", ReadText(document_id=document.id))
        assert isinstance(found, DocumentText)
        if found.text.strip():
            rows.append(document_of(document, collection, found.text, found.pages))
    if not rows:
        raise AppError(f"“{collection}” has no document that can be read.", "Add documents to it first.")
    return Input(kind="documents", path=str(run.write_input(f"documents-{number}", rows)), name=collection)


def _approve(run: Run, quality: float) -> None:
    """The person's word for what is good enough; everything stays in review.jsonl to be looked at."""
    review = ReviewList(run.folder)
    if not review.ready:
        raise AppError("There is no list to approve yet.", "Run the training first; it stops when the list is there.")
    good = review.good(quality)
    review.decide([entry.example.id for entry in good], "approve")
    run.mark_reviewed()
    tell(f"{len(good)} approved.")


def _run(run: Run, args: argparse.Namespace, session: Session) -> int:
    """Start the trainer and follow what it prints; Ctrl C ends it, and the same command goes on where it was."""
    run.ask("run")
    told, line = RunProgress(), Progress()
    command = trainer_command("run", str(run.folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_env(session)) as process:
        assert process.stdout is not None
        try:
            for raw in process.stdout:
                if args.json:
                    sys.stdout.write(raw.decode(errors="replace"))
                    sys.stdout.flush()
                try:
                    told.take([decode(raw)])
                except msgspec.MsgspecError:
                    continue
                line.show(_sentence(told))
        except KeyboardInterrupt:
            process.kill()
            raise
    line.clear()
    if told.failure is not None:
        raise AppError(told.failure.message, told.failure.hint, told.failure.detail)
    if not args.json:
        _say_end(run, told)
    return process.returncode


def _sentence(told: RunProgress) -> str:
    if told.stage == "train" and told.points:
        last = told.points[-1]
        return f"Training, {told.train_fraction:.0%}, step {last.step} of {last.steps}, error {last.train:.2f}"
    return told.note or told.sentence()


def _say_end(run: Run, told: RunProgress) -> None:
    if told.phase == "review":
        review = ReviewList(run.folder)
        say(f"{len(review.entries)} questions wait for your review in {run.folder}.")
        tell("Open them under Fine-tune, or run again with --approve-above 0.6 once you have read them.")
        return
    found = Comparison(run.folder).result
    say(found.judgement.sentence if found is not None else "Done. The models were not compared.")


def _install(run: Run, name: str, session: Session) -> None:
    spec = run.spec
    base = next((model for model in session.registry.models() if spec and model.path == spec.base.path), None)
    wizard = Wizard(id=run.id, name=name, base=base.name if base else "", goal=spec.recipe if spec else "teach")
    scores = Comparison(run.folder).scores()
    model = session.registry.install(prepare_install(run, wizard, session.home.models, base, scores))
    tell(f"Installed as “{model.name}”. Use it with: inhouse models use “{model.name}”")
    say_json({"installed": model.name, "path": model.path})


def _env(session: Session) -> dict[str, str]:
    return child_environment(session.home)
