"""`inhouse open FILE…` in a terminal: documents are added, models and collections imported, as the window does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial

from app.cli import documents, models
from app.cli.bundles import import_collection
from app.cli.output import tell
from app.cli.session import Session
from app.errors import AppError
from app.formats import COLLECTION_SUFFIX, suffix_of
from app.opened import sort_out


def command(args: argparse.Namespace, session: Session) -> int:
    """Open each file; 1 where one of them could not be."""
    opened = sort_out(args.paths)
    steps: list[Callable[[], int]] = []
    if opened.documents:
        steps.append(partial(_add, opened.documents, session))
    steps += [partial(_import, path, session) for path in opened.models]
    problems = [opened.refusal()]
    status = 0
    for step in steps:
        try:
            status |= step()
        except AppError as error:  # the others are opened all the same
            problems.append(str(error))
    for problem in filter(None, problems):
        tell(problem)
        status = 1
    return status


def _add(paths: tuple[str, ...], session: Session) -> int:
    return documents.add(argparse.Namespace(paths=paths, collection="", force=False, json=False), session)


def _import(path: str, session: Session) -> int:
    if suffix_of(path) == COLLECTION_SUFFIX:
        return import_collection(argparse.Namespace(bring_in=path, name="", json=False), session)
    given = argparse.Namespace(action="import", file=path, name="", projector="", gguf="", llama_cpp="", json=False)
    return models.command(given, session)
