"""`inhouse policy`: what the company has set on this computer, and whether a file that IT wrote says what it should."""

from __future__ import annotations

import argparse
import json
import stat
import sys
from pathlib import Path
from typing import Any

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.errors import AppError
from app.files import write_atomic
from app.policy import PARTS, SEAL, VERSION, NotReadable, Policy, parse, policy_file, read_policy, seal_of
from app.rules import RULES
from app.setting import Setting
from app.settings import ALL, CLOSED, DECIDED, company_policy

NONE = "Nothing is set by a company on this computer."


def add_policy_command(commands: Any) -> argparse.ArgumentParser:
    """`inhouse policy [check FILE | seal FILE | schema]`."""
    policy: argparse.ArgumentParser = commands.add_parser(
        "policy",
        help="what the company has set on this computer; check or seal such a file",
        description="Without more: what is set here. “check FILE” says whether a file can be used, “seal FILE” writes "
        "its sum into it, so that no letter changes unseen, “schema” prints its JSON schema. docs/policy.md tells all.",
    )
    policy.add_argument("action", nargs="?", choices=("show", "check", "seal", "schema"), default="show")
    policy.add_argument(
        "file", nargs="?", default="", metavar="FILE", help="of check and seal; else that of this computer"
    )
    return policy


def command(args: argparse.Namespace, session: Session) -> int:
    """Print; 1 where a policy cannot be read, or not all of it."""
    if args.action == "schema":
        say(json.dumps(schema(), indent=2, ensure_ascii=False))
        return 0
    file = Path(args.file).expanduser() if args.file else policy_file()
    if args.action == "show":
        return _show(company_policy(), as_json=args.json)
    if args.action == "seal":
        return _seal(file)
    return _check(file, as_json=args.json)


def _show(policy: Policy, *, as_json: bool) -> int:
    if as_json:
        say_json(_as_data(policy))
    elif policy.file is None:
        say(NONE)
        say(f"It would stand in {policy_file()}.")
    else:
        say(f"{policy.file}, set by {policy.by or 'your company'}")
        for key in DECIDED:
            if key in policy.values:
                value = json.dumps(policy.values[key], ensure_ascii=False)
                said = (
                    "closed, since the policy cannot be read" if key in policy.closed else policy.reasons.get(key, "")
                )
                say(f"  {key:22} {_short(value)}" + (f"  {said}" if said else ""))
    for problem in policy.problems:
        tell(problem)
    return 1 if policy.problems else 0


def _short(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:57]}…"


def _as_data(policy: Policy) -> dict[str, Any]:
    return {
        "file": str(policy.file or ""),
        "by": policy.by,
        "values": dict(policy.values),
        "reasons": dict(policy.reasons),
        "closed": sorted(policy.closed),
        "problems": list(policy.problems),
    }


def _check(file: Path, *, as_json: bool) -> int:
    """As Inhouse would read it, and what is worth a second look."""
    policy = read_policy(DECIDED, CLOSED, file)
    if policy.file is None:
        raise AppError(f"There is no file “{file}”.", "Name the policy that you wrote.")
    remarks = [] if policy.problems else _remarks(file)
    if as_json:
        say_json({**_as_data(policy), "remarks": remarks})
    else:
        for problem in policy.problems:
            say(f"wrong    {problem}")
        for remark in remarks:
            say(f"note     {remark}")
        if policy.problems:
            say("It cannot be used as it is: with it all that a policy may close would be closed.")
        else:
            say(f"fine     {len(policy.values)} values, each of which this version knows")
    return 1 if policy.problems else 0


def _remarks(file: Path) -> list[str]:
    document = parse(file.read_bytes())
    values, reasons = document.get("values", {}), document.get("reasons", {})
    found = [f"There is a reason for “{key}”, which is not set." for key in reasons if key not in values]
    found += [f"The reason for “{key}” is no text." for key, text in reasons.items() if not isinstance(text, str)]
    if "seal" not in document:
        found.append(
            f"It is not sealed, so a changed letter in a name or number goes unseen: “inhouse policy seal {file}”."
        )
    if not document.get("by"):
        found.append("It does not say “by” whom it is, so people read “Set by your company.”")
    if sys.platform != "win32" and file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        found.append("Others than its owner may write it.")
    return found


def _seal(file: Path) -> int:
    """Raises AppError: it cannot be read, or not be written."""
    try:
        document = parse(file.read_bytes(), sealed=False)
    except OSError as error:
        raise AppError(f"“{file}” cannot be read.", "Name the policy that you wrote.", str(error)) from error
    except NotReadable as error:
        raise AppError(f"“{file}” is no policy: {error}.", "“inhouse policy check” says more.") from error
    whole = {part: document[part] for part in PARTS if part in document}
    write_atomic(file, json.dumps({**whole, SEAL: seal_of(document)}, indent=2, ensure_ascii=False).encode() + b"\n")
    say(f"{file} is sealed.")
    return 0


def schema() -> dict[str, Any]:
    """A policy's JSON schema (draft 2020-12)."""
    values = {setting.key: _of_setting(setting) for setting in ALL}
    values |= {rule.key: {"description": rule.help, **rule.schema} for rule in RULES}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Inhouse policy",
        "type": "object",
        "required": ["version"],
        "additionalProperties": False,
        "properties": {
            "version": {"const": VERSION},
            "by": {"type": "string", "description": "Who has set it, as people read it: “Set by IT service.”"},
            "values": {"type": "object", "additionalProperties": False, "properties": values},
            "reasons": {
                "type": "object",
                "description": "A sentence for a key of “values”, of at most 200 characters, which people read.",
                "propertyNames": {"enum": list(values)},
                "additionalProperties": {"type": "string"},
            },
            SEAL: {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Written by “inhouse policy seal”."},
        },
    }


def _of_setting(setting: Setting[Any]) -> dict[str, Any]:
    said = setting.label + (f": {setting.help}" if setting.label and setting.help else "")
    found: dict[str, Any] = {"description": said} if said else {}
    if setting.choices:
        return {**found, "enum": [value for value, _ in setting.choices]}
    kind = {str: "string", int: "integer", float: "number", bool: "boolean"}[setting.kind]
    found["type"] = [kind, "null"] if setting.optional else kind
    least, most = ("minLength", "maxLength") if setting.kind is str else ("minimum", "maximum")
    return {
        **found,
        **({least: setting.minimum} if setting.minimum is not None else {}),
        **({most: setting.maximum} if setting.maximum is not None else {}),
    }
