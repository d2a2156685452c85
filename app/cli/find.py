"""`inhouse find`: every document that mentions something and not something else; no model is needed."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path

import msgspec

from app.cited import where
from app.cli.ask import filter_of
from app.cli.output import say, say_json, shortened, tell
from app.cli.session import Session
from app.errors import AppError
from app.export.saving import check_format
from app.export.tables import TABLE_FORMATS
from app.members import origin
from app.text.find.dates import span_of
from app.text.find.plan import Plan
from app.text.find.request import narrowed, plan_of
from app.text.find.result import Findings, Hit
from app.text.find.words import as_json, details, headline, nothing, often
from app.workers.calls.finding import Find, Found


def command(args: argparse.Namespace, session: Session) -> int:
    """List them; 0 also where none fits, since that is an answer too."""
    plan = _plan(args, session)
    path = Path(args.export).expanduser().absolute() if args.export else None
    if path is not None:
        check_format(path, TABLE_FORMATS)
    listed = session.collections(args.collection)
    ids = tuple(each.id for each in listed) if args.collection else ()
    call = Find(plan=plan, collections=ids, meaning=not args.no_meaning, export=str(path or ""))
    session.progress.show("Looking through your documents…")
    found = session.call(call)
    session.progress.clear()
    assert isinstance(found, Found)
    if args.json:
        say_json(as_json(found.findings, paths=True))
    else:
        _print(found.findings)
    if path is not None:
        tell(f"Saved as {path}.")
    return 0


def _plan(args: argparse.Namespace, session: Session) -> Plan:
    """What the request says in words, and the options beside it.

    Raises:
        AppError: nothing is looked for, or an option is no date.
    """
    after, before = _date(args.after), _date(args.before)
    chosen = filter_of(args, session)
    chosen = msgspec.structs.replace(
        chosen, since=after[1] if after else chosen.since, until=before[0] if before else 0.0
    )
    given = Plan(must=tuple(args.having), without=tuple(args.without), filter=chosen, sheet=args.sheet)
    plan = narrowed(plan_of(args.request), given)
    if not plan.asks:
        raise AppError(
            "Nothing to look for.", "Say what the documents mention: inhouse find “bank guarantee, not arbitration”."
        )
    return plan


def _date(text: str) -> tuple[float, float] | None:
    """
    Raises:
        AppError: it is no date.
    """
    span = span_of(text)
    if text and span is None:
        raise AppError(f"“{text}” is no date.", "Write it like 2024, 2024-03 or 2024-03-31.")
    return span


def _print(found: Findings) -> None:
    say(headline(found))
    for hit in found.hits:
        within = origin(hit.path)
        named = f"{hit.name} in {within}" if within else hit.name
        say(f"\n{named}{_about(hit)}\n    {shortened(hit.passage)}")
    if not found.hits:
        say(nothing(found))
    if told := details(found):
        tell(told)


def _about(hit: Hit) -> str:
    """ "  (page 3, 2025-03-01, mentioned twice)"."""
    date = f"{datetime.fromtimestamp(hit.modified):%Y-%m-%d}" if hit.modified else ""
    told = ", ".join(part for part in (where(hit.passage), date, often(hit)) if part)
    return f"  ({told})" if told else ""
