"""Reads a document anew as a person decided: the decision is kept with what was read, in one step."""

from __future__ import annotations

from app.cli.session import Session
from app.errors import AppError
from app.types import Document
from app.workers.calls.documents import Add, FileEvent
from app.workers.message import Data


def read_anew(
    session: Session, document: Document, *, read_hidden: bool | None = None, exempt: bool | None = None
) -> None:
    """Read its file; None leaves a decision as it is.

    Raises:
        AppError: the file cannot be read now, so that nothing was changed.
    """
    failed: list[str] = []

    def watch(data: Data) -> None:
        if isinstance(data, FileEvent) and data.status == "failed":
            failed.append(data.reason)

    call = Add(paths=(document.path,), collection_id=document.collection_id, read_hidden=read_hidden, exempt=exempt)
    session.call(call, watch)
    if failed:
        raise AppError(f"{document.name} could not be read anew, so nothing was changed.", failed[0])
