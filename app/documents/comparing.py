"""Compares two documents of the index, or two files that are read for it and kept nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from pathlib import Path

from app.documents.compare_export import save_comparison
from app.documents.parse_process import Parser
from app.documents.store import Store
from app.documents.warm import in_thread
from app.errors import AppError, BadFile
from app.text.compare.compare import Text, compare
from app.text.compare.result import Comparison
from app.workers.calls.documents import Compared, CompareProgress, CompareVersions, DocumentText, Version
from app.workers.protocol import AnyData
from app.workers.roles import Steps

READ = 0.3
"""The share of the work that reading both files is taken for."""


def compare_versions(store: Store, call: CompareVersions) -> Steps:
    """Read both sides, compare them, and save a report where one is wanted.

    Raises:
        AppError: a document is not there any more or could not be read, or the report cannot be written.
    """
    with contextlib.closing(Parser()) as parser:  # starts a process with the first file only
        left = yield from _read(store, call.left, parser, 0.0)
        right = yield from _read(store, call.right, parser, READ / 2)
    steps = compare(_text(left), _text(right))
    comparison: Comparison | None = None
    while comparison is None:
        try:
            yield CompareProgress(fraction=READ + (1 - READ) * next(steps), note="Comparing")
        except StopIteration as stop:
            comparison = stop.value
    if call.export:
        path, found = Path(call.export), comparison
        yield CompareProgress(fraction=1.0, note=f"Saving “{path.name}”")
        yield from in_thread(lambda: save_comparison(path, left, right, found))
    return Compared(left=left, right=right, comparison=comparison)


def _text(side: DocumentText) -> Text:
    return Text(side.text, side.format, side.pages)


def _read(store: Store, version: Version, parser: Parser, done: float) -> Generator[AnyData, None, DocumentText]:
    if not version.document_id:
        yield CompareProgress(fraction=done, note=f"Reading “{Path(version.path).name}”")
        return (yield from _read_file(version, parser))
    document = store.document(version.document_id)
    if document is None:
        raise AppError("One of these documents is no longer in the index.", "It may have been removed.")
    if not document.passages:
        raise AppError(f"“{document.name}” could not be read, so there is nothing to compare.", document.reason)
    text, pages = store.text(document.id)
    return DocumentText(name=document.name, format=document.format, text=text, pages=pages)


def _read_file(version: Version, parser: Parser) -> Generator[AnyData, None, DocumentText]:
    name = Path(version.path).name
    try:
        parsed = yield from in_thread(lambda: parser.parse(version.path, version.password or None))
    except BadFile as error:
        raise BadFile(f"“{name}” cannot be compared. {error.message}", error.hint, error.detail, error.code) from error
    return DocumentText(name=name, format=parsed.format, text=parsed.text, pages=parsed.pages)
