"""`inhouse audit`: the record of what was done here; read it, prove that no byte of it was changed, hand it on."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from app.audit.chain import Record
from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.audit import ExportRecord, ReadRecord, VerifyRecord
from app.errors import AppError

OFF = "No record is kept: Settings, Privacy, or “audit” in the company's policy turns it on."
SHOWN = 160
"""Characters of what was done, on a line."""


def add_audit_command(commands: Any) -> argparse.ArgumentParser:
    """`inhouse audit [show | verify [HEAD] | export FILE]`."""
    audit: argparse.ArgumentParser = commands.add_parser(
        "audit",
        help="the record of what was asked, shown, answered, taught, exported and removed",
        description="“show” lists the newest records, “verify” reads every byte and prints the head to keep elsewhere "
        "(with a HEAD of before it looks whether that is still in it), “export FILE” saves JSON lines.",
    )
    audit.add_argument("action", nargs="?", choices=("show", "verify", "export"), default="show")
    audit.add_argument("argument", nargs="?", default="", metavar="HEAD|FILE", help="of verify, of export")
    audit.add_argument("--limit", type=int, default=20, metavar="N", help="of show: how many records (20)")
    audit.add_argument("--what", default="", metavar="WORD", help="of show: asked, added, taught, swapped, exported, …")
    audit.add_argument("--since", default="", metavar="DATE", help="of show: 2026-12, 2026-12-01 (UTC)")
    return audit


def command(args: argparse.Namespace, session: Session) -> int:
    """1 where the record is not as it was written."""
    if args.action == "show":
        return _show(args, session)
    if args.action == "export":
        if not args.argument:
            raise AppError("Where to?", "Name a file: inhouse audit export FILE")
        call = ExportRecord(path=str(Path(args.argument).expanduser().absolute()))
        verified = session.call(call).verified
        tell(f"{verified.records:,} records saved as “{args.argument}”.")
    else:
        verified = session.call(VerifyRecord(known=args.argument)).verified
    if args.json:
        say_json(msgspec.to_builtins(verified))
    elif verified.problem:
        tell(f"{verified.problem} {verified.where}".strip())
    elif args.action == "verify":
        say(f"{verified.records:,} records in {verified.files} files, each as it was written")
        if verified.head:
            say(f"head: {verified.head}")
    return 1 if verified.problem else 0


def _show(args: argparse.Namespace, session: Session) -> int:
    read = session.call(ReadRecord(limit=max(1, args.limit), what=args.what, since=args.since))
    if read.mode == "off":
        tell(OFF)
    if read.problem:
        tell(read.problem)
    for record in read.records:
        if args.json:
            say_json(msgspec.to_builtins(record))
        else:
            say(line_of(record))
    return 0


def line_of(record: Record) -> str:
    """A record on a line, without the passages and the sums."""
    about = {key: value for key, value in record.about.items() if key not in ("passages", "sum", "key")}
    shown = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in about.items())
    passages = record.about.get("passages")
    shown += f" passages={len(passages)}" if isinstance(passages, list) else ""
    shown = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
    who = " ".join(each for each in (record.who, record.door) if each)
    return f"{record.n:6}  {record.at[:19].replace('T', ' ')}  {record.what:10} {who:16} {shown}"
