"""`inhouse calculate`: a figure over a spreadsheet or CSV file, with the query and the rows that it comes from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from app.assistant.summary_report import save_summary
from app.cli.output import answer_json, place, say, say_json, shortened, tell
from app.cli.session import Session
from app.cli.summarise import document_of
from app.core.calls.chats import Answered, Calculate
from app.export.reports import REPORT_FORMATS
from app.export.saving import check_format
from app.types import Answer


def command(args: argparse.Namespace, session: Session) -> int:
    """Calculate; 0 with a figure, 1 where none can be given."""
    target = Path(args.export).expanduser() if args.export else None
    if target is not None:
        check_format(target, REPORT_FORMATS)
    if args.document:
        call = Calculate(question=args.question, document_id=document_of(args, session).id)
    else:
        ids = tuple(each.id for each in session.collections(args.collection)) if args.collection else ()
        call = Calculate(question=args.question, collections=ids)
    session.progress.show("Calculating…")
    answered = session.call(call, stoppable=True)
    assert isinstance(answered, Answered)
    answer = answered.answer
    if args.json:
        say_json(_as_json(answer))
    elif answer.not_found:
        tell(answer.text)
    else:
        _say(answer)
    if target is not None and not answer.not_found:
        save_summary(target, args.question, answer)
        tell(f"Saved as {target}.")
    return 1 if answer.stopped or answer.not_found else 0


def _say(answer: Answer) -> None:
    """The figure, the first rows that went in, and the query."""
    say(answer.text)
    for source in answer.sources:
        say(f"\n[{source.n}] {place(source.passage)}\n    {shortened(source.passage)}")
    if answer.calculation is not None:
        say(f"\n{answer.calculation.sql}")
    if answer.note:
        tell(answer.note)


def _as_json(answer: Answer) -> dict[str, Any]:
    query = msgspec.structs.asdict(answer.calculation) if answer.calculation else None
    return {**answer_json(answer), "note": answer.note, "query": query}
