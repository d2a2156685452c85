"""Keeps what the window itself remembers in the settings, unless a company's policy decides."""

from __future__ import annotations

from typing import TypeVar

from app.settings import Setting, Settings

T = TypeVar("T")


def remember(settings: Settings, setting: Setting[T], value: T) -> None:
    """Store it for the next start; what is locked stays as it is. Raises NoSpace as `Settings.set` does."""
    if not settings.is_locked(setting):
        settings.set(setting, value)
