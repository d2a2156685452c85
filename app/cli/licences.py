"""`inhouse licences`: what it is made of, and under which terms."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import msgspec

from app import licences
from app.cli.output import say, say_json
from app.cli.session import Session
from app.errors import AppError
from app.files import cannot_write


def add_licences_command(commands: argparse._SubParsersAction[Any]) -> None:
    """A name, or all of them."""
    parser = commands.add_parser("licences", help="what Inhouse is made of, and the licence of each part")
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="print the texts of this part")
    parser.add_argument("--bill", type=Path, metavar="FILE", help="write the bill of materials (CycloneDX)")
    parser.add_argument("--json", action="store_true", help="print JSON lines")


def command(args: argparse.Namespace, session: Session) -> int:
    """
    Raises:
        AppError: there is no such part, no text with it, no bill here, or it cannot be written.
    """
    del session  # nothing of the data folder is needed
    if args.bill is not None:
        return _write(args.bill)
    parts = licences.parts()
    if not args.name:
        for part in parts:
            if args.json:
                say_json(msgspec.to_builtins(part))
            else:
                say("  ".join(text for text in (part.name, part.version, part.licence) if text))
        return 0
    named = next((part for part in parts if part.name.casefold() == args.name.casefold()), None)
    if named is None:
        raise AppError(f"Inhouse has no part “{args.name}”.", "“inhouse licences” lists them.")
    text = licences.texts(named.name)
    if not text:
        raise AppError(f"No text came with “{named.name}”.", f"Its licence: {named.licence or 'not stated'}.")
    say(text)
    return 0


def _write(file: Path) -> int:
    bill = licences.bill()
    if bill is None:
        raise AppError("There is a bill of materials in the installed application only.", "“make package” makes one.")
    try:
        shutil.copyfile(bill, file)
    except OSError as error:
        raise cannot_write(file, error) from error
    say(f"{file}: CycloneDX")
    return 0
