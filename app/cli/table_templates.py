"""`inhouse table templates`: the lists of fields that tables are made from: listed, kept, renamed and deleted."""

from __future__ import annotations

import argparse

from app.cli.output import say, say_json, tell
from app.cli.session import Session
from app.core.calls.tables import DeleteTemplate, KeepTemplate, ListTables, TableList
from app.errors import AppError
from app.extraction.templates import template_named, typed_field
from app.text.fields.field import Template

ACTIONS = {"list": 0, "save": 1, "rename": 2, "delete": 1}
"""What can be done, and of how many names."""
USE = "For example: inhouse table templates save Leases --field Rent --field “Notice period”"


def templates_command(args: argparse.Namespace, session: Session) -> int:
    """Do what the words behind `templates` say.

    Raises:
        AppError: they say nothing that can be done.
    """
    action, *names = args.more or ["list"]
    if ACTIONS.get(action) != len(names):
        raise AppError(f"Templates can be: {', '.join(ACTIONS)} (rename takes two names).", USE)
    listed = session.call(ListTables())
    assert isinstance(listed, TableList)
    if action == "list":
        for each in listed.templates:
            _print(each, as_json=args.json)
    elif action == "save":
        base = template_named(args.template, _own(listed)).fields if args.template else ()
        session.call(KeepTemplate(name=names[0], fields=(*base, *(typed_field(text) for text in args.field))))
        tell(f"Kept as the template “{names[0]}”.")
    elif action == "rename":
        session.call(KeepTemplate(name=names[1], key=_named(names[0], listed).key))
        tell(f"The template is called “{names[1]}” now.")
    else:
        template = _named(names[0], listed)
        session.call(DeleteTemplate(key=template.key))
        tell(f"The template “{template.name}” is deleted. Tables made from it stay.")
    return 0


def _own(listed: TableList) -> tuple[Template, ...]:
    return tuple(each for each in listed.templates if each.own)


def _named(name: str, listed: TableList) -> Template:
    """
    Raises:
        AppError: there is none of this name, or it comes along.
    """
    found = template_named(name, _own(listed))
    if not found.own:
        raise AppError(
            f"“{found.name}” comes with Inhouse and stays as it is.", "Save one of your own under a new name."
        )
    return found


def _print(template: Template, *, as_json: bool) -> None:
    if as_json:
        fields = [
            {"key": each.key, "name": each.name, "question": each.question, "kind": each.kind}
            for each in template.fields
        ]
        say_json({"key": template.key, "name": template.name, "own": template.own, "fields": fields})
        return
    say(f"{template.name}  {'your own' if template.own else 'comes with Inhouse'}")
    say(f"  {', '.join(field.name for field in template.fields)}")
