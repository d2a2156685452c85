"""JSON and JSON Lines: each value with the path that leads to it; a list of like objects as the rows of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator

from app.documents.loaders.builder import Builder
from app.documents.loaders.decode import decode
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.documents.loaders.table import write_named
from app.errors import BadFile
from app.text.parsed import Parsed

Value = object
"""What JSON can say: dict, list, str, int, float, bool or None."""

MAX_COLUMNS = 60
MAX_PATH = 300
"""Characters of a path, counted from its end: deeper down it says nothing."""
SHORT = 200
"""Characters of a value that stands on a line with others."""


def load_json(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read JSON or JSON Lines; `password` is unused.

    Raises:
        BadFile: no JSON (`damaged`), without text (`empty`) or too long (`too_large`).
    """
    builder = Builder()
    hidden = HiddenTexts(read_hidden)
    value, note = _read(hidden.shown(decode(data)))
    for path, found in _flat("", value):
        if isinstance(found, list):
            builder.add("heading", path, 2)
            _add_table(builder, found)
        elif len(found) <= SHORT and "\n" not in found:
            builder.add("list", f"{path}: {found}" if path else found)
        else:
            builder.add("paragraph", f"{path}: {found}" if path else found)
    builder.title = ""
    return builder.build("json", hidden.found(), note)


def _read(text: str) -> tuple[Value, str]:
    """The value, and what of the file was left out."""
    try:
        return _loads(text), ""
    except RecursionError as error:
        raise _damaged("Its values are nested too deep.", str(error)) from error
    except ValueError as error:
        values, broken = _read_lines(text)
        if len(values) < 2 or broken > len(values) / 10:
            at = getattr(error, "lineno", 0)
            raise _damaged(f"Line {at} is no JSON." if at else "It is no JSON.", str(error)) from error
    left = f"{broken} {'line is' if broken == 1 else 'lines are'} no JSON." if broken else ""
    return values, left


def _loads(text: str) -> Value:
    """Numbers stay as they are written: "1.50" is no 1.5."""
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)


def _read_lines(text: str) -> tuple[list[Value], int]:
    values: list[Value] = []
    broken = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            values.append(_loads(line))
        except (ValueError, RecursionError):
            broken += 1
            if broken > 100 + len(values):
                break
    return values, broken


def _flat(path: str, value: Value) -> Iterator[tuple[str, str | list[dict[str, str]]]]:
    """Every value with its path, in order: texts, and tables as lists of rows."""
    waiting: list[tuple[str, Value]] = [(path, value)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend(reversed([(_below(path, key), each) for key, each in value.items()]))
        elif not isinstance(value, list):
            if text := _words(value):
                yield path, text
        elif value and all(_is_scalar(each) for each in value):
            words = [_words(each) for each in value]
            yield path, ("\n" if sum(map(len, words)) > SHORT else ", ").join(word for word in words if word)
        elif rows := _rows(value):
            yield path, rows
        else:
            waiting.extend(reversed([(f"{path}[{at}]"[-MAX_PATH:], each) for at, each in enumerate(value, 1)]))


def _rows(values: list[Value]) -> list[dict[str, str]]:
    """A list of objects as rows; none where they are too different from each other or hold lists of objects."""
    if len(values) < 2 or not all(isinstance(each, dict) for each in values):
        return []
    rows = []
    names: dict[str, int] = {}
    for each in values:
        row: dict[str, str] = {}
        for path, found in _flat("", each):
            if isinstance(found, list) or len(row) > MAX_COLUMNS:
                return []
            row[path] = squeeze(found)
            names[path] = names.get(path, 0) + 1
        rows.append(row)
        if len(names) > MAX_COLUMNS:
            return []
    return rows


def _add_table(builder: Builder, rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    builder.add("header_row", " | ".join(names))
    for row in rows:
        builder.add("row", write_named([row.get(name, "") for name in names], names))


def _below(path: str, key: str) -> str:
    return (f"{path}.{squeeze(key)}" if path else squeeze(key))[-MAX_PATH:]


def _is_scalar(value: Value) -> bool:
    return not isinstance(value, dict | list)


def _words(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value)).strip()


def _damaged(message: str, detail: str) -> BadFile:
    return BadFile(f"The JSON file cannot be read. {message}", "Export it again, or save it as a text.", detail)
