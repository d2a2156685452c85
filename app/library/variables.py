"""Words in braces: in instructions the program fills them in, in a prompt the person does."""

from __future__ import annotations

import getpass
import re
import time
from collections.abc import Mapping

_VARIABLE = re.compile(r"\{([^\W\d_][\w -]{0,39})\}")
"""A name as people write one; braces of code and of JSON hold other things."""
KNOWN = ("date", "user", "collection", "model")
"""What is filled in without asking: {date}, {user}, {collection}, {model}."""


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with these values in place of their names, whatever their case; other braces stay as they are.

    What is filled in is not looked through again, so that no value can bring in another one.
    """
    known = {name.casefold(): value for name, value in values.items()}
    return _VARIABLE.sub(lambda found: known.get(found[1].strip().casefold(), found[0]), text)


def variables(text: str) -> tuple[str, ...]:
    """The names in braces in their order, each once, as they are written first."""
    found = {name.strip().casefold(): name.strip() for name in reversed(_VARIABLE.findall(text))}
    order = dict.fromkeys(name.strip().casefold() for name in _VARIABLE.findall(text))
    return tuple(found[name] for name in order)


def own_words(*, collection: str, model: str) -> dict[str, str]:
    """What the known names stand for now."""
    now = time.localtime()
    today = time.strftime(f"%A, {now.tm_mday} %B %Y", now)  # as people and models read it
    return {"date": today, "user": user(), "collection": collection, "model": model}


def user() -> str:
    """Who is logged in on this computer; "" where the system does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def asked(text: str) -> tuple[str, ...]:
    """Those that a person is asked for."""
    return tuple(name for name in variables(text) if name.casefold() not in KNOWN)
