"""`inhouse compare`: what is different between two documents, or two files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli.ask import documents_of, is_path_of
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.errors import AppError
from app.text.compare.readable import Readable
from app.text.compare.result import Change, ChangeKind, Place
from app.types import Document
from app.workers.calls.documents import Compared, CompareProgress, CompareVersions, DocumentText, Version
from app.workers.message import Data

SIGNS: dict[ChangeKind, str] = {"number": "#", "changed": "~", "added": "+", "removed": "-", "moved": ">"}

Side = tuple[DocumentText, Readable]


def command(args: argparse.Namespace, session: Session) -> int:
    """Print the changes, and save a report where one is wanted; 0 whether there are any or not."""
    documents = documents_of(session, ())
    left, right = (_version(name, documents) for name in (args.left, args.right))

    def show(data: Data) -> None:
        if isinstance(data, CompareProgress):
            session.progress.show(f"{data.note} {data.fraction:.0%}")

    path = str(Path(args.export).expanduser().absolute()) if args.export else ""
    found = session.call(CompareVersions(left=left, right=right, export=path), show)
    assert isinstance(found, Compared)
    sides = [(side, Readable(side.text, side.format)) for side in (found.left, found.right)] if args.json else []
    for change in found.comparison.changes:
        if args.json:
            say_json(_as_json(change, *sides))
        else:
            section = change.right.section or change.left.section
            say(f"{SIGNS[change.kind]} {section + ': ' if section else ''}{change.words}{_pages(change)}")
    if not args.json:
        for each in found.comparison.renumbered:
            tell(f"{each.left} is {each.right} now.")
        if not found.comparison.changes:
            say("No differences.")
    if path:
        tell(f"Saved as {path}.")
    return 0


def _version(name: str, documents: list[Document]) -> Version:
    """What a name stands for: a file where there is one, unless it is indexed as it stands; else a document."""
    path = Path(name).expanduser().absolute()
    same = [each for each in documents if is_path_of(name, each) and each.passages]
    if path.is_file():
        indexed = [each for each in same if each.status == "indexed"]
        return Version(document_id=indexed[0].id) if indexed else Version(path=str(path))
    found = same or [each for each in documents if each.name == name and each.passages]
    if not found:
        raise AppError(
            f"There is no file or document “{name}”.", "“inhouse collections NAME” lists the documents of a collection."
        )
    if len(found) > 1:
        places = "; ".join(each.path for each in found)
        raise AppError(f"Several documents are called “{name}”.", f"Give the path. They are: {places}")
    return Version(document_id=found[0].id)


def _pages(change: Change) -> str:
    """ "  (page 3 → 4)" where a side has pages."""
    pages = [str(place.page) for place in (change.left, change.right) if place.page]
    return f"  (page {' → '.join(dict.fromkeys(pages))})" if pages else ""


def _as_json(change: Change, left: Side, right: Side) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "part": change.part,
        "words": change.words,
        "figures": [{"kind": each.kind, "left": each.left, "right": each.right} for each in change.figures],
        "left": _side(left, change.left),
        "right": _side(right, change.right),
    }


def _side(side: Side, place: Place) -> dict[str, Any]:
    document, readable = side
    return {
        "document": document.name,
        "section": place.section,
        "page": place.page,
        "start": place.start,
        "end": place.end,
        "text": document.text[place.start : place.end],
        "shown": readable.text(place),
        "flagged": list(readable.flagged(place)),
    }
