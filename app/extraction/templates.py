"""The lists of fields that come along, as data: one JSON file each."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from app.errors import AppError
from app.paths import RESOURCES
from app.text.fields.field import Field, Template, kind_of, make_field
from app.text.fields.labels import label_key

VERSION = 1
"""Of the files' form."""


@cache
def templates() -> tuple[Template, ...]:
    """Those that come along, by name."""
    found = [_read(path) for path in (RESOURCES / "templates").glob("*.json")]
    return tuple(sorted(found, key=lambda each: each.name.casefold()))


def _read(path: Path) -> Template:
    template = msgspec.json.decode(path.read_bytes(), type=Template)
    assert template.version == VERSION, path
    fields = (msgspec.structs.replace(each, subjects=each.subjects or template.subjects) for each in template.fields)
    return msgspec.structs.replace(template, fields=tuple(fields))


def template_named(name: str, own: tuple[Template, ...] = ()) -> Template:
    """The template of this key or name, whatever its case.

    Raises:
        AppError: there is none.
    """
    wanted = name.strip().casefold()
    known = (*own, *templates())
    for each in known:
        if wanted in (each.key.casefold(), each.name.casefold()):
            return each
    names = ", ".join(f"“{each.name}”" for each in known)
    raise AppError(f"There is no template “{name}”.", f"There are: {names}.")


def typed_field(text: str) -> Field:
    """A field from what a person typed: a name, “Name: question”, or a question alone.

    One that a template knows by this name or label brings its labels, phrases and kind along.

    Raises:
        AppError: it is no name.
    """
    name, colon, question = (part.strip() for part in text.partition(":"))
    made = make_field(name if colon and question else text.strip().rstrip(":"), question)
    return _known(made) or made


def _known(made: Field) -> Field | None:
    """The same field of a template, under the name that was typed."""
    key = label_key(made.name)
    exact = [field for each in templates() for field in each.fields if label_key(field.name) == key]
    close = [field for each in templates() for field in each.fields if key in map(label_key, field.labels)]
    found = exact or (close if len({field.kind for field in close}) == 1 else [])
    if not found or (kind_of(made.name) not in ("text", found[0].kind) and not exact):
        return None
    field = found[0]
    return msgspec.structs.replace(field, key=made.key, name=made.name, labels=(field.name, *field.labels))
