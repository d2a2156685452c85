"""`inhouse reader`: which reader weighs the sentences that search finds, where it comes from, another one, and back."""

from __future__ import annotations

import argparse
from typing import Any

from app.cli.output import say, say_json, tell
from app.cli.own import OWN, chosen
from app.cli.session import Session
from app.core.calls.readers import ChooseReader, LeaveReader, Readers, RemoveReader, ShowReaders
from app.embedder.readers import TaughtReader, lineage_text
from app.workers.message import Call


def command(args: argparse.Namespace, session: Session) -> int:
    """List the readers, use one, go back, or remove one."""
    readers = _ask(session, ShowReaders())
    if args.action == "use":
        used = _ask(session, ChooseReader(reader_id=chosen(args.name, "reader", TaughtReader(), readers.taught).id))
        tell(f"“{used.active.name}” reads now. Back to the one before: inhouse reader back")
    elif args.action == "back":
        tell(f"“{_ask(session, LeaveReader()).active.name}” reads again.")
    elif args.action == "remove":
        reader = chosen(args.name, "reader", TaughtReader(), readers.taught)
        _ask(session, RemoveReader(reader_id=reader.id))
        tell(f"“{reader.name}” is removed. The run that taught it stays.")
    else:
        _list(args, readers)
    return 0


def _ask(session: Session, call: Call) -> Readers:
    session.progress.show("Reading…")
    said = session.call(call)
    assert isinstance(said, Readers)
    return said


def _list(args: argparse.Namespace, readers: Readers) -> None:
    for reader in (TaughtReader(), *readers.taught):
        in_use = reader.id == readers.active.id
        if args.json:
            say_json(_as_json(reader, in_use=in_use))
        else:
            said = reader.problem or lineage_text(reader.lineage) or "comes with Inhouse"
            say(f"{'*' if in_use else ' '} {reader.name}  {said}")


def _as_json(reader: TaughtReader, *, in_use: bool) -> dict[str, Any]:
    return {
        "id": reader.id or OWN,
        "name": reader.name,
        "active": in_use,
        "parent": reader.parent or OWN if reader.id else "",
        "lineage": reader.lineage,
        "problem": reader.problem,
    }
