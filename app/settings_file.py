"""The form of settings.json: its version and what was chosen, apart from what the choices mean."""

from __future__ import annotations

import json
from collections.abc import Mapping

from app.policy import Value


def encode(values: Mapping[str, Value], version: int) -> bytes:
    """The file as it is stored."""
    document = {"version": version, "values": dict(sorted(values.items()))}
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def decode(raw: bytes) -> tuple[int, dict[str, Value]]:
    """Its version and its values.

    Raises:
        ValueError: anything that is not ours (UnicodeDecodeError and JSONDecodeError are kinds of it).
    """
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("not an object")
    version, values = document.get("version"), document.get("values")
    if type(version) is not int or version < 1 or not isinstance(values, dict):
        raise ValueError("no version or no values")
    return version, values
