"""Choices that are not a person's: a company's policy has made them, or a variable of the system."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from PySide6.QtCore import QCoreApplication

from app.models.hub_access import SOURCE, blocked
from app.settings import CATALOGUE, OFFLINE, Setting, Settings


class Forced(NamedTuple):
    """The value that counts, and a sentence that says who has set it."""

    value: Any
    why: str


def forced(settings: Settings, setting: Setting[Any]) -> Forced | None:
    """None where a person chooses."""
    if why := settings.policy.why(setting.key):
        return Forced(settings.get(setting), why)
    if setting.key == CATALOGUE.key and (source := os.environ.get(SOURCE, "").strip()):
        why = QCoreApplication.translate("Settings", "Set on this computer by {0}.").format(SOURCE)
        return Forced(source, why)
    if setting.key == OFFLINE.key and not settings.get(OFFLINE) and (why := blocked(settings)):
        return Forced(True, why)
    return None
