"""Modules that a start does without: named where they are used, imported at their first use or in a quiet moment."""

from __future__ import annotations

import importlib
import sys
from typing import Any

NAMED: list[str] = []
"""Every module that was named late and may not be imported yet, in the order they were named."""


class Late:
    """Stands for a module and becomes it at the first look; put the real import under TYPE_CHECKING for the types."""

    def __init__(self, name: str) -> None:
        self._name = name
        NAMED.append(name)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


def name_late(*names: str) -> None:
    """Modules that are found by their name only, so that they are imported in good time too."""
    NAMED.extend(names)


def import_next() -> bool:
    """Import one of the modules that wait; False when none is left. A step takes some milliseconds."""
    while NAMED:
        name = NAMED.pop(0)
        if name not in sys.modules:
            importlib.import_module(name)
            return True
    return False
