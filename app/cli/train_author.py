"""Who writes the questions of a training, said in the terminal: chosen, agreed to, tried, and what else there is."""

from __future__ import annotations

import argparse

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls import training as c
from app.errors import AppError
from app.finetune.author import OWN_FILE, RULES, AuthorTrial, offers
from app.finetune.durations import duration
from app.finetune.wizard import Changes, Resources


def author_changes(args: argparse.Namespace, session: Session) -> Changes:
    """The author that was named, with the agreement to show a server the documents.

    Raises:
        AppError: there is no such model, or it is on a server and --send-passages is missing.
    """
    if not args.author:
        return Changes()
    if args.author in (RULES, OWN_FILE):
        return Changes(author=args.author)
    model = session.model(args.author)
    served = _resources(session).served
    host = next((each.host for each in served if each.id == model.id), "")
    if host and not args.send_passages:
        raise AppError(
            f"“{model.name}” is on {host}: passages of your documents would be sent there.",
            "Add --send-passages if they may be.",
        )
    if host:
        tell(f"Passages of your documents are sent to {host}, which writes questions about them.")
    return Changes(author=model.id, consent=host)


def try_author(args: argparse.Namespace, run: c.RunRecord, session: Session) -> AuthorTrial:
    """Let the author try a few facts, and say what came of it and how long all of them take."""
    session.progress.show("Trying who writes the questions…")
    kept = session.call(c.TryAuthor(run_id=run.id))
    assert isinstance(kept, c.RunKept) and kept.run.wizard is not None
    trial = kept.run.wizard.trial
    assert trial is not None
    if args.json:
        say_json({"run": run.id, **{name: getattr(trial, name) for name in trial.__struct_fields__}})
        return trial
    for question, answer, rule in trial.questions:
        say(f"{'dropped' if rule else 'good':<8} {question}  →  {answer}{f'  ({rule})' if rule else ''}")
    tell(sentence(trial))
    return trial


def sentence(trial: AuthorTrial) -> str:
    """What a trial says, and how long the rest takes."""
    passed = f"{trial.passed} of {trial.asked} of its questions passed the checks"
    if not trial.used:
        weighs = " It reads well enough to check the questions of rules." if trial.able else ""
        return f"It is too weak to ask well: {passed}.{weighs}"
    return f"It asks well: {passed}. For about {trial.facts} facts it takes about {duration(trial.seconds)}."


def require_able(trial: AuthorTrial, run: c.RunRecord, session: Session) -> None:
    """Raises AppError, with who else may write, where the author was named and cannot."""
    if trial.used:
        return
    found = _resources(session)
    files = bool(run.wizard is not None and run.wizard.files)
    base = run.wizard.base if run.wizard is not None else ""
    others = offers(found.models, found.served, base, files=files)
    names = [f"“{name}”" for _, chosen, name in others if name and chosen != trial.author]
    known = {"file": "file (your own questions)", "rules": RULES}
    names += [known[kind] for kind, _, name in others if kind in known]
    raise AppError(
        sentence(trial), f"Choose who else writes: inhouse train {run.id} --author …, which may be {', '.join(names)}."
    )


def _resources(session: Session) -> Resources:
    found = session.call(c.ListResources())
    assert isinstance(found, c.ResourcesFound)
    return found.resources
